"""The connection to the database: one engine, two kinds of transaction."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.storage.vault import Vault

_BUSY_S = 2
"""How long a statement waits for a lock: less than people wait for an answer, so that the database itself says no."""


class BadDatabaseUrl(ValueError):
    """DATABASE_URL names no database that Ally knows."""


def async_url(url: str) -> sa.URL:
    """`sqlite:///…`, `postgresql://…` or `postgres://…`, with the driver Ally speaks it by.

    Raises BadDatabaseUrl for anything else; the message never repeats the URL, which may hold a password.
    """
    try:
        parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except (sa.exc.ArgumentError, ValueError):  # ValueError: a port that is no number, perhaps half a password
        raise BadDatabaseUrl("it is not a database URL") from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise BadDatabaseUrl(f"Ally does not speak {other}")


class Database:
    """An engine and the vault beside it. Made once, in the composition root; `close` it at the end."""

    def __init__(self, url: str, vault: Vault, *, pool_size: int = 10) -> None:
        """Connects lazily. Raises BadDatabaseUrl."""
        self.url = async_url(url)
        self.vault = vault
        self.engine = _engine(self.url, pool_size)
        self._writer = self.engine.execution_options(writes=True)
        self._counter = asyncio.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Whether one process at a time may plan and send (see `sole_worker_file`)."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file; None elsewhere, and for an SQLite in memory."""
        in_memory = self.url.database in (None, "", ":memory:")
        return None if not self.is_sqlite or in_memory else Path(str(self.url.database))

    @property
    def sole_worker_file(self) -> Path | None:
        """On an SQLite file, the file whose lock keeps a second worker out; elsewhere None."""
        return None if self.file is None else Path(f"{self.file}.worker")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits at the end, or rolls back whole when anything raises.

        SQLite takes one at a time, and lets whoever asks at the right moment go first: in a busy minute somebody asked
        in vain for two seconds. Here they stand in line. Raises TimeoutError where the line does not move.
        """
        async with AsyncExitStack() as stack:
            if self._counter is not None:
                async with asyncio.timeout(_BUSY_S):
                    await stack.enter_async_context(self._counter)
            yield await stack.enter_async_context(self._writer.begin())

    async def close(self) -> None:
        """Gives every connection back."""
        await self.engine.dispose()


def _engine(url: sa.URL, pool_size: int) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        patience = {"connect_timeout": _BUSY_S, "options": f"-c lock_timeout={_BUSY_S}s"}
        return create_async_engine(
            url, pool_size=pool_size, max_overflow=0, pool_pre_ping=True, hide_parameters=True, connect_args=patience
        )
    options = {"timeout": _BUSY_S, "async_creator_fn": _connect_sqlite}
    # No overflow: a connection that is opened for one question and closed again costs ten times the question.
    sizes = {} if url.database in (None, "", ":memory:") else {"pool_size": pool_size, "max_overflow": 0}
    engine = create_async_engine(url, connect_args=options, hide_parameters=True, **sizes)
    sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    sa.event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


class _SQLite(aiosqlite.Connection):
    """A connection that troubles its thread with what may wait, and may be told twice to stop.

    aiosqlite sends each step to the thread, four for one SELECT, and the trips cost more than the steps: a question
    takes half as long where only statements, commits and the end go there (docs/performance.md). While the thread is at
    work, as it is when somebody gave up on a locked file, everything waits for it as before.

    aiosqlite 0.22 waits for ever when told to stop for the second time: its thread is gone by then. Whoever is
    cancelled twice while a connection closes asks twice, and the process that waits for them would never end.
    """

    _stopped: asyncio.Future[Any] | None = None
    _at_work = 0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        of_a_cursor = isinstance(getattr(fn, "__self__", None), sqlite3.Cursor)
        quick = fn.__name__ == "cursor" or (of_a_cursor and fn.__name__ in ("fetchall", "close"))
        if quick and not self._at_work:
            return fn(*args, **kwargs)

        def step() -> Any:
            try:
                return fn(*args, **kwargs)
            finally:
                self._at_work -= 1

        self._at_work += 1
        return await super()._execute(step)  # type: ignore[no-untyped-call]  # not annotated there

    def stop(self) -> asyncio.Future[Any] | None:
        if self._running:
            self._stopped = super().stop()
        return self._stopped


def _connect_sqlite(file: str, **options: Any) -> aiosqlite.Connection:
    options["check_same_thread"] = False  # one at a time all the same, and SQLite itself sees to it
    connect = partial(sqlite3.connect, file, **options)
    connection = _SQLite(connect, iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does: a thread that is left over must not keep the process
    return connection


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions of its own: it would begin them deferred, and SQLite answers
    # "database is locked" at once when such a one turns from reading to writing, whatever the time-out.
    connection.isolation_level = None
    cursor: sqlite3.Cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # Freed pages are overwritten, so what was erased is gone from the file too.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_into(connection: AsyncConnection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what to do on a conflict: two processes may keep the same thing at the same moment."""
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


def among(connection: AsyncConnection, column: sa.ColumnElement[int], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """`column IN ids`, for hundreds of ids: as one value, for with one each both drivers spend longer on the text of
    the statement than the database on the answer."""
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Integer)))
    return column.in_(sa.select(sa.func.json_each(json.dumps(list(ids))).table_valued("value").c.value))


def as_table(rows: Sequence[Mapping[str, Any]], like: sa.Table) -> sa.TableValuedAlias:
    """Rows, with the types of the columns of `like`, as one statement on PostgreSQL can read them: an array for each
    column. A statement for each row cost six times as much."""
    columns = [like.c[name] for name in rows[0]]
    arrays = [sa.literal([row[one.name] for row in rows], sa.ARRAY(one.type)) for one in columns]
    return sa.func.unnest(*arrays).table_valued(*(sa.column(one.name, one.type) for one in columns)).render_derived()


def epoch_s(dialect: str) -> sa.ColumnElement[float]:
    """Seconds since the epoch by the database's own clock, at the moment the statement runs; `dialect` by name."""
    if dialect == "postgresql":
        return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float(53))
    return sa.literal_column("(julianday('now') - 2440587.5) * 86400.0", sa.Float(53))
