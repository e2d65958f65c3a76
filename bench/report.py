"""What a part of the bench found: lines with the figure that has a goal first, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit that a figure should keep: not above it, or (`least`) not below it."""

    limit: float
    least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.limit:,g}"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing measured. `value` is what the goal speaks of, most often a ratio (`unit` is `×` then)."""

    what: str
    value: float | None = None
    unit: str = "×"
    goal: Goal | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    """What the value was made from, by a name that says the unit."""

    @property
    def missed(self) -> bool:
        return self.goal is not None and self.value is not None and not self.goal.met(self.value)


@dataclass(frozen=True, slots=True)
class Report:
    """One part's lines; `notes` say what was left out, and why."""

    title: str
    lines: Sequence[Line]
    notes: Sequence[str] = ()

    @property
    def missed(self) -> Sequence[Line]:
        """Lines that miss their goal."""
        return [line for line in self.lines if line.missed]

    def table(self) -> Table:
        """For a terminal."""
        table = Table("what", "figure", "goal", "made from", title=self.title, title_justify="left")
        table.columns[1].justify = "right"
        for line in self.lines:
            value = "" if line.value is None else f"{_short(line.value)} {line.unit}"
            goal = "" if line.goal is None else f"{line.goal}{' missed' if line.missed else ''}"
            table.add_row(line.what, value, goal, " · ".join(f"{k} {_short(v)}" for k, v in line.figures.items()))
        return table

    def as_json(self) -> dict[str, object]:
        """For a file that other programs read."""
        lines = [
            {
                "what": line.what, "value": line.value, "unit": line.unit,
                "goal": None if line.goal is None else str(line.goal),
                "met": None if line.goal is None else not line.missed, "figures": dict(line.figures),
            }
            for line in self.lines
        ]  # fmt: skip
        return {"title": self.title, "lines": lines, "notes": list(self.notes)}


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"
