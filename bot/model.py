"""The frozen things that travel between layers. No behaviour but what follows from their own fields."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import NewType
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

DeliveryId = NewType("DeliveryId", str)
"""Opaque, 32 hex digits that nobody guesses: it stands in the `block_id` of the message it belongs to."""


class Stance(StrEnum):
    """Where an ally stands (Lee Chambers, Male Allies UK). Members read "to the side" for `aside`."""

    FORWARD = "forward"
    ASIDE = "aside"
    BACK = "back"


class Sphere(StrEnum):
    """What a nudge works on: oneself, the moment, the system."""

    SELF = "self"
    MOMENT = "moment"
    SYSTEM = "system"


class Trigger(StrEnum):
    """Whether a nudge can be done at any time, or waits for its moment."""

    ANYTIME = "anytime"
    WHEN_IT_HAPPENS = "when-it-happens"


class Audience(StrEnum):
    """Whose work a nudge speaks of. Each sees those before it."""

    EVERYONE = "everyone"
    MANAGER = "manager"
    LEADER = "leader"

    def sees(self, other: Audience) -> bool:
        order = list(Audience)
        return order.index(other) <= order.index(self)


class Setting(StrEnum):
    """Where a nudge can be done; `floor` is work without a desk."""

    ANY = "any"
    MEETING = "meeting"
    CHAT = "chat"
    DOCUMENT = "document"
    ONE_TO_ONE = "one-to-one"
    FLOOR = "floor"


class Status(StrEnum):
    """Only `live` entries are sent; ids of `retired` ones stay taken."""

    DRAFT = "draft"
    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Nudge:
    """One entry of the library: a small action, its moment and its reason."""

    id: str
    do: str
    when: str
    why: str
    ask: str
    practice: str
    stance: Stance
    sphere: Sphere
    trigger: Trigger
    stretch: int
    minutes: int
    audience: Audience
    settings: frozenset[Setting]
    source: tuple[str, ...]
    easier: str | None = None
    season: str | None = None
    status: Status = Status.LIVE
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Practice:
    """A habit that several nudges vary."""

    id: str
    label: str
    role: str
    frame: str


@dataclass(frozen=True, slots=True)
class Season:
    """A stretch of the year (`opens` to `closes`, both included) or a decision window an admin opens."""

    id: str
    label: str
    opens: date | None
    closes: date | None
    active: bool

    def is_open(self, day: date) -> bool:
        """Whether the season runs on `day`: switched on, and inside the dates that are given."""
        after = self.opens is None or day >= self.opens
        before = self.closes is None or day <= self.closes
        return self.active and after and before


@dataclass(frozen=True, slots=True)
class Source:
    """Where an idea comes from."""

    id: str
    cite: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A reflection question: asked when no nudge is left, and in the weekly check-in."""

    id: str
    ask: str
    about: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """A card for when it went wrong: own it, repair, change."""

    id: str
    kind: str
    own: str
    repair: str
    change: str
    say: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Everything under `content/`, by id, in the order of the files.

    `translations` holds, by language (`de`, `pt-BR`), this library in other words. An entry that has none there is
    the very same object; one that has carries the `rev` its words were made from.
    """

    nudges: dict[str, Nudge] = field(default_factory=dict)
    practices: dict[str, Practice] = field(default_factory=dict)
    seasons: dict[str, Season] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    repairs: dict[str, Repair] = field(default_factory=dict)
    translations: dict[str, Library] = field(default_factory=dict)

    def in_words_of(self, locale: str) -> Library:
        """This library as a reader with that Slack locale meets it: `de-DE` in `de-DE`, else in `de`, else as it is;
        `zh-TW` in `zh-Hant` before `zh`.

        A wording made from an older `rev` is still said: better a little old than in a foreign language.
        """
        if not self.translations:
            return self
        return next((self.translations[name] for name in _readable(locale) if name in self.translations), self)


@lru_cache(maxsize=64)
def _readable(locale: str) -> tuple[str, ...]:
    """What a reader with that Slack locale reads best, first to last: itself, its script (by CLDR's likely subtags),
    its language."""
    language, script = locale.partition("-")[0], ""
    with contextlib.suppress(ValueError, UnknownLocaleError):
        script = Locale.parse(locale, sep="-").script or ""
    return tuple(filter(None, (locale, script and f"{language}-{script}", language)))


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at one place of the library, and the mend. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    id: str
    field: str
    level: str
    message: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        what = ".".join(part for part in (self.id, self.field) if part)
        return f"{where}: {what + ': ' if what else ''}{self.message} → {self.mend}"


class Kind(StrEnum):
    """What is delivered unasked. A goodbye is that day's nudge."""

    NUDGE = "nudge"
    CHECK_IN = "check_in"


class State(StrEnum):
    """The life of a delivery: planned → sending → sent, or an end with a reason."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


BIRTHS = frozenset({State.PLANNED, State.SKIPPED, State.FAILED})
"""How a row of the ledger comes into being."""

MOVES = {
    State.PLANNED: frozenset({State.SENDING, State.SKIPPED}),
    State.SENDING: frozenset({State.SENT, State.PLANNED, State.SKIPPED, State.FAILED}),
}
"""What may become of it; every other state is an end."""


class Skip(StrEnum):
    """Why a due moment brought nothing."""

    PAUSED = "paused"
    LEFT = "left"
    GONE = "gone"
    ANSWERED = "answered"
    HOLIDAY = "holiday"
    LATE = "late"
    NOTHING_FITS = "nothing_fits"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """What a member pressed under a nudge."""

    DID_IT = "did_it"
    NOT_TODAY = "not_today"
    NOT_FOR_ME = "not_for_me"


class Step(StrEnum):
    """The five answers of the weekly check-in."""

    FORWARD = "forward"
    ASIDE = "aside"
    BACK = "back"
    HELD_BACK = "held_back"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a member wants to hear from Ally, in wall time of their own zone. Days count from Monday = 0."""

    nudge_time: time = time(9, 30)
    days: frozenset[int] = frozenset(range(5))
    check_in_day: int = 4
    check_in_time: time = time(15, 0)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as Slack knows them, member or not."""

    workspace: str
    user: str
    zone: str
    locale: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who opted in. `paused` holds until `resume_on` (their local date), or until they resume."""

    id: int
    workspace: str
    user: str
    dm: str | None
    zone: ZoneInfo
    locale: str
    rhythm: Rhythm
    audience: Audience
    settings: frozenset[Setting]
    joined_at: datetime
    left_at: datetime | None
    erase_at: datetime | None
    gone: bool
    paused: bool
    resume_on: date | None
    next_nudge_at: datetime | None
    next_check_in_at: datetime | None

    @property
    def active(self) -> bool:
        """Opted in and not left."""
        return self.left_at is None

    def local_date(self, now: datetime) -> date:
        """The date on the member's own calendar at `now` (UTC)."""
        return now.astimezone(self.zone).date()

    def is_paused(self, day: date) -> bool:
        """Whether nothing is sent on their local `day`."""
        return self.paused and (self.resume_on is None or day < self.resume_on)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the ledger, as people ask for it. Moments are UTC; `reason` is a code."""

    id: DeliveryId
    workspace: str
    user: str
    kind: Kind
    local_date: date
    due_at: datetime
    state: State
    reason: str | None
    nudge: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery claimed for sending: all that the sender needs, and nothing private."""

    id: DeliveryId
    workspace: str
    user: str
    dm: str | None
    locale: str
    kind: Kind
    local_date: date
    due_at: datetime
    nudge: str | None
    last_seen: date | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Reflection:
    """One line a member kept."""

    id: str
    written_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A member's answers for the week that begins on Monday `week`."""

    week: date
    steps: frozenset[Step]
    line: str
    next_week: str


@dataclass(frozen=True, slots=True)
class Installation:
    """Ally in one workspace: the token it speaks with and what it may do."""

    workspace: str
    name: str
    token: str
    bot_user: str
    bot_id: str
    app_id: str
    scopes: frozenset[str]
