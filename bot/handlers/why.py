"""Why this nudge, and what became of the last 14 days."""

from __future__ import annotations

from datetime import timedelta

from bot.handlers.context import Ally, Reply, Request, member_of, not_in, words_of
from bot.model import Kind, State
from bot.storage.histories import why_of
from bot.storage.ledger import deliveries
from bot.views import answers

_SPAN = timedelta(days=14)


async def why_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally why`."""
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return await not_in(ally, request)
    since = who.local_date(ally.clock()) - _SPAN
    rows = (await deliveries(ally.db, member_id=who.id, since=since))[::-1]
    newest = next((row for row in rows if row.kind is Kind.NUDGE and row.state is State.SENT), None)
    if newest is None:
        return Reply(message=answers.why_message(words, rows, "", ""))
    library = ally.library().in_words_of(who.locale)
    nudge = library.nudges.get(newest.nudge or "")
    season = library.seasons[nudge.season].label if nudge and nudge.season else ""
    codes = (await why_of(ally.db, who, [newest])).get(newest.id, "")
    gone = nudge is None and newest.nudge not in library.questions
    purpose = nudge.why if nudge else answers.no_longer_there(words) if gone else ""
    return Reply(message=answers.why_message(words, rows, purpose, answers.choice_in_words(words, codes, season)))
