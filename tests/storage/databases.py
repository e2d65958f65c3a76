"""Databases that are set up once and emptied between tests: a new PostgreSQL database for each costs half a second."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import Database
from bot.storage.schema import upgrade_schema
from bot.storage.tables import audit, event_seen, workspace
from bot.storage.vault import Vault, read_key
from tests.conftest import fresh_postgres


async def _set_up(url: str) -> str:
    database = Database(url, Vault([bytes(32)]))
    await upgrade_schema(database)
    await database.close()
    return url


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_server: str) -> str:
    """A PostgreSQL database with its tables, shared by all tests."""
    return asyncio.run(_set_up(fresh_postgres(postgres_server)))


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with its tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "ally.db"
    asyncio.run(_set_up(f"sqlite:///{file}"))
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url_with_tables(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with its tables, once of each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_with_tables"))
    shutil.copy(request.getfixturevalue("sqlite_with_tables"), tmp_path / "ally.db")
    return f"sqlite:///{tmp_path}/ally.db"


@pytest.fixture
async def db(url_with_tables: str, encryption_key: str) -> AsyncIterator[Database]:
    """A database with its tables and no row, once of each kind."""
    database = Database(url_with_tables, Vault([read_key(encryption_key)]))
    async with database.write() as connection:
        for table in (workspace, audit, event_seen):  # the rest hangs on a workspace, and goes with it
            await connection.execute(sa.delete(table))
    yield database
    await database.close()
