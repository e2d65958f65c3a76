"""The schema: set up from nothing, upgraded once, and refused only where this code cannot work with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.storage.database import Database
from bot.storage.schema import Fit, revisions, schema_fit, upgrade_schema
from bot.storage.tables import metadata, schema_floor
from bot.storage.vault import Vault


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    """A database without a single table."""
    database = Database(database_url, Vault([bytes(32)]))
    yield database
    await database.close()


@pytest.fixture
async def db(empty: Database) -> Database:
    """A database of its own with its tables: these tests change what it says of itself."""
    await upgrade_schema(empty)
    return empty


async def stamp(db: Database, revision: str, floor: str | None = None) -> None:
    """Makes the database say that it stands at `revision`."""
    async with db.write() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = :at"), {"at": revision})
        if floor is not None:
            await connection.execute(sa.update(schema_floor).values(revision=floor))


async def test_from_nothing_to_current(empty: Database) -> None:
    """Looking at an empty database changes nothing; upgrading brings it all the way."""
    assert await schema_fit(empty) is Fit.EMPTY
    assert await schema_fit(empty) is Fit.EMPTY
    assert await upgrade_schema(empty) == revisions()
    assert await schema_fit(empty) is Fit.CURRENT


async def test_upgrading_twice_does_nothing_more(db: Database) -> None:
    """The second time there is nothing left to do."""
    assert await upgrade_schema(db) == []
    assert await schema_fit(db) is Fit.CURRENT


async def test_two_upgrades_at_once(empty: Database) -> None:
    """Two processes that start together: one upgrades, the other waits and finds it done."""
    other = Database(empty.url.render_as_string(hide_password=False), Vault([bytes(32)]))
    try:
        done = await asyncio.gather(upgrade_schema(empty), upgrade_schema(other))
    finally:
        await other.close()
    assert sorted(done) == [[], revisions()]
    assert await schema_fit(empty) is Fit.CURRENT


async def test_migrations_lead_to_the_tables_of_the_code(db: Database) -> None:
    """The migrated schema and the metadata are the same, on both databases."""

    def differences(connection: sa.Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    async with db.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_bring_every_check(db: Database) -> None:
    """Alembic does not compare check constraints, so their names are compared here."""

    def checks(connection: sa.Connection) -> set[str | None]:
        look = sa.inspect(connection)
        return {check["name"] for table in metadata.tables for check in look.get_check_constraints(table)}

    wanted = {
        check.name
        for table in metadata.tables.values()
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    }
    async with db.read() as connection:
        assert await connection.run_sync(checks) == {str(name) for name in wanted}


async def test_an_older_schema_is_told(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema this code knows, but not its newest, is older."""
    monkeypatch.setattr("bot.storage.schema.revisions", lambda: [*revisions(), "9999"])
    assert await schema_fit(db) is Fit.OLDER


async def test_a_newer_schema_is_used_as_it_is(db: Database) -> None:
    """A revision from the future that only added things fits, and is not touched."""
    await stamp(db, "9999")
    assert await schema_fit(db) is Fit.NEWER
    assert await upgrade_schema(db) == []


async def test_past_a_contracting_migration_it_is_refused(db: Database) -> None:
    """Where a later migration took something away and raised the floor past us, it does not fit."""
    await stamp(db, "9999", floor="9998")
    assert await schema_fit(db) is Fit.TOO_NEW
    assert await upgrade_schema(db) == []


async def test_erased_pages_are_overwritten(tmp_path: Path) -> None:
    """On SQLite what was deleted is gone from the file as well, once the log is written back."""
    db = Database(f"sqlite:///{tmp_path}/ally.db", Vault([bytes(32)]))
    await upgrade_schema(db)
    async with db.write() as connection:
        await connection.execute(sa.text("INSERT INTO audit (workspace, at, what) VALUES ('T1', '2026', 'hunter2')"))
    async with db.write() as connection:
        await connection.execute(sa.text("DELETE FROM audit"))
    await db.close()
    assert b"hunter2" not in (tmp_path / "ally.db").read_bytes()
