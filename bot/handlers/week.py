"""The weekly check-in: a modal, any time; answering again changes the answers."""

from __future__ import annotations

from datetime import date, timedelta

from bot.handlers.context import Ally, Reply, Request, member_of, not_in, words_of
from bot.model import CheckIn, DeliveryId, Step
from bot.nudges.schedule import week_of
from bot.storage.check_ins import check_in_of, keep_check_in
from bot.storage.claims import settle_as_sent
from bot.views.answers import join_before_keeping
from bot.views.check_in import LINE, NEXT_WEEK, STEPS, check_in_kept, check_in_modal, tick_something

_WEEK, _YEAR = timedelta(weeks=1), timedelta(days=366)


async def open_check_in(ally: Ally, request: Request) -> Reply:
    """`/ally week`, or *Answer* under a check-in: that one knows its week, so late answers count for it."""
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return await not_in(ally, request, request.text)
    delivery, _, asked = request.value.partition(":")
    if asked and request.shown_ts:
        await settle_as_sent(ally.db, who, DeliveryId(delivery), request.shown_ts, ally.clock(), ally.note)
    week = _monday(asked, who.local_date(ally.clock()))
    before = await check_in_of(ally.db, who, week)
    last = await check_in_of(ally.db, who, week - _WEEK)
    return Reply(modal=check_in_modal(words, week, before, last.next_week if last else ""))


async def keep_answers(ally: Ally, request: Request) -> Reply:
    """*Save*: on disk before it says so."""
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return Reply(errors={STEPS: join_before_keeping(words)})
    ticked = request.fields.get(STEPS) or frozenset()
    steps = frozenset(step for step in Step if isinstance(ticked, frozenset) and step in ticked)
    if not steps:
        return Reply(errors={STEPS: tick_something(words)})
    week = _monday(request.about, who.local_date(ally.clock()))
    line, hope = (str(request.fields.get(name) or "").strip() for name in (LINE, NEXT_WEEK))
    await keep_check_in(ally.db, who, CheckIn(week, steps, line, hope), ally.clock(), ally.note)
    return Reply(in_place=check_in_kept(words), home=True)


def _monday(text: str, today: date) -> date:
    """The week a button or a modal names; this week where it names none, or none within a year."""
    try:
        named = date.fromisoformat(text)
    except ValueError:
        return week_of(today)
    return week_of(named if abs(named - today) <= _YEAR else today)
