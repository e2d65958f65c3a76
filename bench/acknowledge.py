"""What acknowledging `/ally help` costs over bare Bolt, at 50 in parallel over signed HTTP."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median, quantiles

import aiohttp

from bench.commands import signed
from bench.processes import bare_bolt
from bench.report import Goal, Line, Report
from bot.storage.vault import new_key
from sandbox import Slack

GOAL = Goal(2.0)
_PARALLEL = 50
_REQUESTS = 1500
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds, the median of the rounds."""

    bare_p50: float
    bare_p99: float
    ally_p50: float
    ally_p99: float

    @property
    def ratio(self) -> float:
        """Ally's p99 over bare Bolt's."""
        return self.ally_p99 / self.bare_p99


async def report(quick: bool) -> Report:
    """The same figures, as lines."""
    found = await measure(2 if quick else _ROUNDS)
    p50 = Line(
        "p50", found.ally_p50 / found.bare_p50, figures={"bare Bolt ms": found.bare_p50, "Ally ms": found.ally_p50}
    )
    p99 = Line("p99", found.ratio, goal=GOAL, figures={"bare Bolt ms": found.bare_p99, "Ally ms": found.ally_p99})
    return Report("Acknowledging /ally help over bare Bolt, 50 in parallel", [p50, p99])


async def measure(counted: int = _ROUNDS) -> Result:
    """Both servers in processes of their own, in turns, the same requests."""
    async with Slack.start() as slack:
        async with bare_bolt(slack.signing_secret) as port, _ally(slack) as ally, aiohttp.ClientSession() as session:
            bare = f"http://127.0.0.1:{port}/slack/events"
            rounds: dict[str, list[tuple[float, float]]] = {bare: [], ally: []}
            for number in range(counted + 1):
                for url, found in rounds.items():
                    times = await _load(session, slack, url, _REQUESTS if number else 200)
                    if number:  # the first round warms both up
                        found.append((median(times), quantiles(times, n=100)[98]))
        p50s, p99s = ({url: median(r[i] for r in found) for url, found in rounds.items()} for i in (0, 1))
        return Result(p50s[bare], p99s[bare], p50s[ally], p99s[ally])


async def _load(session: aiohttp.ClientSession, slack: Slack, url: str, requests: int) -> list[float]:
    times: list[float] = []
    left = iter(range(requests))

    async def one_after_another() -> None:
        for number in left:
            body, headers = signed(
                slack.signing_secret, slack.app.id, slack.team().id, slack.people[0].id, "help", number, slack.url
            )
            started = time.perf_counter()
            async with session.post(url, data=body, headers=headers) as answer:
                text = await answer.text()
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status == 200, text
            assert text

    await asyncio.gather(*(one_after_another() for _ in range(_PARALLEL)))
    return times


@asynccontextmanager
async def _ally(slack: Slack) -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run",
            env=os.environ | {
                "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": slack.signing_secret,
                "SLACK_API_URL": slack.api_url, "DATABASE_URL": f"sqlite:///{folder}/ally.db",
                "ALLY_ENCRYPTION_KEYS": new_key(), "ALLY_LOG": "json", "HOST": "127.0.0.1", "PORT": "0",
            },
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        port = 0
        while not port:
            line = (await process.stderr.readline()).decode()
            assert line, "ally ended"
            if '"ally_runs"' in line:
                port = int(line.split('"port": ')[1].split(",")[0])
        try:
            yield f"http://127.0.0.1:{port}/slack/events"
        finally:
            process.terminate()
            await process.communicate()
