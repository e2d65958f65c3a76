"""`make bench`: a table on the terminal, and with `--json FILE` the figures in a file."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench import acknowledge


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None) -> None:
    """Measures; exit 1 when a goal is missed."""
    found = asyncio.run(acknowledge.measure())
    table = Table("what", "bare Bolt", "Ally", "ratio", "goal", title="Acknowledging /ally help, 50 in parallel (ms)")
    table.add_row("p50", f"{found.bare_p50:.1f}", f"{found.ally_p50:.1f}", f"{found.ally_p50 / found.bare_p50:.2f}", "")
    table.add_row(
        "p99", f"{found.bare_p99:.1f}", f"{found.ally_p99:.1f}", f"{found.ratio:.2f}", f"≤ {acknowledge.GOAL}"
    )
    Console().print(table)
    if json_file is not None:
        json_file.write_text(json.dumps({"acknowledge": asdict(found) | {"ratio": found.ratio}}, indent=2) + "\n")
    raise typer.Exit(found.ratio > acknowledge.GOAL)


if __name__ == "__main__":
    typer.run(main)
