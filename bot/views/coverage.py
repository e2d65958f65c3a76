"""How full the library is: tables for a terminal, and the same as a page. Gaps are coloured, and say "2 of 5" too."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from rich.console import Group
from rich.table import Table
from rich.text import Text

from bot.model import Sphere
from bot.nudges.coverage import VARIANTS, Coverage
from bot.views.entry import AUDIENCES, STANCES, STRETCHES
from bot.views.page import one_file

_KEY = "Live nudges, by what they work on and by stretch: 1 comfortable, 2 noticeable, 3 risky."


@dataclass(frozen=True, slots=True)
class Count:
    """A number as it is shown; where it is a `gap`, the words say so too: "2 of 5"."""

    text: str
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: a heading for each column, and rows that begin with their name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Count, ...]], ...]


def coverage_tables(coverage: Coverage) -> Group:
    """For a terminal, narrow enough for 80 columns; the gaps are named once more below."""
    tables = (part for sheet in _sheets(coverage) for part in (_drawn(sheet), ""))
    return Group(_KEY, "", *tables, *_gaps(coverage))


def coverage_page(coverage: Coverage) -> str:
    """The same as HTML, one self-contained file."""
    return one_file(
        "coverage.html.j2",
        styles=("coverage.css",),
        sheets=_sheets(coverage),
        gaps=coverage.gaps(),
        key=_KEY,
    )


def _sheets(coverage: Coverage) -> list[Sheet]:
    matrix = [
        Sheet(
            f"For {AUDIENCES[audience]}",
            ("", *(f"{sphere} {stretch}" for sphere in Sphere for stretch in STRETCHES)),
            tuple(
                (STANCES[stance], tuple(_count(cell.have, cell.want) for cell in row))
                for stance, row in groupby(cells, key=lambda cell: cell.stance)
            ),
        )
        for audience, cells in groupby(coverage.cells, key=lambda cell: cell.audience)
    ]
    practices = tuple(
        (one.id, (_count(one.have, VARIANTS[0]), _count(one.remote, 1), _count(one.floor, 1)))
        for one in coverage.practices
    )
    totals = tuple((one.what, (_count(one.have, one.want), Count(str(one.want)))) for one in coverage.totals)
    languages = tuple(
        (one.language, (_count(one.have, one.want), Count(str(len(one.stale)), bool(one.stale))))
        for one in coverage.languages
    )
    sheets = [*matrix, Sheet("Practices", ("", "variants", "remote", "floor"), practices)]
    sheets.append(Sheet("In all", ("", "there", "wanted"), totals))
    if languages:
        sheets.append(Sheet("Languages", ("", "translated", "of an older wording"), languages))
    return sheets


def _count(have: int, want: int) -> Count:
    if have < want:
        return Count(f"{have} of {want}", gap=True)
    return Count(str(have) if have else "–")


def _drawn(sheet: Sheet) -> Table:
    table = Table(
        title=sheet.title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for at, column in enumerate(sheet.columns):
        # "self 1" over two lines keeps the matrix within 80 columns.
        heading = column.replace(" ", "\n") if len(sheet.columns) > 9 else column
        table.add_column(heading, justify="right" if at else "left", overflow="fold")
    for name, counts in sheet.rows:
        table.add_row(name, *(Text(count.text, style="bold red" if count.gap else "") for count in counts))
    return table


def _gaps(coverage: Coverage) -> list[str]:
    gaps = coverage.gaps()
    return ["Gaps", *(f"- {gap}" for gap in gaps)] if gaps else ["No gaps."]
