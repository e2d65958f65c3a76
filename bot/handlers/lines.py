"""Lines that members keep: by command, by modal, from text that was not understood; taken back; read again."""

from __future__ import annotations

import dataclasses

from bot.handlers.context import Ally, Reply, Request, member_of, not_in, words_of
from bot.model import DeliveryId
from bot.storage.ledger import find_delivery
from bot.storage.reflections import keep_reflection, reflections_of, take_back
from bot.views import answers, ids
from bot.views.blocks import LINE_LIMIT


async def log_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally log TEXT` keeps one line; alone it opens a place to write one."""
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return await not_in(ally, request, request.text)
    if not request.text:
        return Reply(modal=answers.line_modal(words))
    if len(request.text) > LINE_LIMIT:
        return Reply(message=answers.too_long(words, request.text))
    line = await keep_reflection(ally.db, who, request.text, ally.clock(), request.key)
    return Reply(message=answers.line_kept(words, line), home=True)


async def save_what_was_typed(ally: Ally, request: Request) -> Reply:
    """*Save as a reflection* under text that was shown back."""
    text = str(request.fields.get(answers.LINE) or "") if request.value == ids.IN_FIELD else request.value
    return await log_by_command(ally, dataclasses.replace(request, text=text.strip(), value=""))


async def write_a_line(ally: Ally, request: Request) -> Reply:
    """*Write a line*: a modal, with the question of the nudge it stands under."""
    who = await member_of(ally, request)
    if who is None:
        return await not_in(ally, request)
    row = await find_delivery(ally.db, who, DeliveryId(request.value))
    about = row.nudge if row is not None else request.value
    library = ally.library().in_words_of(who.locale)
    asked = library.nudges.get(about or "") or library.questions.get(about or "")
    return Reply(modal=answers.line_modal(words_of(who), asked.ask if asked else ""))


async def keep_written_line(ally: Ally, request: Request) -> Reply:
    """*Keep* in that modal. Sent twice, it is kept once."""
    who = await member_of(ally, request)
    words = words_of(who)
    if who is None:
        return Reply(errors={answers.LINE: answers.join_before_keeping(words)})
    text = str(request.fields.get(answers.LINE) or "").strip()
    if not text:
        return Reply(errors={answers.LINE: answers.write_something(words)})
    await keep_reflection(ally.db, who, text, ally.clock(), request.key)
    return Reply(in_place=answers.line_kept_view(words), home=True)


async def undo_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally undo` takes back the newest line; *Undo* under a line takes back that one."""
    who = await member_of(ally, request)
    if who is None:
        return await not_in(ally, request)
    line = await take_back(ally.db, who, request.value or None)
    return Reply(message=answers.line_taken_back(words_of(who), line), home=True)


async def journal_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally journal [WORD]`."""
    return await _journal(ally, request, request.text, 0)


async def turn_page(ally: Ally, request: Request) -> Reply:
    """*Older* and *Newer*: the button says where the page begins and what was searched for."""
    start, _, word = request.value.partition(":")
    return await _journal(ally, request, word, int(start) if start.isdecimal() else 0)


async def _journal(ally: Ally, request: Request, word: str, start: int) -> Reply:
    who = await member_of(ally, request)
    if who is None:
        return await not_in(ally, request, word)
    lines = await reflections_of(ally.db, who, word)
    start = min(start, max(0, len(lines) - 1))
    return Reply(message=answers.journal(words_of(who), lines, who, start, word))
