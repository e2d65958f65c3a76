"""Reads the library from its YAML files, and finds what is wrong with them.

Findings are gathered from all files before anything is said: a curator mends everything in one go.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from bot.model import Finding, Library, Status
from bot.nudges.reading.comparing import find_gaps, find_likenesses
from bot.nudges.reading.doubles import set_aside_doubles
from bot.nudges.reading.entries import Reading
from bot.nudges.reading.files import source_files, yaml_name
from bot.nudges.reading.findings import Enough, Findings
from bot.nudges.reading.translating import read_translation, translate


class LibraryBroken(Exception):
    """The library cannot be used; `findings` holds everything that is wrong with it, warnings too."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


def load(folder: Path) -> Library:
    """The library in `folder`, or LibraryBroken with every finding."""
    library, findings = check(folder)
    if library is None:
        raise LibraryBroken(findings)
    return library


def check(folder: Path, *, gaps: bool = False) -> tuple[Library | None, tuple[Finding, ...]]:
    """The library in `folder`, None where any finding is an error, and all findings in the order of the files.

    Reads each `*.yaml` in `folder` and below, sorted; names that begin with a dot are left alone. `nudges.de.yaml`
    beside `nudges.yaml` holds its words in German. `folder` may also be one file. With `gaps`, what a whole folder
    lacks is told too (as warnings): a matter for curators, not for a bot that starts. Never raises for what stands
    on the disk.
    """
    findings = Findings()
    reading = Reading(findings)
    with contextlib.suppress(Enough):
        files = source_files(
            folder,
            lambda path: findings.add(
                path, None, "is not read: only names in .yaml are", f"call it {yaml_name(path)}", level="warning"
            ),
            lambda error: findings.add(
                Path(error.filename), None, f"cannot be opened ({error.strerror})", "let Ally read this folder"
            ),
        )
        for file in files:
            if file.translates is None:
                reading.open(file)
        set_aside_doubles(reading)
        reading.read()
        reading.resolve()
        for file in files:
            if file.translates is not None:
                read_translation(file, reading)
        translate(reading)
        find_likenesses(reading)
        if not findings.broken and not any(one.status is Status.LIVE for one in reading.library.nudges.values()):
            findings.add(folder, None, "there is no live nudge in it", "add one, or name the right folder")
        if gaps and not findings.broken and folder.is_dir():
            find_gaps(reading)
    return (None if findings.broken else reading.library), findings.in_order()
