"""Files that hold the entries of another file over again: copies, and translations whose names do not say so.

Told once for the file, they are mended in a moment. Told for each entry, they would be hundreds of findings, and
half of them at the file that is right.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale, localedata

from bot.nudges.reading.entries import Reading
from bot.nudges.reading.schema import SECTIONS
from bot.nudges.reading.tree import Node

_Key = tuple[str, str]


class _Held(NamedTuple):
    path: Path
    number: int
    entries: dict[_Key, Node]

    def only_words(self) -> bool:
        return all(
            node.value.keys() <= {"id", "rev", *SECTIONS[section].TEXTS}
            for (section, _), node in self.entries.items()
            if isinstance(node.value, dict)
        )


def set_aside_doubles(reading: Reading) -> None:
    """Take such files out of what is read on, one finding for each."""
    held = [
        _Held(file.path, number, {(section, id_): node for section, node in entries if (id_ := _id(node))})
        for number, (file, entries) in enumerate(reading.opened)
    ]
    holders: dict[_Key, list[_Held]] = defaultdict(list)
    for one in held:
        for key in one.entries:
            holders[key].append(one)
    aside = set()
    for one in held:
        met = Counter(other.number for key in one.entries for other in holders[key] if other is not one)
        if not met:
            continue
        most = max(met.values())
        other = min((held[number] for number, count in met.items() if count == most), key=lambda it: _rank(it, one))
        if most * 2 > len(one.entries) and _tell(reading, one, other, most):
            aside.add(one.number)
    reading.opened = [pair for number, pair in enumerate(reading.opened) if number not in aside]


def _tell(reading: Reading, one: _Held, other: _Held, most: int) -> bool:
    """Whether `one` is a translation or a copy of `other`; if so, it is noted."""
    language = _language_in(one.path, other.path)
    if one.only_words() != other.only_words():
        translation = one.only_words()
    else:
        translation = bool(language and not _language_in(other.path, one.path) and _said_otherwise(one, other))
    if translation:
        name = f"{other.path.stem}.{language or 'de'}.yaml"
        message = f"says entries of {other.path.name} in other words, and its name is not that of a translation"
        mend = f"call it {name}{'' if language else ' if it is German'}, beside {other.path.name}"
        reading.findings.add(one.path, None, message, mend)
        return True
    if most < 2 or _rank(one, other) < _rank(other, one) or other.only_words():
        return False
    reading.unclear.update(SECTIONS)  # what else it holds is not read
    message = f"is a copy of {other.path.as_posix()}: {most} of its {len(one.entries)} ids stand there too"
    reading.findings.add(one.path, None, message, "move it out of the folder, or give its entries ids of their own")
    return True


def _rank(one: _Held, other: _Held) -> tuple[Any, ...]:
    """Less for the original: its name stands in that of the copy, or it lies further up, or it is read first."""
    more = one.path.stem != other.path.stem and other.path.stem in one.path.stem
    return more, len(one.path.parts), one.number


def _said_otherwise(one: _Held, other: _Held) -> bool:
    """Whether most texts that both hold differ."""
    texts = [
        (node.at((name,)).value, other.entries[key].at((name,)).value)
        for key, node in one.entries.items()
        if key in other.entries
        for name in SECTIONS[key[0]].TEXTS
        if isinstance(node.at((name,)).value, str)
    ]
    return sum(mine != its for mine, its in texts) * 2 > len(texts)


def _language_in(path: Path, base: Path) -> str:
    """The language that `path` names in a way of its own, such as `nudges_de` or `de/nudges`; empty if none."""
    named = re.findall(r"[A-Za-z]+", base.stem.lower())
    words = re.findall(r"[A-Za-z]+", path.stem) + ([path.parent.name] if path.parent != base.parent else [])
    for at, word in enumerate(words):
        code = _codes().get(word.lower(), word.lower())
        if word.lower() not in named and len(code) in (2, 3) and localedata.exists(code):
            region = words[at + 1 : at + 2]
            return f"{code}-{region[0]}" if region and len(region[0]) == 2 and region[0].isupper() else code
    return ""


@lru_cache
def _codes() -> dict[str, str]:
    return {name.lower(): code for code, name in Locale("en").languages.items()}


def _id(node: Node) -> str:
    value = node.value.get("id") if isinstance(node.value, dict) else None
    return value.value if value is not None and isinstance(value.value, str) else ""
