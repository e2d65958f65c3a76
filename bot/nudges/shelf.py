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
from datetime import datetime
from enum import Enum, auto
from pathlib import Path

from bot.model import Finding, Library
from bot.nudges.library import check

_TRIES = 3
_SECTIONS = ("nudges", "practices", "seasons", "sources", "questions", "repairs")
_HASHED = 32_000_000  # bytes of one file that count; the checker refuses far smaller ones


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


@dataclass(frozen=True, slots=True)
class Difference:
    """How many entries are new, differ or are gone, of all kinds and languages together."""

    added: int = 0
    changed: int = 0
    gone: int = 0


class Shelf:
    """The library in use. `findings` are its warnings; `refused` are all findings of a broken version since, if any.

    `version` and `refused_version` name the bytes of all files: the same on every machine that holds the same files.
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

    @property
    def known(self) -> frozenset[str]:
        """Versions that need not be checked again."""
        return frozenset({self.version, self.refused_version} - {""})

    def put(self, reading: Reading, now: datetime) -> Turn:
        """Takes over what was read, whole or not at all."""
        if reading.version == self.version:
            turn = Turn.MENDED if self.refused else Turn.SAME
            self.refused, self.refused_version = (), ""
            return turn
        if reading.found is None:
            return Turn.SAME
        library, findings = reading.found
        if library is None:
            self.refused, self.refused_version = findings, reading.version
            return Turn.REFUSED
        self.difference = _difference(self.library, library)
        self.library, self.findings, self.version, self.loaded_at = library, findings, reading.version, now
        self.refused, self.refused_version = (), ""
        return Turn.LOADED


def read(folder: Path, known: Collection[str] = ()) -> Reading | None:
    """Reads the folder, and checks it unless its version is among those `known`. None where it never stood still.

    A file saved while we read would be half old, half new: what was hashed before has to be there afterwards too.
    """
    for _ in range(_TRIES):
        seen, version = marks(folder), _version(folder)
        if version in known:
            return Reading(version, seen, None)
        found = _check(folder)
        if _version(folder) == version:
            return Reading(version, seen, found)
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


def _version(folder: Path) -> str:
    whole = hashlib.sha256()
    for name, path in _files(folder):
        content = _content(path)
        whole.update(f"{name}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return whole.hexdigest()


def _content(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            return b"no file"
        with path.open("rb") as file:
            return file.read(_HASHED)
    except OSError as error:
        return f"not read: {error.errno}".encode()


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every name that the checker looks at, below `folder`, sorted; links are followed, circles are not."""
    if not os.path.isdir(folder):
        yield "", folder
        return
    found: list[Path] = []
    entered = {os.path.realpath(folder)}
    for here, folders, names in os.walk(folder, followlinks=True):
        found += [Path(here, name) for name in (*names, *folders) if name.endswith((".yaml", ".yml"))]
        real = {name: os.path.realpath(os.path.join(here, name)) for name in sorted(folders)}
        folders[:] = [name for name in real if not name.startswith(".") and real[name] not in entered]
        entered.update(real[name] for name in folders)
    for path in sorted(found):
        if not path.name.startswith("."):
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
