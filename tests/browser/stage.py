"""What a browser test stands on: a Slack with its page, Ally in it, and people who use the page."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from sandbox import Clock, Slack
from sandbox import page as sandbox_page
from sandbox.with_bot import bot_beside

SHOTS = Path(os.environ.get("SCREENSHOTS") or Path(tempfile.gettempdir()) / "ally-screenshots")
WAIT_MS = 15_000
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 375, "height": 740}


def clock_from(moment: datetime) -> Clock:
    """A clock that stands at `moment` now and ticks on."""
    began = time.monotonic()
    return Clock(lambda: moment + timedelta(seconds=time.monotonic() - began))


@asynccontextmanager
async def demo(
    folder: Path, moment: datetime, *, port: int = 0, with_bot: bool = True, kept: Path | None = None
) -> AsyncIterator[Slack]:
    """What `python -m sandbox --with-bot` serves, in this process and at that moment."""
    page = sandbox_page.Page(kept)
    async with (
        Slack.start(clock=clock_from(moment), port=port, workspace="Harbour Studio", routes=page.routes) as slack,
        page.run(),
    ):
        if not with_bot:
            yield slack
            return
        async with bot_beside(slack, folder) as bot:
            page.beside(bot)
            yield slack
            assert slack.refused == []


class Visitor:
    """Someone at the page. Every wait is for something to be seen."""

    def __init__(self, tab: Page, story: str) -> None:
        self.tab = tab
        self._story = story
        self._shots = 0
        self.problems: list[str] = []
        tab.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        tab.on("console", self._heard)

    def _heard(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        # a WebSocket that finds nobody is what the reconnecting tests provoke
        if kind in ("error", "warning") and "WebSocket" not in text and "ERR_CONNECTION" not in text:
            self.problems.append(f"{kind}: {text}")

    async def opens(self, slack: Slack, who: str = "mina", where: str = "home") -> None:
        """Open the page as someone, somewhere."""
        await self.tab.goto(f"{slack.url}/#/{who}/{where}")
        await expect(self.tab.locator("body[data-ready]")).to_be_attached(timeout=WAIT_MS)

    async def acts_as(self, first_name: str) -> None:
        """Switch to another person."""
        await self.tab.locator("#people").get_by_role("button", name=re.compile(first_name)).click()
        await expect(self.tab.locator("#people [aria-pressed=true]")).to_contain_text(first_name)

    async def goes(self, name: str) -> None:
        """Press a tab or a place of the sidebar."""
        await self.tab.get_by_role("tab", name=name).click()

    async def types(self, line: str, *, thread: bool = False) -> None:
        """Write into a message box and send."""
        box = self.tab.locator("#thread-composer-text" if thread else "#composer-text")
        await box.fill(line)
        await box.press("Enter")

    async def sees(self, text: str, where: str = ".slack") -> Locator:
        """Wait until it is there to be seen."""
        found = self.tab.locator(where).get_by_text(text).last
        await expect(found).to_be_visible(timeout=WAIT_MS)
        return found

    async def sees_no_more(self, text: str, where: str = ".slack") -> None:
        """Wait until it is nowhere."""
        await expect(self.tab.locator(where).get_by_text(text)).to_have_count(0, timeout=WAIT_MS)

    async def presses(self, label: str, where: str = ".slack") -> None:
        """Press the last button with that label."""
        await self.tab.locator(where).get_by_role("button", name=label, exact=True).last.click()

    async def moves_clock(self, label: str) -> None:
        """Press a button of the clock and wait until time has arrived."""
        await self.tab.locator("#clock").get_by_role("button", name=label, exact=True).click()
        await expect(self.tab.locator("#clock:not([data-moving])")).to_be_attached(timeout=60_000)

    async def shot(self, name: str) -> Path:
        """A picture of what stands there now."""
        self._shots += 1
        file = SHOTS / f"{self._story}-{self._shots:02d}-{name}.png"
        await self.tab.screenshot(path=file)
        return file


async def visitor(browser: Browser, story: str, *, viewport: dict[str, int] = WIDE, dark: bool = False) -> Visitor:
    """A person with a browser of their own."""
    context = await browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    return Visitor(await context.new_page(), story)
