"""`make bench`: tables on the terminal, and with `--json FILE` the figures in a file.

`python -m bench PART …` measures those parts alone; `--quick` makes everything smaller, to try the bench itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console

from bench import acknowledge, delivery, fire, growth, lateness, library, schedulers, workers
from bench.report import Report
from bot.observe import configure_logs


class Part(StrEnum):
    """What can be measured alone."""

    ACKNOWLEDGE = "acknowledge"
    LIBRARY = "library"
    DELIVERY = "delivery"
    WORKERS = "workers"
    FIRE = "fire"
    LATENESS = "lateness"
    SCHEDULERS = "schedulers"
    GROWTH = "growth"


PARTS: Mapping[Part, Callable[[bool], Coroutine[Any, Any, Report]]] = {
    Part.ACKNOWLEDGE: acknowledge.report,
    Part.LIBRARY: library.report,
    Part.DELIVERY: delivery.measure,
    Part.WORKERS: workers.measure,
    Part.FIRE: fire.measure,
    Part.LATENESS: lateness.measure,
    Part.SCHEDULERS: schedulers.measure,
    Part.GROWTH: growth.measure,
}


def main(
    parts: Annotated[list[Part] | None, typer.Argument(help="Which parts; all of them without any.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
    quick: Annotated[bool, typer.Option(help="Small sizes: tries the bench, says little about Ally.")] = False,
) -> None:
    """Measures Ally against a yardstick in the same run; exit 1 when a goal is missed."""
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")  # the PostgreSQL from the wheel asks where it may write
    configure_logs("json")
    # A bench that runs Ally inside itself wants its warnings alone.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    # Off a terminal nothing is cut to its width.
    console = Console(width=None if sys.stdout.isatty() else 200)
    machine = {"date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "quick": quick,
               "python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}  # fmt: skip
    found: dict[str, object] = {}
    missed = 0
    for part in parts or Part:
        began, load = time.perf_counter(), os.getloadavg()[0]
        report = asyncio.run(PARTS[part](quick))
        console.print(report.table(), *report.notes, sep="\n")
        console.print(f"[dim]{part}: {time.perf_counter() - began:.0f} s; load before it {load:.1f}[/dim]\n")
        found[part] = report.as_json() | {"load_before": load, "seconds": time.perf_counter() - began}
        missed += len(report.missed)
        if json_file is not None:  # after each part: the whole takes long, and may be stopped
            json_file.write_text(json.dumps({"machine": machine, "parts": found}, indent=2) + "\n", encoding="utf-8")
    if missed:
        console.print(f"{missed} {'goal' if missed == 1 else 'goals'} missed")
    raise typer.Exit(missed > 0)


if __name__ == "__main__":
    typer.run(main)
