"""Small libraries in a folder, to be edited while Ally runs."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "content"

_FRAME = """\
sources:
  - id: chambers
    cite: Lee Chambers
practices:
  - id: bring-in
    label: Bring people in
    role: amplifier
    frame: say
nudges:
"""
_NUDGE = """\
  - id: {id}
    do: {do}
    when: {when}
    why: {why}
    ask: {ask}
    practice: bring-in
    stance: forward
    sphere: moment
    trigger: anytime
    stretch: 1
    minutes: 1
    audience: everyone
    settings: [any]
    source: [chambers]
    status: {status}
"""
_ROUND = (
    ("When you pick up a point in a meeting", "Saying the name helps others remember.", "What changed for them?"),
    ("Before you close a round", "Quiet people often wait to be asked.", "Who spoke then?"),
    ("At the next handover", "A thank-you that names the work is worth more.", "How was it taken?"),
)
"""Moments, reasons and questions for the nudges of one library, so that no two are alike."""

BROKEN = _FRAME + "  - id: bring-in-01\n   do: one space short\n"
"""A library that nobody can use; the line to mend is its last."""
BROKEN_LINE = BROKEN.count("\n")


def library_text(*nudges: tuple[str, str], status: str = "live") -> str:
    """A whole library: each nudge by its id and what to do."""
    return _FRAME + more_nudges(*nudges, status=status)


def more_nudges(*nudges: tuple[str, str], status: str = "live") -> str:
    """Lines to stand at the end of such a library. What an entry says beside `do` follows from its number."""
    entries = []
    for id_, do in nudges:
        when, why, ask = _ROUND[int(id_[-2:]) % len(_ROUND)]
        entries.append(_NUDGE.format(id=id_, do=do, status=status, when=when, why=why, ask=ask))
    return "".join(entries)


def save(folder: Path, text: str, name: str = "nudges.yaml") -> Path:
    """Saves as a careful editor does: written beside it, then renamed over it."""
    folder.mkdir(exist_ok=True)
    beside = folder / f".{name}.part"
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, folder / name)
    return folder / name


def part_of_the_shipped(folder: Path) -> Path:
    """The shipped library with two nudges of each practice: quickly read, for tests about other things."""
    folder.mkdir()
    head, begin, nudges = (SHIPPED / "nudges.yaml").read_text(encoding="utf-8").partition("\nnudges:\n")
    entries = re.split(r"(?m)^(?=  - id: )", nudges)
    few = "".join(entry for entry in entries if re.match(r"  - id: \S+-0[12]\n", entry))
    (folder / "nudges.yaml").write_text(head + begin + few, encoding="utf-8")
    for name in ("reflections.yaml", "repairs.yaml"):
        shutil.copy(SHIPPED / name, folder)
    return folder
