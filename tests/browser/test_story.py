"""The whole story in a browser, as two people in two time zones live it: wide, on a phone, dark, by keys alone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from sandbox import Slack
from tests.browser.conftest import Visits
from tests.browser.stage import PHONE, WIDE, Visitor

pytestmark = pytest.mark.browser

INSIDE = "document.activeElement === document.body || !!document.activeElement.closest('#modal')"
LOOKS = {"wide": (WIDE, False), "phone": (PHONE, False), "dark": (WIDE, True)}


@pytest.mark.parametrize("look", LOOKS)
async def test_the_whole_story(slack: Slack, visits: Visits, look: str) -> None:
    """Join, a nudge when the clock gets there, a press, undo, a line, the check-in, tomorrow, a pause, leaving."""
    viewport, dark = LOOKS[look]
    mina = await visits(f"{look}-mina", viewport=viewport, dark=dark)
    joel = await visits(f"{look}-joel", viewport=viewport, dark=dark)
    await mina.opens(slack, "mina")
    await joel.opens(slack, "joel", "messages")

    await _mina_joins_by_button(mina)
    await joel.types("/ally join 8:15")
    await joel.sees("You're in")
    await joel.shot("joined-by-command")

    await mina.goes("Messages")
    await mina.moves_clock("+1 hour")
    await expect(mina.tab.locator("#messages .message")).to_have_count(0)
    await mina.moves_clock("Next morning")
    await mina.sees("Did it")
    await mina.shot("first-nudge")
    await mina.sees("09:30", "#messages")
    assert not [message for message in slack.person("joel").dm_messages if message.bot_id]
    await joel.moves_clock("Next morning")
    await joel.sees("Did it")
    await joel.sees("8:15", "#messages")
    await joel.shot("first-nudge")

    await mina.presses("Did it")
    await mina.sees("Noted.")
    await mina.shot("noted")
    await mina.presses("Undo", ".message:not(.ephemeral)")
    await mina.sees("Did it")
    await mina.presses("Did it")
    await mina.sees("Noted.")

    await mina.types("/ally log I named whose idea it was.")
    await mina.sees("Kept.")
    await mina.types("/ally journal")
    await expect(mina.tab.get_by_text("I named whose idea it was.")).to_have_count(2)
    await mina.shot("journal")
    await expect(joel.tab.get_by_text("I named")).to_have_count(0)

    await _mina_answers_the_check_in(mina)

    await mina.moves_clock("Next morning")
    await mina.sees("Did it", ".message:last-child")
    await mina.shot("the-next-week")

    await joel.types("/ally pause 3d")
    await joel.sees("Paused.")
    await joel.shot("paused")
    await mina.types("/ally leave")
    await mina.sees("You've left.")
    await mina.shot("left")
    received = len(slack.person("mina").dm_messages)
    await mina.moves_clock("A week")
    assert len(slack.person("mina").dm_messages) == received
    await joel.shot("after-the-pause")


async def _mina_joins_by_button(mina: Visitor) -> None:
    await mina.sees("Ally helps you practise")
    await mina.shot("home-before")
    await mina.presses("Join", "#pane")
    await mina.sees("Who could read it", "#modal")
    await mina.shot("what-joining-means")
    await mina.presses("Start", "#modal")
    await mina.sees("You're in", "#modal")
    await mina.shot("joined")
    await mina.tab.keyboard.press("Escape")
    await expect(mina.tab.locator("#modal[open]")).to_have_count(0)
    await mina.sees("Your next nudge comes")
    await mina.shot("home-after")


async def _mina_answers_the_check_in(mina: Visitor) -> None:
    await mina.moves_clock("Next check-in")
    await mina.sees("How was your week?")
    await mina.shot("check-in")
    await mina.presses("Answer", ".message:not(.ephemeral)")
    await mina.sees("Tick any.", "#modal")
    await mina.tab.locator("#modal").get_by_label("To the side").check()
    await mina.tab.locator("#modal").get_by_label("Held back").check()
    await mina.shot("check-in-modal")
    await mina.tab.locator("#modal button[type=submit]").click()
    await mina.sees("Saved.", "#modal")
    await mina.shot("saved")
    await mina.tab.keyboard.press("Escape")
    await expect(mina.tab.locator("#modal[open]")).to_have_count(0)


async def test_by_keyboard_alone(slack: Slack, visits: Visits) -> None:
    """The same without a mouse: where the keys lead is seen, and nothing is a trap."""
    mina = await visits("keys")
    await mina.opens(slack, "mina")
    await mina.sees("Ally helps you practise")
    await mina.tab.keyboard.press("Tab")
    assert await _focused(mina) == "Skip to the conversation"
    await mina.shot("skip")
    await mina.tab.keyboard.press("Enter")
    await _tab_to(mina, "Join")
    await mina.shot("on-join")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Who could read it", "#modal")
    assert await _focused(mina) == "Start"
    for _ in range(8):  # the focus goes round inside
        await mina.tab.keyboard.press("Tab")
        assert await mina.tab.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#modal')"
        )
    await mina.tab.keyboard.press("Escape")
    await expect(mina.tab.locator("#modal[open]")).to_have_count(0)
    assert await _focused(mina) == "Join"
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Who could read it", "#modal")
    await _tab_to(mina, "Start")
    await mina.tab.keyboard.press("Space")
    await mina.sees("You're in", "#modal")
    await _tab_to(mina, "Close")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Your next nudge comes")

    await _tab_to(mina, "Home")
    await mina.tab.keyboard.press("ArrowRight")
    await expect(mina.tab.get_by_role("tab", name="Messages")).to_have_attribute("aria-selected", "true")
    await _tab_to(mina, "Next morning", backwards=True)
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Did it")
    await mina.tab.keyboard.press("F6")
    await mina.tab.keyboard.press("F6")
    await _tab_to(mina, "Did it")
    await mina.shot("on-did-it")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Noted.")
    await _tab_to(mina, "Undo")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Did it")
    await _tab_to(mina, "Did it", backwards=True)
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Noted.")

    await _tab_to(mina, "Message Ally")
    await mina.tab.keyboard.type("/al")
    await expect(mina.tab.locator("#composer").get_by_role("option")).to_have_count(1)
    await mina.shot("completion")
    await mina.tab.keyboard.press("Tab")
    await mina.tab.keyboard.type("lo")
    await mina.tab.keyboard.press("Tab")
    await mina.tab.keyboard.type("I asked who was missing.")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Kept.")
    await mina.tab.keyboard.type("/ally journal")
    await mina.tab.keyboard.press("Enter")
    await expect(mina.tab.get_by_text("I asked who was missing.")).to_have_count(2)

    await _tab_to(mina, "Next check-in", backwards=True)
    await mina.tab.keyboard.press("Enter")
    await mina.sees("How was your week?")
    await _tab_to(mina, "Answer")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Tick any.", "#modal")
    await mina.tab.keyboard.press("Space")  # the first box has the focus
    await _tab_to(mina, "Save")
    await mina.shot("check-in")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Saved.", "#modal")
    await mina.tab.keyboard.press("Escape")
    await expect(mina.tab.locator("#modal[open]")).to_have_count(0)
    await _tab_to(mina, "Next morning", backwards=True)
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Did it", ".message:last-child")

    await _tab_to(mina, "Message Ally")
    await mina.tab.keyboard.type("/ally pause")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("Paused")

    await _tab_to(mina, "More options", backwards=True)
    await mina.tab.keyboard.press("ArrowDown")
    await mina.shot("menu")
    await mina.tab.keyboard.press("Escape")
    assert await _focused(mina) == "More options"
    await _tab_to(mina, "Message Ally")
    await mina.tab.keyboard.type("/ally leave")
    await mina.tab.keyboard.press("Enter")
    await mina.sees("You've left.")
    await mina.shot("left")


async def _focused(who: Visitor) -> str:
    script = "(e => (e.getAttribute('aria-label') || e.textContent || '').trim())(document.activeElement)"
    return re.sub(r"\s+", " ", str(await who.tab.evaluate(script)))


async def _tab_to(who: Visitor, label: str, *, backwards: bool = False) -> None:
    """Tab until the control with that name has the focus."""
    for _ in range(60):
        if await _focused(who) == label:
            return
        await who.tab.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"no {label!r} on the way; the focus is on {await _focused(who)!r}")
