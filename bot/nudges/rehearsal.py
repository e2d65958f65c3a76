"""A year of weekdays with the library, played through before anybody has to live it: who runs dry, and when."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.model import Answer, Audience, Library, Setting, Status
from bot.nudges.choose import History, Past, choose, stretch_cap

SPAN = timedelta(days=365)

_SITTING = frozenset({Setting.MEETING, Setting.CHAT, Setting.DOCUMENT, Setting.ONE_TO_ONE})


@dataclass(frozen=True, slots=True)
class Profile:
    """A made-up member: on which weekdays (Monday = 0) nudges come, and above which stretch none does."""

    name: str
    audience: Audience
    settings: frozenset[Setting]
    days: frozenset[int] = frozenset(range(5))
    cap: int = 3


PROFILES = (
    Profile("without a desk, stretch 1 only", Audience.EVERYONE, frozenset({Setting.FLOOR}), cap=1),
    Profile("works remotely", Audience.EVERYONE, _SITTING),
    Profile("manager", Audience.MANAGER, frozenset(Setting)),
    Profile("leader", Audience.LEADER, frozenset(Setting)),
    Profile("one nudge a week", Audience.EVERYONE, frozenset(Setting), days=frozenset({0})),
)


@dataclass(frozen=True, slots=True)
class Run:
    """How far the library carried somebody. `dry` is the first day on which nothing unseen was left, None if none."""

    profile: Profile
    start: date
    nudges: int
    dry: date | None

    def __str__(self) -> str:
        if self.dry is None:
            return f"{self.profile.name}: lasts the year, {self.nudges} nudges"
        days = (self.dry - self.start).days
        when = f"week {days // 7 + 1} (day {days + 1})"
        return f"{self.profile.name}: runs dry in {when}, after {self.nudges} nudges"


def rehearse(library: Library, start: date, seed: int) -> Iterator[Run]:
    """A run for each of the five profiles, all joining on `start`. The same arguments give the same runs."""
    for profile in PROFILES:
        yield _run(_reach(library, profile), profile, start, random.Random(seed))  # noqa: S311 — nothing secret


def _run(library: Library, profile: Profile, start: date, rng: random.Random) -> Run:
    past: list[Past] = []
    for day in (start + timedelta(days=number) for number in range(SPAN.days)):
        if day.weekday() not in profile.days:
            continue
        cap = min(profile.cap, stretch_cap(start, day))
        choice = choose(library, profile, History(tuple(past)), day, cap, rng)
        if choice is None or choice.id not in library.nudges or choice.last_seen is not None:
            return Run(profile, start, len(past), day)
        past.append(Past(choice.id, day, Answer.DID_IT))
    return Run(profile, start, len(past), None)


def _reach(library: Library, profile: Profile) -> Library:
    """The part of the library that can come to somebody at all, so that a large one takes no longer."""
    reached = {
        id_: nudge
        for id_, nudge in library.nudges.items()
        if nudge.status is Status.LIVE
        and nudge.stretch <= profile.cap
        and profile.audience.sees(nudge.audience)
        and (Setting.ANY in nudge.settings or nudge.settings & profile.settings)
    }
    return replace(library, nudges=reached)
