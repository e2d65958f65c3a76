"""Due moments that nobody planned, for no worker ran: whatever a member does first, each becomes one row."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from bot.app import House, Role
from bot.storage.ledger import deliveries
from sandbox import Person, Slack
from tests.e2e.conftest import Open

Row = tuple[str, date, str, str | None]

MON, TUE, WED = (date(2026, 11, day) for day in (23, 24, 25))


@pytest.fixture
async def web(open_house: Open, database_url: str) -> House:
    """A house that answers people, and no worker anywhere."""
    return await open_house(database_url, role=Role.WEB)


@pytest.fixture
async def mina(slack: Slack, web: House) -> Person:
    """Joined on Monday at eight; her first nudge is due at half past nine."""
    person = slack.person("mina")
    await person.command("/ally join")
    return person


async def _rows(web: House) -> list[Row]:
    return [(str(row.kind), row.local_date, str(row.state), row.reason) for row in await deliveries(web.db)]


async def _worker_comes(web: House, open_house: Open, count: int) -> list[Row]:
    """The ledger once a worker came: `count` rows, none of which still waits."""
    await open_house(web.settings.database_url.get_secret_value(), role=Role.WORKER)
    async with asyncio.timeout(10):
        while len(rows := await _rows(web)) < count or any(  # noqa: ASYNC110 — the worker rings no bell
            row[2] in ("planned", "sending") for row in rows
        ):
            await asyncio.sleep(0.02)
    return rows


async def test_a_pause_that_ended_before_a_worker_came(
    slack: Slack, web: House, mina: Person, open_house: Open
) -> None:
    """What fell into the pause is `paused`, though nobody looked until the member resumed."""
    await mina.command("/ally pause")
    slack.clock.advance(timedelta(days=2, hours=4))
    await mina.command("/ally resume")
    paused = [("nudge", day, "skipped", "paused") for day in (MON, TUE, WED)]
    assert await _worker_comes(web, open_house, 3) == paused


async def test_leaving_before_a_worker_came(slack: Slack, web: House, mina: Person, open_house: Open) -> None:
    """What was missed long ago was late; what could still have come was swallowed by leaving."""
    slack.clock.advance(timedelta(days=2, hours=2))
    await mina.command("/ally leave")
    assert await _worker_comes(web, open_house, 3) == [
        ("nudge", MON, "skipped", "late"), ("nudge", TUE, "skipped", "late"), ("nudge", WED, "skipped", "left"),
    ]  # fmt: skip
    assert mina.dm_messages == []


async def test_pausing_before_a_worker_came(slack: Slack, web: House, mina: Person, open_house: Open) -> None:
    """What was missed before the pause is not laid at its door."""
    slack.clock.advance(timedelta(days=1, hours=2))
    await mina.command("/ally pause")
    assert await _worker_comes(web, open_house, 2) == [
        ("nudge", MON, "skipped", "late"), ("nudge", TUE, "skipped", "paused"),
    ]  # fmt: skip


async def test_new_days_before_a_worker_came(slack: Slack, web: House, mina: Person, open_house: Open) -> None:
    """The days that were hers then have their rows, by the times that held then; what can still come comes."""
    slack.clock.advance(timedelta(days=1, hours=2))
    await mina.command("/ally settings")
    await mina.until(lambda: mina.modal, "gets the modal")
    await mina.unchoose("On these days", "Monday", "Tuesday", "Wednesday", "Thursday")
    await mina.submit()
    rows = await _worker_comes(web, open_house, 2)
    assert rows == [("nudge", MON, "skipped", "late"), ("nudge", TUE, "sent", None)]
    await mina.until(lambda: len(mina.dm_messages) == 1, "gets Tuesday's nudge")


async def test_moving_zones_before_a_worker_came(slack: Slack, web: House, mina: Person, open_house: Open) -> None:
    """The rows carry the local dates of the zone in which they were due."""
    slack.clock.advance(timedelta(days=2, hours=9))
    await slack.change_user("mina", tz="Pacific/Auckland")
    await web.desk.finish()
    rows = await _worker_comes(web, open_house, 3)
    assert rows == [("nudge", day, "skipped", "late") for day in (MON, TUE, WED)]
