"""A Slack, and houses of Ally beside it that speak with it over the wire."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.app import House, Role, Tempo
from bot.config import load
from sandbox import Clock, Slack
from tests.conftest import MONDAY
from tests.libraries import part_of_the_shipped

Open = Callable[..., Awaitable[House]]
QUICK = Tempo(look_s=0.05, lease_s=2.0)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack on a frozen Monday morning. Whatever the bot answers must be something Slack accepts."""
    async with Slack.start(clock=Clock.frozen_at(MONDAY), wait_s=8.0) as served:
        yield served
        assert served.refused == []


@pytest.fixture(params=["socket mode", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    """How Slack reaches Ally."""
    return str(request.param)


@asynccontextmanager
async def opened(
    slack: Slack,
    url: str,
    key: str,
    transport: str,
    role: Role,
    *,
    clock: Callable[[], datetime] | None = None,
    tempo: Tempo = QUICK,
    **extra: str,
) -> AsyncIterator[House]:
    """One process of Ally, as `ally run` would build it, with the sandbox's clock unless another is given."""
    environ = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": url,
        "ALLY_ENCRYPTION_KEYS": key,
        "HOST": "127.0.0.1",
    }
    if transport == "socket mode":
        environ["SLACK_APP_TOKEN"] = slack.app_token
    else:
        environ |= {"SLACK_SIGNING_SECRET": slack.signing_secret, "PORT": "0"}
    house = House(load(environ | extra, dotenv=None), role, clock=clock or slack.clock.now, tempo=tempo)
    await house.check()
    await house.start()
    try:
        if role.answers and transport == "socket mode":
            await slack.connected(2)
        elif role.answers:
            await slack.serve_events_to(f"http://127.0.0.1:{house.port}/slack/events")
        yield house
    finally:
        await house.stop()


@pytest.fixture
def quiet() -> Iterator[list[Any]]:
    """For trouble on purpose: the libraries complain loudly of it, and drawing our own tracebacks takes seconds.

    What the house logs meanwhile.
    """
    loud = [logging.getLogger(name) for name in ("slack_sdk", "apscheduler")]
    levels = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.CRITICAL)
    with structlog.testing.capture_logs() as logged:
        yield logged
    for logger, level in zip(loud, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def small_content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is read quickly."""
    return part_of_the_shipped(tmp_path_factory.mktemp("content") / "content")


@pytest.fixture
async def open_house(slack: Slack, encryption_key: str, small_content: Path) -> AsyncIterator[Open]:
    """Opens houses; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(url: str, transport: str = "socket mode", role: Role = Role.RUN, **extra: Any) -> House:
            given = {"ALLY_CONTENT": str(small_content)} | extra
            return await stack.enter_async_context(opened(slack, url, encryption_key, transport, role, **given))

        yield open_one


@pytest.fixture
async def house(open_house: Open, database_url: str, transport: str) -> House:
    """`ally run`, over both transports and on both databases."""
    return await open_house(database_url, transport)


@pytest.fixture
async def simple_house(open_house: Open, tmp_path: Any) -> House:
    """`ally run` over Socket Mode on SQLite, for what depends on neither."""
    return await open_house(f"sqlite:///{tmp_path}/ally.db")
