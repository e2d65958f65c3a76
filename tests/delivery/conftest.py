"""A post office beside a Slack that stands still at half past nine."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.storage.database import Database
from sandbox import Clock, Slack
from tests.delivery.office import Office, means_for
from tests.storage.databases import db, postgres_with_tables, sqlite_with_tables, url_with_tables
from tests.storage.people import HALF_PAST_NINE

__all__ = ["db", "postgres_with_tables", "sqlite_with_tables", "url_with_tables"]


@pytest.fixture(autouse=True)
def quiet() -> None:
    """slack_sdk complains loudly about what these tests provoke."""
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack at a frozen moment."""
    async with Slack.start(clock=Clock.frozen_at(HALF_PAST_NINE)) as served:
        yield served


@pytest.fixture
async def office(
    db: Database,
    slack: Slack,
) -> AsyncIterator[Office]:
    """Ally installed, on either database, with a quick pace and nobody due yet."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        opened = Office(db, slack, session, means_for(db, slack))
        await opened.open()
        yield opened
