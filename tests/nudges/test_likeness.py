"""Two entries that say the same are found, however they say it; two that differ are left in peace."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Audience, Nudge, Setting, Sphere, Stance, Trigger
from bot.nudges.library import check
from bot.nudges.wording.likeness import Twin, alike, alike_texts
from tests.nudges.test_library import GOOD, written

ONE = Nudge(
    "bring-in-01", "Ask who is missing before you book the room.", "When you plan a meeting",
    "You hear what you would have missed.", "Who came?", "bring-in", Stance.ASIDE, Sphere.MOMENT, Trigger.ANYTIME,
    1, 1, Audience.EVERYONE, frozenset({Setting.ANY}), ("chambers",),
)  # fmt: skip


def other(
    do: str = "Walk to the far end.",
    when: str = "At lunch",
    why: str = "It is quiet there.",
    ask: str = "What was it like?",
) -> Nudge:
    """Another nudge, unlike the first but for what is given."""
    return replace(ONE, id="bring-in-02", do=do, when=when, why=why, ask=ask)


def told(second: Nudge) -> Twin | None:
    """What is said of the second of two."""
    return next(alike([ONE, second]), None)


@pytest.mark.parametrize(
    "do",
    [
        "Ask who is missing before you reserve the room.",
        "Ask who’s missing before you book a room.",
        "Before you book the room, ask who is missing.",
        "ASK who is missing, before you book the room!",
        "Ask who is missing before booking the room.",
    ],
)
def test_the_same_in_other_words_is_found(do: str) -> None:
    """A word swapped, moved, spelt otherwise: the situation is the same."""
    twin = told(other(do=do))
    assert twin is not None
    assert (twin.id, twin.field, twin.other) == ("bring-in-02", "do", "bring-in-01")


@pytest.mark.parametrize(
    "do",
    [
        "Ask who is tired before you plan the shift.",
        "Book the room that everyone can reach.",
        "Ask who spoke least, and hand them the first turn.",
        "Walk to the far end.",
    ],
)
def test_another_situation_is_another_nudge(do: str) -> None:
    """Shared words are no shared meaning."""
    assert told(other(do=do)) is None


def test_an_exact_copy_says_so() -> None:
    """The same action is no longer nearly the same; the whole copied entry is told once."""
    assert told(other(do=ONE.do)) == Twin("bring-in-02", "do", "bring-in-01", "is the same as in", exactly=True)
    assert len(list(alike([ONE, replace(ONE, id="bring-in-02")]))) == 1


@pytest.mark.parametrize("field", ["why", "ask"])
def test_a_copied_reason_or_question_is_found(field: str) -> None:
    """Reason and question belong to one situation too."""
    twin = told(other(**{field: getattr(ONE, field)}))
    assert twin == Twin("bring-in-02", field, "bring-in-01", "is the same as in", exactly=True)


def test_the_same_moment_is_looked_at_more_closely() -> None:
    """Within a practice, at one and the same `when`, likeness counts sooner; at another moment it does not."""
    do = "Ask who is late before you leave the room."
    assert told(other(do=do)) is None
    twin = told(other(do=do, when=ONE.when))
    assert twin is not None
    assert twin.how == "comes at the same moment and says nearly the same as"


def test_a_shared_moment_alone_makes_nobody_alike() -> None:
    """One `when` may serve two different actions, however long it is."""
    when = "When you plan a meeting with many people who work in quite another part of the house"
    second = other(do="Walk to the far end and greet whoever is there.", when=when)
    assert list(alike([replace(ONE, when=when), second])) == []


def test_other_texts_are_compared_too() -> None:
    """Questions and cards, by one of their texts."""
    asks = [("a-01", "Whose company do you enjoy at work?"), ("b-01", "Whose company do you enjoy at your work?")]
    assert [twin.other for twin in alike_texts("ask", asks)] == ["a-01"]
    assert [twin.exactly for twin in alike_texts("ask", [asks[0], ("c-01", asks[0][1])])] == [True]
    assert list(alike_texts("ask", [asks[0], ("d-01", "What did you enjoy?")])) == []


def test_a_likeness_is_found_in_any_order_and_far_apart() -> None:
    """However many entries stand between the two."""
    rng = random.Random(3)  # noqa: S311
    crowd = [stranger(rng, n) for n in range(3000)]
    twin = other(do="Ask who is missing before you reserve the room.")
    assert [one.id for one in alike([ONE, *crowd, twin])] == ["bring-in-02"]


def stranger(rng: random.Random, number: int) -> Nudge:
    """A nudge unlike any other."""
    do, when, why, ask = (sentence(rng) for _ in range(4))
    return replace(ONE, id=f"c-{number}", do=do, when=when, why=why, ask=ask)


def sentence(rng: random.Random) -> str:
    """Words that are nobody else's, in a frame that is everybody's."""
    return f"Ask the {' '.join(''.join(rng.choices('abcdefghijklmnop', k=6)) for _ in range(5))} before you go."


def test_comparing_grows_in_step_with_the_library() -> None:
    """Ten times the nudges take about ten times as long, not a hundred, even where all share a frame of words."""

    def seconds(count: int) -> float:
        rng = random.Random(5)  # noqa: S311
        crowd = [stranger(rng, n) for n in range(count)]
        began = time.process_time()
        list(alike(crowd))
        return time.process_time() - began

    seconds(100)
    assert seconds(6000) < 25 * seconds(600)


def test_a_finding_names_the_other_one_and_its_place(tmp_path: Path) -> None:
    """By line in the same file, by file and line elsewhere; nearly is a warning, a copied action an error."""
    copy = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("bring-in-01", "bring-in-02")
    near = copy.replace("main question", "main questions").replace("You hear", "Hear").replace("What", "Who")
    written(tmp_path, GOOD.replace("reflections:", near + "reflections:"))
    [finding] = check(tmp_path)[1]
    assert (finding.level, finding.line, finding.column, finding.field) == ("warning", 33, 9, "do")
    assert finding.message == "says nearly the same as bring-in-01 (line 14)"
    assert finding.mend == "make the situation differ, or retire one of the two"
    written(tmp_path, GOOD)
    written(tmp_path, "nudges:\n" + copy, "packs/ours.yaml")
    [finding] = check(tmp_path)[1]
    assert finding.level == "error"
    assert finding.message == f"is the same as in bring-in-01 ({(tmp_path / 'nudges.yaml').as_posix()}:14)"


def test_a_retired_entry_may_live_on_in_better_words(tmp_path: Path) -> None:
    """Its words are history, and no copy of them is blamed."""
    copy = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("bring-in-01", "bring-in-02")
    written(tmp_path, GOOD.replace("status: live", "status: retired").replace("reflections:", copy + "reflections:"))
    assert check(tmp_path)[1] == ()
