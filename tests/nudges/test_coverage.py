"""What a library lacks is counted, and said where it would be mended."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

from bot.model import (
    Audience,
    Library,
    Nudge,
    Practice,
    Question,
    Repair,
    Season,
    Setting,
    Sphere,
    Status,
    Trigger,
)
from bot.nudges.coverage import MATRIX, survey
from bot.nudges.library import check
from tests.nudges.test_library import GOOD, written

PRACTICES = [f"practice-{number}" for number in range(24)]


def full() -> Library:
    """A library that holds exactly what is wanted."""
    nudges: dict[str, Nudge] = {}
    number = count()
    for (audience, stance), spheres in MATRIX.items():
        for sphere, wanted in zip(Sphere, spheres, strict=True):
            for stretch, want in enumerate(wanted, start=1):
                for _ in range(want):
                    n = next(number)
                    practice = PRACTICES[n % 24]
                    settings = frozenset({Setting.ANY} if n % 180 < 105 else {Setting.CHAT, Setting.MEETING})
                    trigger = Trigger.ANYTIME if n < 115 else Trigger.WHEN_IT_HAPPENS
                    season = "hiring" if (audience is Audience.EVERYONE and n < 20) or n >= 176 else None
                    id_ = f"{practice}-{n // 24 + 1:02}"
                    nudges[id_] = Nudge(
                        id_, "d", "w", "y", "a?", practice, stance, sphere, trigger, stretch, 1, audience, settings,
                        ("s",), season=season,
                    )  # fmt: skip
    return Library(
        nudges=nudges,
        practices={id_: Practice(id_, id_, "ally", "") for id_ in PRACTICES},
        seasons={"hiring": Season("hiring", "Hiring", None, None, False)},
        questions={f"q-{n}": Question(f"q-{n}", "?", "stance", ("s",)) for n in range(30)},
        repairs={f"r-{n}": Repair(f"r-{n}", "froze", "o", "r", "c", "s", ("s",)) for n in range(20)},
    )


def test_the_matrix_is_the_one_agreed_on() -> None:
    """180 nudges: 156 for everyone, 16 for managers, 8 for leaders (CONTENT.md)."""
    by_audience = dict.fromkeys(Audience, 0)
    for (audience, _), spheres in MATRIX.items():
        by_audience[audience] += sum(sum(wanted) for wanted in spheres)
    assert by_audience == {Audience.EVERYONE: 156, Audience.MANAGER: 16, Audience.LEADER: 8}
    assert len(survey(Library()).cells) == 9 * 3 * 3


def test_a_full_library_has_no_gap() -> None:
    """Everything is there: nothing is said."""
    assert survey(full()).gaps() == ()


def test_each_gap_is_named() -> None:
    """One nudge gone: its field of the matrix, its practice where that has too few. Each lack is told once."""
    library = full()
    gone = next(one for one in library.nudges.values() if one.practice == PRACTICES[-1])
    del library.nudges[gone.id]
    gaps = survey(library).gaps()
    [gap] = gaps
    assert gap.startswith(f"everyone, {gone.stance}, {gone.sphere}, stretch {gone.stretch}: ")
    for _ in range(2):
        del library.nudges[next(id_ for id_, one in library.nudges.items() if one.practice == PRACTICES[-1])]
    assert f"practice {PRACTICES[-1]}: 4 of 6, so 2 more" in survey(library).gaps()


def test_a_total_is_told_where_no_field_explains_it() -> None:
    """The matrix is full, and yet too few fit any time, or fewer than the missing fields could make up for."""
    library = full()
    anytime = [one for one in library.nudges.values() if one.trigger is Trigger.ANYTIME]
    for nudge in anytime[:2]:
        library.nudges[nudge.id] = replace(nudge, trigger=Trigger.WHEN_IT_HAPPENS)
    assert survey(library).gaps() == ("nudges for any time: 113 of 115, so 2 more",)
    del library.nudges[anytime[2].id]
    assert [gap.split(":")[0] for gap in survey(library).gaps()] == [
        "nudges for any time",
        f"everyone, {anytime[2].stance}, {anytime[2].sphere}, stretch {anytime[2].stretch}",
    ]
    del library.questions["q-0"]
    assert "reflections: 29 of 30, so 1 more" in survey(library).gaps()


def test_only_what_is_sent_counts() -> None:
    """Drafts and retired entries fill nothing."""
    library = full()
    for status in (Status.DRAFT, Status.RETIRED):
        id_, nudge = next((id_, one) for id_, one in library.nudges.items() if one.status is Status.LIVE)
        library.nudges[id_] = replace(nudge, status=status)
    assert survey(library).totals[0].have == 178


def test_more_than_wanted_is_no_gap() -> None:
    """A tenth variant, a 181st nudge."""
    library = full()
    for nudge in list(library.nudges.values()):
        library.nudges[f"{nudge.id}x"] = nudge
    assert survey(library).gaps() == ()


def test_a_practice_needs_a_remote_and_a_floor_variant() -> None:
    """Variants that all need a meeting room leave people out."""
    library = full()
    for id_, nudge in library.nudges.items():
        if nudge.practice == PRACTICES[0]:
            library.nudges[id_] = replace(nudge, settings=frozenset({Setting.MEETING}))
    [gap] = [one for one in survey(library).gaps() if PRACTICES[0] in one]
    assert gap == (
        f"practice {PRACTICES[0]}: none fits remote work (chat, document or any); "
        "none fits work without a desk (floor or any)"
    )


def test_gaps_are_told_to_curators_where_they_would_be_mended(tmp_path: Path) -> None:
    """Of a whole folder, when asked for; not to a bot that starts, not of a single file, never as errors."""
    unused = GOOD.replace("nudges:", "  - {id: lent, label: Lent}\nnudges:", 1)
    written(tmp_path, unused)
    assert check(tmp_path)[1] == ()
    assert check(tmp_path / "nudges.yaml", gaps=True)[1] == ()
    library, findings = check(tmp_path, gaps=True)
    assert library is not None
    assert {one.level for one in findings} == {"warning"}
    lines = [(one.line, one.id, one.message.partition(":")[0]) for one in findings]
    assert (14, "", "reflections") in lines
    assert (14, "", "live nudges") not in lines
    assert (14, "", "everyone, forward, self, stretch 1") in lines
    assert (6, "bring-in", "practice bring-in") in lines
    assert (13, "lent", "no live nudge names this season, so nothing comes of it when it opens") in lines
    assert not any(id_ == "hiring" for _, id_, _ in lines)


def test_a_broken_library_is_not_judged_for_gaps(tmp_path: Path) -> None:
    """What is wrong is mended first: half the gaps may come from it."""
    written(tmp_path, GOOD.replace("stance: aside", "stance: left"))
    assert [one.field for one in check(tmp_path, gaps=True)[1]] == ["stance"]
