"""What grows with the number of members, and what must not: the idle tick, planning, a worker's memory."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import sqlalchemy as sa

from bench.databases import (
    Crowd,
    Engine,
    Place,
    place,
    plan_everybody,
    release,
    seed,
    send_everything,
    team_id,
    token_of,
)
from bench.processes import StandIn, all_sent, ally, stand_in
from bench.report import Goal, Line, Report
from bot.app import House, Role, Tempo
from bot.config import load
from bot.storage.tables import lease

FLAT = Goal(1.2)
TICK = Goal(2.0)
PLANNING = Goal(10_000, least=True)
MEMORY = Goal(15.0)

_HISTORY = 10
_TICKS = 200
_PLAN_DAYS = 3
_COHORT = 8_000
_SENT = 2_000
_SLOW = 0.2  # messages a second
_EACH_TEAM = 100_000


@dataclass(frozen=True, slots=True)
class Tick:
    """Milliseconds of one look (plan, then deliver): median, worst, and its CPU.

    `bare_ms` are those of two transactions that read nothing: the least that two questions cost on this machine.
    """

    ms: float
    worst_ms: float
    cpu_ms: float
    bare_ms: float

    def figures(self) -> dict[str, float]:
        return {"worst ms": self.worst_ms, "CPU ms": self.cpu_ms, "two bare reads, ms": self.bare_ms}


@dataclass(frozen=True, slots=True)
class Size:
    """What was found at one number of members."""

    members: int
    idle: Tick
    planned_s: float
    plan_cpu_ms: float
    memory_mb: float
    waiting: dict[str, Tick]


async def measure(quick: bool) -> Report:
    """At each size on both databases: ticks, planning, then a worker of its own for memory, then a full queue."""
    sizes = (1_000, 10_000) if quick else (10_000, 100_000, 1_000_000)
    lines: list[Line] = []
    for engine in Engine:
        lines += _lines(engine, [await _at(engine, size, full=size == sizes[-1]) for size in sizes])
    order = ["idle tick", "planning", "memory"]
    lines.sort(key=lambda line: next(at for at, name in enumerate(order) if line.what.startswith(name)))
    notes = [f"Every member has {_HISTORY} past nudges. {min(sizes[0] // 2, _COHORT):,} of them are due a day."]
    return Report("What grows with the number of members", lines, notes)


def _lines(engine: Engine, found: list[Size]) -> list[Line]:
    small, large = found[0], found[-1]
    span = f"{engine}, {large.members:,} over {small.members:,}"
    lines = [
        Line(f"idle tick, {engine}, {one.members:,}", one.idle.ms, "ms", TICK, one.idle.figures()) for one in found
    ]
    for name, tick in large.waiting.items():
        lines.append(Line(f"idle tick, {engine}, {large.members:,} {name}", tick.ms, "ms", TICK, tick.figures()))
    lines.append(Line(f"idle tick, {span}", large.idle.ms / small.idle.ms, goal=FLAT))
    lines.append(
        Line(f"idle tick, {engine}, {large.members:,} over two bare reads", large.idle.ms / large.idle.bare_ms)
    )
    for one in found:
        rate = {"CPU ms a member": one.plan_cpu_ms}
        lines.append(Line(f"planning, {engine}, {one.members:,}", one.planned_s, "members/s", PLANNING, rate))
    lines.append(Line(f"planning, {span} (time)", small.planned_s / large.planned_s, goal=FLAT))
    lines += [Line(f"memory, {engine}, {one.members:,}", one.memory_mb, "MB") for one in found]
    more = large.memory_mb - small.memory_mb
    lines.append(Line(f"memory, {engine}, {large.members:,} more than {small.members:,}", more, "MB more", MEMORY))
    return lines


async def _at(engine: Engine, members: int, *, full: bool) -> Size:
    teams, cohort = max(1, members // _EACH_TEAM), min(members // 2, _COHORT)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with place(engine) as where:
        await seed(where, Crowd(members, teams, cohort, tomorrow, _HISTORY))
        async with stand_in(delay_ms=5) as slack:
            memory = await _memory(where, slack, min(members // 4, _SENT))
            moment = [datetime.now(UTC)]
            async with house_of(where, slack, moment) as house:
                idle = await _ticks(house)
                planned_s, plan_cpu_ms = await _plan(house, moment)
            waiting = await _with_a_full_queue(where, slack) if full else {}
        return Size(members, idle, planned_s, plan_cpu_ms, memory, waiting)


async def _memory(where: Place, slack: StandIn, cohort: int) -> float:
    """The most that `ally worker` held, from its start until a cohort was planned and sent."""
    async with ally("worker", where, slack) as bot:
        release(where, cohort, datetime.now(UTC))
        await all_sent(where, slack, cohort)
        return bot.memory_mb()


async def _plan(house: House, moment: list[datetime]) -> tuple[float, float]:
    """Members planned in a second and CPU ms for each; the median of a few days, each with the same people due."""
    found = []
    for _ in range(_PLAN_DAYS):
        moment[0] += timedelta(days=1, minutes=5)
        began, cpu = time.perf_counter(), time.process_time()
        count = await house.worker.plan()
        found.append((count / (time.perf_counter() - began), (time.process_time() - cpu) * 1000 / count))
    return median(rate for rate, _ in found), median(cpu for _, cpu in found)


async def _with_a_full_queue(where: Place, slack: StandIn) -> dict[str, Tick]:
    """One row waits for everybody, and Slack takes so few that the queue hardly gets shorter while we look."""
    now = datetime.now(UTC)
    send_everything(where, now)
    waiting = plan_everybody(where, now - timedelta(minutes=1), now + timedelta(days=20))
    found = {}
    engine = where.engine()
    with engine.begin() as connection:
        connection.execute(sa.update(lease).values(rate=_SLOW))
    engine.dispose()
    async with house_of(where, slack, [now]) as house:
        await house.worker.deliver()
        found[f"while {waiting:,} rows wait"] = await _ticks(house)
        if where.server is not None:
            async with house_of(where, slack, [now]) as other:
                found[f"while {waiting:,} rows wait, standing by"] = await _ticks(other)
    send_everything(where, now)
    async with house_of(where, slack, [now]) as house:
        found["right after they were sent"] = await _ticks(house)
    return found


async def _ticks(house: House) -> Tick:
    """What the scheduler makes a worker do each second while nobody is due."""
    times, bare, cpu = [], [], 0.0
    for _ in range(_TICKS):
        began, cpu_began = time.perf_counter(), time.process_time()
        await house.worker.plan()
        await house.worker.deliver()
        times.append((time.perf_counter() - began) * 1000)
        cpu += time.process_time() - cpu_began
        began = time.perf_counter()
        for _ in range(2):
            async with house.db.read() as connection:
                await connection.scalar(sa.select(1))
        bare.append((time.perf_counter() - began) * 1000)
    return Tick(median(times), max(times), cpu * 1000 / _TICKS, median(bare))


@asynccontextmanager
async def house_of(where: Place, slack: StandIn, moment: list[datetime]) -> AsyncIterator[House]:
    """A worker in this process whose scheduler stays quiet: the bench says when to look, and what time it is."""
    environ = {
        "SLACK_BOT_TOKEN": token_of(team_id(0)), "SLACK_SIGNING_SECRET": "-", "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": where.url, "ALLY_ENCRYPTION_KEYS": where.key,
    }  # fmt: skip
    house = House(
        load(environ, dotenv=None), Role.WORKER, clock=lambda: moment[0], tempo=Tempo(look_s=86_400, lease_s=600)
    )
    await house.check()
    await house.start()
    await asyncio.sleep(0.5)  # the scheduler's first and only look
    gc.collect()
    gc.freeze()  # as a process of Ally does once it has started
    try:
        yield house
    finally:
        await house.stop()
