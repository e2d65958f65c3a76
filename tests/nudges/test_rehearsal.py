"""A year played through: who runs dry is said, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.model import Audience, Library, Nudge, Question, Setting, Sphere, Stance, Trigger
from bot.nudges.rehearsal import PROFILES, rehearse

MONDAY = date(2026, 11, 23)
ONE = Nudge(
    "", "d", "w", "y", "a?", "p", Stance.ASIDE, Sphere.SELF, Trigger.ANYTIME, 1, 1, Audience.EVERYONE,
    frozenset({Setting.ANY}), ("s",),
)  # fmt: skip
FLOOR, REMOTE, MANAGER, LEADER, WEEKLY = (profile.name for profile in PROFILES)


def library(*counts: tuple[int, Nudge]) -> Library:
    """So many of each, and a question for the days after."""
    nudges = [replace(one, id=f"{n}-{m}") for n, (count, one) in enumerate(counts) for m in range(count)]
    return Library(nudges={one.id: one for one in nudges}, questions={"q": Question("q", "?", "stance", ("s",))})


def runs(whole: Library) -> dict[str, str]:
    """What is said of each profile, by its name."""
    return {run.profile.name: str(run) for run in rehearse(whole, MONDAY, seed=1)}


def test_enough_lasts_the_year() -> None:
    """110 nudges are five months of working days, and then the first may come again."""
    said = runs(library((110, ONE)))
    assert said[REMOTE] == "works remotely: lasts the year, 261 nudges"
    assert said[WEEKLY] == "one nudge a week: lasts the year, 53 nudges"


def test_the_first_day_with_nothing_new_is_named() -> None:
    """Twelve nudges are two weeks and two days; the day after is dry, though a question would come."""
    said = runs(library((12, ONE)))
    assert said[FLOOR] == "without a desk, stretch 1 only: runs dry in week 3 (day 17), after 12 nudges"
    assert said[WEEKLY] == "one nudge a week: runs dry in week 13 (day 85), after 12 nudges"


def test_each_profile_gets_what_fits_it() -> None:
    """Audience, setting and the highest stretch decide, and stretch 2 waits for the third week as it does in life."""
    said = runs(
        library(
            (10, replace(ONE, settings=frozenset({Setting.FLOOR}))),
            (10, replace(ONE, settings=frozenset({Setting.CHAT}))),
            (10, replace(ONE, audience=Audience.MANAGER)),
            (10, replace(ONE, audience=Audience.LEADER)),
            (10, replace(ONE, settings=frozenset({Setting.CHAT}), stretch=2)),
        )
    )
    assert "after 10 nudges" in said[FLOOR]
    assert "after 20 nudges" in said[REMOTE]
    assert "after 40 nudges" in said[MANAGER]
    assert "after 50 nudges" in said[LEADER]


def test_the_ramp_is_the_real_one() -> None:
    """A library of stretch 2 alone leaves the very first day dry."""
    assert runs(library((200, replace(ONE, stretch=2))))[REMOTE].endswith("runs dry in week 1 (day 1), after 0 nudges")


def test_the_same_arguments_give_the_same_run() -> None:
    """Seed and start decide; the clock does not."""
    whole = library((60, ONE), (60, replace(ONE, stretch=2, stance=Stance.BACK)))
    assert list(rehearse(whole, MONDAY, seed=1)) == list(rehearse(whole, MONDAY, seed=1))
