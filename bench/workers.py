"""Two `ally worker` against one, over 50 workspaces on the same PostgreSQL."""

from __future__ import annotations

from bench.databases import Engine
from bench.delivery import ally_fans_out
from bench.report import Line, Report

_TEAMS = 50


async def measure(quick: bool) -> Report:
    """No goal: where workers, database and stand-in share few cores, the second one mostly waits for them."""
    messages = 2_000 if quick else 10_000
    one = await ally_fans_out(Engine.POSTGRES, messages, _TEAMS)
    two = await ally_fans_out(Engine.POSTGRES, messages, _TEAMS, workers=2)
    figures = {
        "one, messages/s": one.rate, "two, messages/s": two.rate, "one, CPU ms a nudge": one.cpu_ms,
        "two, CPU ms a nudge": two.cpu_ms, "one, in flight": one.in_flight, "two, in flight": two.in_flight,
    }  # fmt: skip
    return Report("Two workers over one", [Line("messages a second", two.rate / one.rate, figures=figures)])
