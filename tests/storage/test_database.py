"""The connection: which URLs are understood, and what each transaction guarantees."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import aiosqlite
import pytest
import sqlalchemy as sa

from bot.storage.database import BadDatabaseUrl, Database, async_url, epoch_s
from bot.storage.tables import event_seen, reflection, workspace
from bot.storage.vault import Vault
from tests.conftest import MONDAY

VAULT = Vault([bytes(32)])


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///ally.db", "sqlite+aiosqlite"),
        ("sqlite:////var/lib/ally.db", "sqlite+aiosqlite"),
        ("postgresql://u:p@db/ally", "postgresql+psycopg"),
        ("postgres://u:p@db/ally?sslmode=require", "postgresql+psycopg"),
        ("postgresql+asyncpg://u:p@db/ally", "postgresql+psycopg"),
    ],
)
def test_known_urls(url: str, driver: str) -> None:
    """SQLite and PostgreSQL are understood, whichever way the latter is written."""
    assert async_url(url).drivername == driver


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hunter2",
        "mysql://u:hunter2@db/ally",
        "mongodb://u:hunter2@db/ally",
        "postgresql://u:hunter2:x@db:hunter2/ally",
        "postgresql://u:p@ss:hunter2@db:54x32/ally",
    ],
)
def test_refused_urls_keep_the_password_to_themselves(url: str) -> None:
    """Anything else is refused, in a message that repeats nothing of the URL but its scheme."""
    with pytest.raises(BadDatabaseUrl) as caught:
        Database(url, VAULT)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_sole_worker_file() -> None:
    """Only an SQLite file has a lock beside it."""
    assert str(Database("sqlite:////tmp/ally.db", VAULT).sole_worker_file) == "/tmp/ally.db.worker"  # noqa: S108
    assert Database("sqlite://", VAULT).sole_worker_file is None
    assert Database("postgresql://db/ally", VAULT).sole_worker_file is None


async def test_a_write_that_raises_leaves_nothing(db: Database) -> None:
    """A writing transaction is whole or not at all."""

    async def half() -> None:
        async with db.write() as connection:
            await connection.execute(sa.insert(event_seen).values(id="e1", at=MONDAY))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await half()
    async with db.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(event_seen)) == 0


async def test_two_writers_that_read_first_wait_for_each_other(db: Database) -> None:
    """Writers that first read queue up; neither meets "database is locked", and both are kept."""
    first_has_read = asyncio.Event()

    async def first() -> None:
        async with db.write() as connection:
            await connection.scalar(sa.select(sa.func.count()).select_from(event_seen))
            first_has_read.set()
            await asyncio.sleep(0.1)
            await connection.execute(sa.insert(event_seen).values(id="first", at=MONDAY))

    async def second() -> None:
        await first_has_read.wait()
        async with db.write() as connection:
            await connection.scalar(sa.select(sa.func.count()).select_from(event_seen))
            await connection.execute(sa.insert(event_seen).values(id="second", at=MONDAY))

    await asyncio.gather(first(), second())
    async with db.read() as connection:
        assert set(await connection.scalars(sa.select(event_seen.c.id))) == {"first", "second"}


async def test_many_writers_at_once(db: Database) -> None:
    """Twenty writers at the same moment all succeed."""

    async def write(number: int) -> None:
        async with db.write() as connection:
            await connection.execute(sa.insert(event_seen).values(id=str(number), at=MONDAY))

    await asyncio.gather(*(write(number) for number in range(20)))
    async with db.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(event_seen)) == 20


async def test_moments_come_back_in_utc(db: Database) -> None:
    """A moment given in any zone comes back aware, in UTC, to the microsecond."""
    moment = datetime(2026, 11, 23, 13, 45, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    async with db.write() as connection:
        await connection.execute(sa.insert(event_seen).values(id="e1", at=moment))
    async with db.read() as connection:
        back = await connection.scalar(sa.select(event_seen.c.at))
    assert back == moment
    assert back.tzinfo is UTC


async def test_naive_moments_are_refused(db: Database) -> None:
    """A moment without a zone raises before it reaches the database."""
    with pytest.raises(sa.exc.StatementError, match="without a time zone"):
        async with db.write() as connection:
            await connection.execute(sa.insert(event_seen).values(id="e1", at=datetime(2026, 1, 1)))  # noqa: DTZ001


async def test_foreign_keys_hold(db: Database) -> None:
    """A line of a member who does not exist is refused."""
    with pytest.raises(sa.exc.IntegrityError):
        async with db.write() as connection:
            await connection.execute(
                sa.insert(reflection).values(id="r", member_id=7, written_at=MONDAY, text_sealed=b"x")
            )


async def test_errors_do_not_show_what_was_written(db: Database) -> None:
    """An error of the database's names no parameter: they may hold what a person wrote."""
    async with db.write() as connection:
        await connection.execute(sa.insert(workspace).values(id="T1", name="Workshop", state="active", since=MONDAY))
    with pytest.raises(sa.exc.IntegrityError) as caught:
        async with db.write() as connection:
            await connection.execute(
                sa.insert(workspace).values(id="T1", name="Hunter's den", state="active", since=MONDAY)
            )
    assert "Hunter" not in str(caught.value)


async def test_the_databases_own_clock(db: Database) -> None:
    """Leases are measured in the database's seconds, which go on inside a transaction."""
    before = datetime.now(UTC).timestamp()
    async with db.read() as connection:
        one = await connection.scalar(sa.select(epoch_s(connection.dialect.name)))
        await asyncio.sleep(0.01)
        two = await connection.scalar(sa.select(epoch_s(connection.dialect.name)))
    assert one is not None
    assert two is not None
    assert before - 1 < one < two < datetime.now(UTC).timestamp() + 1


async def test_a_connection_may_be_told_twice_to_stop(tmp_path: Path) -> None:
    """Somebody cancelled twice while SQLite makes them wait leaves nothing behind that waits for ever: the process
    would not end."""
    database = Database(f"sqlite:///{tmp_path}/ally.db", VAULT)
    async with database.read() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, aiosqlite.Connection)
        for _ in range(2):
            stopped = driver.stop()
            assert stopped is not None
            await asyncio.wait_for(stopped, 5)
        await connection.invalidate()
    await database.close()


async def test_a_write_cancelled_twice_while_it_waits(tmp_path: Path) -> None:
    """And the same as it happens: the file is locked, the answer given up, and then the process told to stop."""
    database = Database(f"sqlite:///{tmp_path}/ally.db", VAULT)

    async def write() -> None:
        async with database.write():
            pass

    before = asyncio.all_tasks()
    await write()
    async with database.write():
        waiting = asyncio.create_task(write())
        for _ in range(2):
            await asyncio.sleep(0.1)
            waiting.cancel()
        await asyncio.wait([waiting])
    left = asyncio.all_tasks() - before
    if left:
        _, stuck = await asyncio.wait(left, timeout=10)
        assert not stuck
    await database.close()
