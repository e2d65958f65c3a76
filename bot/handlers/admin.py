"""`/ally admin …`: how the library stands, previews, a look into its folder now. For those in ALLY_ADMINS alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog
from rapidfuzz import process

from bot.delivery.verdict import Meaning
from bot.handlers.context import NO_LOCALE, TROUBLE, Ally, Reply, Request, in_time, member_of, words_if_known, words_of
from bot.model import Status
from bot.storage.audits import note_deed
from bot.views import admin as views
from bot.views import ids
from bot.views.nudge import nudge_message, question_message
from bot.views.repair import card_message
from bot.views.words import Words, words_for

log = structlog.get_logger()

# Of the 2.5 seconds that an answer has; the deed and its note run side by side.
_KNOWN_WITHIN_S = 0.4
_LOOKED_UP_WITHIN_S = 0.5
_LOOK_WITHIN_S = 1.0
_NOTED_WITHIN_S = 1.4
_ALIKE = 70.0  # of 100


@dataclass(frozen=True, slots=True)
class Asker:
    """The admin who asks, member or not: their language as Slack names it, and their zone."""

    locale: str
    zone: ZoneInfo

    @property
    def words(self) -> Words:
        return words_for(self.locale)


Deed = Callable[[Ally, Request, Asker], Awaitable[Reply]]


async def admin_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally admin …`, with the whole of what was typed. Everybody else hears one and the same no.

    What is not exactly a deed and what it takes may be somebody's line: it is shown back, beside the no too. That
    depends on what was typed alone, so it tells nobody what is in the library.
    """
    typed, rest = (*request.text.split(None, 2)[1:], "", "")[:2]
    word = typed.lower()
    exact = word == "" or (word in _TAKES and len(rest.split()) <= _TAKES[word])
    line = "" if exact else request.text
    if not ally.is_admin(request.team, request.user):
        return Reply(message=views.not_an_admin(await words_if_known(ally, request), line))
    asker = await _asker(ally, request)
    if word in _SOON:
        return Reply(message=views.admin_soon(asker.words, word, line))
    if word not in _DEEDS or (line and word != "preview"):
        return Reply(message=views.admin_help(asker.words, line, _nearest(word, [*_TAKES]), known=word in _DEEDS))
    noted = _noted(ally, request, f"admin.{word}")
    reply, _ = await asyncio.gather(_DEEDS[word](ally, request, asker), noted)
    return reply


async def only_a_preview(ally: Ally, request: Request) -> Reply:
    """Any button under a preview: nothing is looked up, kept or changed."""
    return Reply(message=views.only_a_preview(words_of(await member_of(ally, request))))


async def _asker(ally: Ally, request: Request) -> Asker:
    """The admin's language and zone. How the library stands can be told without them, and matters most when much is
    wrong: then in English, and in UTC."""
    try:
        if (who := await in_time(member_of(ally, request), _KNOWN_WITHIN_S)) is not None:
            return Asker(who.locale, who.zone)
    except TROUBLE as error:
        log.warning("admin_not_looked_up", error=type(error).__name__)
    try:
        person = await in_time(request.look_up(), _LOOKED_UP_WITHIN_S)
        return Asker(person.locale, ZoneInfo(person.zone))
    except TROUBLE as error:
        log.warning("admin_not_looked_up", error=type(error).__name__)
    return Asker(NO_LOCALE, ZoneInfo("UTC"))


async def _noted(ally: Ally, request: Request, deed: str) -> None:
    """Writes down who did what; a database that takes nothing now keeps no admin from it, and the log has it then."""
    try:
        await in_time(note_deed(ally.db, request.team, request.user, deed, ally.clock()), _NOTED_WITHIN_S)
    except TROUBLE as error:
        log.error("deed_not_noted", workspace=request.team, who=request.user, what=deed, error=type(error).__name__)


async def _library(ally: Ally, request: Request, asker: Asker) -> Reply:
    today = ally.clock().astimezone(asker.zone).date()
    return Reply(message=views.library_message(asker.words, ally.shelf, asker.zone, today))


async def _reload(ally: Ally, request: Request, asker: Asker) -> Reply:
    return Reply(message=views.reloaded(asker.words, await ally.look(_LOOK_WITHIN_S), ally.shelf, asker.zone))


async def _preview(ally: Ally, request: Request, asker: Asker) -> Reply:
    """Of the entry that the first word names; more words do no harm where there is one."""
    library, words = ally.library().in_words_of(asker.locale), asker.words
    given = request.text.split()[2:]
    typed = given[0] if given else ""
    id_ = typed.lower()
    if (nudge := library.nudges.get(id_)) is not None:
        message, status = nudge_message(words, nudge, ids.PREVIEW + id_), nudge.status
    elif (question := library.questions.get(id_)) is not None:
        message, status = question_message(words, question, ids.PREVIEW + id_), Status.LIVE
    elif (card := library.repairs.get(id_)) is not None:
        return Reply(message=card_message(words, library, card, ally.support_links))
    else:
        near = _nearest(id_, [*library.nudges, *library.questions, *library.repairs])
        line = request.text if len(given) > 1 or len(typed) > views.ID_HOLDS else ""
        return Reply(message=views.which_entry(words, typed, near, bool(ally.shelf.refused), line))
    verdict = await request.post(message)
    if verdict is None:
        return Reply(message=views.preview_sent(words, id_, status))
    return Reply(message=views.preview_not_sent(words, verdict.code, verdict.meaning is Meaning.UNKNOWN))


def _nearest(typed: str, known: Iterable[str]) -> str | None:
    found = process.extractOne(typed, known, score_cutoff=_ALIKE) if typed else None
    return found[0] if found else None


_DEEDS: Mapping[str, Deed] = {"library": _library, "preview": _preview, "reload": _reload}
_SOON = ("pulse", "announce")
_TAKES = {"library": 0, "preview": 1, "reload": 0, "pulse": 0, "announce": 0}
"""How many words each word behind `admin` takes."""
