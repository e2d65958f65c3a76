"""The pages for curators: whole, true to Slack, in one file, and nothing that somebody wrote in the library runs."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.model import Library, Nudge, Practice, Season, Source, Status
from bot.nudges.coverage import survey
from bot.nudges.library import load
from bot.views.coverage import coverage_page
from bot.views.entry import entry_in_words
from bot.views.html import Look, render_blocks
from bot.views.nudge import easier, nudge_message
from bot.views.preview import preview_page
from bot.views.words import words_for

WORDS = words_for("en-GB")
EVIL = "<script>alert(1)</script> \"><img src=x onerror=alert(1)> & '--> </style>"


class Reader(HTMLParser):
    """The elements of a page, and the words of each card."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: list[tuple[str, str]] = []
        self.cards: dict[str, list[str]] = {}
        self.style = self.script = ""
        self._card = self._raw = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "article":
            self._card = found["id"]
            self.cards[self._card] = []
        if self._card:
            self.inside.append((tag, self._card))
        self._raw = tag if tag in ("style", "script") else ""

    def handle_endtag(self, tag: str) -> None:
        self._raw = ""
        if tag == "article":
            self._card = ""

    def handle_data(self, data: str) -> None:
        if self._raw == "style":
            self.style += data
        elif self._raw == "script":
            self.script += data
        elif self._card:
            self.cards[self._card].append(data)

    def words(self, card: str) -> str:
        """What stands on a card."""
        return " ".join(" ".join(self.cards[card]).split())

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def library() -> Library:
    """The shipped one."""
    return load(Path(__file__).parents[2] / "content")


@pytest.fixture(scope="module")
def page(library: Library) -> str:
    """Its preview."""
    return preview_page(WORDS, library)


@pytest.fixture(scope="module")
def hostile(library: Library) -> Library:
    """What stands in the library is what somebody with a grudge wrote."""
    one = next(iter(library.nudges.values()))
    evil = replace(
        one, do=EVIL, when=EVIL, why=EVIL, ask=EVIL, easier=EVIL, season="hiring", status=Status.DRAFT, source=("a",)
    )
    return Library(
        nudges={evil.id: evil},
        practices={one.practice: Practice(one.practice, EVIL, EVIL, EVIL)},
        seasons={"hiring": Season("hiring", EVIL, None, None, False)},
        sources={"a": Source("a", EVIL, "https://example.org/?a=1&b=\"'<>")},
    )


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_every_nudge_is_on_the_page_once(library: Library, page: str) -> None:
    """Live ones, drafts and retired ones; those that are not live say so."""
    read = Reader(page)
    assert Counter(card["id"] for card in read.of("article")) == dict.fromkeys(library.nudges, 1)
    for nudge in library.nudges.values():
        assert (f"{nudge.id} {nudge.status}" in read.words(nudge.id)) == (nudge.status is not Status.LIVE)


def test_each_is_drawn_as_it_looks_in_slack(library: Library, page: str) -> None:
    """The blocks are those of the very message that members get, and what they read later stands below."""
    read = Reader(page)
    for nudge in library.nudges.values():
        blocks = nudge_message(WORDS, nudge, nudge.id).blocks
        assert str(render_blocks(blocks, Look(scope=nudge.id, still=True))) in page
        words = read.words(nudge.id)
        later = "No opening yet" if nudge.trigger == "when-it-happens" else "Not today"
        told = [nudge.when, nudge.do, "Did it", later, "Not for me", f"Why {nudge.why}", f"Ask {nudge.ask}"]
        told.append(f"Easier {easier(WORDS, nudge).text}")
        place = 0
        for text in map(squeezed, told):  # in this order
            place = words.replace("⋯", "").replace("  ", " ").index(text, place)


def test_a_card_says_what_the_terminal_says(library: Library, page: str) -> None:
    """The two previews cannot drift apart."""
    read = Reader(page)
    for id_ in library.nudges:
        entry = entry_in_words(WORDS, library, id_)
        assert entry is not None
        for fact in entry.facts:
            assert squeezed(f"{fact.name} {fact.text}") in read.words(id_)


def test_a_picture_cannot_be_pressed(library: Library, page: str) -> None:
    """No dead button stops anybody who goes by keyboard: on a card only its own name and its sources are links."""
    inside = Counter(tag for tag, _ in Reader(page).inside)
    assert not inside.keys() & {"button", "input", "select", "textarea", "details", "summary", "form"}
    nudge = next(iter(library.nudges.values()))
    live = str(render_blocks(nudge_message(WORDS, nudge, "d").blocks))
    still = str(render_blocks(nudge_message(WORDS, nudge, "d").blocks, Look(still=True)))
    assert live.count("<button") > 3
    assert "data-action-id" not in still
    assert [word for word in ("Did it", "Not today", "Not for me") if word in still] == [
        "Did it",
        "Not today",
        "Not for me",
    ]


def test_the_filters_offer_what_there_is(library: Library, page: str) -> None:
    """Every practice and season, every stance, stretch, audience, sphere, place and state; each finds its cards."""
    read = Reader(page)
    offered = {option["value"] for option in read.of("option")} - {""}
    assert offered >= {*library.practices, *library.seasons, "forward", "aside", "back", "1", "2", "3", "draft", "live"}
    names = {menu["name"] for menu in read.of("select")}
    assert names == {"practice", "stance", "stretch", "sphere", "audience", "where", "season", "status"}
    for card in read.of("article"):
        tags = card["data-tags"].split()
        nudge = library.nudges[card["id"]]
        assert {tag.split(":")[0] for tag in tags} == names
        assert {tag.split(":", 1)[1] for tag in tags} <= offered
        assert {f"practice:{nudge.practice}", f"stance:{nudge.stance}", f"stretch:{nudge.stretch}"} <= set(tags)


def test_the_controls_wait_for_the_script(page: str) -> None:
    """Without it the page is a plain list, with nothing on it that does not work."""
    read = Reader(page)
    [controls] = [one for one in read.of("details") if one["id"] == "controls"]
    [dark] = [one for one in read.of("button") if one.get("id") == "dark"]
    assert "hidden" in controls
    assert "hidden" in dark
    assert not [card for card in read.of("article") if "hidden" in card]


@pytest.mark.parametrize("which", ["preview", "coverage"])
def test_a_page_is_one_file(library: Library, page: str, which: str) -> None:
    """It fetches nothing; a link leads to a source or within the page; the policy names just its style and script."""
    text = page if which == "preview" else coverage_page(survey(library))
    read = Reader(text)
    assert not [tag for tag, attributes in read.elements if "src" in attributes or tag in ("img", "iframe", "base")]
    assert [link["href"] for link in read.of("link")] == ["data:,"]
    assert all(re.match(r"#|https://", link["href"]) for link in read.of("a"))
    assert not re.search(r"url\(|@import|@font-face", read.style)
    assert not re.search(r"fetch\(|XMLHttpRequest|import\b|innerHTML|eval\(", read.script)
    [policy] = [one["content"] for one in read.of("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for kind, inside in (("style", read.style), ("script", read.script)):
        fingerprint = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{fingerprint}'" in policy
    assert not [name for _, attributes in read.elements for name in attributes if name == "style" or name[:2] == "on"]
    assert len(read.of("script")) == len(read.of("style")) == 1


def test_ids_stand_once_and_what_they_name_is_there(page: str) -> None:
    """Deep links are unambiguous, and every label and heading that is pointed to exists."""
    read = Reader(page)
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in read.elements:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert set(attributes.get(name, "").split()) <= set(ids)
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids


def test_what_curators_wrote_is_text(hostile: Library) -> None:
    """A script, an image, the end of a style sheet: all of it shows as it was written."""
    [id_] = hostile.nudges
    read = Reader(preview_page(WORDS, hostile))
    assert len(read.of("script")) == 1
    assert not read.of("img")
    assert "alert" not in read.script + read.style
    assert read.words(id_).count("<script>alert(1)</script>") == 9  # five texts, practice and role, season, source
    assert read.words(id_).count("</style>") == 9
    [source] = [link for link in read.of("a") if link["href"].startswith("https://")]
    assert source["href"] == "https://example.org/?a=1&b=\"'<>"


def test_coverage_says_what_the_colour_says(hostile: Library, library: Library) -> None:
    """A gap's cell holds "0 of 8", and each gap is named once more as a sentence."""
    coverage = survey(hostile)
    text = coverage_page(coverage)
    gaps = re.findall(r'<td class="gap">([^<]+)</td>', text)
    assert gaps
    assert all(re.fullmatch(r"\d+ of \d+", gap) for gap in gaps)
    assert len(re.findall(r"<li>", text)) == len(coverage.gaps())
    full = coverage_page(survey(library))
    assert ("No gaps." in full) == (not survey(library).gaps())


def test_the_same_library_gives_the_same_page(library: Library, page: str) -> None:
    """So that a page kept under version control changes only with the library."""
    assert preview_page(WORDS, library) == page


def many(library: Library, count: int) -> Library:
    """A library with so many nudges."""
    models = list(library.nudges.values())
    made: dict[str, Nudge] = {}
    for at in range(count):
        model = models[at % len(models)]
        id_ = f"{model.practice}-{at:05}"
        made[id_] = replace(model, id=id_)
    return replace(library, nudges=made)


@pytest.mark.soak
def test_twenty_thousand_nudges_make_a_page(library: Library) -> None:
    """A hundred times the library is a big page, and a page."""
    text = preview_page(WORDS, many(library, 20_000))
    assert text.count("<article") == 20_000
    assert len(text) < 80_000_000
