"""Workspaces and the tokens Ally speaks with."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.storage.database import Database
from bot.storage.installations import (
    first_sight,
    forget_events,
    forget_workspaces,
    installation_of,
    keys_that_open_nothing,
    remember_installation,
    stop_workspace,
)
from bot.storage.members import find_member
from bot.storage.tables import event_seen, installation, metadata, workspace
from bot.storage.vault import SealBroken, Vault
from tests.conftest import MONDAY
from tests.storage.people import hold, install, opted_in, plan_nudges


async def test_kept_and_found_again(db: Database) -> None:
    """What Slack said on installing comes back whole; elsewhere there is none."""
    assert await installation_of(db, "T1") is None
    found = await install(db)
    assert await installation_of(db, "T1") == found


async def test_no_scopes_are_no_scope(db: Database) -> None:
    """Where Slack named no scopes the set is empty, not one nameless scope."""
    found = replace(await install(db), scopes=frozenset())
    await remember_installation(db, found, MONDAY)
    assert await installation_of(db, "T1") == found


async def test_the_token_is_sealed(db: Database) -> None:
    """The token stands nowhere in clear, and does not open in another workspace's row."""
    await install(db, "T1", token="xoxb-one")
    await install(db, "T2", token="xoxb-two")
    async with db.read() as connection:
        rows = (await connection.execute(sa.select(installation))).mappings().all()
    assert all(b"xoxb" not in row["token_sealed"] for row in rows)
    async with db.write() as connection:
        stolen = next(row for row in rows if row["workspace"] == "T1")
        await connection.execute(
            sa.update(installation)
            .where(installation.c.workspace == "T2")
            .values(token_sealed=stolen["token_sealed"], key=stolen["key"])
        )
    with pytest.raises(SealBroken):
        await installation_of(db, "T2")


async def test_installing_again_replaces_the_token(db: Database) -> None:
    """A new token takes the old one's place; members stay."""
    await install(db)
    await opted_in(db)
    await asyncio.gather(*(install(db, token="xoxb-2") for _ in range(3)))
    found = await installation_of(db, "T1")
    assert found is not None
    assert found.token == "xoxb-2"
    assert await find_member(db, "T1", "U1") is not None


@pytest.mark.parametrize("order", [["gone", "revoked"], ["revoked", "gone"]])
async def test_removal_in_either_order(db: Database, order: list[str]) -> None:
    """`app_uninstalled` and `tokens_revoked` come in either order, and end the same."""
    await install(db)
    for hours, state in enumerate(order):
        await stop_workspace(db, "T1", state, MONDAY + timedelta(hours=hours))
    assert await installation_of(db, "T1") is None
    async with db.read() as connection:
        assert await connection.scalar(sa.select(workspace.c.state)) == "gone"


async def test_only_the_refused_token_ends_a_workspace(db: Database) -> None:
    """A courier that set off with the old token does not end what was installed anew since."""
    await install(db, token="xoxb-old")
    await install(db, token="xoxb-new")
    assert not await stop_workspace(db, "T1", "revoked", MONDAY, token="xoxb-old")
    assert await installation_of(db, "T1") is not None
    assert await stop_workspace(db, "T1", "revoked", MONDAY, token="xoxb-new")
    assert await installation_of(db, "T1") is None


async def test_news_of_an_end_that_comes_late_ends_nothing_newer(db: Database) -> None:
    """Slack repeats events for minutes: removed, installed again, and then told of the removal."""
    await install(db, now=MONDAY)
    said_at = MONDAY + timedelta(minutes=1)
    await install(db, now=MONDAY + timedelta(minutes=3))
    assert not await stop_workspace(db, "T1", "gone", MONDAY + timedelta(minutes=6), said_at=said_at)
    assert await installation_of(db, "T1") is not None
    later = MONDAY + timedelta(minutes=4)
    assert await stop_workspace(db, "T1", "gone", MONDAY + timedelta(minutes=6), said_at=later)
    assert await installation_of(db, "T1") is None


async def test_installing_brings_a_workspace_back(db: Database) -> None:
    """Revoked or gone, a new installation makes it active, and it is not purged."""
    await install(db)
    await stop_workspace(db, "T1", "gone", MONDAY)
    await install(db, now=MONDAY + timedelta(days=1))
    assert await installation_of(db, "T1") is not None
    assert await forget_workspaces(db, MONDAY + timedelta(days=99)) == 0


async def test_a_removed_workspace_is_purged_with_everything(db: Database) -> None:
    """After the grace period no row of it is left in any table; the other workspace keeps its own."""
    await install(db, "T1")
    await install(db, "T2")
    await opted_in(db, team="T1")
    await opted_in(db, team="T2")
    await plan_nudges(db, MONDAY + timedelta(days=1))
    await hold(db, team="T1")
    await stop_workspace(db, "T1", "gone", MONDAY)
    await stop_workspace(db, "T2", "revoked", MONDAY)
    assert await forget_workspaces(db, MONDAY - timedelta(seconds=1)) == 0
    assert await forget_workspaces(db, MONDAY) == 1
    async with db.read() as connection:
        for table in metadata.tables.values():
            column = table.c.id if table is workspace else table.c.get("workspace")
            if column is not None and table.name not in ("audit", "notice", "pulse"):
                left = set(await connection.scalars(sa.select(column)))
                assert left <= {"T2"}, table.name
    assert await find_member(db, "T2", "U1") is not None


async def test_an_event_is_met_once(db: Database) -> None:
    """Of all the copies of an event, at one moment or later, one is the first; marks are dropped in time."""
    seen = await asyncio.gather(*(first_sight(db, "Ev1", MONDAY) for _ in range(5)))
    assert sorted(seen) == [False] * 4 + [True]
    assert await first_sight(db, "Ev2", MONDAY + timedelta(hours=1))
    await forget_events(db, MONDAY + timedelta(minutes=1))
    async with db.read() as connection:
        assert list(await connection.scalars(sa.select(event_seen.c.id))) == ["Ev2"]


async def test_keys_that_open_nothing(db: Database) -> None:
    """Starting with other keys than the data was kept under is noticed before anything is written."""
    await install(db)
    await opted_in(db)
    assert await keys_that_open_nothing(db, db.vault) == 0
    assert await keys_that_open_nothing(db, Vault([bytes(32)])) == 2
