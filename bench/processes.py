"""Processes beside the bench: Ally as an operator starts it, the yardsticks, the stand-in for Slack.

Each is a process of its own, so that its CPU and memory can be counted apart.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bench.databases import Place, count_sent, team_id, token_of
from bench.usage import cpu_s, peak_mb

SIGNING_SECRET = "bench"
_ENDS_WITHIN_S = 600


@dataclass(frozen=True, slots=True)
class StandIn:
    """The Slack of `bench.stand_in`."""

    api_url: str

    async def figures(self) -> dict[str, float]:
        """What it saw so far."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.api_url}figures") as answer:
            found: dict[str, float] = await answer.json()
            return found

    async def answered(self, count: int) -> dict[str, float]:
        """Waits until it answered so many posts."""
        while (found := await self.figures())["answered"] < count:  # noqa: ASYNC110 — another process counts
            await asyncio.sleep(0.2)
        return found


async def all_sent(where: Place, slack: StandIn, count: int) -> dict[str, float]:
    """Waits until Slack answered so many posts and the ledger says so; what the stand-in saw."""
    async with asyncio.timeout(_ENDS_WITHIN_S):
        seen = await slack.answered(count)
        while count_sent(where) < count:  # noqa: ASYNC110 — another process writes it
            await asyncio.sleep(0.1)
    return seen


@asynccontextmanager
async def stand_in(delay_ms: float = 50.0) -> AsyncIterator[StandIn]:
    """A fresh one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.stand_in", "--delay-ms", str(delay_ms), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield StandIn(f"http://127.0.0.1:{int(await process.stdout.readline())}/api/")
    finally:
        process.terminate()
        await process.communicate()


@dataclass(frozen=True, slots=True)
class Running:
    """A process of Ally."""

    pid: int
    port: int | None

    def cpu_s(self) -> float:
        """CPU seconds so far, all threads."""
        return cpu_s(self.pid)

    def memory_mb(self) -> float:
        """The most it ever held in memory (resident), in MB."""
        return peak_mb(self.pid)


@asynccontextmanager
async def ally(word: str, where: Place, slack: StandIn, **extra: str) -> AsyncIterator[Running]:
    """`ally run` or `ally worker`, once it says that it runs."""
    environ = {
        "SLACK_BOT_TOKEN": token_of(team_id(0)), "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": slack.api_url, "DATABASE_URL": where.url, "ALLY_ENCRYPTION_KEYS": where.key,
        "ALLY_LOG": "json", "HOST": "127.0.0.1",
    }  # fmt: skip
    with tempfile.TemporaryFile("w+") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", word, env=os.environ | environ | extra, stderr=log
        )
        try:
            line = await _says(log.fileno(), '"ally_runs"', process)
            yield Running(process.pid, json.loads(line).get("port"))
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _says(log: int, what: str, process: asyncio.subprocess.Process) -> str:
    async with asyncio.timeout(60):
        while True:
            text = os.pread(log, 1 << 20, 0).decode()
            if found := [line for line in text.splitlines() if what in line]:
                return found[0]
            if process.returncode is not None:
                raise AssertionError(f"ended before it said {what}:\n{text}")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def bare_bolt(secret: str = SIGNING_SECRET) -> AsyncIterator[int]:
    """The port of the least that Bolt can do (`bench.bare_bolt`)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare_bolt", env=os.environ | {"SLACK_SIGNING_SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.communicate()


async def bare_loop(slack: StandIn, messages: int, teams: int, in_flight: int) -> float:
    """CPU seconds that the yardstick of a fan-out took (`bench.bare_loop`)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare_loop", slack.api_url, "--messages", str(messages), "--teams", str(teams),
        "--in-flight", str(in_flight), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), _ENDS_WITHIN_S)
    assert process.returncode == 0
    return float(json.loads(out)["cpu_s"])
