"""What every behaviour is given, and what it gives back. No behaviour sees Slack's JSON."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import Library, Member, Person, Rhythm
from bot.nudges.shelf import Shelf, Turn
from bot.storage.database import Database
from bot.storage.members import find_member
from bot.views.answers import join_first
from bot.views.blocks import Message, View
from bot.views.words import Words, words_for

NO_LOCALE = "en-GB"


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
    rhythm: Rhythm
    support_links: Mapping[str, str]
    client_changed: Callable[[str], None]
    """Called with a workspace whose token no longer holds, so that nobody goes on using it."""

    def library(self) -> Library:
        """The library now. Ask once for each thing that is to be whole: it may be another the next time."""
        return self.shelf.library


@dataclass(frozen=True, slots=True)
class Request:
    """One thing somebody did. `key` is the same when Slack, or a double click, brings the same thing again."""

    team: str
    user: str
    key: str
    look_up: Callable[[], Awaitable[Person]]
    """Asks Slack who this is (zone, language). Raises SlackApiError."""
    open_dm: Callable[[], Awaitable[str | None]]
    """The id of the DM with this person, where Ally may open it."""
    post: Callable[[Message], Awaitable[bool]]
    """Posts into that DM, where it stays; whether Slack took it."""
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


def words_of(who: Member | None) -> Words:
    """The language of a member; English for people Ally knows nothing about."""
    return words_for(who.locale if who is not None else NO_LOCALE)
