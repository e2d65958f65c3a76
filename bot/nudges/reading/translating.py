"""The same entries in other languages: `nudges.de.yaml` beside `nudges.yaml`, with the same ids and words of their own.

Only the words of a translation count; a full copy of an entry is fine, and its other keys are not looked at. `rev`
names the base's `rev` that the words were made from: when the base moves on, the translation is stale, and goes on
being said until somebody brings it up to date.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.model import Nudge, Status
from bot.nudges.reading.entries import Reading, entries_of, in_english, validated
from bot.nudges.reading.files import HOME, SourceFile
from bot.nudges.reading.schema import SECTIONS, Entry, meant, short, translation_of
from bot.nudges.reading.texts import find_slips_of_typing, texts_of
from bot.nudges.reading.tree import Node
from bot.nudges.wording.rules import remarks_in_any_language

_SHELVES = {
    section: "questions" if section == "reflections" else section for section in SECTIONS if section != "sources"
}
"""The sections with words, and the field of the library that holds each."""


def read_translation(file: SourceFile, reading: Reading) -> None:
    """Read the words of one translation. Call it once every base file has been read."""
    # What is unclear in a translation does not make the library's own ids unclear.
    before = set(reading.unclear)
    entries = entries_of(file.path, reading)
    reading.unclear = before
    for section, node in entries:
        if SECTIONS[section].TEXTS:
            _read_words(file, reading, section, SECTIONS[section], node)


def translate(reading: Reading) -> None:
    """Fill the library's `translations` with what was read."""
    for language in sorted(reading.words):  # `pt` before `pt-BR`, which says differently what it says itself
        wider = reading.library.translations.get(language.partition("-")[0], reading.library)
        shelves = {
            shelf: {**getattr(wider, shelf), **reading.words[language].get(shelf, {})} for shelf in _SHELVES.values()
        }
        spoken = dataclasses.replace(reading.library, **shelves, translations={})
        reading.library.translations[language] = spoken


def _read_words(file: SourceFile, reading: Reading, section: str, kind: type[Entry], node: Node) -> None:
    findings, raw = reading.findings, {key: value for key, value in node.plain().items() if value is not None}
    id_ = raw["id"] if isinstance(raw.get("id"), str) else ""
    entry, wrong = validated(findings, file, kind, translation_of(kind), _without_empty(node), id_)
    texts = texts_of(kind, raw, wrong)
    base = getattr(reading.library, _SHELVES[section]).get(id_)
    status = base.status if isinstance(base, Nudge) else Status.LIVE
    english = file.language.partition("-")[0] == HOME and status is not Status.RETIRED
    find_slips_of_typing(findings, file.path, kind, node, id_)
    remarked = list(remarks_in_any_language(texts))
    if english:
        remarked += in_english(section, texts, getattr(base, "settings", frozenset()))
    for remark in remarked:
        level = "warning" if status is Status.DRAFT and remark.rule else remark.level
        reading.remark(file.path, node, id_, remark, level)
    if "id" in wrong:
        return
    if id_ not in reading.placed[section]:
        if section not in reading.unclear:
            mend = meant(
                id_, reading.placed[section], f"use an id of {file.translates.name}" if file.translates else ""
            )
            message = f"translates “{short(id_)}”, which is not among the {section}"
            findings.add(file.path, node.at(("id",)), message, mend, id_=id_, name="id")
        return
    shelf = reading.words.setdefault(file.language, {}).setdefault(_SHELVES[section], {})
    if id_ in shelf:
        findings.add(file.path, node.at(("id",)), "is translated twice", "keep one of the two", id_=id_, name="id")
    elif base is not None and entry is not None and _whole(file, reading, section, node, base, texts):
        shelf[id_] = dataclasses.replace(
            base, **_words(file, reading, node, base, texts, entry.model_dump().get("rev"))
        )


def _whole(file: SourceFile, reading: Reading, section: str, node: Node, base: object, texts: dict[str, str]) -> bool:
    """Whether the words are all there. Half an entry in one language and half in another would be read by nobody."""
    missing = [name for name in SECTIONS[section].TEXTS if getattr(base, name) and name not in texts]
    for name in missing:
        message = "is missing, so the whole entry is read in the language of the library"
        mend = f"add `{name}:`"
        id_ = str(getattr(base, "id", ""))
        reading.findings.add(file.path, node, message, mend, id_=id_, name=name, level="warning")
    return not missing


def _words(
    file: SourceFile, reading: Reading, node: Node, base: Any, texts: dict[str, str], rev: int | None
) -> dict[str, Any]:
    said: dict[str, Any] = {name: text for name, text in texts.items() if getattr(base, name) is not None}
    if not isinstance(base, Nudge):
        return said
    made_from = 1 if rev is None else rev
    if made_from != base.rev:
        place = reading.placed["nudges"][base.id].seen_from(file.path)
        if made_from < base.rev:
            message = f"is stale: made from rev {made_from}, and the entry is at rev {base.rev} ({place})"
            mend = f"bring the words up to date, then write `rev: {base.rev}`"
        else:
            message = f"is ahead: it names rev {made_from}, and the entry is at rev {base.rev} ({place})"
            mend = f"write `rev: {base.rev}`"
        where = node.at(("rev",)) if rev is not None else node
        reading.findings.add(file.path, where, message, mend, id_=base.id, name="rev", level="warning")
    if reading.placed["nudges"][base.id].retired:
        message, mend = "translates a retired entry, which nobody gets any more", "delete it here"
        reading.findings.add(file.path, node.at(("id",)), message, mend, id_=base.id, name="id", level="warning")
    return said | {"rev": made_from}


def _without_empty(node: Node) -> Node:
    """What stands empty in a translation is not there yet."""
    told = node.value if isinstance(node.value, dict) else {}
    return dataclasses.replace(node, value={key: one for key, one in told.items() if one.value is not None})
