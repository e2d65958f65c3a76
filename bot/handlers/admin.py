"""`/ally admin …`: how the library stands, previews, a look into its folder now. For those in ALLY_ADMINS alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from rapidfuzz import process

from bot.handlers.context import Ally, Reply, Request, member_of, words_of
from bot.model import Status
from bot.storage.audits import note_deed
from bot.views import admin as views
from bot.views import ids
from bot.views.answers import coming_soon
from bot.views.nudge import nudge_message, question_message
from bot.views.words import Words, words_for

_LOOK_WITHIN_S = 1.0  # of the 2.5 that an answer has
_ALIKE = 70.0  # of 100
_SENTENCE = 4  # words behind "admin": somebody's own line may begin with it


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
    """`/ally admin …`. Everybody else hears one and the same no, whatever stands behind `admin`."""
    who = await member_of(ally, request)
    if not ally.is_admin(request.team, request.user):
        line = f"admin {request.text}" if len(request.text.split()) >= _SENTENCE else ""
        return Reply(message=views.not_an_admin(words_of(who), line))
    if who is not None:
        asker = Asker(who.locale, who.zone)
    else:
        person = await request.look_up()
        asker = Asker(person.locale, ZoneInfo(person.zone))
    typed, rest = (*request.text.split(None, 1), "", "")[:2]
    word = typed.lower()
    if word in _SOON:
        return Reply(message=coming_soon(asker.words, f"admin {word}"))
    if word not in _DEEDS:
        return Reply(message=views.admin_help(asker.words, typed, _nearest(word, [*_DEEDS, *_SOON])))
    await note_deed(ally.db, request.team, request.user, f"admin.{word}", ally.clock())
    return await _DEEDS[word](ally, replace(request, text=rest.strip()), asker)


async def only_a_preview(ally: Ally, request: Request) -> Reply:
    """Any button under a preview: nothing is looked up, kept or changed."""
    return Reply(message=views.only_a_preview(words_of(await member_of(ally, request))))


async def _library(ally: Ally, request: Request, asker: Asker) -> Reply:
    today = ally.clock().astimezone(asker.zone).date()
    return Reply(message=views.library_message(asker.words, ally.shelf, asker.zone, today))


async def _reload(ally: Ally, request: Request, asker: Asker) -> Reply:
    return Reply(message=views.reloaded(asker.words, await ally.look(_LOOK_WITHIN_S), ally.shelf, asker.zone))


async def _preview(ally: Ally, request: Request, asker: Asker) -> Reply:
    library, words = ally.library().in_words_of(asker.locale), asker.words
    id_ = request.text.lower()
    if (nudge := library.nudges.get(id_)) is not None:
        message, status = nudge_message(words, nudge, ids.PREVIEW + id_), nudge.status
    elif (question := library.questions.get(id_)) is not None:
        message, status = question_message(words, question, ids.PREVIEW + id_), Status.LIVE
    else:
        near = _nearest(id_, [*library.nudges, *library.questions])
        return Reply(message=views.which_entry(words, request.text, near, bool(ally.shelf.refused)))
    sent = await request.post(message)
    return Reply(message=views.preview_sent(words, id_, status) if sent else views.preview_not_sent(words))


def _nearest(typed: str, known: Iterable[str]) -> str | None:
    found = process.extractOne(typed, known, score_cutoff=_ALIKE) if typed else None
    return found[0] if found else None


_DEEDS: Mapping[str, Deed] = {"library": _library, "preview": _preview, "reload": _reload}
_SOON = ("pulse", "announce")
