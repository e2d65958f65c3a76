"""Joining: at once by command, after reading what it means by button."""

from __future__ import annotations

import asyncio
import dataclasses

from bot.config import read_time
from bot.handlers.context import Ally, Reply, Request, member_of, words_of
from bot.handlers.leaving import leave_by_command
from bot.model import Member, Rhythm
from bot.nudges.schedule import check_in_day
from bot.storage.members import erase, find_member, join, nothing_happened
from bot.views.membership import already_in, bad_time, join_undone, joining_modal, welcome, welcome_view
from bot.views.words import words_for


async def join_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally join [09:15]`: opts in with defaults; the answer says what that means."""
    known = await member_of(ally, request)
    if known is not None:
        return Reply(message=already_in(words_of(known), known))
    rhythm = ally.rhythm
    if request.text:
        try:
            rhythm = dataclasses.replace(rhythm, nudge_time=read_time(request.text))
        except ValueError:
            return Reply(message=bad_time(words_of(None), request.text))
    who = await _join(ally, request, rhythm)
    return Reply(message=welcome(words_of(who), who, check_in_day(who.rhythm)), home=True)


async def show_what_joining_means(ally: Ally, request: Request) -> Reply:
    """*Join* as a button: nothing is kept until *Start*."""
    known = await member_of(ally, request)
    if known is not None:
        return Reply(message=already_in(words_of(known), known))
    person = await request.look_up()
    words = words_for(person.locale)
    return Reply(modal=joining_modal(words, ally.rhythm, check_in_day(ally.rhythm), person.zone))


async def join_by_button(ally: Ally, request: Request) -> Reply:
    """*Start*. Pressed twice, it is still one membership."""
    who = await _join(ally, request, ally.rhythm)
    return Reply(in_place=welcome_view(words_of(who), who, check_in_day(who.rhythm)), home=True)


async def undo_joining(ally: Ally, request: Request) -> Reply:
    """*Undo* under the welcome: forgets the member while nothing came and nothing was kept; later it is leaving."""
    who = await find_member(ally.db, request.team, request.user)
    if who is not None and not (who.active and await nothing_happened(ally.db, who)):
        return await leave_by_command(ally, request)
    if who is not None:
        await erase(ally.db, who)
    return Reply(message=join_undone(words_of(who)), home=True)


async def _join(ally: Ally, request: Request, rhythm: Rhythm) -> Member:
    person, dm = await asyncio.gather(request.look_up(), request.open_dm())  # together: Slack may be slow
    return await join(ally.db, person, rhythm, dm, ally.clock())
