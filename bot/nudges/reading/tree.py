"""Reads a YAML file as a tree whose every value knows its line.

The file is read as YAML events, never turned into objects by the YAML library: nothing is built from tags, and
aliases are refused, so that a small file cannot grow into a huge one in memory.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from bot.nudges.reading.trouble import Trouble, in_plain_words, place_of, refuse_odd_signs, refuse_swallowed_lines

MAX_FILE_BYTES = 2_000_000
"""About 4,000 entries. Larger is a mistake, or is better split over several files."""

_MAX_DEPTH = 12
_MAX_KEYS = 1_000
_EMPTY = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file and where it stands; `keys` says where a mapping's keys do, `twice` which came again.

    `inset` tells how far from `column` a text begins whose letters stand on one line just as they are read (None where
    they do not), and `cut` the column of a # that ended a text without quotation marks (0 where none did).
    """

    line: int
    column: int
    value: str | list[Node] | dict[str, Node] | None
    keys: dict[str, Node] = field(default_factory=dict)
    twice: tuple[Node, ...] = ()
    inset: int | None = None
    cut: int = 0

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value

    def at(self, path: tuple[str | int, ...]) -> Node:
        """The value at `path`, or the nearest around it."""
        node = self
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[str(step)]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
        return node


def read_tree(path: Path) -> Node:
    """The one document of a file. Raises Trouble, at the line where a person would mend it."""
    return _tree(_text(path))


def _text(path: Path) -> str:
    """The text of a file, its line ends made one kind, or Trouble."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            what = "is a folder" if stat.S_ISDIR(mode) else "is not a file"
            raise Trouble(1, 1, what, "let only files have a name that ends in .yaml")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Trouble(1, 1, f"cannot be read ({error.strerror})", "check the name and who may read it") from error
    if len(data) > MAX_FILE_BYTES:
        raise Trouble(1, 1, f"is larger than {MAX_FILE_BYTES // 1_000_000} MB", "split it over several files")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise Trouble(line, column, "holds a letter that is not UTF-8", "save the file as UTF-8") from error
    if not text.strip():
        raise Trouble(1, 1, "is empty", "write the entries, or delete the file")
    refuse_odd_signs(text)
    return text


def _tree(text: str) -> Node:
    """The one document of a file as nodes, or Trouble."""
    top: Node | None = None
    documents = 0
    lines = text.split("\n")
    try:
        events = YAML(typ="safe", pure=True).parse(text)
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    mend = "delete the line ---, or make it a file of its own"
                    raise Trouble(*_start(event), "a second document begins here", mend)
            elif isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent | AliasEvent):
                top = _node(event, events, 0, lines)
    except ReaderError as error:
        place = place_of(text, error.position)
        raise Trouble(*place, "a character stands here that nobody can see", "delete it") from error
    except MarkedYAMLError as error:
        raise in_plain_words(error, lines) from error
    except (YAMLError, ValueError) as error:
        raise Trouble(1, 1, "is not YAML", "compare it with a file that works") from error
    return top or Node(1, 1, None)


def _start(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _node(event: Event, events: Iterator[Event], depth: int, lines: list[str]) -> Node:
    line, column = _start(event)
    quotes = 'put it in straight "quotes"'
    if isinstance(event, AliasEvent):
        raise Trouble(line, column, "a text cannot begin with *", f"{quotes}; write repeated values out")
    if getattr(event, "anchor", None) is not None:
        raise Trouble(line, column, "a text cannot begin with &", quotes)
    if getattr(event, "tag", None) not in (None, "!"):  # ruamel types only the classes below it
        raise Trouble(line, column, "a text cannot begin with !", quotes)
    if depth > _MAX_DEPTH:
        raise Trouble(line, column, "lists stand in lists, far too deep", "compare it with an entry that works")
    if isinstance(event, ScalarEvent):
        if event.style in ("'", '"'):
            refuse_swallowed_lines(lines, event.start_mark.line, event.end_mark.line, column)
        empty = event.implicit[0] and event.value in _EMPTY
        return Node(line, column, None if empty else event.value, inset=_inset(event), cut=_cut(event, lines))
    if isinstance(event, SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(_node(event, events, depth + 1, lines))
        return Node(line, column, items)
    values: dict[str, Node] = {}
    keys: dict[str, Node] = {}
    twice: list[Node] = []
    while not isinstance(event := next(events), MappingEndEvent):
        key = _node(event, events, depth + 1, lines)
        if not isinstance(key.value, str):
            raise Trouble(key.line, key.column, "a key stands here that is not a word", "write it as `key: text`")
        if len(keys) + len(twice) >= _MAX_KEYS:
            raise Trouble(
                key.line, key.column, "far too many keys stand together", "compare it with an entry that works"
            )
        value = _node(next(events), events, depth + 1, lines)
        if value.value is None:  # nothing stands there, so the place to mend is the key's
            value = Node(key.line, key.column, None)
        if key.value in keys:
            twice.append(key)
        else:
            keys[key.value], values[key.value] = key, value
    return Node(line, column, values, keys, tuple(twice))


def _inset(event: ScalarEvent) -> int | None:
    start, end = event.start_mark, event.end_mark
    around = (
        end.column - start.column - len(event.value)
    )  # 0 without quotation marks, 2 with, else something is escaped
    return around // 2 if start.line == end.line and around in (0, 2) else None


def _cut(event: ScalarEvent, lines: list[str]) -> int:
    if event.style or not event.value:
        return 0
    end = event.end_mark
    comment = re.match(r"[ \t]+#", lines[end.line][end.column :]) if end.line < len(lines) else None
    return end.column + comment.end() if comment else 0
