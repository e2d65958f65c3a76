"""The curators' pages in a real browser, from the disk: search, filters, links, dark, paper, no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Request, ViewportSize, expect

from bot.model import Library
from bot.nudges.coverage import survey
from bot.nudges.library import load
from bot.views.coverage import coverage_page
from bot.views.preview import preview_page
from bot.views.words import words_for
from tests.browser.chromium import launch
from tests.views.test_preview import many

pytestmark = pytest.mark.browser

SIZES: dict[str, ViewportSize] = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
Theme = Literal["light", "dark"]

# No card may run out of the page or over another, and no text out of its card.
_FAULTS = """() => {
  const faults = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) faults.push(`scrolls sideways: ${page.scrollWidth}`);
  const cards = [...document.querySelectorAll(".card")].map((card) => [card, card.getBoundingClientRect()]);
  cards.forEach(([card, box], at) => {
    if (box.left < 0 || box.right > page.clientWidth) faults.push(`out of the page: ${card.id}`);
    for (const part of card.querySelectorAll("*")) {
      const inner = part.getBoundingClientRect();
      const out = inner.right > box.right + 1 || inner.left < box.left - 1 || inner.bottom > box.bottom + 1;
      if (inner.width && out) faults.push(`out of its card: ${card.id} ${part.className}`);
    }
    for (const [other, next] of cards.slice(at + 1, at + 4)) {
      const over = Math.min(box.right, next.right) - Math.max(box.left, next.left) > 1 &&
        Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top) > 1;
      if (over) faults.push(`${card.id} over ${other.id}`);
    }
  });
  return faults;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all the looks."""
    with launch() as started:
        yield started


@pytest.fixture(scope="module")
def library() -> Library:
    """The shipped one."""
    return load(Path(__file__).parents[2] / "content")


@pytest.fixture(scope="module")
def pages(library: Library, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the pages are: on the disk."""
    folder = tmp_path_factory.mktemp("pages")
    written = {"preview": preview_page(words_for("en-GB"), library), "coverage": coverage_page(survey(library))}
    for name, text in written.items():
        (folder / name).with_suffix(".html").write_text(text, encoding="utf-8")
    return {name: (folder / name).with_suffix(".html").as_uri() for name in written}


@pytest.fixture
def opened(browser: Browser, pages: dict[str, str]) -> Iterator[Any]:
    """Opens a page; at the end nothing was fetched but the page, and nothing complained."""
    troubles: list[str] = []
    tabs: list[Page] = []

    def fetched(request: Request, page: str) -> None:
        if request.url.partition("#")[0] != page and not request.url.startswith("data:"):
            troubles.append(f"fetched {request.url}")

    def open_(name: str = "preview", size: str = "desk", theme: Theme = "light", more: str = "", **also: Any) -> Page:
        tab = browser.new_page(viewport=SIZES[size], color_scheme=theme, reduced_motion="reduce", **also)
        tabs.append(tab)
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("request", lambda one: fetched(one, pages[name]))
        tab.goto(pages[name] + more)
        return tab

    yield open_
    for tab in tabs:
        tab.context.close()
    assert troubles == []


def shown(tab: Page) -> list[str]:
    """The ids of the cards that can be seen."""
    return tab.eval_on_selector_all(".card", "(all) => all.filter((one) => one.checkVisibility()).map((one) => one.id)")  # type: ignore[no-any-return]


def background(tab: Page) -> str:
    return str(tab.evaluate("getComputedStyle(document.body).backgroundColor"))


WHITE, DARK = "rgb(255, 255, 255)", "rgb(26, 29, 33)"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_has_room(opened: Any, library: Library, tmp_path: Path, size: str, theme: Theme) -> None:
    """Every nudge can be seen, and nothing runs over, at a desk and on a phone, light and dark."""
    tab = opened(size=size, theme=theme)
    assert set(shown(tab)) == set(library.nudges)
    assert tab.evaluate(_FAULTS) == []
    assert background(tab) == (WHITE if theme == "light" else DARK)
    tab.screenshot(path=tmp_path / f"{size}-{theme}.png")


def test_search_finds_words_wherever_they_stand(opened: Any, library: Library) -> None:
    """In any text of a nudge, in any order, whatever apostrophe or case is typed; the count is said."""
    tab = opened()
    count = tab.get_by_role("status")
    everything = f"{len(library.nudges)} nudges"
    expect(count).to_have_text(everything)
    nudge = next(one for one in library.nudges.values() if "’" in one.why)
    typed = " ".join(reversed(nudge.why.upper().replace("’", "'").split()))
    tab.get_by_role("searchbox", name="Words").fill(typed)
    assert shown(tab) == [nudge.id]
    expect(count).to_have_text(f"1 of {everything}")
    assert tab.locator(".group:visible h2").count() == 1
    tab.get_by_role("searchbox", name="Words").fill("did it, not today")  # that stands on every button
    assert len(shown(tab)) < len(library.nudges) / 10
    tab.get_by_role("searchbox", name="Words").fill("no such word anywhere")
    assert shown(tab) == []
    expect(tab.get_by_text("No nudge fits all of that.")).to_be_visible()
    tab.get_by_role("button", name="Show all").click()
    expect(count).to_have_text(everything)
    expect(tab.get_by_text("No nudge fits all of that.")).to_be_hidden()


def test_what_was_found_is_seen(opened: Any) -> None:
    """Wherever somebody has scrolled to, a search shows its first card and says how many there are."""
    tab = opened()
    tab.locator(".card").last.scroll_into_view_if_needed()
    tab.get_by_role("combobox", name="Stance").select_option("back")
    expect(tab.locator(f"[id='{shown(tab)[0]}']")).to_be_in_viewport()
    expect(tab.get_by_role("status")).to_be_in_viewport()


def test_filters_narrow_each_other(opened: Any, library: Library) -> None:
    """By practice, stance and stretch, and by all the rest; a search goes on within them."""
    tab = opened()
    tab.get_by_role("combobox", name="Stance").select_option("to the side")
    tab.get_by_role("combobox", name="Stretch").select_option("2, noticeable")
    some = [one for one in library.nudges.values() if one.stance == "aside" and one.stretch == 2]
    assert sorted(shown(tab)) == sorted(one.id for one in some)
    tab.get_by_role("combobox", name="Practice").select_option(library.practices[some[0].practice].label)
    fewer = [one.id for one in some if one.practice == some[0].practice]
    assert shown(tab) == fewer
    tab.get_by_role("searchbox", name="Words").fill(some[0].do)
    assert shown(tab) == [some[0].id]
    tab.get_by_role("button", name="Show all").click()
    for label, choice, fits in (
        ("For", "leaders", lambda one: one.audience == "leader"),
        ("Season", "all year", lambda one: one.season is None),
        ("Where", "on the floor", lambda one: "floor" in one.settings),
        ("Status", "draft", lambda one: one.status == "draft"),
        ("Works on", "the system", lambda one: one.sphere == "system"),
    ):
        menu = tab.get_by_role("combobox", name=label, exact=True)
        option = menu.locator("option", has_text=choice).first.get_attribute("value")
        menu.select_option(option)
        assert set(shown(tab)) == {one.id for one in library.nudges.values() if fits(one)}, label
        menu.select_option("")
    assert len(shown(tab)) == len(library.nudges)


def test_a_link_leads_to_its_nudge(opened: Any, library: Library) -> None:
    """From outside, and also to one that a filter has hidden."""
    *_, last = library.nudges.values()
    tab = opened(more=f"#{last.id}")
    expect(tab.locator(f"[id='{last.id}']")).to_be_in_viewport()
    first = next(one for one in library.nudges.values() if one.stance != last.stance)
    tab.get_by_role("combobox", name="Stance").select_option(last.stance.value)
    assert first.id not in shown(tab)
    tab.evaluate(f"location.hash = '{first.id}'")
    expect(tab.locator(f"[id='{first.id}']")).to_be_in_viewport()
    assert len(shown(tab)) == len(library.nudges)


def test_dark_is_the_systems_choice_until_someone_chooses(opened: Any) -> None:
    """The button says which it is, and turns both ways."""
    for theme in ("light", "dark"):
        tab = opened(theme=theme)
        button = tab.get_by_role("button", name="Dark colours")
        dark = theme == "dark"
        for _ in range(3):
            assert background(tab) == (DARK if dark else WHITE)
            assert button.get_attribute("aria-pressed") == str(dark).lower()
            button.click()
            dark = not dark


def test_it_prints(opened: Any, tmp_path: Path) -> None:
    """On white paper, without controls; what was filtered out stays out, and no card is cut over two sheets."""
    tab = opened(theme="dark")
    tab.get_by_role("button", name="Dark colours").click()
    tab.get_by_role("button", name="Dark colours").click()
    tab.get_by_role("combobox", name="Stance").select_option("back")
    kept = shown(tab)
    tab.emulate_media(media="print")
    assert background(tab) == WHITE
    assert shown(tab) == kept
    for hidden in ("#controls", "#dark", ".skip", ".message .bk-actions"):
        assert tab.locator(hidden).first.is_hidden(), hidden
    assert set(tab.eval_on_selector_all(".card", "(all) => all.map((one) => getComputedStyle(one).breakInside)")) == {
        "avoid"
    }
    tab.screenshot(path=tmp_path / "print.png")
    assert tab.pdf(format="A4").startswith(b"%PDF")


def test_without_script_it_is_a_plain_list(opened: Any, library: Library) -> None:
    """Everything can be read; nothing is there that does not work."""
    tab = opened(java_script_enabled=False)
    assert tab.locator(".card:visible").count() == len(library.nudges)
    assert tab.locator("select:visible, input:visible, button:visible").count() == 0


def test_the_keyboard_reaches_all_of_it(opened: Any) -> None:
    """Past the head to the content with one key, through the filters in order, and each stop can be seen."""
    tab = opened()
    stops = []
    for _ in range(14):
        tab.keyboard.press("Tab")
        stops.append(
            tab.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.id || e.textContent.trim().slice(0, 20), s.outlineStyle]; }"
            )
        )
    assert [name for name, _ in stops[:4]] == ["Skip to the content", "dark", "Search and filter", "words"]
    assert {outline for _, outline in stops} == {"solid"}
    tab.get_by_role("searchbox", name="Words").press("Enter")  # sends nothing anywhere
    assert tab.url.endswith("preview.html")


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    [
        *(("preview", size, theme) for size in SIZES for theme in ("light", "dark")),
        ("coverage", "desk", "light"),
        ("coverage", "phone", "dark"),
    ],
)
def test_axe_finds_nothing(opened: Any, tmp_path: Path, name: str, size: str, theme: Theme) -> None:
    """Nothing serious or critical: names, labels, contrast, structure."""
    tab = opened(name, size, theme)
    if name == "preview" and size == "phone":
        tab.get_by_text("Search and filter").click()
    found: list[dict[str, Any]] = Axe().run(tab).response["violations"]
    serious = [
        (one["id"], node["html"][:200], node["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]
    tab.screenshot(path=tmp_path / f"{name}-{size}-{theme}.png")
    assert serious == []


@pytest.mark.soak
def test_twenty_thousand_can_be_opened_and_searched(browser: Browser, library: Library, tmp_path: Path) -> None:
    """It takes a while, and it works."""
    path = tmp_path / "many.html"
    path.write_text(preview_page(words_for("en-GB"), many(library, 20_000)), encoding="utf-8")
    tab = browser.new_page()
    tab.set_default_timeout(120_000)
    tab.goto(path.as_uri())
    tab.get_by_role("combobox", name="Stance").select_option("back")
    expect(tab.get_by_role("status")).to_contain_text("of 20000 nudges", timeout=120_000)
    tab.context.close()
