"""The shipped words themselves: what can be counted about them. What is kind and true, people judge."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bot.model import Audience, Library, Nudge, Setting, Sphere, Stance, Status
from bot.nudges.coverage import VARIANTS, survey
from bot.nudges.library import check
from bot.nudges.rehearsal import rehearse

CONTENT = Path(__file__).parents[2] / "content"

PRACTICES = [
    "learn-unasked",
    "notice-defaults",
    "check-assumptions",
    "widen-circle",
    "take-feedback",
    "know-my-reach",
    "credit-the-source",
    "return-the-floor",
    "bring-in",
    "share-talk-time",
    "name-it-kindly",
    "check-in-after",
    "say-names-right",
    "warm-welcome",
    "rotate-chores",
    "open-the-invite",
    "fair-allocation",
    "fix-the-words",
    "access-by-default",
    "sponsor",
    "speak-up-routes",
    "care-loudly",
    "culture-check",
    "hand-over-platform",
]

SEASONS = {
    **dict.fromkeys(("hiring", "appraisal", "work-allocation", "onboarding"), 3),
    **dict.fromkeys(("black-history-month", "lgbt", "womens-day", "disability", "carers", "faith-dates"), 1),
    **{
        f"{event}-after": 1
        for event in ("black-history-month", "lgbt", "womens-day", "disability", "carers", "faith-dates")
    },
}

QUESTIONS = {"stance": 10, "allophilia": 5, "impact": 5, "courage": 4, "unseen-labour": 3, "system": 3}

REPAIRS = {
    "spoke-over": 2,
    "took-credit": 2,
    "name-or-pronoun": 2,
    "interrupted": 1,
    "joke-or-stereotype": 2,
    "asked-to-educate": 2,
    "outed-or-shared": 2,
    "over-helped": 2,
    "froze": 2,
    "call-out-backfired": 1,
    "got-defensive": 2,
}


@pytest.fixture(scope="module")
def library() -> Library:
    """The shipped library, which has not one finding: no error, no warning, no gap."""
    shipped, findings = check(CONTENT, gaps=True)
    assert findings == (), "\n".join(map(str, findings))
    assert shipped is not None
    return shipped


@pytest.fixture(scope="module")
def live(library: Library) -> list[Nudge]:
    """The nudges that are sent."""
    return [nudge for nudge in library.nudges.values() if nudge.status is Status.LIVE]


def texts(nudge: Nudge) -> list[str]:
    """What members read of a nudge."""
    return [text for text in (nudge.do, nudge.when, nudge.why, nudge.ask, nudge.easier) if text]


def test_there_is_nothing_to_mend() -> None:
    """`ally library check --strict` is content with what Ally brings."""
    _, findings = check(CONTENT, gaps=True)
    assert findings == (), "\n".join(map(str, findings))


def test_it_fills_the_matrix_exactly(library: Library, live: list[Nudge]) -> None:
    """180 nudges, each field of the matrix as full as was agreed on, and no fuller."""
    assert len(live) == 180
    assert [cell for cell in survey(library).cells if cell.have != cell.want] == []


def test_the_practices_are_the_24(library: Library) -> None:
    """In their order, each with six to nine variants, one at least for remote work and one without a desk."""
    assert list(library.practices) == PRACTICES
    for practice in survey(library).practices:
        assert VARIANTS[0] <= practice.have <= VARIANTS[1], practice
        assert practice.remote >= 1, practice
        assert practice.floor >= 1, practice
    assert all(practice.role and practice.label for practice in library.practices.values())


def test_the_seasons_have_their_packs(library: Library, live: list[Nudge]) -> None:
    """Three for each time of decisions, a pair for each date, one of it afterwards: 24. None opens by itself."""
    assert Counter(nudge.season for nudge in live if nudge.season) == SEASONS
    assert library.seasons.keys() == SEASONS.keys()
    assert not any(season.active or season.opens or season.closes for season in library.seasons.values())


def test_a_first_week_has_something_to_give(live: list[Nudge]) -> None:
    """A newcomer, who gets stretch 1 only, finds every stance and sphere in it, with a desk or without."""
    for settings in ({Setting.ANY, Setting.FLOOR}, {Setting.ANY, Setting.CHAT, Setting.DOCUMENT}):
        first = [n for n in live if n.stretch == 1 and n.audience is Audience.EVERYONE and n.settings & settings]
        assert {nudge.stance for nudge in first} == set(Stance)
        assert {nudge.sphere for nudge in first} == set(Sphere)
        assert len(first) >= 20


def test_a_year_is_carried(library: Library) -> None:
    """A daily member and a weekly one meet something new each time, and nothing twice within five months.

    At stretch 1 alone, without a desk, it is eleven weeks, and then questions.
    """
    for seed in range(3):
        floor, *others = rehearse(library, date(2026, 11, 23), seed)
        assert [run.dry for run in others] == [None] * 4, list(map(str, others))
        assert floor.nudges >= 55, str(floor)


def test_a_risky_one_has_an_easier_way(live: list[Nudge]) -> None:
    """Whoever finds stretch 3 too much is offered a smaller step, which is another one."""
    assert all(nudge.easier and nudge.easier != nudge.do for nudge in live if nudge.stretch == 3)


def test_marks_are_the_printed_ones(library: Library) -> None:
    """Quotation marks and apostrophes are of one kind everywhere, an action ends in a full stop, an if-part in none."""
    said = [text for nudge in library.nudges.values() for text in texts(nudge)]
    said += [question.ask for question in library.questions.values()]
    said += [text for card in library.repairs.values() for text in (card.own, card.repair, card.change, card.say)]
    assert [text for text in said if re.search(r"[\"'<>*_`~]|https?:", text)] == []
    for nudge in library.nudges.values():
        assert nudge.do.rstrip("”")[-1] in ".?", nudge.id
        assert nudge.when[-1].isalpha() or nudge.when[-1] == "”", nudge.id


def test_the_questions_are_the_thirty(library: Library) -> None:
    """So many about each matter, and each id says which."""
    assert Counter(question.about for question in library.questions.values()) == QUESTIONS
    assert all(id_.startswith(question.about) for id_, question in library.questions.items())


def test_the_repair_cards_are_the_twenty(library: Library) -> None:
    """So many for each thing that goes wrong, and each id says which."""
    assert Counter(card.kind for card in library.repairs.values()) == REPAIRS
    assert all(id_.startswith(card.kind) for id_, card in library.repairs.items())


def test_the_example_pack_is_not_sent(library: Library) -> None:
    """It shows how, numbers its entries from 51 up, and stays a draft until somebody decides otherwise."""
    pack = [id_ for id_ in library.nudges if int(id_[-2:]) > 50]
    assert pack
    assert {library.nudges[id_].status for id_ in pack} == {Status.DRAFT}


def test_sources_can_be_looked_up(library: Library) -> None:
    """A paper is given by its lasting address, a talk or a guide by where it stands; no address stands twice."""
    urls = [source.url for source in library.sources.values() if source.url]
    assert len(urls) == len(set(urls))
    assert sum(url.startswith("https://doi.org/10.") for url in urls) >= 15
