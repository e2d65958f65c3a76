"""`/ally repair`: cards for when it went wrong. For everybody, members or not; nothing of it is kept."""

from __future__ import annotations

from bot.handlers.context import Ally, Reply, Request, locale_if_known
from bot.views.repair import card_message, what_happened
from bot.views.words import words_for


async def repair_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally repair`, *It went wrong*, *Something else happened*."""
    locale = await locale_if_known(ally, request)
    return Reply(message=what_happened(words_for(locale), ally.library().in_words_of(locale)))


async def show_card(ally: Ally, request: Request) -> Reply:
    """The card behind a button; the list again, where that card is gone meanwhile."""
    locale = await locale_if_known(ally, request)
    words, library = words_for(locale), ally.library().in_words_of(locale)
    card = library.repairs.get(request.value)
    if card is None:
        return Reply(message=what_happened(words, library))
    return Reply(message=card_message(words, library, card, ally.support_links))
