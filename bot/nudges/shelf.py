"""The library in use, and what became of the last edit. A broken edit changes nothing: the last good library goes on.

Pure but for reading the folder, which may take seconds and so is apart (`read`, for a thread) from what changes the
shelf (`Shelf.put`, for the event loop).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path

from bot.model import Finding, Library
from bot.nudges.library import check

_TRIES = 3
_SECTIONS = ("nudges", "practices", "seasons", "sources", "questions", "repairs")
_HASHED = 32_000_000  # bytes of one file that count; the checker refuses far smaller ones
_FEW = 5  # entries that may go at once
_PART = 0.1  # of all entries that may go at once


class Turn(Enum):
    """What putting a reading on the shelf meant."""

    SAME = auto()
    """Nothing changed since the last look."""
    LOADED = auto()
    """A new library is in use."""
    MENDED = auto()
    """The broken edit was taken back: the library in use is the one in the folder again."""
    BUSY = auto()
    """Somebody was saving all the while: there will be another look."""
    REFUSED = auto()
    """The folder is broken, and was not before, or was otherwise; the library in use stays."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One state of the folder. `found` is None where its `version` was among those known."""

    version: str
    marks: tuple[object, ...]
    found: tuple[Library | None, tuple[Finding, ...]] | None
    outage: bool = False
    """Whether there was no file to read: no folder, an empty one, or one that Ally may not look into."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How many entries are new, differ or are gone, of all kinds and languages together."""

    added: int = 0
    changed: int = 0
    gone: int = 0


class Shelf:
    """The library in use. `findings` are its warnings; `refused` are all findings of a broken version since, if any.

    `version` and `refused_version` name the bytes of all files: the same on every machine that holds the same files.
    An outage has no bytes, and each is news: its version names the state of the folder and the minute it began.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = Library()
        self.findings: tuple[Finding, ...] = ()
        self.version = ""
        self.loaded_at: datetime | None = None
        self.difference = Difference()
        self.refused: tuple[Finding, ...] = ()
        self.refused_version = ""
        self.refused_elsewhere: frozenset[str] = frozenset()
        """What other processes call the same outage where they saw it begin a little earlier or later."""
        self._refused_state = ""  # the refused version without its minute
        self._last_outage = ""

    @property
    def known(self) -> frozenset[str]:
        """Versions that need not be checked again."""
        return frozenset({self.version, self._refused_state} - {""})

    def put(self, reading: Reading, now: datetime) -> Turn:
        """Takes over what was read, whole or not at all."""
        if reading.version == self.version:
            turn = Turn.MENDED if self.refused else Turn.SAME
            self._clear()
            return turn
        if reading.found is None or reading.version == self._refused_state:
            return Turn.SAME
        library, findings = reading.found
        if library is None:
            self._refuse(reading, findings, now)
            return Turn.REFUSED
        self.difference = _difference(self.library, library)
        self.library, self.findings, self.version, self.loaded_at = library, findings, reading.version, now
        self._clear()
        return Turn.LOADED

    def loses_much(self, reading: Reading) -> bool:
        """Whether so many entries of the library in use are gone from it that a save may be only half done."""
        if reading.found is None or reading.found[0] is None:
            return False
        gone = _difference(self.library, reading.found[0]).gone
        return gone > _FEW and gone > _PART * len(_entries(self.library))

    def _refuse(self, reading: Reading, findings: tuple[Finding, ...], now: datetime) -> None:
        self.refused_elsewhere = frozenset()
        self.refused, self._refused_state, self.refused_version = findings, reading.version, reading.version
        if reading.outage:
            earlier, self.refused_version, later = (
                f"{reading.version}@{now + timedelta(minutes=shift):%Y-%m-%dT%H:%M}Z" for shift in (-1, 0, 1)
            )
            # What this process has seen begin before is another outage, not this one by another name.
            self.refused_elsewhere = frozenset({earlier, later} - {self._last_outage})
            self._last_outage = self.refused_version

    def _clear(self) -> None:
        self.refused, self.refused_version, self.refused_elsewhere, self._refused_state = (), "", frozenset(), ""


def read(folder: Path, known: Collection[str] = ()) -> Reading | None:
    """Reads the folder, and checks it unless its version is among those `known`. None where it never stood still.

    A file saved while we read would be half old, half new: what was hashed before has to be there afterwards too.
    """
    for _ in range(_TRIES):
        seen, (version, outage) = marks(folder), _version(folder)
        if version in known:
            return Reading(version, seen, None, outage)
        found = _check(folder)
        if _version(folder) == (version, outage):
            return Reading(version, seen, found, outage)
    return None


def marks(folder: Path) -> tuple[object, ...]:
    """Name, place, size and times of every file: equal as long as nobody touched one. Far cheaper than reading."""
    return tuple((name, *_mark(path)) for name, path in _files(folder))


def _check(folder: Path) -> tuple[Library | None, tuple[Finding, ...]]:
    try:
        return check(folder)
    except Exception as error:  # noqa: BLE001 — a mistake of the checker's must not end the bot, and has to be told
        what = f"cannot be checked ({type(error).__name__})"
        where = folder.as_posix()
        return None, (Finding(where, 1, 1, "", "", "error", what, "take the last edit back, and tell Ally's makers"),)


def _mark(path: Path) -> tuple[object, ...]:
    try:
        seen = path.stat()
    except OSError as error:
        return (error.errno,)
    return seen.st_dev, seen.st_ino, seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _version(folder: Path) -> tuple[str, bool]:
    """The name of what stands there, and whether that is an outage: not one file that can be read."""
    whole, outage = hashlib.sha256(), True
    for name, path in _files(folder):
        content, state = b"", ""
        try:
            if stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
                with path.open("rb") as file:
                    content = file.read(_HASHED)
                outage = False
            else:
                state = "no file"
        except OSError as error:
            state = f"not read: {error.errno}"
        whole.update(f"{name}\0{state}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return whole.hexdigest(), outage


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every name that the checker looks at, below `folder`, sorted; links are followed, circles are not.

    A folder that may not be looked into is among them, so that it is not taken for an empty one.
    """
    if not os.path.isdir(folder):
        yield "", folder
        return
    found: list[Path] = []
    closed: list[OSError] = []
    entered = {os.path.realpath(folder)}
    for here, folders, names in os.walk(folder, followlinks=True, onerror=closed.append):
        found += [Path(here, name) for name in (*names, *folders) if name.endswith((".yaml", ".yml"))]
        real = {name: os.path.realpath(os.path.join(here, name)) for name in sorted(folders)}
        folders[:] = [name for name in real if not name.startswith(".") and real[name] not in entered]
        entered.update(real[name] for name in folders)
    found = [path for path in found if not path.name.startswith(".")]
    for path in sorted([*found, *(Path(error.filename) for error in closed)]):
        yield path.relative_to(folder).as_posix(), path


def _difference(old: Library, new: Library) -> Difference:
    was, now = _entries(old), _entries(new)
    both = was.keys() & now.keys()
    return Difference(len(now.keys() - both), sum(was[key] != now[key] for key in both), len(was.keys() - both))


def _entries(library: Library) -> dict[tuple[str, ...], object]:
    found: dict[tuple[str, ...], object] = {}
    for section in _SECTIONS:
        own = getattr(library, section)
        found |= {(section, id_): entry for id_, entry in own.items()}
        for language, other in library.translations.items():
            theirs = getattr(other, section).items()
            found |= {(section, id_, language): entry for id_, entry in theirs if entry is not own.get(id_)}
    return found
