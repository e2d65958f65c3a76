"""A Chromium, if there is one, and a demo to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from sandbox import Slack
from tests.browser.chromium import ARGUMENTS, find
from tests.browser.stage import Visitor, demo, visitor

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Eight in London, three at night in New York, half past one in Kolkata."""

Visits = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium. Skips where none is installed."""
    found = find()
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or name one in $CHROMIUM")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        await opened.close()


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Slack]:
    """The demo on a Monday morning."""
    async with demo(tmp_path, MONDAY) as served:
        yield served


@pytest.fixture
async def visits(browser: Browser) -> AsyncIterator[Visits]:
    """Opens browsers for people; nothing may have gone wrong in any of them by the end."""
    opened: list[Visitor] = []

    async def visit(story: str, *, viewport: dict[str, int] | None = None, dark: bool = False) -> Visitor:
        more = {"viewport": viewport} if viewport else {}
        opened.append(await visitor(browser, story, dark=dark, **more))
        return opened[-1]

    yield visit
    for one in opened:
        assert one.problems == []
