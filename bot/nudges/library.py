"""Reads the library from its YAML files, and finds what is wrong with them.

Findings are gathered from all files before anything is said: a curator mends everything in one go.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from bot.model import Finding, Library, Status
from bot.nudges.schema import REFERENCES, SECTIONS, Entry, any_of, explain, fields, meant, short
from bot.nudges.tree import Node, Trouble, read_tree

MAX_FINDINGS = 1_000
"""Where more is wrong than this, the wrong file was named, and nobody reads on."""

_TRANSLATION = re.compile(r"(?P<base>.+)\.(?P<language>[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)\.yaml")


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


def check(folder: Path) -> tuple[Library | None, tuple[Finding, ...]]:
    """The library in `folder`, None where any finding is an error, and all findings in the order of the files.

    Reads each `*.yaml` in `folder` and below, sorted; names that begin with a dot are left alone, as are
    translations (`nudges.de.yaml` beside `nudges.yaml`). `folder` may also be one file. Never raises for what
    stands on the disk.
    """
    reading = _Reading()
    with contextlib.suppress(_Enough):
        for path in _files(folder, reading):
            reading.read(path)
        reading.resolve(folder)
    findings = tuple(sorted(reading.findings, key=lambda one: (one.file, one.line, one.column)))
    broken = any(finding.level == "error" for finding in findings)
    return (None if broken else reading.library), findings


class _Enough(Exception):
    """So much is wrong that no more is looked for."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far, from all files."""

    library: Library = field(default_factory=Library)
    findings: list[Finding] = field(default_factory=list)
    ids: dict[str, dict[str, str]] = field(default_factory=lambda: {section: {} for section in SECTIONS})
    pointers: list[tuple[Path, str, str, Node]] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)
    """Sections whose ids are not all known, for some of it could not be read: what names them is not blamed."""

    def find(
        self,
        path: Path,
        place: Node | Trouble | None,
        message: str,
        mend: str,
        *,
        id_: str = "",
        name: str = "",
        level: str = "error",
    ) -> None:
        """Note what is wrong with the field `name` of the entry `id_`, either left out where there is none."""
        line, column = (place.line, place.column) if place else (1, 1)
        file, id_, name = path.as_posix(), short(id_), short(name)
        self.findings.append(Finding(file, line, column, id_, name, level, message, mend))
        if len(self.findings) == MAX_FINDINGS:
            message, mend = "more is wrong than can be listed", "mend the first ones, then look again"
            self.findings.append(Finding(file, line, column, "", "", "error", message, mend))
            raise _Enough

    def read(self, path: Path) -> None:
        """Read one file into the library."""
        try:
            top = read_tree(path)
            if not isinstance(top.value, dict):
                mend = f"begin it with {any_of(SECTIONS)}, a colon after it, and the entries below"
                raise Trouble(top.line, top.column, "the file does not begin with a section", mend)
        except Trouble as trouble:
            self.unclear.update(SECTIONS)
            self.find(path, trouble, trouble.message, trouble.mend)
            return
        self._name_twins(path, "", top)
        for section, node in top.value.items():
            kind = SECTIONS.get(section)
            if kind is None:
                self.unclear.update(SECTIONS)
                mend = meant(section, SECTIONS, f"use {any_of(SECTIONS)}")
                self.find(path, top.keys[section], "is no section of the library", mend, name=section)
            elif isinstance(node.value, list):
                for entry in node.value:
                    self._read_entry(path, section, kind, entry)
            elif node.value is not None:  # a section whose entries are all commented out is fine
                self.unclear.add(section)
                mend = "begin each entry with a hyphen: `- id: …`"
                self.find(path, node, "is not a list", mend, name=section)

    def _read_entry(self, path: Path, section: str, kind: type[Entry], node: Node) -> None:
        if not isinstance(node.value, dict):
            self.unclear.add(section)
            self.find(path, node, "holds something that is no entry", "write it as `- id: …`", name=section)
            return
        raw = node.plain()
        id_ = raw["id"] if isinstance(raw.get("id"), str) else ""
        self._name_twins(path, id_, node)
        known = self.ids[section]
        if id_ and id_ in known:
            mend = "give it an unused one"
            self.find(path, node.at(("id",)), f"is taken by {known[id_]}", mend, id_=id_, name="id")
        elif id_:
            known[id_] = f"{path.as_posix()}:{node.line}"
        for name in REFERENCES.keys() & fields(kind).keys() & node.value.keys():
            self.pointers.append((path, id_, name, node.value[name]))
        try:
            kind.model_validate(raw).put_into(self.library)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                message, mend = explain(kind, one)
                name = one.get("ctx", {}).get("field") or str(one["loc"][0])
                if name == "id":
                    self.unclear.add(section)
                unknown = one["type"] == "extra_forbidden"
                place = node.keys[name] if unknown else node.at((name, *one["loc"][1:]))
                self.find(path, place, message, mend, id_=id_, name=name)

    def _name_twins(self, path: Path, id_: str, node: Node) -> None:
        for key in node.twice:
            self.find(path, key, "stands here twice", "keep one of the two", id_=id_, name=str(key.value))

    def resolve(self, folder: Path) -> None:
        """Check what only shows once every file has been read."""
        for path, id_, name, node in self.pointers:
            section = REFERENCES[name]
            known = self.ids[section]
            for item in node.value if isinstance(node.value, list) else [node]:
                if isinstance(item.value, str) and item.value not in known and section not in self.unclear:
                    message = f"names “{short(item.value)}”, which is not among the {section}"
                    mend = meant(item.value, known, f"use an id that is there, or add it under `{section}:`")
                    self.find(path, item, message, mend, id_=id_, name=name)
        broken = any(finding.level == "error" for finding in self.findings)
        if not broken and not any(nudge.status is Status.LIVE for nudge in self.library.nudges.values()):
            self.find(folder, None, "there is no live nudge in it", "add one, or name the right folder")


def _files(folder: Path, reading: _Reading) -> Iterator[Path]:
    """Every file of the library, sorted."""
    if not os.path.isdir(folder):  # Path.is_dir raises where it may not look
        yield folder
        return
    found: list[Path] = []
    # Links are followed, for that is how containers mount a folder; `entered` ends the circles they can make.
    entered = {os.path.realpath(folder)}
    for here, folders, names in os.walk(folder, followlinks=True, onerror=lambda error: _no_entry(error, reading)):
        found += [Path(here, name) for name in [*names, *folders] if not name.startswith(".")]
        below, folders[:] = sorted(folders), []
        for name in below:
            real = os.path.realpath(os.path.join(here, name))
            if not name.startswith(".") and real not in entered:
                entered.add(real)
                folders.append(name)
    for path in sorted(found, key=lambda one: one.parts):
        if path.suffix == ".yml":
            mend = "rename it to end in .yaml"
            reading.find(path, None, "is not read: only names in .yaml are", mend, level="warning")
        elif path.suffix == ".yaml" and not _translates(path):
            yield path


def _no_entry(error: OSError, reading: _Reading) -> None:
    reading.find(Path(error.filename), None, f"cannot be opened ({error.strerror})", "let Ally read this folder")


def _translates(path: Path) -> bool:
    """Whether `path` holds another language of a file beside it: the same ids, so not entries of their own."""
    name = _TRANSLATION.fullmatch(path.name)
    return name is not None and os.path.isfile(path.with_name(f"{name['base']}.yaml"))
