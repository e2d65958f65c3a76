"""axe looks at every main state of the page, light and dark, and finds nothing serious."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import expect

from sandbox import Slack
from tests.browser.conftest import Visits
from tests.browser.stage import PHONE, WIDE, Visitor

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")


async def _nothing_grave(who: Visitor, state: str) -> None:
    results = await Axe().run(who.tab)
    grave = [
        f"{found['id']}: {node['html'][:160]} — {node['failureSummary'][:300]}"
        for found in results.response["violations"]
        if found["impact"] in GRAVE
        for node in found["nodes"]
    ]
    await who.shot(state)
    assert grave == [], state


@pytest.mark.parametrize(
    ("dark", "viewport"), [(False, WIDE), (True, WIDE), (False, PHONE)], ids=["light", "dark", "phone"]
)
async def test_every_main_state(slack: Slack, visits: Visits, dark: bool, viewport: dict[str, int]) -> None:
    """Home, modal, error, messages, menu, suggestions, thread, inspector, drawer, a Slack that is down."""
    mina = await visits(f"axe-{'dark' if dark else 'light'}-{viewport['width']}", viewport=viewport, dark=dark)
    await mina.opens(slack, "mina")
    await mina.sees("Ally helps you practise")
    await _nothing_grave(mina, "home-before")
    await mina.presses("Join", "#pane")
    await mina.sees("Who could read it", "#modal")
    await _nothing_grave(mina, "modal")
    await mina.presses("Start", "#modal")
    await mina.sees("You're in", "#modal")
    await mina.tab.keyboard.press("Escape")
    await mina.sees("Your next nudge comes", "#pane")
    await _nothing_grave(mina, "home")
    await mina.presses("Write a reflection", "#pane")
    await expect(mina.tab.locator("#modal textarea")).to_be_focused()
    await mina.tab.locator("#modal button[type=submit]").click()
    await mina.sees("Please complete this required field.", "#modal")
    await _nothing_grave(mina, "error")
    await mina.tab.keyboard.press("Escape")
    await expect(mina.tab.locator("#modal[open]")).to_have_count(0)
    await mina.goes("About")
    await mina.sees("What it may do here")
    await _nothing_grave(mina, "about")

    await mina.goes("Messages")
    await mina.moves_clock("Next check-in")
    await mina.sees("How was your week?")
    await mina.types("Hello there, *thank you*")
    await mina.sees("Write a reflection", "#messages")
    await _nothing_grave(mina, "messages")
    await mina.tab.locator("summary", has_text="⋯").last.click()
    await expect(mina.tab.locator("details[open] .bk-item").last).to_be_visible()
    await _nothing_grave(mina, "menu")
    await mina.tab.keyboard.press("Escape")
    await mina.tab.locator("#composer-text").fill("/ally ")
    await mina.sees("/ally pause", "#composer")
    await mina.tab.keyboard.press("ArrowDown")
    await _nothing_grave(mina, "suggestions")
    await mina.tab.locator("#composer-text").fill("")

    await mina.tab.locator("#messages .message", has_text="Hello there").hover()
    await mina.tab.locator(".message", has_text="Hello there").get_by_role("button", name="Reply in thread").click()
    await expect(mina.tab.locator("#thread-composer-text")).to_be_focused()
    await _nothing_grave(mina, "thread")
    await mina.tab.keyboard.press("Escape")
    await mina.tab.locator("#inspect").click()
    await mina.tab.locator("#traffic > li summary").first.click()
    await _nothing_grave(mina, "inspector")
    await mina.tab.locator("#inspect-close").click()
    if viewport is PHONE:
        await mina.tab.locator("#drawer").click()
        await expect(mina.tab.locator("#sidebar")).to_be_visible()
        await _nothing_grave(mina, "drawer")
        await mina.tab.locator(".place", has_text="general").click()
        await mina.sees("This is the very beginning", "#messages")
    else:
        await mina.tab.locator("#mood").select_option("down")
        await mina.sees("Ally is not connected")
        await mina.presses("Not today")
        await mina.sees("We had some trouble connecting", "#toasts")
        await _nothing_grave(mina, "down")
