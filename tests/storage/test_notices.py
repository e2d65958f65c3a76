"""Notices: one for each admin and version, in one pair of hands at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from bot.model import State
from bot.storage.audits import note_deed
from bot.storage.database import Database
from bot.storage.notices import Notice, claim_notice, record_notice, untold
from bot.storage.tables import audit, notice, workspace
from tests.conftest import MONDAY
from tests.storage.people import TEAM, install

HOLD = timedelta(minutes=1)
WHO = (TEAM, "U1")


async def _claim(db: Database, id_: str = "n1", minutes: int = 0, version: str = "v1") -> Notice | None:
    return await claim_notice(db, WHO, version, id_, MONDAY + timedelta(minutes=minutes), HOLD)


async def test_who_has_yet_to_hear(db: Database) -> None:
    """Whoever has no row, or one whose moment has come again; nobody who was told."""
    await install(db)
    admins = [WHO, (TEAM, "U2")]
    assert await untold(db, "v1", admins, MONDAY) == admins
    held = await _claim(db)
    assert held is not None
    assert await untold(db, "v1", admins, MONDAY) == [(TEAM, "U2")]
    assert await untold(db, "v1", admins, MONDAY + HOLD) == admins
    await record_notice(db, held, State.SENT)
    assert await untold(db, "v1", admins, MONDAY + timedelta(days=9)) == [(TEAM, "U2")]
    assert await untold(db, "v2", admins, MONDAY) == admins


async def test_one_of_many_gets_it(db: Database) -> None:
    """However many workers reach for it at once."""
    await install(db)
    claims = await asyncio.gather(*(_claim(db, f"n{number}") for number in range(8)))
    assert len([held for held in claims if held is not None and held.fresh]) == 1
    assert len([held for held in claims if held is not None]) == 1


async def test_left_behind_it_is_taken_over_by_one_and_is_not_fresh(db: Database) -> None:
    """Whoever claimed it may have sent it before it died; it keeps its id, so the DM can be looked through for it."""
    await install(db)
    assert await _claim(db) is not None
    assert await _claim(db, "n2", minutes=0) is None
    claims = await asyncio.gather(*(_claim(db, f"n{number}", minutes=2) for number in range(3, 8)))
    (taken,) = [held for held in claims if held is not None]
    assert (taken.id, taken.fresh, taken.claimed_at) == ("n1", False, MONDAY)


async def test_to_be_tried_again_it_is_fresh(db: Database) -> None:
    """Slack said no before it took anything."""
    await install(db)
    held = await _claim(db)
    assert held is not None
    await record_notice(db, held, State.PLANNED, "ratelimited", MONDAY + timedelta(minutes=5))
    assert await _claim(db, "n2", minutes=4) is None
    again = await _claim(db, "n2", minutes=5)
    assert again is not None
    assert (again.id, again.fresh) == ("n1", True)


async def test_a_fate_is_written_by_its_holder_alone(db: Database) -> None:
    """Somebody whose hold has ended writes nothing over the one who took over."""
    await install(db)
    first = await _claim(db)
    second = await _claim(db, minutes=2)
    assert first is not None
    assert second is not None
    await record_notice(db, first, State.FAILED, "late")
    await record_notice(db, second, State.SENT)
    async with db.read() as connection:
        assert (await connection.execute(sa.select(notice.c.state, notice.c.reason))).all() == [("sent", None)]
    assert await _claim(db, minutes=10) is None


async def test_versions_and_people_are_told_apart(db: Database) -> None:
    """Another version, another admin, the same id in another workspace: another notice."""
    await install(db)
    await install(db, "T2")
    assert await _claim(db) is not None
    assert await _claim(db, version="v2") is not None
    assert await claim_notice(db, (TEAM, "U2"), "v1", "n", MONDAY, HOLD) is not None
    assert await claim_notice(db, ("T2", "U1"), "v1", "n", MONDAY, HOLD) is not None


async def test_notices_go_with_their_workspace(db: Database) -> None:
    """Nothing of them is left."""
    await install(db)
    await _claim(db)
    async with db.write() as connection:
        await connection.execute(sa.delete(workspace))
        assert (await connection.execute(sa.select(notice))).all() == []


async def test_a_deed_is_noted(db: Database) -> None:
    """What, when, who."""
    await note_deed(db, TEAM, "U1", "admin.reload", MONDAY)
    async with db.read() as connection:
        rows = (await connection.execute(sa.select(audit.c.workspace, audit.c.who, audit.c.what, audit.c.at))).all()
    assert rows == [(TEAM, "U1", "admin.reload", MONDAY)]
