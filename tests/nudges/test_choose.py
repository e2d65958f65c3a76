"""Choosing: what is out, what follows when nothing is left, and how the rest is drawn."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Answer, Audience, Library, Nudge, Question, Season, Setting, Sphere, Stance, Status, Trigger
from bot.nudges.choose import (
    AGAIN_AFTER,
    RETURNS_AFTER,
    STANCE_SHARES,
    UNSEEN_FOR,
    Choice,
    History,
    Past,
    choose,
    stretch_cap,
)

DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Reader:
    """Somebody to choose for."""

    audience: Audience = Audience.EVERYONE
    settings: frozenset[Setting] = frozenset(Setting)


def nudge(id_: str = "n", **about: Any) -> Nudge:
    """A nudge that fits everybody unless `about` says otherwise."""
    usual: dict[str, Any] = {
        "do": "d", "when": "w", "why": "y", "ask": "a", "practice": "p", "stance": Stance.FORWARD,
        "sphere": Sphere.SELF, "trigger": Trigger.ANYTIME, "stretch": 1, "minutes": 1, "audience": Audience.EVERYONE,
        "settings": frozenset({Setting.ANY}), "source": ("s",),
    }  # fmt: skip
    return Nudge(id=id_, **(usual | about))


def library(*nudges: Nudge, questions: int = 0, season: Season | None = None) -> Library:
    """A library of these nudges."""
    return Library(
        nudges={one.id: one for one in nudges},
        questions={f"q{n}": Question(f"q{n}", "?", "x", ("s",)) for n in range(questions)},
        seasons={season.id: season} if season else {},
    )


def met(id_: str, days_ago: int, answer: Answer | None = None, *, delivered: bool = True) -> Past:
    """A nudge met some days before DAY."""
    return Past(id_, DAY - timedelta(days=days_ago), answer, delivered)


def chosen(lib: Library, *past: Past, reader: Reader | None = None, cap: int = 3, seed: int = 1) -> Choice | None:
    """What comes on DAY."""
    history = History(tuple(sorted(past, key=lambda one: one.on)))
    return choose(lib, reader or Reader(), history, DAY, cap, random.Random(seed))  # noqa: S311


@pytest.mark.parametrize(
    ("about", "reader", "cap", "fits"),
    [
        ({}, Reader(), 1, True),
        ({"status": Status.DRAFT}, Reader(), 1, False),
        ({"status": Status.RETIRED}, Reader(), 1, False),
        ({"stretch": 2}, Reader(), 1, False),
        ({"stretch": 2}, Reader(), 2, True),
        ({"audience": Audience.MANAGER}, Reader(), 1, False),
        ({"audience": Audience.MANAGER}, Reader(Audience.MANAGER), 1, True),
        ({"audience": Audience.LEADER}, Reader(Audience.MANAGER), 1, False),
        ({"audience": Audience.MANAGER}, Reader(Audience.LEADER), 1, True),
        ({"audience": Audience.EVERYONE}, Reader(Audience.LEADER), 1, True),
        ({"settings": frozenset({Setting.CHAT})}, Reader(settings=frozenset({Setting.MEETING})), 1, False),
        ({"settings": frozenset({Setting.CHAT, Setting.MEETING})}, Reader(settings=frozenset({Setting.CHAT})), 1, True),
        ({"settings": frozenset({Setting.ANY})}, Reader(settings=frozenset({Setting.MEETING})), 1, True),
    ],
)  # fmt: skip
def test_what_is_out(about: dict[str, Any], reader: Reader, cap: int, fits: bool) -> None:
    """Only live nudges for this audience and these settings, up to the stretch cap, come at all."""
    assert (chosen(library(nudge(**about)), reader=reader, cap=cap) is not None) is fits


@pytest.mark.parametrize(
    ("opens", "closes", "active", "fits"),
    [
        (None, None, True, True),
        (None, None, False, False),
        (DAY, DAY, True, True),
        (DAY + timedelta(days=1), None, True, False),
        (None, DAY - timedelta(days=1), True, False),
        (DAY, DAY, False, False),
    ],
)
def test_seasons(opens: date | None, closes: date | None, active: bool, fits: bool) -> None:
    """A nudge of a season comes while it runs, first and last day included, and says why."""
    choice = chosen(library(nudge(season="hiring"), season=Season("hiring", "h", opens, closes, active)))
    assert (choice is not None) is fits
    assert choice is None or "season:hiring" in choice.why


@pytest.mark.parametrize("days_ago", [1, 151, 152, 3000])
def test_rejected_is_gone(days_ago: int) -> None:
    """A "Not for me" is for ever, even where the nudge was met again after it."""
    lib = library(nudge("n"))
    assert chosen(lib, met("n", days_ago, Answer.NOT_FOR_ME)) is None
    assert chosen(lib, met("n", days_ago + 200, Answer.NOT_FOR_ME), met("n", days_ago)) is None


@pytest.mark.parametrize("delivered", [True, False])
@pytest.mark.parametrize("answer", [None, Answer.DID_IT, Answer.NOT_TODAY])
def test_seen_within_five_months_is_out(answer: Answer | None, delivered: bool) -> None:
    """Delivered or asked for, a nudge rests for five months to the day."""
    lib = library(nudge("n"))
    rests = UNSEEN_FOR.days
    choice = chosen(lib, met("n", rests, answer, delivered=delivered))
    assert choice == Choice("n", ("stance:forward", "unseen"))
    assert chosen(lib, met("n", AGAIN_AFTER.days - 1, answer, delivered=delivered)) is None


def test_the_last_meeting_counts() -> None:
    """Somebody who met a nudge long ago and again lately has met it lately."""
    assert chosen(library(nudge("n")), met("n", 400), met("n", 3)) is None


@pytest.mark.parametrize(("sends", "returns"), [(RETURNS_AFTER - 1, False), (RETURNS_AFTER, True), (30, True)])
def test_not_today_may_come_back_after_ten_sends(sends: int, returns: bool) -> None:
    """A nudge put off comes back once ten others were sent; those asked for by hand do not count."""
    lib = library(nudge("n"))
    others = [met(f"other{n}", 40 - n) for n in range(sends)]
    by_hand = [met(f"asked{n}", 5, delivered=False) for n in range(20)]
    choice = chosen(lib, met("n", 50, Answer.NOT_TODAY), *others, *by_hand)
    assert (choice is not None) is returns


def test_did_it_does_not_come_back_after_ten_sends() -> None:
    """Only what was put off returns early."""
    others = [met(f"other{n}", 40 - n) for n in range(30)]
    assert chosen(library(nudge("n")), met("n", 50, Answer.DID_IT), *others) is None


def test_when_nothing_is_left() -> None:
    """First a reflection question, then the nudge longest unseen (which says since when), then nothing."""
    lib = library(nudge("a"), nudge("b"), questions=2)
    past = [met("a", 130), met("b", 140)]
    first = chosen(lib, *past)
    assert first is not None
    assert first.id in {"q0", "q1"}
    assert first.why == ("question",)
    past.append(met(first.id, 1))
    second = chosen(lib, *past)
    assert second is not None
    assert {first.id, second.id} == {"q0", "q1"}
    past.append(met(second.id, 1))
    assert chosen(lib, *past) == Choice("b", ("again",), last_seen=DAY - timedelta(days=140))
    past.append(met("b", 0))
    assert chosen(lib, *past) == Choice("a", ("again",), last_seen=DAY - timedelta(days=130))
    past.append(met("a", 0))
    assert chosen(lib, *past) is None


@pytest.mark.parametrize(("days_ago", "comes"), [(AGAIN_AFTER.days, True), (AGAIN_AFTER.days - 1, False)])
def test_nothing_comes_again_within_four_months(days_ago: int, comes: bool) -> None:
    """Four months is the least distance of a repeat, even in a dry pool."""
    assert (chosen(library(nudge("n")), met("n", days_ago)) is not None) is comes


def test_what_no_longer_fits_does_not_come_again() -> None:
    """A repeat obeys the same rules as a first time."""
    assert chosen(library(nudge("n", status=Status.RETIRED)), met("n", 140)) is None


def test_an_empty_library_brings_nothing() -> None:
    """Without nudges and questions nothing fits."""
    assert chosen(Library()) is None


def test_equal_age_is_decided_by_name() -> None:
    """Two nudges last seen on one day come in the order of their ids, not by chance."""
    lib = library(nudge("b"), nudge("a"))
    assert {chosen(lib, met("a", 140), met("b", 140), seed=seed) for seed in range(9)} == {
        Choice("a", ("again",), last_seen=DAY - timedelta(days=140))
    }


def test_the_same_seed_chooses_the_same() -> None:
    """Choosing can be repeated from its seed, and other seeds choose other nudges."""
    lib = library(*(nudge(f"n{n}", stance=list(Stance)[n % 3]) for n in range(30)))
    assert [chosen(lib, seed=seed) for seed in range(20)] == [chosen(lib, seed=seed) for seed in range(20)]
    assert len({chosen(lib, seed=seed) for seed in range(20)}) > 5


def test_stances_in_their_shares() -> None:
    """Over many draws the stances come 35/35/30, however many nudges each has."""
    sizes = {Stance.FORWARD: 20, Stance.ASIDE: 3, Stance.BACK: 1}
    lib = library(*(nudge(f"{stance}{n}", stance=stance) for stance, size in sizes.items() for n in range(size)))
    draws = Counter(
        lib.nudges[choice.id].stance for seed in range(3000) if (choice := chosen(lib, seed=seed)) is not None
    )
    for stance, share in STANCE_SHARES.items():
        assert abs(draws[stance] / 30 - share) < 4


def test_a_stance_used_up_leaves_its_share_to_the_others() -> None:
    """Where one stance has nothing fresh, the others share in their own proportion."""
    lib = library(nudge("f"), nudge("b", stance=Stance.BACK), nudge("x", stance=Stance.ASIDE))
    draws = Counter(choice.id for seed in range(2000) if (choice := chosen(lib, met("x", 3), seed=seed)))
    assert set(draws) == {"f", "b"}
    assert abs(draws["f"] / 20 - 100 * 35 / 65) < 5


def test_the_stretch_cap_rises() -> None:
    """Stretch 1 in the first two weeks, then 2, and never 3 unasked."""
    caps = [stretch_cap(DAY, DAY + timedelta(days=day)) for day in range(400)]
    assert caps == [1] * 14 + [2] * 386
    assert stretch_cap(DAY, DAY - timedelta(days=1)) == 1


IDS = [f"n{n}" for n in range(6)]
SEASON = Season("hiring", "h", DAY - timedelta(days=3), DAY + timedelta(days=3), active=True)
SHUT = replace(SEASON, id="shut", active=False)
NUDGES = st.builds(
    nudge,
    st.sampled_from(IDS),
    stance=st.sampled_from(Stance),
    stretch=st.integers(1, 3),
    audience=st.sampled_from(Audience),
    settings=st.frozensets(st.sampled_from(Setting), min_size=1, max_size=2),
    season=st.sampled_from([None, None, "hiring", "shut"]),
    status=st.sampled_from([Status.LIVE, Status.LIVE, Status.DRAFT, Status.RETIRED]),
)
PASTS = st.builds(met, st.sampled_from([*IDS, "q0", "gone"]), st.integers(0, 400), st.sampled_from([None, *Answer]))


@given(
    st.lists(NUDGES, max_size=6),
    st.integers(0, 1),
    st.lists(PASTS, max_size=25),
    st.builds(Reader, st.sampled_from(Audience), st.frozensets(st.sampled_from(Setting))),
    st.integers(1, 3),
    st.integers(),
)
@settings(max_examples=100, deadline=None)
def test_no_rule_is_ever_broken(
    nudges: list[Nudge], questions: int, past: list[Past], reader: Reader, cap: int, seed: int
) -> None:
    """Whatever the library and the history: what comes obeys every rule, and None comes only where nothing may."""
    lib = replace(library(*nudges, questions=questions), seasons={"hiring": SEASON, "shut": SHUT})
    past = sorted(past, key=lambda one: one.on)
    choice = chosen(lib, *past, reader=reader, cap=cap, seed=seed)
    last = {one.nudge: index for index, one in enumerate(past)}
    rejected = {one.nudge for one in past if one.answer is Answer.NOT_FOR_ME}

    def resting(id_: str) -> bool:
        if id_ not in last or DAY - past[last[id_]].on >= UNSEEN_FOR:
            return False
        returns = past[last[id_]].answer is Answer.NOT_TODAY and len(past) - 1 - last[id_] >= RETURNS_AFTER
        return not returns

    def allowed(one: Nudge) -> bool:
        return (
            one.status is Status.LIVE
            and one.stretch <= cap
            and one.season != "shut"
            and list(Audience).index(one.audience) <= list(Audience).index(reader.audience)
            and bool(one.settings & (reader.settings | {Setting.ANY}))
            and one.id not in rejected
        )

    pool = {one.id for one in lib.nudges.values() if allowed(one)}
    fresh = {id_ for id_ in pool if not resting(id_)}
    asked = {id_ for id_ in lib.questions if not resting(id_) and id_ not in rejected}
    old = {id_ for id_ in pool if id_ in last and DAY - past[last[id_]].on >= AGAIN_AFTER}
    if fresh:
        assert choice is not None
        assert choice.id in fresh
        assert choice.last_seen is None
    elif asked:
        assert choice == Choice(next(iter(asked)), ("question",))
    elif old:
        assert choice is not None
        assert choice.last_seen == min(past[last[id_]].on for id_ in old) == past[last[choice.id]].on
    else:
        assert choice is None
