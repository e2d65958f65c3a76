"""The nudge in hand: what the buttons under it do, and one more on request."""

from __future__ import annotations

from bot.handlers.context import Ally, Reply, Request, member_of, not_in, words_of
from bot.handlers.leaving import leave_by_command
from bot.handlers.pausing import pause_by_command
from bot.handlers.settings import open_settings
from bot.model import Answer, DeliveryId, Library, Member, Nudge, Trigger
from bot.nudges.choose import choose, stretch_cap
from bot.storage.claims import settle_as_sent
from bot.storage.histories import answer_nudge, history_of, note_seen
from bot.storage.ledger import find_delivery
from bot.views import ids
from bot.views import nudge as views
from bot.views.blocks import Message
from bot.views.words import Words


async def one_now(ally: Ally, request: Request) -> Reply:
    """`/ally nudge`, *Try one now*: ephemeral, no delivery, but it counts as seen."""
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return await not_in(ally, request)
    library, today = ally.library().in_words_of(who.locale), who.local_date(ally.clock())
    cap = stretch_cap(who.local_date(who.joined_at), today)
    choice = choose(library, who, await history_of(ally.db, who), today, cap, ally.rng)
    if choice is None:
        return Reply(message=views.nothing_left(words))
    await note_seen(ally.db, who, choice.id, today)
    if choice.id in library.questions:
        return Reply(message=views.extra_question(words, library.questions[choice.id]))
    return Reply(message=views.extra_nudge(words, library.nudges[choice.id]))


async def did_it(ally: Ally, request: Request) -> Reply:
    """*Did it*."""
    return await _answer(ally, request, Answer.DID_IT)


async def not_today(ally: Ally, request: Request) -> Reply:
    """*Not today*, *No opening yet*."""
    return await _answer(ally, request, Answer.NOT_TODAY)


async def not_for_me(ally: Ally, request: Request) -> Reply:
    """*Not for me*."""
    return await _answer(ally, request, Answer.NOT_FOR_ME)


async def undo_answer(ally: Ally, request: Request) -> Reply:
    """*Undo*: the buttons come back."""
    return await _answer(ally, request, None)


async def _answer(ally: Ally, request: Request, answer: Answer | None) -> Reply:
    who = await member_of(ally, request)
    words, id_ = words_of(who), DeliveryId(request.value)
    if who is None or request.shown is None:
        return await not_in(ally, request)
    if not await settle_as_sent(ally.db, who, id_, request.shown_ts, ally.clock(), ally.note):
        return Reply(message=views.not_yours(words))
    nudge = await answer_nudge(ally.db, who, id_, answer, ally.clock())
    if nudge is None:
        return Reply(message=views.not_yours(words))
    library = ally.library().in_words_of(who.locale)
    if answer is None:
        update = views.with_buttons(words, request.shown, id_, _later(library, nudge), nudge in library.questions)
        return Reply(message=views.taken_back(words), update=update)
    return Reply(message=_said(words, library, nudge, id_, answer), update=views.noted(words, request.shown, id_))


def _said(words: Words, library: Library, nudge: str, id_: str, answer: Answer) -> Message:
    match answer:
        case Answer.DID_IT:
            return views.ask(words, library.nudges[nudge].ask if nudge in library.nudges else "", id_)
        case Answer.NOT_TODAY:
            return views.put_off(words)
        case Answer.NOT_FOR_ME:
            return views.turned_down(words)


def _later(library: Library, nudge: str) -> Trigger:
    found = library.nudges.get(nudge)
    return found.trigger if found else Trigger.ANYTIME


async def more(ally: Ally, request: Request) -> Reply:
    """The overflow menu under a nudge or a check-in."""
    what, _, id_ = request.value.partition(":")
    match what:
        case ids.MORE_FEWER:
            return await open_settings(ally, request)
        case ids.MORE_PAUSE:
            return await pause_by_command(ally, request)
        case ids.MORE_STOP:
            return await leave_by_command(ally, request)
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return await not_in(ally, request)
    nudge = await _nudge_of(ally, who, DeliveryId(id_))
    if nudge is None:
        return Reply(message=views.not_yours(words))
    return Reply(message=views.easier(words, nudge) if what == ids.MORE_EASIER else views.why(words, nudge))


async def _nudge_of(ally: Ally, who: Member, id_: DeliveryId) -> Nudge | None:
    row = await find_delivery(ally.db, who, id_)
    return ally.library().in_words_of(who.locale).nudges.get(row.nudge or "") if row is not None else None
