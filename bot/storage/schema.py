"""Whether the database's schema fits this code, and bringing it there.

An empty database is set up. An older schema is upgraded. A newer one is used as it is, unless a contracting migration
has since raised the floor past this code (`schema_floor`).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.storage.database import Database
from bot.storage.tables import schema_floor


class Fit(StrEnum):
    """How the schema in the database stands to this code."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    TOO_NEW = "too_new"


def _alembic(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """Every revision this code knows, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()][::-1]


async def schema_fit(db: Database) -> Fit:
    """Looks, and changes nothing."""
    async with db.read() as connection:
        return await connection.run_sync(_fit)


async def upgrade_schema(db: Database, to: str | None = None) -> list[str]:
    """Runs the migrations that are missing, all or none, up to revision `to` or the newest; returns their names."""
    async with db.write() as connection:
        return await connection.run_sync(_upgrade, to or revisions()[-1])


def _fit(connection: sa.Connection) -> Fit:
    known = revisions()
    at = MigrationContext.configure(connection).get_current_revision()
    if at is None:
        # Tables without a mark are from an Ally that stopped half way; an empty database has none.
        return Fit.OLDER if sa.inspect(connection).has_table("workspace") else Fit.EMPTY
    if at in known:
        return Fit.CURRENT if at == known[-1] else Fit.OLDER
    floor = connection.scalar(sa.select(schema_floor.c.revision))
    return Fit.NEWER if floor in known else Fit.TOO_NEW


def _upgrade(connection: sa.Connection, to: str) -> list[str]:
    if connection.dialect.name == "postgresql":
        # Two processes that start together: the second waits, then finds nothing left to do.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(2026112201)"))
    known = revisions()
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in known:
        return []
    missing = known[known.index(at) + 1 if at else 0 : known.index(to) + 1]
    if missing:
        command.upgrade(_alembic(connection), to)
    return missing
