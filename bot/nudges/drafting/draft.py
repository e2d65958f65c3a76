"""A new nudge for a curator to write: a valid draft, put into the text of a file where it belongs.

Only whole lines are added. The rest of the file stays as it is to the byte: its comments, its line ends, its indent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.model import Library, Nudge, Setting
from bot.nudges.drafting.insertion import LINE_END, NoDraft, ids_in, place_in
from bot.nudges.reading.schema import NudgeEntry, fields

FIRST_OF_PACKS = 51
"""Packs number their nudges from here, so that an update of the shipped library never meets a number of theirs."""

_LAST = 99  # the id has two digits


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft called `id`: the whole `text` of `file` with it, and the `line` where it begins, from 1."""

    id: str
    file: Path
    line: int
    text: str


def draft(library: Library, texts: Mapping[Path, str], practice: str, file: Path, *, pack: bool) -> Draft:
    """A draft for `practice` in `file`, after its last nudge there, else at the end of the nudges. Raises NoDraft.

    `texts` holds the file as it is, or an empty text for a new one. `library` is the whole, sound library: an id
    that anything in it has, retired or not, is never used again.
    """
    id_ = next_id(library, practice, pack=pack)
    text = texts[file]
    place = place_in(text, practice)
    entry = _entry(library, practice, id_, dash=place.dash, keys=place.keys)
    lines = [*place.before, *entry]
    end = place.line_end
    at_end = place.at == len(text)
    if at_end and text and not LINE_END.search(text[-1]):
        added = end + end.join(lines)  # the file does not end in a line end, and goes on not to
    else:
        added = "".join(line + end for line in lines)
    whole = text[: place.at] + added + text[place.at :]
    if ids_in(whole) - {id_} != ids_in(text) or id_ not in ids_in(whole):
        raise NoDraft(f"{file} is laid out in a way of its own → copy a nudge in it by hand, as {id_}")
    first = place.at + added.index(entry[0])
    return Draft(id_, file, len(LINE_END.findall(whole[:first])) + 1, whole)


def next_id(library: Library, practice: str, *, pack: bool) -> str:
    """The id after the highest that the practice has, among those of packs or of the other files. Raises NoDraft."""
    numbers = [int(id_[-2:]) for id_ in library.nudges if id_[:-3] == practice]
    low, high = (FIRST_OF_PACKS, _LAST) if pack else (1, FIRST_OF_PACKS - 1)
    number = max((number for number in numbers if low <= number <= high), default=low - 1) + 1
    if number > high:
        ours = f"numbers up to {high}" if not pack else f"numbers from {low} to {high}"
        raise NoDraft(f"{practice} has used all its {ours} → begin a new practice for what is left to say")
    return f"{practice}-{number:02}"


def home_of(texts: Mapping[Path, str], practice: str, packs: frozenset[Path]) -> Path:
    """The file where a draft for `practice` belongs: where its nudges stand, of several rather one that is no pack.

    A practice without any begins in a file with nudges: in a pack only where a pack defines the practice.
    """
    id_ = rf"(?m)^[^#\r\n]*\bid: *[\"']?{re.escape(practice)}"
    having = [path for path in texts if re.search(rf"{id_}-\d\d\b", texts[path])]
    if having:
        return min(having, key=lambda path: path in packs)
    defining = {path for path in texts if re.search(rf"{id_}(?![\w-])", texts[path])}
    in_pack = bool(defining) and defining <= packs
    section = re.compile(r"(?m)^\ufeff?nudges *:")
    return min(
        texts, key=lambda path: ((path in packs) != in_pack, not section.search(texts[path]), path not in defining)
    )


def _entry(library: Library, practice: str, id_: str, *, dash: int, keys: int) -> list[str]:
    """The lines of a draft. Its words say what belongs in their place; the rest is as in the practice's last nudge."""
    like = _like(library, practice)
    source = like.source if like else tuple(library.sources)[:1]
    if not source:
        raise NoDraft("the library names no source yet → add one under `sources:`, with its id and cite")
    settings = [setting for setting in Setting if setting in like.settings] if like else [Setting.ANY]
    values = {
        "id": id_,
        # The id in each text is how the checker keeps it from going live unwritten.
        "do": f"Write the action of {id_} here, verb first, in at most 140 characters.",
        "when": f"When the moment of {id_} comes",
        "why": f"Write the reason for {id_} here, in at most 160 characters.",
        "ask": f"Which effect does {id_} ask about?",
        "practice": practice,
        "stance": like.stance if like else "forward",
        "sphere": like.sphere if like else "moment",
        "trigger": like.trigger if like else "anytime",
        "stretch": "1",
        "minutes": "2",
        "audience": "everyone",
        "settings": f"[{', '.join(settings)}]",
        "source": f"[{', '.join(source)}]",
        "status": "draft",
    }
    hints = fields(NudgeEntry)
    # The texts explain themselves; what is chosen from a list has the list beside it.
    plain = {"id", "practice", *NudgeEntry.TEXTS}
    lines = [f"{name}: {value}" + (f"  # {hints[name]}" if name not in plain else "") for name, value in values.items()]
    hyphen = " " * dash + "-" + " " * max(1, keys - dash - 1)
    return [(hyphen if at == 0 else " " * len(hyphen)) + line for at, line in enumerate(lines)]


def _like(library: Library, practice: str) -> Nudge | None:
    same = [nudge for nudge in library.nudges.values() if nudge.practice == practice]
    return same[-1] if same else None
