"""The gallery in a real browser: nothing is cut off, nothing overlaps, and everybody can read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.browser.chromium import launch
from tests.views.gallery import gallery, write

pytestmark = pytest.mark.browser

# Each of them as (width, text size in per cent): a desk, a phone, the smallest screen, and a desk at 200 %.
SIZES = {"desk": (1280, 100), "phone": (375, 100), "small": (320, 100), "zoomed": (640, 200)}

HEIGHT = 2400

# What a reader would lose: text that runs out of its box, or things to press that lie on each other.
_FAULTS = """() => {
  const faults = [];
  const item = (element) => element.closest(".item");
  const name = (element) => `${item(element).getAttribute("aria-label")}: ${element.outerHTML.slice(0, 120)}`;
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) faults.push(`the page scrolls sideways: ${page.scrollWidth}`);
  for (const element of document.querySelectorAll(".item, .item *")) {
    const style = getComputedStyle(element);
    if (style.display === "inline" || element.matches(".bk-hidden, option, optgroup, textarea")) continue;
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth) faults.push(`cut off: ${name(element)}`);
    const box = element.getBoundingClientRect();
    const card = item(element).getBoundingClientRect();
    const out = box.right > card.right + 1 || box.left < card.left - 1;
    if (box.width && out) faults.push(`out of its card: ${name(element)}`);
  }
  const kinds = "a, button, input, select, textarea, summary, .bk-text, .bk-hint, .bk-error, .bk-label, legend";
  for (const card of document.querySelectorAll(".item")) {
    const seen = (one) => one.checkVisibility() && !one.matches(".bk-hidden");
    const pieces = [...card.querySelectorAll(kinds)].filter(seen);
    pieces.forEach((one, at) => {
      for (const other of pieces.slice(at + 1)) {
        if (one.contains(other) || other.contains(one)) continue;
        // A link that wraps is several boxes.
        const crossed = [...one.getClientRects()].some((a) => [...other.getClientRects()].some((b) =>
          Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1));
        if (crossed) faults.push(`overlap: ${name(one)} and ${name(other)}`);
      }
    });
  }
  return faults;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all the looks."""
    with launch() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the gallery is."""
    path = tmp_path_factory.mktemp("gallery") / "gallery.html"
    write(path)
    return path.as_uri()


def _open(browser: Browser, address: str, size: str, theme: Literal["light", "dark"]) -> Page:
    width, percent = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=theme, reduced_motion="reduce")
    page.goto(address)
    page.add_style_tag(content=f":root {{ font-size: {percent}% }}")
    return page


def _photograph(page: Page, name: Path) -> None:
    """Pictures of the whole page, one below the other: a single one would be taller than Chromium paints."""
    for at in range(0, page.evaluate("document.documentElement.scrollHeight"), HEIGHT):
        page.evaluate(f"scrollTo(0, {at})")
        page.screenshot(path=f"{name}-{at // HEIGHT:02}.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_or_overlaps(
    browser: Browser, address: str, tmp_path: Path, size: str, theme: Literal["light", "dark"]
) -> None:
    """At every width, in both themes, every message, modal and Home has room."""
    page = _open(browser, address, size, theme)
    _photograph(page, tmp_path / f"{size}-{theme}")
    assert page.evaluate(_FAULTS) == []
    assert page.locator(".item").count() == len(gallery())
    page.close()


@pytest.mark.parametrize("size", SIZES)
def test_open_menus_stay_on_the_page(browser: Browser, address: str, tmp_path: Path, size: str) -> None:
    """An overflow menu opens where it can be read."""
    page = _open(browser, address, size, "light")
    for menu in page.locator(".bk-overflow").all():
        menu.locator("summary").click()
        box = menu.locator(".bk-menu").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SIZES[size][0]
        menu.scroll_into_view_if_needed()
        page.screenshot(path=tmp_path / f"menu-{size}.png")
        menu.locator("summary").click()
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_axe_finds_nothing(browser: Browser, address: str, size: str, theme: Literal["light", "dark"]) -> None:
    """Nothing serious or critical: names, labels, contrast, structure; menus open too."""
    page = _open(browser, address, size, theme)
    page.eval_on_selector_all(".bk-overflow", "(all) => { all[0].open = true; }")
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    serious = [
        (one["id"], node["html"], node["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []
    page.close()


def test_focus_can_be_seen(browser: Browser, address: str) -> None:
    """Whoever goes through the page by keyboard sees where they are."""
    page = _open(browser, address, "desk", "light")
    for _ in range(40):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]; }"
        )
        assert style == ["solid", "2px"]
    page.close()
