"""The cost of a nudge, and how fast they go out: Ally over a loop that renders and posts the same and keeps nothing.

Planning, choosing, the ledger and the lease are included. Slack answers in 50 ms ± 40% and limits nothing; each
workspace's pace stands where a day without refusals leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from bench.databases import Crowd, Engine, Place, place, release, seed
from bench.processes import Running, StandIn, all_sent, ally, bare_loop, stand_in
from bench.report import Goal, Line, Report
from bot.delivery.send import IN_FLIGHT

COST = Goal(2.2)
THROUGHPUT = Goal(0.9, least=True)
_HISTORY = 20
_TEAMS = 50
_NO_LIMIT = 1000.0
_EACH = 8.0
"""Messages a second that stand on each of 50 leases."""


@dataclass(frozen=True, slots=True)
class Fan:
    """One fan-out: CPU in ms a message (ours, the database server's), messages a second, how many were in flight."""

    cpu_ms: float
    server_ms: float
    rate: float
    in_flight: float


async def measure(quick: bool) -> Report:
    """On both databases; Ally and the loop in turns, medians of the rounds."""
    messages, rounds = (1_500, 1) if quick else (6_000, 3)
    cases = {
        "1 workspace": (1, _NO_LIMIT, IN_FLIGHT),
        # Together as many in flight as one workspace may have: 400 a second, each answered in 50 ms.
        f"{_TEAMS} workspaces, {_EACH:g}/s each": (_TEAMS, _EACH, IN_FLIGHT),
        f"{_TEAMS} workspaces, no limit": (_TEAMS, _NO_LIMIT, _TEAMS * IN_FLIGHT),
    }
    costs, rates = [], []
    for case, (teams, pace, in_flight) in cases.items():
        bots: dict[Engine, list[Fan]] = {engine: [] for engine in Engine}
        loops = []
        for _ in range(rounds):
            for engine in Engine:
                bots[engine].append(await ally_fans_out(engine, messages, teams, pace=pace))
            loops.append(await _loop_fans_out(messages, teams, in_flight))
        loop = _median(loops)
        for engine in Engine:
            bot = _median(bots[engine])
            cost = {"CPU ms": bot.cpu_ms, "loop's CPU ms": loop.cpu_ms, "database server's CPU ms": bot.server_ms}
            # At a slow pace there is nothing to batch, and the goal speaks of a fan-out at full speed.
            goal = COST if pace == _NO_LIMIT else None
            costs.append(Line(f"CPU of a nudge, {engine}, {case}", bot.cpu_ms / loop.cpu_ms, goal=goal, figures=cost))
            rate = {"messages/s": bot.rate, "loop's messages/s": loop.rate, "in flight": bot.in_flight,
                    "loop's in flight": loop.in_flight}  # fmt: skip
            # Without any limit both fill a core, so their rates differ by what a nudge costs: no goal of its own.
            least = THROUGHPUT if in_flight == IN_FLIGHT else None
            rates.append(Line(f"throughput, {engine}, {case}", bot.rate / loop.rate, goal=least, figures=rate))
    return Report("Cost of a nudge and throughput, over the bare loop", costs + rates)


async def ally_fans_out(engine: Engine, messages: int, teams: int, *, pace: float = _NO_LIMIT, workers: int = 1) -> Fan:
    """`ally worker` from the moment everybody falls due to the moment the last row says `sent`."""
    with place(engine) as where:
        await seed(where, Crowd(messages, teams, history=_HISTORY, pace=pace))
        async with stand_in() as slack, ally("worker", where, slack) as first:
            if workers == 1:
                return await _fan_out(where, slack, [first], messages)
            async with ally("worker", where, slack) as second:
                return await _fan_out(where, slack, [first, second], messages)


async def _fan_out(where: Place, slack: StandIn, bots: list[Running], messages: int) -> Fan:
    before, server_before = sum(bot.cpu_s() for bot in bots), where.server_cpu_s()
    release(where, messages, datetime.now(UTC))
    seen = await all_sent(where, slack, messages)
    spent, server = sum(bot.cpu_s() for bot in bots) - before, where.server_cpu_s() - server_before
    return _fan(spent, server, seen)


async def _loop_fans_out(messages: int, teams: int, in_flight: int) -> Fan:
    async with stand_in() as slack:
        spent = await bare_loop(slack, messages, teams, in_flight)
        return _fan(spent, 0.0, await slack.figures())


def _fan(cpu_s: float, server_s: float, seen: dict[str, float]) -> Fan:
    posts = seen["posts"]
    return Fan(cpu_s * 1000 / posts, server_s * 1000 / posts, (posts - 1) / seen["seconds"], seen["mean"])


def _median(fans: list[Fan]) -> Fan:
    return Fan(
        median(one.cpu_ms for one in fans), median(one.server_ms for one in fans), median(one.rate for one in fans),
        median(one.in_flight for one in fans),
    )  # fmt: skip
