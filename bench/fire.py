"""Answers under fire: how long people wait for `/ally log` while a fan-out runs, over bare Bolt that does nothing else.

Commands come at a steady rate whether or not the last was answered, as people do: a stall shows in all that arrive
during it. `ally run` does everything in one process, which is the hardest case.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles

import aiohttp

from bench.commands import signed
from bench.databases import Crowd, Engine, Place, place, release, seed, team_id
from bench.processes import SIGNING_SECRET, StandIn, all_sent, ally, bare_bolt, stand_in
from bench.report import Goal, Line, Report

GOAL = Goal(3.0)
_A_SECOND = 20
_WARM_UP = 40
_ASKERS = 50


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds, of so many answers; `lost` is what Bolt gave up on after Slack's 3 seconds."""

    p50: float
    p99: float
    most: float
    count: int
    lost: int


async def measure(quick: bool) -> Report:
    """On both databases, a fan-out of 20,000 in one workspace."""
    messages = 1_500 if quick else 20_000
    lines = []
    for engine in Engine:
        async with bare_bolt() as port:
            bare = await _ask(port, seconds=8 if quick else 30)
        idle, busy = await _under_fire(engine, messages)
        figures = {
            "p50 ms": busy.p50, "p99 ms": busy.p99, "worst ms": busy.most, "answers": busy.count, "lost": busy.lost,
            "idle p50 ms": idle.p50, "idle p99 ms": idle.p99, "bare p50 ms": bare.p50, "bare p99 ms": bare.p99,
        }  # fmt: skip
        lines.append(Line(f"p99 of /ally log, {engine}", busy.p99 / bare.p99, goal=GOAL, figures=figures))
    return Report(f"Answers while {messages:,} nudges go out, {_A_SECOND} commands a second", lines)


async def _under_fire(engine: Engine, messages: int) -> tuple[Waits, Waits]:
    with place(engine) as where:
        await seed(where, Crowd(messages, 1, history=10))
        async with stand_in() as slack, ally("run", where, slack, PORT="0") as bot:
            assert bot.port is not None
            idle = await _ask(bot.port, seconds=6)
            release(where, messages, datetime.now(UTC))
            return idle, await _ask(bot.port, until=asyncio.create_task(_over(where, slack, messages)))


async def _over(where: Place, slack: StandIn, messages: int) -> None:
    await all_sent(where, slack, messages)


async def _ask(port: int, *, seconds: float = 0.0, until: asyncio.Task[None] | None = None) -> Waits:
    """Asks at a steady rate, for so long or until that is done; each wait counts from when it was due."""
    url = f"http://127.0.0.1:{port}/slack/events"
    times: list[float] = []
    lost: list[bool] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, asyncio.TaskGroup() as group:

        async def one(number: int, due: float) -> None:
            user = f"U{number % _ASKERS + 1:07}"
            body, headers = signed(SIGNING_SECRET, "A1", team_id(0), user, f"log Line {number}.", number, url)
            async with session.post(url, data=body, headers=headers) as answer:
                text = await answer.text()
            assert text
            lost.append(answer.status != 200)
            if number >= _WARM_UP:
                times.append((time.perf_counter() - due) * 1000)

        began, number = time.perf_counter(), 0
        while not until.done() if until else time.perf_counter() - began < seconds:
            due = began + number / _A_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(number, due))
            number += 1
    cuts = quantiles(times, n=100)
    return Waits(cuts[49], cuts[98], max(times), len(times), sum(lost))
