"""Pausing and resuming: nothing is sent, nothing piles up."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bot.delivery.plan import plan_member
from bot.handlers.context import Ally, Reply, Request, member_of, not_in, words_of
from bot.storage.members import pause, resume
from bot.views.membership import bad_pause, pausing, resumed

_LONGEST = timedelta(days=366)


def read_pause(text: str, today: date) -> date | None:
    """The local date on which sending resumes; None for "until I resume".

    `3d` is the rest of today and three local dates; `until 2026-12-24` resumes on that day. Raises ValueError for
    anything else, a day that is not ahead, or more than a year.
    """
    text = text.strip().lower()
    if not text:
        return None
    if found := re.fullmatch(r"(\d{1,3})\s*d(?:ays?)?", text):
        resume_on = today + timedelta(days=int(found[1]) + 1)
    elif found := re.fullmatch(r"(?:until\s+)?(\d{4}-\d{2}-\d{2})", text):
        resume_on = date.fromisoformat(found[1])
    else:
        raise ValueError("not a pause")
    if not today < resume_on <= today + _LONGEST:
        raise ValueError("not ahead, or too far")
    return resume_on


async def pause_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally pause`, `pause 3d`, `pause until 2026-12-24`, and *Pause*."""
    who = await member_of(ally, request)
    if who is None:
        return await not_in(ally, request, request.text)
    now = ally.clock()
    try:
        resume_on = read_pause(request.text, who.local_date(now))
    except ValueError:
        return Reply(message=bad_pause(words_of(who), request.text))
    await plan_member(ally.db, ally.rules(), who, now)
    who = await pause(ally.db, who, resume_on, now)
    return Reply(message=pausing(words_of(who), who, who.local_date(now)), home=True)


async def resume_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally resume` and *Resume*; somebody who is not paused just hears what comes next."""
    who = await member_of(ally, request)
    if who is None:
        return await not_in(ally, request)
    now = ally.clock()
    await plan_member(ally.db, ally.rules(), who, now)
    who = await resume(ally.db, who, now)
    return Reply(message=resumed(words_of(who), who), home=True)
