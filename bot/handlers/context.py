"""What every behaviour is given, and what it gives back. No behaviour sees Slack's JSON."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import aiohttp
import sqlalchemy.exc
from slack_sdk.errors import SlackApiError

from bot.delivery.plan import Rules
from bot.delivery.verdict import Verdict
from bot.model import Library, Member, Person, Rhythm
from bot.nudges.shelf import Shelf, Turn
from bot.storage.database import Database
from bot.storage.ledger import Note
from bot.storage.members import find_member
from bot.views.answers import join_first
from bot.views.blocks import Message, View
from bot.views.words import Words, words_for

NO_LOCALE = "en-GB"

TROUBLE = (TimeoutError, OSError, aiohttp.ClientError, sqlalchemy.exc.SQLAlchemyError, SlackApiError)
"""What may go wrong outside of us: it becomes kind words, and the person's text shown back."""

_KNOWN_WITHIN_S = 0.8
_LOCALE_KEPT = timedelta(minutes=1)
_LOCALES_REMEMBERED = 10_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ally:
    """The house: made once in the composition root."""

    db: Database
    clock: Callable[[], datetime]
    rng: random.Random
    shelf: Shelf
    look: Callable[[float], Awaitable[Turn | None]]
    """Looks into the library's folder now; None where that takes longer than so many seconds. It goes on then."""
    is_admin: Callable[[str, str], bool]
    """Whether that user of that workspace is among ALLY_ADMINS."""
    rules: Callable[[], Rules]
    """By which a due moment is decided; asked anew each time, for the library may change."""
    note: Note
    """Counts a delivery that came to an end by what a member did."""
    rhythm: Rhythm
    support_links: Mapping[str, str]
    client_changed: Callable[[str], None]
    """Called with a workspace whose token no longer holds, so that nobody goes on using it."""
    locales: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    """By workspace and user: the language last read, and until when that is good enough for `locale_if_known`."""

    def library(self) -> Library:
        """The library now. Ask once for each thing that is to be whole: it may be another the next time."""
        return self.shelf.library


@dataclass(frozen=True, slots=True)
class Request:
    """One thing somebody did. `key` is the same when Slack, or a double click, brings the same thing again."""

    team: str
    user: str
    key: str
    look_up: Callable[[], Coroutine[Any, Any, Person]]
    """Asks Slack who this is (zone, language). Raises SlackApiError."""
    open_dm: Callable[[], Awaitable[str | None]]
    """The id of the DM with this person, where Ally may open it."""
    post: Callable[[Message], Awaitable[Verdict | None]]
    """Posts into that DM, where it stays; what Slack said where it did not take it."""
    text: str = ""
    value: str = ""
    shown: Message | None = None
    """The message a button stands under, as Slack shows it."""
    shown_ts: str = ""
    about: str = ""
    """What a modal carried unseen."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """What was filled into a modal, by the names in `views`: text, a choice, a frozenset of choices, or None."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What follows. Several may be set; `message` is seen by this person alone and is kept nowhere in Slack."""

    message: Message | None = None
    modal: View | None = None
    """A modal to open; from inside a modal, one on top of it."""
    in_place: View | None = None
    """What the modal turns into."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Keeps the modal open, with its text, and says under each field what is wrong."""
    update: Message | None = None
    """What the message with the button turns into."""
    home: bool = False
    """Whether App Home looks different now."""


async def member_of(ally: Ally, request: Request) -> Member | None:
    """The member behind a request; None for people who have not joined, or have left."""
    found = await find_member(ally.db, request.team, request.user)
    return found if found is not None and found.active else None


async def not_in(ally: Ally, request: Request, text: str = "") -> Reply:
    """For somebody who has not joined, or has left: nothing is kept, so `text` is shown back."""
    known = await find_member(ally.db, request.team, request.user)
    return Reply(message=join_first(words_of(known), text, left=known is not None))


async def in_time(
    work: Coroutine[Any, Any, T], within_s: float, begun: Callable[[asyncio.Task[T]], None] = lambda _: None
) -> T:
    """The result, or TimeoutError. Work that hangs is cancelled but not waited for: a driver may take its time.
    `begun` is told of the task that does it."""
    task = asyncio.create_task(work)
    begun(task)
    try:
        done, _ = await asyncio.wait({task}, timeout=within_s)
        if done:
            return task.result()
        raise TimeoutError
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())


async def words_if_known(ally: Ally, request: Request) -> Words:
    """The language of whoever asks, for answers that need nothing else of the database; English where it is away."""
    return words_for(await locale_if_known(ally, request))


async def locale_if_known(ally: Ally, request: Request) -> str:
    """The same as Slack names it, `NO_LOCALE` for people Ally knows nothing about.

    Remembered for a minute: most of what help costs would be this one question to the database. What changes a member
    in this process ends it at once (`forget_locale`); another process may say help in the old language for that long.
    """
    now, key = ally.clock(), (request.team, request.user)
    if (found := ally.locales.get(key)) is not None and now < found[1]:
        return found[0]
    try:
        who = await in_time(find_member(ally.db, request.team, request.user), _KNOWN_WITHIN_S)
    except TROUBLE:
        return NO_LOCALE
    locale = who.locale if who is not None else NO_LOCALE
    if len(ally.locales) >= _LOCALES_REMEMBERED:
        ally.locales.clear()
    ally.locales[key] = (locale, now + _LOCALE_KEPT)
    return locale


def forget_locale(ally: Ally, team: str, user: str) -> None:
    """Something about that person changed: their language is read anew."""
    ally.locales.pop((team, user), None)


def words_of(who: Member | None) -> Words:
    """The language of a member; English for people Ally knows nothing about."""
    return words_for(who.locale if who is not None else NO_LOCALE)
