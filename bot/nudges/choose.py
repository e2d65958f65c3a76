"""Choosing what a member gets. Pure and seeded: the same library, history, day and randomness choose the same.

Policy: CONTENT.md "Choosing" steps 1 (what is out, and what follows when nothing is left), 3 (stances 35/35/30)
and 7 (weighted random among the rest, with the reasons kept).
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol, Self

from bot.model import Answer, Audience, Library, Setting, Stance, Status

UNSEEN_FOR = timedelta(days=152)
"""Five months: no nudge comes twice within them. Once this is a daily member's whole pool of 110 working days."""

AGAIN_AFTER = timedelta(days=122)
"""Four months: the least distance of a repeat when nothing else is left, and then it says that it is one."""

RETURNS_AFTER = 10
"""How many sends later a "Not today" may come back."""

STANCE_SHARES = {Stance.FORWARD: 35, Stance.ASIDE: 35, Stance.BACK: 30}

_DAY = timedelta(days=1)
_CAPS = ((timedelta(weeks=2), 1), (timedelta(weeks=6), 2))


@dataclass(frozen=True, slots=True)
class Past:
    """One nudge a member met: `delivered` by the ledger, or asked for by hand."""

    nudge: str
    on: date
    answer: Answer | None = None
    delivered: bool = True


DELIVERED, ASKED_FOR = " ", "~"
"""How a line of a packed history says whether the ledger brought a nudge or the member asked for it."""

_NO_ANSWERS: Mapping[str, Answer] = MappingProxyType({})


class History:
    """Everything a member met, oldest first.

    Kept as the database packs it, a line a nudge such as `2026-11-23 listen-01`: of a year of lines choosing looks at
    few, and making objects of all of them cost more than everything else in planning.
    """

    __slots__ = ("_answers", "_lines")

    def __init__(self, past: Iterable[Past] = ()) -> None:
        lines = [(_line(one), one.answer) for one in past]
        self._lines = tuple(line for line, _ in lines)
        self._answers = {line: answer for line, answer in lines if answer is not None}

    @classmethod
    def packed(cls, lines: Iterable[str], answers: Mapping[str, Answer] = _NO_ANSWERS) -> Self:
        """From lines in any order: ISO date, `DELIVERED` or `ASKED_FOR`, nudge; `answers` by line."""
        made = cls()
        made._lines, made._answers = tuple(sorted(lines)), dict(answers)
        return made

    @property
    def past(self) -> tuple[Past, ...]:
        """The lines, unpacked."""
        return tuple(
            Past(line[11:], date.fromisoformat(line[:10]), self._answers.get(line), line[10] == DELIVERED)
            for line in self._lines
        )

    def later(self, nudge: str, day: date) -> History:
        """With one more delivery."""
        return History.packed([*self._lines, _line(Past(nudge, day))], self._answers)

    def last(self) -> dict[str, date]:
        """When each nudge was met last."""
        return {line[11:]: date.fromisoformat(line[:10]) for line in self._lines}

    def rejected(self) -> set[str]:
        """Whatever was ever "Not for me"."""
        return {line[11:] for line, answer in self._answers.items() if answer is Answer.NOT_FOR_ME}

    def resting(self, day: date) -> set[str]:
        """Ids seen within five months, but for a "Not today" of more than ten sends ago."""
        first = bisect_left(self._lines, (day - UNSEEN_FOR + _DAY).isoformat())
        resting = {line[11:] for line in self._lines[first:]}
        for line, answer in self._answers.items():
            if answer is Answer.NOT_TODAY and line[11:] in resting:
                at = self._lines.index(line)
                since = self._lines[at + 1 :]
                again = any(other[11:] == line[11:] for other in since)
                if not again and sum(other[10] == DELIVERED for other in since) >= RETURNS_AFTER:
                    resting.discard(line[11:])
        return resting

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and (self._lines, self._answers) == (other._lines, other._answers)

    def __hash__(self) -> int:
        return hash(self._lines)


def _line(one: Past) -> str:
    return f"{one.on.isoformat()}{DELIVERED if one.delivered else ASKED_FOR}{one.nudge}"


class Reader(Protocol):
    """What choosing needs to know of a member."""

    @property
    def audience(self) -> Audience: ...
    @property
    def settings(self) -> frozenset[Setting]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A nudge or reflection question by id; `last_seen` where it comes again; `why` as codes for `/ally why`."""

    id: str
    why: tuple[str, ...]
    last_seen: date | None = None


def stretch_cap(joined: date, day: date) -> int:
    """The highest stretch on `day`: 1 in the first two weeks, then 2. Stretch 3 comes by consent only."""
    return next((cap for span, cap in _CAPS if day < joined + span), 2)


def choose(
    library: Library, reader: Reader, history: History, day: date, cap: int, rng: random.Random
) -> Choice | None:
    """What comes on the member's local `day`, never above stretch `cap`; None when nothing fits.

    A nudge not seen for five months, else a reflection question, else the nudge longest unseen (four months at
    least), which says that it comes again.
    """
    pool = _pool(_Same(library), reader.audience, reader.settings, day, cap)
    rejected = history.rejected()
    out = history.resting(day) | rejected
    if fresh := {stance: left for stance, ids in pool.items() if (left := [id_ for id_ in ids if id_ not in out])}:
        return _draw(fresh, library, rng)
    if questions := [id_ for id_ in library.questions if id_ not in out]:
        return Choice(rng.choice(questions), ("question",))
    last = history.last()
    fitting = [id_ for ids in pool.values() for id_ in ids if id_ not in rejected]
    again = [id_ for id_ in fitting if day - last[id_] >= AGAIN_AFTER]
    if not again:
        return None
    oldest = min(again, key=lambda id_: (last[id_], id_))
    return Choice(oldest, ("again",), last_seen=last[oldest])


class _Same:
    """A library as a key: the very same one. It does not change, and is too large to compare."""

    __slots__ = ("library",)

    def __init__(self, library: Library) -> None:
        self.library = library

    def __hash__(self) -> int:
        return id(self.library)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.library is other.library


@lru_cache(maxsize=256)
def _pool(
    same: _Same, audience: Audience, settings: frozenset[Setting], day: date, cap: int
) -> dict[Stance, tuple[str, ...]]:
    """What may come to such a reader on `day`, by stance. Remembered: in a batch thousands of readers are alike."""
    library = same.library
    pool: dict[Stance, tuple[str, ...]] = {}
    for nudge in library.nudges.values():
        if (
            nudge.status is Status.LIVE
            and nudge.stretch <= cap
            and audience.sees(nudge.audience)
            and (Setting.ANY in nudge.settings or not nudge.settings.isdisjoint(settings))
            and (nudge.season is None or library.seasons[nudge.season].is_open(day))
        ):
            pool[nudge.stance] = (*pool.get(nudge.stance, ()), nudge.id)
    return dict(sorted(pool.items()))


def _draw(fresh: Mapping[Stance, list[str]], library: Library, rng: random.Random) -> Choice:
    stances = list(fresh)
    stance = rng.choices(stances, weights=[STANCE_SHARES[stance] for stance in stances])[0]
    chosen = library.nudges[rng.choice(fresh[stance])]
    why = [f"stance:{stance}", "unseen"]
    if chosen.season is not None:
        why.append(f"season:{chosen.season}")
    return Choice(chosen.id, tuple(why))
