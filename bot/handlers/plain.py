"""Answers that keep nothing: help, privacy, words not understood, what was typed in the DM."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from bot.handlers.context import Ally, Reply, Request, member_of, words_if_known, words_of
from bot.views import answers
from bot.views.membership import privacy


async def show_help(ally: Ally, request: Request) -> Reply:
    """`/ally`, `/ally help`, *Show help*."""
    return Reply(message=answers.help_message(await words_if_known(ally, request)))


async def show_privacy(ally: Ally, request: Request) -> Reply:
    """`/ally privacy`, *Privacy*."""
    words = words_of(await member_of(ally, request))
    return Reply(message=privacy(words, dict(ally.support_links)))


async def typed_in_chat(ally: Ally, request: Request) -> Reply:
    """Something typed in the DM: never stored, never logged."""
    return Reply(message=answers.typed_in_chat(words_of(await member_of(ally, request))))


def coming_soon(word: str) -> Callable[[Ally, Request], Coroutine[None, None, Reply]]:
    """A word of Ally's that does nothing yet."""

    async def say_so(ally: Ally, request: Request) -> Reply:
        return Reply(message=answers.coming_soon(await words_if_known(ally, request), word))

    return say_so


def not_understood(meant: str | None) -> Callable[[Ally, Request], Coroutine[None, None, Reply]]:
    """A word nobody knows; the text is shown back to this person alone, and `meant` names a near miss."""

    async def show_back(ally: Ally, request: Request) -> Reply:
        return Reply(message=answers.not_understood(await words_if_known(ally, request), request.text, meant))

    return show_back
