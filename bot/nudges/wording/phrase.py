"""A phrase that a nudge goes without: how it is written down, and how it is found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

CLAUSE = r"^|[.?!;:–—·] ?|, (?:and |but |or |yet )?|\bbut "
"""Where a main clause begins: “you must” there is said to the reader, and not in passing (“a rule that you must”)."""

COMMAND = r"^|[.?!;:–—·] ?|, |\b(?:and|then|or|try to) "
"""Where something to do begins."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern, the rule it breaks (CONTENT.md, "Rules for a nudge"), and what is said where it is found."""

    rule: int
    pattern: re.Pattern[str]
    fault: str
    mend: str
    level: str
    in_quotes: bool
    only: frozenset[str]
    unless: re.Pattern[str] | None
    not_after: re.Pattern[str] | None
    right_after: re.Pattern[str] | None


class Found(NamedTuple):
    """A phrase as it stands in a text, from the letter `start` on."""

    phrase: Phrase
    start: int
    words: str


def phrase(
    rule: int,
    *ways: str,
    fault: str,
    mend: str,
    level: str = "error",
    in_quotes: bool = True,
    only: Iterable[str] = (),
    unless: str = "",
    not_after: str = "",
    right_after: str = "",
) -> Phrase:
    """A phrase in all its `ways`: regular expressions of whole words, letter case and kind of apostrophe aside.

    `in_quotes`: whether it counts inside quotation marks too. `only`: the fields it is looked for in, all by default.
    `unless`: what makes it fine, anywhere in the same text; `not_after`: what does so right before it;
    `right_after`: where alone it counts, such as `COMMAND`.
    """
    whole = re.compile(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)", re.IGNORECASE)
    excuse = re.compile(rf"\b(?:{unless})\b", re.IGNORECASE) if unless else None
    before = re.compile(rf"\b(?:{not_after})$", re.IGNORECASE) if not_after else None
    place = re.compile(rf"(?:{right_after})$", re.IGNORECASE) if right_after else None
    return Phrase(rule, whole, fault, mend, level, in_quotes, frozenset(only), excuse, before, place)


def phrases_in(field: str, text: str, phrases: Iterable[Phrase]) -> Iterator[Found]:
    """Each of the phrases that stands in the `field` that reads `text`, once, with the very words."""
    all_of_it = text.replace("’", "'")
    unquoted = without_quotes(text).replace("’", "'")
    for one in phrases:
        if (one.only and field not in one.only) or (one.unless and one.unless.search(all_of_it)):
            continue
        searched = all_of_it if one.in_quotes else unquoted
        for found in one.pattern.finditer(searched):
            if _counts(one, searched, found.start()):
                yield Found(one, found.start(), text[found.start() : found.end()])
                break


def _counts(one: Phrase, text: str, start: int) -> bool:
    if one.not_after is not None and one.not_after.search(text, 0, start):
        return False
    return one.right_after is None or one.right_after.search(text, 0, start) is not None


def without_quotes(text: str) -> str:
    """The text with what stands in quotation marks blotted out, each letter by a dot, so that places hold."""
    return _QUOTED.sub(lambda found: "·" * len(found[0]), text)


_QUOTED = re.compile('“[^”]*”|"[^"]*"|‘[^’]*’(?!\\w)')
