"""What can be wrong with a text as it was typed, whatever it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.model import Status
from bot.nudges.reading.findings import Findings
from bot.nudges.reading.schema import Entry
from bot.nudges.reading.tree import Node

_CURLY = re.compile(r"[“”„«][^“”„«»]*[“”»]")


def texts_of(kind: type[Entry], raw: Mapping[str, Any], wrong: set[str]) -> dict[str, str]:
    """The texts of an entry that are as they may be, each on one line as members read it."""
    return {
        name: " ".join(raw[name].split())
        for name in kind.TEXTS
        if name not in wrong and isinstance(raw.get(name), str) and raw[name].strip()
    }


def find_slips_of_typing(findings: Findings, path: Path, kind: type[Entry], node: Node, id_: str) -> None:
    """Warn where YAML does with a text what nobody meant it to.

    It takes a # for the beginning of a comment, and silently drops the rest; and curly quotation marks, which word
    processors make of straight ones, are letters of the text to it.
    """
    for name in kind.TEXTS:
        place = node.at((name,))
        if not isinstance(place.value, str):
            continue
        if place.cut:
            message = "ends at the #: what stands behind it is a comment, which nobody reads"
            mend = 'put the whole text in straight "quotes", or the comment on a line of its own'
            findings.add(path, place, message, mend, id_=id_, name=name, level="warning")
        elif place.inset == 0 and _CURLY.fullmatch(place.value):
            message = "stands in curly quotation marks, and members would see them"
            findings.add(path, place, message, 'write straight ones: "…"', id_=id_, name=name, level="warning")


def find_unwritten(findings: Findings, path: Path, node: Node, id_: str, texts: Mapping[str, str]) -> None:
    """Name what still holds its id, as the texts of a fresh draft do, where the entry is a draft no more."""
    status = node.at(("status",)).value
    for name in (name for name, text in texts.items() if id_ and id_ in text and status != Status.DRAFT):
        message, mend = "still says what belongs here", "write it, or leave it at `status: draft`"
        findings.add(path, node.at((name,)), message, mend, id_=id_, name=name)
