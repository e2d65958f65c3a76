"""Where in the text of a YAML file a new nudge can stand, so that nothing else in it has to change.

Nothing is written back from objects; the YAML parser only says where things are.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

LINE_END = re.compile(r"\r\n|\n|\r")


class NoDraft(Exception):
    """There is no place or no number for a draft; the message says why, and the mend."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where new lines go: after `at` characters, behind the lines `before`, with the hyphen and the keys so far in."""

    at: int
    line_end: str
    before: tuple[str, ...]
    dash: int
    keys: int


def place_in(text: str, practice: str) -> Place:
    """After the last nudge of `practice`, else after the last of all, else in a section of its own. Raises NoDraft."""
    end = found[0] if (found := LINE_END.search(text)) else "\n"
    sections = _sections(text)
    section = next((pair for pair in sections if pair[0].value == "nudges"), None)
    if section is None:
        return Place(len(text), end, ("", "nudges:") if sections else ("nudges:",), 2, 4)
    key, value = section
    if value.value == "":  # `nudges:` and nothing in it
        return Place(_next_line(text, key.end_mark.index), end, (), 2, 4)
    if not isinstance(value, SequenceNode) or value.flow_style:
        raise NoDraft("the nudges stand in [brackets] → write them one below the other, each beginning with - id:")
    entries = [entry for entry in value.value if isinstance(entry, MappingNode)]
    ours = [at for at, entry in enumerate(entries) if _id(entry)[:-3] == practice]
    after = entries[ours[-1] if ours else -1]
    apart = len(entries) < 2 or any(_apart(text, one, other) for one, other in pairwise(entries))
    at = _end(text, after)
    end = _line_end_before(text, at) or end
    return Place(at, end, ("",) if apart else (), value.start_mark.column, after.start_mark.column)


def _sections(text: str) -> list[tuple[Node, Node]]:
    """The keys of a file and what stands below each."""
    top = YAML(typ="safe", pure=True).compose(text)
    return top.value if isinstance(top, MappingNode) else []


def ids_in(text: str) -> set[str]:
    """The ids of all entries, whatever their section; empty where the text is no YAML."""
    with suppress(YAMLError):
        entries = [entry for _, value in _sections(text) if isinstance(value, SequenceNode) for entry in value.value]
        return {_id(entry) for entry in entries if isinstance(entry, MappingNode)}
    return set()


def _id(entry: MappingNode) -> str:
    return next((str(value.value) for key, value in entry.value if key.value == "id"), "")


def _last(node: Node) -> int:
    """The index behind the last character of a node's own, comments and space behind it left out."""
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last(last[1] if isinstance(last, tuple) else last)


def _end(text: str, entry: MappingNode) -> int:
    """The index of the line after an entry: after its last value, and the comments that stand as far in as its keys."""
    # The end of folded text is the beginning of what comes next, so blank lines are taken off first.
    at = _next_line(text, len(text[: _last(entry)].rstrip(" \t\r\n")))
    keys = int(entry.start_mark.column)
    while own := re.compile(rf"(?:[ \t]*(?:\r\n|\n|\r))*[ ]{{{keys},}}#").match(text, at):
        at = _next_line(text, own.end())
    return at


def _next_line(text: str, index: int) -> int:
    found = LINE_END.search(text, index)
    return found.end() if found else len(text)


def _line_end_before(text: str, index: int) -> str:
    found = re.search(r"(\r\n|\n|\r)\Z", text[max(0, index - 2) : index])
    return found[0] if found else ""


def _apart(text: str, one: MappingNode, other: MappingNode) -> bool:
    """Whether a blank line stands between two entries."""
    between = text[_last(one) : other.start_mark.index]
    return bool(re.search(r"(\r\n|\n|\r)[ \t]*(\r\n|\n|\r)", between))
