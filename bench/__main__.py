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

from bench import acknowledge, library


def main(json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None) -> None:
    """Measures; exit 1 when a goal is missed."""
    found = asyncio.run(acknowledge.measure())
    table = Table("what", "bare Bolt", "Ally", "ratio", "goal", title="Acknowledging /ally help, 50 in parallel (ms)")
    table.add_row("p50", f"{found.bare_p50:.1f}", f"{found.ally_p50:.1f}", f"{found.ally_p50 / found.bare_p50:.2f}", "")
    table.add_row(
        "p99", f"{found.bare_p99:.1f}", f"{found.ally_p99:.1f}", f"{found.ratio:.2f}", f"≤ {acknowledge.GOAL}"
    )
    read = library.measure()
    shelf = Table("what", "ruamel alone", "Ally", "ratio", "goal", title="Reading and checking the library (CPU)")
    for what, bare, ally, unit in (
        ("the shipped one, in all", read.shipped_parsed, read.shipped, "s"),
        (f"an entry among {library.SMALL:,}", read.small_parsed * 1000, read.small * 1000, "ms"),
        (f"an entry among {library.LARGE:,}", read.large_parsed * 1000, read.large * 1000, "ms"),
    ):
        shelf.add_row(what, f"{bare:.2f} {unit}", f"{ally:.2f} {unit}", f"{ally / bare:.2f}", "")
    shelf.add_row("among many over among few", "", "", f"{read.growth:.2f}", f"≤ {library.GOAL}")
    Console().print(table, shelf)
    if json_file is not None:
        figures = {
            "acknowledge": asdict(found) | {"ratio": found.ratio},
            "library": asdict(read) | {"growth": read.growth},
        }
        json_file.write_text(json.dumps(figures, indent=2) + "\n")
    raise typer.Exit(found.ratio > acknowledge.GOAL or read.growth > library.GOAL)


if __name__ == "__main__":
    typer.run(main)
