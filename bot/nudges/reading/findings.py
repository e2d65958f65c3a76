"""What is wrong with the library, gathered from all files before anything is said."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bot.model import Finding
from bot.nudges.reading.schema import short

MAX_FINDINGS = 1_000
"""Of each level. Where more is wrong than this, the wrong file was named, and nobody reads on."""


class Place(Protocol):
    """Where something stands in its file."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Enough(Exception):
    """So much is wrong that no more is looked for."""


class Findings:
    """A list that ends."""

    def __init__(self) -> None:
        self._all: list[Finding] = []
        self._count = {"error": 0, "warning": 0}

    def add(
        self,
        path: Path,
        place: Place | None,
        message: str,
        mend: str,
        *,
        id_: str = "",
        name: str = "",
        level: str = "error",
        shift: int = 0,
    ) -> None:
        """Note what is wrong with the field `name` of the entry `id_`, `shift` letters from `place`.

        Raises Enough after too many errors; warnings just end, for a library with many can still be used.
        """
        self._count[level] += 1
        if self._count[level] > MAX_FINDINGS + 1:
            return
        line, column = (place.line, place.column + shift) if place else (1, 1)
        file, id_, name, message, mend = map(_printable, (path.as_posix(), short(id_), short(name), message, mend))
        if self._count[level] <= MAX_FINDINGS:
            self._all.append(Finding(file, line, column, id_, name, level, message, mend))
            return
        message, mend = "more is wrong than can be listed", "mend the first ones, then look again"
        self._all.append(Finding(file, line, column, "", "", level, message, mend))
        if level == "error":
            raise Enough

    @property
    def broken(self) -> bool:
        """Whether anything is wrong that keeps the library from use."""
        return any(finding.level == "error" for finding in self._all)

    def in_order(self) -> tuple[Finding, ...]:
        """All of them, in the order of the files."""
        return tuple(sorted(self._all, key=lambda one: (one.file, one.line, one.column)))


def _printable(text: str) -> str:
    """One line, whatever a file quotes: no line end, and nothing that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)
