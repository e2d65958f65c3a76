"""The rules of the house about words, as far as a machine can tell (CONTENT.md, "Rules for a nudge", those marked L).

The other half, whether a nudge is kind, true and doable, people judge. Numbers in the messages are those rules'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.model import Setting
from bot.nudges.wording.about_acting import ABOUT_ACTING
from bot.nudges.wording.about_people import ABOUT_PEOPLE
from bot.nudges.wording.about_the_reader import ABOUT_THE_READER
from bot.nudges.wording.form import (
    Remark,
    by_rule,
    full_stop,
    plain_words,
    short_sentences,
    true_setting,
    verb_first,
)
from bot.nudges.wording.jargon import JARGON
from bot.nudges.wording.one_action import one_action
from bot.nudges.wording.phrase import phrases_in

_PHRASES = (*JARGON, *ABOUT_THE_READER, *ABOUT_PEOPLE, *ABOUT_ACTING)
_ACTIONS = ("do", "easier")
_PLACED = ("do", "when", "easier")


def remarks_in_any_language(texts: Mapping[str, str]) -> Iterator[Remark]:
    """What is wrong with the words of an entry, whatever its language. `texts` by field, each as one line."""
    for field, text in texts.items():
        if found := _MARKUP.search(text):
            mend = "write plain words: members see this sign as it is, or get a link they did not ask for"
            yield Remark(0, field, found.start(), "error", f"“{found[0]}” is formatting or a link", mend)
    when = texts.get("when", "")
    if when and when[-1] in ".,:;!":
        yield Remark(0, "when", len(when) - 1, "warning", f"ends in “{when[-1]}”", "delete it: the action follows")


def remarks(texts: Mapping[str, str], settings: frozenset[Setting]) -> Iterator[Remark]:
    """What is wrong with the words of an English nudge, as far as `texts` holds them: by field, each as one line."""
    for field in _ACTIONS:
        if field in texts:
            yield from verb_first(field, texts[field])
            yield from full_stop(field, texts[field])
    if "do" in texts:
        yield from one_action(texts["do"])
    yield from _shared(texts)
    for field in _PLACED:
        if field in texts:
            yield from true_setting(field, texts[field], settings)
    if {"when", "do", "why", "ask"} <= texts.keys():
        yield from plain_words("why", "{when}: {do} {why} {ask}".format_map(texts))


def remarks_on_question(texts: Mapping[str, str]) -> Iterator[Remark]:
    """What is wrong with the words of an English reflection question."""
    yield from _shared(texts)


def remarks_on_repair(texts: Mapping[str, str]) -> Iterator[Remark]:
    """What is wrong with the words of an English repair card. What someone says when owning up is theirs."""
    for remark in _shared(texts):
        owning = remark.rule == 11 and _OWNING.match(texts[remark.field], max(0, remark.start - 2))
        if remark.rule not in (10, 15) and not owning:  # a card may name what went wrong: a rescue, a call-out
            yield remark
    for field, text in texts.items():
        if found := _FORGIVENESS.search(text):
            mend = "own it, repair, change; forgiving is theirs to offer"
            yield Remark(0, field, found.start(), "error", f"“{found[0]}” asks to be forgiven", mend)
    if {"own", "repair", "change", "say"} <= texts.keys():
        yield from plain_words("change", "{own} {repair} {change} {say}".format_map(texts))


_MARKUP = re.compile(
    r"https?:\S*|www\.\S+|(?<!\w)[*_~`](?=\S)[^*_~`]*(?<=\S)[*_~`](?!\w)|`|<[^>]*>|:[a-z][a-z0-9_+-]*:|\[[^\]]*\]\([^)]*\)|"
    r"(?<!\w)@(?:here|channel|everyone)\b"
)
_OWNING = re.compile(r"I (?:should|never)\b")
_FORGIVENESS = re.compile(r"\bforgiv\w*|\b(?:accept|take) my apolog(?:y|ies)\b", re.IGNORECASE)


def _shared(texts: Mapping[str, str]) -> Iterator[Remark]:
    for field, text in texts.items():
        yield from short_sentences(field, text)
        told: set[tuple[int, int]] = set()
        for broken, start, words in phrases_in(field, text, _PHRASES):
            letters = {(broken.rule, start + number) for number in range(len(words))}
            if letters & told:
                continue  # the same words, under the same rule, once
            told |= letters
            message = f"“{words}” {broken.fault}{by_rule(broken.rule)}"
            yield Remark(broken.rule, field, start, broken.level, message, broken.mend)
