"""The database goes and comes back amid a fan-out: nobody missed, nobody twice, and people hear what was not kept."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiosqlite
import psycopg
import pytest

from bot.app import utc_now
from bot.storage.database import Database
from bot.storage.schema import upgrade_schema
from bot.storage.vault import Vault, read_key
from sandbox import Slack
from tests.conftest import fresh_postgres
from tests.e2e.conftest import Open
from tests.e2e.crowd import SENT, crowd, enrol, fates, messages, until, waiting
from tests.processes import running
from tests.storage.people import install

DUE = timedelta(hours=1, minutes=30)

pytestmark = pytest.mark.usefixtures("quiet")


@asynccontextmanager
async def refused(url: str, server: str) -> AsyncIterator[None]:
    """PostgreSQL drops every connection to that database and takes no new one."""
    name = url.split("?")[0].rpartition("/")[2]
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())


@asynccontextmanager
async def locked(url: str) -> AsyncIterator[None]:
    """Somebody else writes into the SQLite file, and takes their time."""
    async with aiosqlite.connect(url.removeprefix("sqlite:///"), isolation_level=None) as connection:
        await connection.execute("BEGIN IMMEDIATE")
        yield
        await connection.execute("ROLLBACK")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_gone_and_back_amid_a_fan_out(
    slack: Slack, open_house: Open, kind: str, tmp_path: Path, postgres_server: str, quiet: list[Any]
) -> None:
    """While it is away nothing is sent that no row tells of, and a line that cannot be saved is shown back; afterwards
    everybody has theirs, once."""
    url = f"sqlite:///{tmp_path}/ally.db" if kind == "sqlite" else fresh_postgres(postgres_server)
    house = await open_house(url)
    people = await crowd(slack, house.db, house.clock(), 39, rate=40)
    mina = slack.person("mina")
    await enrol(house.db, mina, house.clock())
    slack.clock.advance(DUE)
    await mina.until(lambda: messages(people)[1] >= 5, "sees a fan-out begin")

    def failed() -> int:
        return sum(entry["event"] in ("fates_not_written_yet", "courier_failed", "step_failed") for entry in quiet)

    async def failed_again() -> bool:
        return failed() > before

    before = failed()
    async with locked(url) if kind == "sqlite" else refused(url, postgres_server):
        answer = await mina.command("/ally log a line that must not be lost")
        assert answer.error is None
        assert "could not save anything" in answer.text
        assert "a line that must not be lost" in answer.text
        await until(failed_again)
        posted = len(slack.calls("chat.postMessage"))
        before = failed()
        await until(failed_again)
        assert len(slack.calls("chat.postMessage")) == posted < 40
        assert await house.readiness() == ("ok" if kind == "sqlite" else "database")
    async with asyncio.timeout(20):
        while await waiting(house.db):
            slack.clock.advance(3)  # what was claimed when the connection broke is settled a lease later
            await asyncio.sleep(0.1)
    assert await fates(house.db) == {SENT: 40}
    assert messages([*people, mina]) == {1: 40}
    assert "Kept." in (await mina.command("/ally log now it is kept")).text
    assert "1 to 1 of 1" in (await mina.command("/ally journal")).text


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can fill the disk of a running process")
async def test_disk_full_and_free_again(tmp_path: Path, encryption_key: str, small_content: Path) -> None:
    """A real process whose files cannot grow for a while: lines that cannot be kept are shown back, nothing is sent
    that cannot be written down, and once there is room everybody has theirs, once."""
    url = f"sqlite:///{tmp_path}/ally.db"
    db = Database(url, Vault([read_key(encryption_key)]))
    await upgrade_schema(db)
    async with Slack.start(wait_s=20) as slack:
        now = utc_now()
        await install(db, slack.team().id, now, slack.bot_token)
        # Due five minutes ago, so the fan-out begins with the process.
        at = (now - timedelta(minutes=5)).astimezone(ZoneInfo("Europe/London")).time().replace(second=0, microsecond=0)
        people = await crowd(slack, db, now - timedelta(minutes=30), 30, rate=15, at=at)
        environ = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "DATABASE_URL": url,
            "ALLY_ENCRYPTION_KEYS": encryption_key,
            "ALLY_CONTENT": str(small_content),
        }
        async with running("run", environ=environ, cwd=tmp_path) as process:
            await slack.connected(2)
            mina = people[0]
            await mina.until(lambda: messages(people)[1] >= 5, "sees a fan-out begin")
            soft_hard = resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (0, soft_hard[1]))
            answer = await mina.command("/ally log a line that must not be lost")
            assert "could not save anything" in answer.text
            assert "a line that must not be lost" in answer.text
            await process.says("fates_not_written_yet")
            assert "could not save anything" in (await mina.command("/ally pause")).text
            posted = len(slack.calls("chat.postMessage"))
            assert posted < 30
            assert "could not save anything" in (await mina.command("/ally leave")).text
            assert len(slack.calls("chat.postMessage")) == posted
            resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, soft_hard)
            await mina.until(lambda: messages(people) == {1: 30}, "sees the fan-out end")
            assert "Kept." in (await mina.command("/ally log now it is kept")).text
            assert "1 to 1 of 1" in (await mina.command("/ally journal")).text

            async def told() -> bool:
                return not await waiting(db)

            await until(told)
            assert await process.terminate() == 0
        assert await fates(db) == {SENT: 30}
        assert messages(people) == {1: 30}
    await db.close()
