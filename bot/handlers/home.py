"""App Home: drawn anew when it is opened, and when something in it changed."""

from __future__ import annotations

from bot.handlers.context import Ally, words_of
from bot.nudges.schedule import check_in_day, week_of
from bot.storage.check_ins import check_in_of
from bot.storage.members import find_member
from bot.storage.reflections import reflections_of
from bot.views.blocks import View
from bot.views.home import home_after_leaving, home_before, home_of


async def home_view(ally: Ally, team: str, user: str) -> View:
    """What this person sees there now."""
    who = await find_member(ally.db, team, user)
    if who is None:
        return home_before(words_of(None))
    if not who.active:
        return home_after_leaving(words_of(who), who)
    now = ally.clock()
    answered = await check_in_of(ally.db, who, week_of(who.local_date(now))) is not None
    lines = await reflections_of(ally.db, who)
    return home_of(words_of(who), who, lines, check_in_day(who.rhythm), answered, now)
