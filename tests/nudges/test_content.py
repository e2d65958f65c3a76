"""The shipped words themselves: what can be counted about them. What is kind and true, people judge."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.model import Audience, Library, Nudge, Setting, Sphere, Stance, Status, Trigger
from bot.nudges.library import check

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

LONGEST_SENTENCE = 20
"""Words; content rule 3."""


@pytest.fixture(scope="module")
def library() -> Library:
    """The shipped library, which has not one finding."""
    shipped, findings = check(CONTENT)
    assert shipped is not None, "\n".join(map(str, findings))
    assert findings == ()
    return shipped


@pytest.fixture(scope="module")
def live(library: Library) -> list[Nudge]:
    """The nudges that are sent."""
    return [nudge for nudge in library.nudges.values() if nudge.status is Status.LIVE]


def texts(nudge: Nudge) -> dict[str, str]:
    """What members read of a nudge."""
    told = {"do": nudge.do, "when": nudge.when, "why": nudge.why, "ask": nudge.ask, "easier": nudge.easier or ""}
    return {name: text for name, text in told.items() if text}


def test_it_loads_in_a_moment() -> None:
    """Reading the shipped library costs well under a third of a second, even on a busy machine."""
    began = time.process_time()
    check(CONTENT)
    assert time.process_time() - began < 0.3


def test_the_practices_are_the_24(library: Library, live: list[Nudge]) -> None:
    """Every practice is there, and a nudge for each."""
    assert list(library.practices) == PRACTICES
    assert {nudge.practice for nudge in live} == set(PRACTICES)
    assert all(practice.role and practice.label for practice in library.practices.values())


def test_a_first_forty(live: list[Nudge]) -> None:
    """Enough for a daily member's first weeks: forty or more."""
    assert len(live) >= 40


def test_every_stance_sphere_and_stretch_is_there(live: list[Nudge]) -> None:
    """The nine pairs of stance and sphere are all touched, and each stretch has its share."""
    assert {(nudge.stance, nudge.sphere) for nudge in live} == {(a, b) for a in Stance for b in Sphere}
    assert {setting for nudge in live for setting in nudge.settings} == set(Setting)
    stretch = Counter(nudge.stretch for nudge in live)
    assert stretch[1] >= stretch[2] >= stretch[3] >= 1
    for stance, share in ((Stance.FORWARD, 0.35), (Stance.ASIDE, 0.35), (Stance.BACK, 0.30)):
        assert sum(nudge.stance is stance for nudge in live) / len(live) == pytest.approx(share, abs=0.06)
    for sphere, share in ((Sphere.SELF, 0.30), (Sphere.MOMENT, 0.40), (Sphere.SYSTEM, 0.30)):
        assert sum(nudge.sphere is sphere for nudge in live) / len(live) == pytest.approx(share, abs=0.06)


def test_most_can_be_done_by_anyone_at_any_time(live: list[Nudge]) -> None:
    """Most nudges are for everyone, wait for no event and no season, and fit work without a desk too."""

    def share(fits: list[bool]) -> float:
        return sum(fits) / len(live)

    assert share([nudge.audience is Audience.EVERYONE for nudge in live]) >= 0.85
    assert {nudge.audience for nudge in live} == set(Audience)
    assert share([nudge.trigger is Trigger.ANYTIME for nudge in live]) >= 0.6
    assert share([bool(nudge.settings & {Setting.ANY, Setting.FLOOR}) for nudge in live]) >= 0.58
    assert share([nudge.season is None for nudge in live]) >= 0.85


def test_a_first_week_has_something_to_give(live: list[Nudge]) -> None:
    """A newcomer, who gets stretch 1 only, finds every stance and sphere in it, with a desk or without."""
    for settings in ({Setting.ANY, Setting.FLOOR}, {Setting.ANY, Setting.CHAT, Setting.DOCUMENT}):
        first = [n for n in live if n.stretch == 1 and n.audience is Audience.EVERYONE and n.settings & settings]
        assert {nudge.stance for nudge in first} == set(Stance)
        assert {nudge.sphere for nudge in first} == set(Sphere)
        assert len(first) >= 10


def test_seasons_wait_for_an_admin(library: Library) -> None:
    """No season is open and none has dates until somebody decides so."""
    assert len(library.seasons) >= 4
    assert not any(season.active or season.opens or season.closes for season in library.seasons.values())


def test_texts_keep_their_limits(live: list[Nudge]) -> None:
    """Short enough for a phone; each question asks; no sentence runs on (content rule 3)."""
    limits = {"do": 140, "when": 90, "why": 160, "ask": 100, "easier": 140}
    for nudge in live:
        for name, text in texts(nudge).items():
            assert len(text) <= limits[name], nudge.id
            for sentence in re.split(r"(?<=[.?!])[”]?\s", text):
                assert len(sentence.split()) <= LONGEST_SENTENCE, (nudge.id, sentence)
        assert nudge.ask.endswith("?"), nudge.id
        assert nudge.do.rstrip("”")[-1] in ".?", nudge.id
        assert nudge.when[-1].isalpha() or nudge.when[-1] == "”", nudge.id  # an if-part goes on into the action


def test_no_two_say_the_same(library: Library, live: list[Nudge]) -> None:
    """No text stands twice, in whatever entry."""
    for name in ("do", "when", "why", "ask"):
        twice = [text for text, times in Counter(texts(nudge)[name] for nudge in live).items() if times > 1]
        assert not twice
    asked = [question.ask for question in library.questions.values()]
    assert len(asked) == len(set(asked))


def test_a_risky_one_has_an_easier_way(live: list[Nudge]) -> None:
    """Whoever finds stretch 3 too much is offered a smaller step, which is another one."""
    for nudge in live:
        if nudge.stretch == 3:
            assert nudge.easier, nudge.id
            assert nudge.easier != nudge.do


def test_words_that_press_are_absent(library: Library, live: list[Nudge]) -> None:
    """Nothing shames, orders about, or asks for a show (content rules 11 and 13)."""
    pressing = re.compile(r"\b(must|should|never|always|ought|post|pledge|badge)\b", re.IGNORECASE)
    for nudge in live:
        assert not pressing.search(" ".join(texts(nudge).values())), nudge.id
    for question in library.questions.values():
        assert not pressing.search(question.ask), question.id


def test_marks_are_the_printed_ones(live: list[Nudge]) -> None:
    """Quotation marks and apostrophes are of one kind, and no link or formatting stands in a text."""
    for nudge in live:
        assert not re.search(r"[\"'<>*_`~]|https?:", " ".join(texts(nudge).values())), nudge.id


def test_the_questions_cover_what_they_are_about(library: Library) -> None:
    """Eight questions or more, one at least about each matter, within what fits a line."""
    assert len(library.questions) >= 8
    matters = {"stance", "allophilia", "impact", "courage", "unseen-labour", "system"}
    assert {question.about for question in library.questions.values()} == matters
    assert all(id_.startswith(question.about) for id_, question in library.questions.items())


def test_sources_can_be_looked_up(library: Library) -> None:
    """A paper is given by its lasting address; no address stands twice."""
    urls = [source.url for source in library.sources.values() if source.url]
    assert len(urls) == len(set(urls))
    assert all(url.startswith("https://doi.org/10.") for url in urls)
