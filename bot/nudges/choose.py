"""Choosing what a member gets. Pure and seeded: the same library, history, day and randomness choose the same.

Policy: CONTENT.md "Choosing" steps 1 (what is out, and what follows when nothing is left), 3 (stances 35/35/30)
and 7 (weighted random among the rest, with the reasons kept).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from bot.model import Answer, Audience, Library, Nudge, Setting, Stance, Status

UNSEEN_FOR = timedelta(days=152)
"""Five months: no nudge comes twice within them. Once this is a daily member's whole pool of 110 working days."""

AGAIN_AFTER = timedelta(days=122)
"""Four months: the least distance of a repeat when nothing else is left, and then it says that it is one."""

RETURNS_AFTER = 10
"""How many sends later a "Not today" may come back."""

STANCE_SHARES = {Stance.FORWARD: 35, Stance.ASIDE: 35, Stance.BACK: 30}

_CAPS = ((timedelta(weeks=2), 1), (timedelta(weeks=6), 2))


@dataclass(frozen=True, slots=True)
class Past:
    """One nudge a member met: `delivered` by the ledger, or asked for by hand."""

    nudge: str
    on: date
    answer: Answer | None = None
    delivered: bool = True


@dataclass(frozen=True, slots=True)
class History:
    """Everything a member met, oldest first."""

    past: tuple[Past, ...] = ()


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
    fitting = [nudge for nudge in library.nudges.values() if _fits(nudge, library, reader, day, cap)]
    last = {past.nudge: past.on for past in history.past}
    rejected = {past.nudge for past in history.past if past.answer is Answer.NOT_FOR_ME}
    fitting = [nudge for nudge in fitting if nudge.id not in rejected]
    resting = _resting(history, day)
    if fresh := [nudge for nudge in fitting if nudge.id not in resting]:
        return _draw(fresh, library, rng)
    if questions := [id_ for id_ in library.questions if id_ not in resting | rejected]:
        return Choice(rng.choice(questions), ("question",))
    again = [nudge for nudge in fitting if day - last[nudge.id] >= AGAIN_AFTER]
    if not again:
        return None
    oldest = min(again, key=lambda nudge: (last[nudge.id], nudge.id))
    return Choice(oldest.id, ("again",), last_seen=last[oldest.id])


def _fits(nudge: Nudge, library: Library, reader: Reader, day: date, cap: int) -> bool:
    return (
        nudge.status is Status.LIVE
        and nudge.stretch <= cap
        and reader.audience.sees(nudge.audience)
        and (Setting.ANY in nudge.settings or not nudge.settings.isdisjoint(reader.settings))
        and (nudge.season is None or library.seasons[nudge.season].is_open(day))
    )


def _resting(history: History, day: date) -> set[str]:
    """Ids seen within five months, but for a "Not today" of more than ten sends ago."""
    resting: set[str] = set()
    delivered_since = 0
    judged: set[str] = set()
    for past in reversed(history.past):
        if past.nudge not in judged:
            judged.add(past.nudge)
            put_off = past.answer is Answer.NOT_TODAY and delivered_since >= RETURNS_AFTER
            if day - past.on < UNSEEN_FOR and not put_off:
                resting.add(past.nudge)
        delivered_since += past.delivered
    return resting


def _draw(fresh: Iterable[Nudge], library: Library, rng: random.Random) -> Choice:
    by_stance: dict[Stance, list[Nudge]] = {}
    for nudge in fresh:
        by_stance.setdefault(nudge.stance, []).append(nudge)
    stances = sorted(by_stance)
    stance = rng.choices(stances, weights=[STANCE_SHARES[stance] for stance in stances])[0]
    chosen = rng.choice(by_stance[stance])
    why = [f"stance:{stance}", "unseen"]
    if chosen.season is not None:
        why.append(f"season:{chosen.season}")
    return Choice(chosen.id, tuple(why))
