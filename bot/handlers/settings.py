"""Settings: one modal."""

from __future__ import annotations

from datetime import time

from bot.config import read_time
from bot.delivery.plan import plan_member
from bot.handlers.context import Ally, Reply, Request, member_of, not_in, words_of
from bot.model import Rhythm
from bot.storage.members import change_rhythm
from bot.views import settings as views
from bot.views.answers import join_before_keeping


async def open_settings(ally: Ally, request: Request) -> Reply:
    """`/ally settings`, *Settings*, *Fewer nudges*."""
    who = await member_of(ally, request)
    if who is None:
        return await not_in(ally, request)
    return Reply(modal=views.settings_modal(words_of(who), who))


async def keep_settings(ally: Ally, request: Request) -> Reply:
    """*Save*. A field that does not fit keeps the modal open and says why."""
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return Reply(errors={views.DAYS: join_before_keeping(words)})
    ticked = request.fields.get(views.DAYS) or frozenset()
    days = frozenset(day for day in range(7) if isinstance(ticked, frozenset) and str(day) in ticked)
    nudge_time, check_in_time = (_time(request.fields.get(name)) for name in (views.NUDGE_TIME, views.CHECK_IN_TIME))
    day = str(request.fields.get(views.CHECK_IN_DAY) or who.rhythm.check_in_day)
    errors = {}
    if not days:
        errors[views.DAYS] = views.choose_a_day(words)
    if nudge_time is None:
        errors[views.NUDGE_TIME] = views.choose_a_time(words)
    if check_in_time is None:
        errors[views.CHECK_IN_TIME] = views.choose_a_time(words)
    if errors or nudge_time is None or check_in_time is None:
        return Reply(errors=errors)
    now = ally.clock()
    await plan_member(ally.db, ally.rules(), who, now)
    who = await change_rhythm(ally.db, who, Rhythm(nudge_time, days, int(day) % 7, check_in_time), now)
    return Reply(in_place=views.settings_kept(words, who, who.is_paused(who.local_date(now))), home=True)


def _time(value: object) -> time | None:
    try:
        return read_time(str(value))
    except ValueError:
        return None
