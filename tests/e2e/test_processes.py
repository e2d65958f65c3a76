"""`ally run` as an operator runs it: a process of its own, killed without warning."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import utc_now
from bot.storage.vault import new_key
from sandbox import Slack
from tests.processes import ally, running


@pytest.fixture
async def now_slack() -> AsyncIterator[Slack]:
    """A Slack that lives in the present, as a process does."""
    async with Slack.start(wait_s=20.0) as served:
        yield served


def _environ(slack: Slack, url: str) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": url,
        "ALLY_ENCRYPTION_KEYS": new_key(),
        "ALLY_LOG": "json",
    }


@pytest.mark.waits
async def test_kill_9_and_restart_change_nothing_that_people_see(
    now_slack: Slack, database_url: str, tmp_path: Path
) -> None:
    """Joined, killed, restarted: the nudge comes at the due minute, once; killed again, its buttons still work."""
    environ, mina = _environ(now_slack, database_url), now_slack.person("mina")
    async with running("run", environ=environ, cwd=tmp_path) as first:
        await first.says("ally_runs")
        await now_slack.connected(2)
        # The next full minute, but far enough ahead for a restart in between; on any weekday.
        due = (utc_now() + timedelta(seconds=15)).replace(second=0, microsecond=0) + timedelta(minutes=1)
        local = due.astimezone(ZoneInfo("Europe/London"))
        await mina.command(f"/ally join {local:%H:%M}")
        await mina.sees("You're in")
        await mina.command("/ally settings")
        await mina.sees("On these days")
        weekday = f"{local:%A}"
        await mina.unchoose("On these days", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
        await mina.choose("On these days", weekday)
        await mina.submit()
        await mina.sees("Saved.")
        await mina.close()
        await mina.command("/ally log before the first kill")
        await mina.sees("Kept.")
        await first.kill()
    async with running("run", environ=environ, cwd=tmp_path) as second:
        await second.says("ally_runs")
        await mina.until(lambda: mina.dm_messages, "gets the nudge", timeout_s=90)
        assert timedelta(0) <= utc_now() - due < timedelta(seconds=30)
        await second.kill()
    async with running("run", environ=environ, cwd=tmp_path) as third:
        await third.says("ally_runs")
        await now_slack.connected(2)
        await mina.press("Did it")
        await mina.sees("Noted.")
        assert "before the first kill" in (await mina.command("/ally journal")).text
        assert await third.terminate() == 0
    assert len(mina.dm_messages) == 1
    code, out, _ = await ally("ledger", "--json", environ=environ, cwd=tmp_path)
    rows = json.loads(out)["deliveries"]
    assert code == 0
    assert [(row["member"], row["kind"], row["state"], row["reason"]) for row in rows] == [
        (mina.id, "nudge", "sent", None)
    ]


async def test_sigterm_ends_the_process_within_ten_seconds(now_slack: Slack, tmp_path: Path) -> None:
    """Exit 0, also while Slack hangs."""
    environ = _environ(now_slack, f"sqlite:///{tmp_path}/ally.db")
    async with running("run", environ=environ, cwd=tmp_path) as process:
        await process.says("ally_runs")
        assert await process.terminate(10) == 0


async def test_a_second_worker_on_sqlite_says_that_it_will_not_start(now_slack: Slack, tmp_path: Path) -> None:
    """And after kill -9 of the first, the next one does."""
    environ = _environ(now_slack, f"sqlite:///{tmp_path}/ally.db")
    async with running("worker", environ=environ, cwd=tmp_path) as first:
        await first.says("ally_runs")
        code, _, err = await ally("worker", environ=environ, cwd=tmp_path)
        assert code == 2
        assert "on SQLite there can be one" in err
        await first.kill()
    async with running("worker", environ=environ, cwd=tmp_path) as next_one:
        await next_one.says("ally_runs")


async def test_web_and_worker_share_the_work(now_slack: Slack, database_url: str, tmp_path: Path) -> None:
    """`ally web` answers and sends nothing; `ally worker` sends and answers nobody."""
    environ, mina = _environ(now_slack, database_url), now_slack.person("mina")
    async with (
        running("web", environ=environ, cwd=tmp_path) as web,
        running("worker", environ=environ, cwd=tmp_path) as worker,
    ):
        await asyncio.gather(web.says("ally_runs"), worker.says("ally_runs"))
        await now_slack.connected(2)
        assert "You're in" in (await mina.command("/ally join")).text
        assert now_slack.socket_mode.connections == 2
        assert await worker.terminate() == 0
        assert "Kept." in (await mina.command("/ally log the worker is gone and I am heard")).text
        assert await web.terminate() == 0


async def test_sigterm_ends_a_process_that_slack_does_not_answer(now_slack: Slack, tmp_path: Path) -> None:
    """Slack hangs while Ally starts: it goes on starting, serves its health, and stops in time when told."""
    now_slack.faults.add("auth.test", delay_s=60)
    environ = _environ(now_slack, f"sqlite:///{tmp_path}/ally.db")
    async with running("run", environ=environ, cwd=tmp_path) as process:
        await process.says("ally_starts")
        assert await process.terminate(10) == 0
