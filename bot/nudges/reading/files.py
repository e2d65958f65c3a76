"""Which files make up a library, and in which language each is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from babel import localedata

HOME = "en"
"""The language of a file whose name says none."""

_NAMED = re.compile(r"(?P<base>.+)\.(?P<language>[A-Za-z]{2,3})(?P<more>(?:-[A-Za-z0-9]{2,8})*)\.yaml")

_NEARLY = re.compile(r"\.(?:yml|yaml)(?:\.txt)?$", re.IGNORECASE)
_NAMES = re.compile(r"^\ufeff?(?:sources|practices) *:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read. `translates` is the file beside it that it says in other words, if there is one."""

    path: Path
    language: str = HOME
    translates: Path | None = None


def source_file(path: Path) -> SourceFile:
    """What the name of `path` tells: `nudges.de.yaml` is German, and a translation where `nudges.yaml` is beside it.

    `nudges.old.yaml` is a file like any other, for there is no language of that name.
    """
    found = _NAMED.fullmatch(path.name)
    if found is None or not localedata.exists(found["language"].lower()):
        return SourceFile(path)
    more = [part.upper() if len(part) == 2 else part.title() for part in found["more"].split("-")[1:]]
    base = path.with_name(f"{found['base']}.yaml")
    return SourceFile(path, "-".join([found["language"].lower(), *more]), base if os.path.isfile(base) else None)


def source_files(folder: Path, misnamed: Callable[[Path], None], closed: Callable[[OSError], None]) -> list[SourceFile]:
    """Every `*.yaml` in `folder` and below, sorted; names that begin with a dot are left alone.

    `folder` may also be one file; where that is a translation, what it translates comes first. `misnamed` is told of
    each near miss of the name, such as `.yml`, which is not read; `closed` of each folder that may not be looked into.
    """
    if not os.path.isdir(folder):  # Path.is_dir raises where it may not look
        alone = source_file(folder)
        return [source_file(alone.translates), alone] if alone.translates else [alone]
    found: list[Path] = []
    # Links are followed, for that is how containers mount a folder; `entered` ends the circles they can make.
    entered = {os.path.realpath(folder)}
    for here, folders, names in os.walk(folder, followlinks=True, onerror=closed):
        found += [Path(here, name) for name in [*names, *folders] if not name.startswith(".")]
        below, folders[:] = sorted(folders), []
        for name in below:
            real = os.path.realpath(os.path.join(here, name))
            if not name.startswith(".") and real not in entered:
                entered.add(real)
                folders.append(name)
    files: list[SourceFile] = []
    for path in sorted(found, key=lambda one: one.parts):
        if path.suffix == ".yaml":
            files.append(source_file(path))
        elif _NEARLY.search(path.name):
            misnamed(path)
    return files


def yaml_name(path: Path) -> str:
    """What a file would be called that Ally reads: `mine.yaml` for `mine.yml`, `mine.YAML` and `mine.yaml.txt`."""
    return f"{_NEARLY.sub('', path.name)}.yaml"


def surrounding(path: Path) -> Path | None:
    """The library that a single file or a subfolder is part of, if there is one above it.

    A folder is taken for one where a file right in it lists sources or practices, which the entries of others name.
    """
    found = None
    for folder in Path(os.path.abspath(path)).parents[:3]:
        if _lists_names(folder):
            found = folder
        elif found:
            break
    return found


def _lists_names(folder: Path) -> bool:
    try:
        return any(_NAMES.search(path.read_text(encoding="utf-8", errors="replace")) for path in folder.glob("*.yaml"))
    except OSError:
        return False
