"""Workers that are killed, and whom they were to serve."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.killed.fanout import Fanout, Place, a_fanout
from tests.e2e.killed.nursery import Nursery
from tests.storage.databases import postgres_with_tables, sqlite_with_tables

__all__ = ["postgres_with_tables", "sqlite_with_tables"]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where workers come from."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def url(place: Place, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with its tables."""
    if place.database == "postgresql":
        return str(request.getfixturevalue("postgres_with_tables"))
    shutil.copy(request.getfixturevalue("sqlite_with_tables"), tmp_path / "ally.db")
    return f"sqlite:///{tmp_path}/ally.db"


@pytest.fixture
async def fanout(url: str, tmp_path: Path, encryption_key: str, nursery: Nursery) -> AsyncIterator[Fanout]:
    """Twelve members due for a nudge, three of them for a check-in too; nobody serves them yet."""
    async with a_fanout(url, encryption_key, tmp_path, nursery) as fanout:
        await fanout.invite(12)
        yield fanout
