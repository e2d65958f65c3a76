"""How late people are when Slack takes 229 messages a minute (a field report), in simulated time.

Pure: Ally's own `Pace` decides when to post, the sandbox's `Meter` (a strict reading of Slack's limits) decides what
is refused, and answers take 50 ms ± 40%. The order of posting and retrying is that of the courier: 20 in flight, a
turn of 20 ms, who was refused goes first once `Retry-After` is over. Nothing here sleeps, so an hour takes a second.
"""

from __future__ import annotations

import heapq
import random
from datetime import UTC, datetime, timedelta
from statistics import quantiles

from bench.report import Line, Report
from bench.stand_in import JITTER
from bot.delivery.pace import Pace
from bot.delivery.send import IN_FLIGHT
from sandbox import Clock
from sandbox.limits import Limits, Meter

POSTS_A_MINUTE = 229.0
_ANSWER_S = 0.05
_TURN_S = 0.02
_START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


async def measure(quick: bool) -> Report:
    """Cohorts due in the same minute: on the first day, and with the pace that the day before left on the lease."""
    lines = []
    for people in (100, 1_000) if quick else (100, 1_000, 10_000):
        first, rate, refused = simulate(people, None)
        lines.append(_line(f"{people:,}, the first day", people, first, refused))
        later, _, refused = simulate(people, rate)
        lines.append(_line(f"{people:,}, the day after", people, later, refused))
    title = f"Lateness at {POSTS_A_MINUTE:g} messages a minute, simulated; figure: the last one over the least possible"
    return Report(title, lines)


def _line(what: str, people: int, late_s: list[float], refused: int) -> Line:
    cuts = quantiles(late_s, n=100)
    least_s = people / POSTS_A_MINUTE * 60
    figures = {"p50 s": cuts[49], "p95 s": cuts[94], "max s": max(late_s), "least s": least_s, "refused": refused}
    return Line(what, max(late_s) / least_s, figures=figures)


def simulate(people: int, rate: float | None) -> tuple[list[float], float, int]:
    """Seconds that each of `people` due at one moment waits, the pace at the end, and how often Slack refused."""
    now = 0.0
    clock = Clock(lambda: _START + timedelta(seconds=now))
    meter = Meter(Limits.slack(posts_a_minute=POSTS_A_MINUTE), clock)
    rng = random.Random(1)
    pace = Pace(rate, 0.0, None, 0.0)
    refused = 0
    late: list[float] = []
    waiting = [(0.0, number) for number in range(people)]  # ready at, who: as the ledger's index orders them
    in_flight: list[tuple[float, int, int]] = []  # answered at, who, seconds to wait or 0
    while len(late) < people:
        while in_flight and in_flight[0][0] <= now:
            at, who, retry_after_s = heapq.heappop(in_flight)
            if retry_after_s:
                refused += 1
                pace.refused(at, retry_after_s)
                heapq.heappush(waiting, (-1.0, who))
            else:
                pace.accepted()
                late.append(at)
        room = min(IN_FLIGHT - len(in_flight), pace.allowance(now, _TURN_S))
        started = 0
        while started < room and waiting and waiting[0][0] <= now:
            _, who = heapq.heappop(waiting)
            answer_at = now + _ANSWER_S * rng.uniform(1 - JITTER, 1 + JITTER)
            heapq.heappush(in_flight, (answer_at, who, meter.retry_after("chat.postMessage", "T1", str(who)) or 0))
            started += 1
        if started:
            pace.started(started, now)
        now += _TURN_S
    return late, pace.rate, refused
