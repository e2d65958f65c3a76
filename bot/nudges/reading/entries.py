"""Reads entries out of files into a library, one finding for each slip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from bot.model import Library, Setting, Status
from bot.nudges.reading.files import HOME, SourceFile
from bot.nudges.reading.findings import Findings
from bot.nudges.reading.schema import REFERENCES, SECTIONS, Entry, any_of, explain, fields, meant, short
from bot.nudges.reading.texts import find_slips_of_typing, find_unwritten, texts_of
from bot.nudges.reading.tree import Node, read_tree
from bot.nudges.reading.trouble import Trouble
from bot.nudges.wording.form import Remark
from bot.nudges.wording.rules import remarks, remarks_in_any_language, remarks_on_question, remarks_on_repair


class Placed(NamedTuple):
    """An entry and where it stands."""

    path: Path
    node: Node
    retired: bool

    def seen_from(self, path: Path) -> str:
        """Where it stands, for somebody who looks at `path`."""
        return f"line {self.node.line}" if path == self.path else f"{self.path.as_posix()}:{self.node.line}"


@dataclass(slots=True)
class Reading:
    """What has been read so far, from all files."""

    findings: Findings
    library: Library = field(default_factory=Library)
    placed: dict[str, dict[str, Placed]] = field(default_factory=lambda: {section: {} for section in SECTIONS})
    """The entries of each section, by id, right or wrong."""
    opened: list[tuple[SourceFile, list[tuple[str, Node]]]] = field(default_factory=list)
    """The files of the library itself, each with its entries and their sections."""
    begins: dict[str, tuple[Path, Node]] = field(default_factory=dict)
    """Where each section first begins."""
    unclear: set[str] = field(default_factory=set)
    """Sections whose ids are not all known, for some of it could not be read: what names them is not blamed."""
    words: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By language and section, entries in other words."""
    pointers: list[tuple[Path, str, str, Node]] = field(default_factory=list)
    twins: list[tuple[Path, str, str, Node, bool]] = field(default_factory=list)
    habits: list[tuple[Path, Node, Node]] = field(default_factory=list)
    """The id of each nudge and its practice, which are to agree."""

    def open(self, file: SourceFile) -> None:
        """Note the entries of one file, to be read with those of the others."""
        self.opened.append((file, entries_of(file.path, self)))

    def read(self) -> None:
        """Read the files that are open into the library."""
        for file, entries in self.opened:
            for section, node in entries:
                self._read_entry(file, section, node)

    def _read_entry(self, file: SourceFile, section: str, node: Node) -> None:
        kind, raw = SECTIONS[section], node.plain()
        values = node.value if isinstance(node.value, dict) else {}
        id_ = raw["id"] if isinstance(raw.get("id"), str) else ""
        retired = raw.get("status") == Status.RETIRED
        if id_ and id_ in self.placed[section]:
            self.twins.append((file.path, section, id_, node, retired))
        elif id_:
            self.placed[section][id_] = Placed(file.path, node, retired)
        for name in REFERENCES.keys() & fields(kind).keys() & values.keys():
            self.pointers.append((file.path, id_, name, values[name]))
        entry, wrong = validated(self.findings, file, kind, kind, node, id_)
        if "id" in wrong:
            self.unclear.add(section)
        if isinstance(entry, Entry):
            entry.put_into(self.library)
        texts = texts_of(kind, raw, wrong)
        english = file.language.partition("-")[0] == HOME and not retired
        find_slips_of_typing(self.findings, file.path, kind, node, id_)
        if section == "nudges":
            find_unwritten(self.findings, file.path, node, id_, texts)
            if not wrong & {"id", "practice"} and {"id", "practice"} <= values.keys():
                self.habits.append((file.path, values["id"], values["practice"]))
        remarked = list(remarks_in_any_language(texts))
        if english:
            remarked += in_english(section, texts, frozenset() if "settings" in wrong else raw.get("settings"))
        for remark in remarked:
            # A draft is sent to nobody, so what is still wrong with its words stops nothing.
            level = "warning" if raw.get("status") == Status.DRAFT and remark.rule else remark.level
            self.remark(file.path, node, id_, remark, level)

    def remark(self, path: Path, node: Node, id_: str, remark: Remark, level: str) -> None:
        """Note a remark on the words of an entry, at the very word where that can be told."""
        place = node.at((remark.field,))
        if place.cut and isinstance(place.value, str) and remark.start >= len(place.value) - 1:
            return  # where a text was cut off, its end is not its author's
        exact = (
            place.inset is not None and isinstance(place.value, str) and place.value == " ".join(place.value.split())
        )
        shift = (place.inset or 0) + remark.start if exact else 0
        self.findings.add(
            path, place, remark.message, remark.mend, id_=id_, name=remark.field, level=level, shift=shift
        )

    def resolve(self) -> None:
        """Check what only shows once every file has been read."""
        for path, section, id_, node, retired in self.twins:
            first, place = self.placed[section][id_], node.at(("id",))
            where, mend = (
                f"{first.path.as_posix()}:{first.node.line}",
                f"give it an unused one{self._unused(section, id_)}",
            )
            if first.retired or retired:
                message = f"is the id of a retired entry ({where}), and an id is never used again"
                self.findings.add(path, place, message, mend, id_=id_, name="id")
            else:
                self.findings.add(path, place, f"is taken by {where}", mend, id_=id_, name="id")
        for id_ in self.placed["nudges"].keys() & self.placed["reflections"].keys():
            path, node, _ = self.placed["reflections"][id_]
            message = f"is also a nudge ({self.placed['nudges'][id_].seen_from(path)}), and only one of them can come"
            self.findings.add(path, node.at(("id",)), message, "give it an unused one", id_=id_, name="id")
        strays = set(self._strays())
        for path, id_, name, node in self.pointers:
            if (path, node.line, node.column) in strays:
                continue
            section = REFERENCES[name]
            for item in node.value if isinstance(node.value, list) else [node]:
                known = self.placed[section]
                if isinstance(item.value, str) and item.value not in known and section not in self.unclear:
                    message = f"names “{short(item.value)}”, which is not among the {section}"
                    mend = meant(item.value, known, f"use an id that is there, or add it under `{section}:`")
                    self.findings.add(path, item, message, mend, id_=id_, name=name)

    def _strays(self) -> Iterator[tuple[Path, int, int]]:
        """Name each nudge whose id and practice disagree, at the one that is wrong; the places of those practices."""
        practices = self.placed["practices"]
        for path, id_, practice in self.habits:
            id_said, practice_said = str(id_.value), str(practice.value)
            stem = id_said[:-3]
            if stem == practice_said:
                continue
            if stem in practices:
                message = f"“{short(practice_said)}” is not the practice that the id names"
                mend = f"write {stem}" + (
                    f", or give it an id of {practice_said}" if practice_said in practices else ""
                )
                self.findings.add(path, practice, message, mend, id_=id_said, name="practice")
                yield path, practice.line, practice.column
            elif practice_said in practices or "practices" in self.unclear:
                message = f"does not name its practice, {practice_said}"
                mend = f"call it {practice_said}-NN, NN being unused"
                self.findings.add(path, id_, message, mend, id_=id_said, name="id")

    def _unused(self, section: str, id_: str) -> str:
        if section != "nudges" or not id_[-2:].isdecimal():
            return ""
        # Numbers from 51 up belong to packs, so an update of the shipped files never meets them.
        taken = [int(one[-2:]) for one in self.placed[section] if one[:-2] == id_[:-2] and one[-2:].isdecimal()]
        number = max(one for one in taken if (one > 50) == (int(id_[-2:]) > 50)) + 1
        return f", such as {id_[:-2]}{number:02}" if number not in (51, 100) else ""


def entries_of(path: Path, reading: Reading) -> list[tuple[str, Node]]:
    """Each entry of a file with its section, in order; what cannot be read at all is a finding."""
    try:
        top = read_tree(path)
        if not isinstance(top.value, dict | None):  # a file whose every line is a comment is fine
            mend = f"begin it with {any_of(SECTIONS)}, a colon after it, and the entries below"
            raise Trouble(top.line, top.column, "the file does not begin with a section", mend)
    except Trouble as trouble:
        reading.unclear.update(SECTIONS)
        reading.findings.add(path, trouble, trouble.message, trouble.mend)
        return []
    _name_twins(reading.findings, path, "", top)
    found: list[tuple[str, Node]] = []
    for section, node in (top.value or {}).items():
        if section not in SECTIONS:
            reading.unclear.update(SECTIONS)
            mend = meant(section, SECTIONS, f"use {any_of(SECTIONS)}")
            reading.findings.add(path, top.keys[section], "is no section of the library", mend, name=section)
        elif isinstance(node.value, list):
            reading.begins.setdefault(section, (path, top.keys[section]))
            for entry in node.value:
                if isinstance(entry.value, dict):
                    if found and found[-1][0] == section and _torn(found[-1][1], entry):
                        _, first = found.pop()
                        message, mend = (
                            "only the first line of an entry has a hyphen",
                            "put a space in place of this one",
                        )
                        reading.findings.add(path, entry, message, mend, id_=str(first.plain()["id"]))
                        entry = _joined(first, entry)
                    found.append((section, entry))
                else:
                    reading.unclear.add(section)
                    message = "holds something that is no entry"
                    reading.findings.add(path, entry, message, "write it as `- id: …`", name=section)
        elif node.value is not None:  # a section whose entries are all commented out is fine
            reading.unclear.add(section)
            mend = "begin each entry with a hyphen: `- id: …`"
            reading.findings.add(path, node, "is not a list", mend, name=section)
    return found


def _torn(first: Node, rest: Node) -> bool:
    """Whether `rest` goes on with the entry `first`, and only a hyphen too many makes it look like the next."""
    return "id" in first.keys and "id" not in rest.keys and bool(rest.keys) and not first.keys.keys() & rest.keys.keys()


def _joined(first: Node, rest: Node) -> Node:
    value = {name: node for part in (first, rest) if isinstance(part.value, dict) for name, node in part.value.items()}
    return replace(first, value=value, keys=first.keys | rest.keys, twice=first.twice + rest.twice)


def validated(
    findings: Findings, file: SourceFile, kind: type[Entry], model: type[BaseModel], node: Node, id_: str
) -> tuple[BaseModel | None, set[str]]:
    """The entry at `node` read as `model`, or None; and the names of its fields that are wrong, each noted."""
    wrong = set()
    if lost := [key for key in node.twice if key.value == "id"]:
        wrong.add("id")
        for key in lost:
            findings.add(file.path, key, "an entry begins with a hyphen", "write it as `- id: …`", name="id")
    else:
        _name_twins(findings, file.path, id_, node)
    try:
        return model.model_validate(node.plain(), context={"language": file.language}), wrong
    except ValidationError as error:
        for one in error.errors(include_url=False):
            message, mend = explain(kind, one)
            name = str(one["loc"][0])
            place = node.keys[name] if one["type"] == "extra_forbidden" else node.at((name, *one["loc"][1:]))
            findings.add(file.path, place, message, mend, id_=id_, name=name)
            wrong.add(name)
        return None, wrong


def _name_twins(findings: Findings, path: Path, id_: str, node: Node) -> None:
    for key in node.twice:
        findings.add(path, key, "stands here twice", "keep one of the two", id_=id_, name=str(key.value))


def in_english(section: str, texts: Mapping[str, str], settings: Any) -> list[Remark]:
    """What is wrong with the words of an entry of that section, which are English. `settings` as they are written."""
    match section:
        case "nudges":
            known = set(Setting)
            told = settings if isinstance(settings, list | frozenset) else []
            return list(remarks(texts, frozenset(Setting(one) for one in told if one in known)))
        case "reflections":
            return list(remarks_on_question(texts))
        case "repairs":
            return list(remarks_on_repair(texts))
    return []
