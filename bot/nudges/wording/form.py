"""The form of a text: verb first, short sentences, plain words, a setting that is true.

Rules 1, 3, 4 and 14 of CONTENT.md, "Rules for a nudge". English only.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from bot.model import Setting
from bot.nudges.wording.verbs import ADVERBS, NO_VERBS, VERBS

LONGEST_SENTENCE = 20
"""Words (rule 3)."""

GRADE_WANTED, GRADE_ALLOWED = 8.0, 10.0
"""School years that it takes to read with ease, by Flesch and Kincaid (rule 4)."""


class Remark(NamedTuple):
    """What a rule says of a text: in `field`, from the letter `start` on. `rule` 0 is the format itself."""

    rule: int
    field: str
    start: int
    level: str
    message: str
    mend: str


def by_rule(rule: int) -> str:
    """How a message names the rule."""
    return f" (rule {rule})"


def verb_first(field: str, text: str) -> Iterator[Remark]:
    """Rule 1. Where the verb is there but stands later, or where the first word may be one, it is a warning.

    A place or time may come first ("At handover, name …"); a moment with a verb of its own belongs to `when`.
    """
    found = re.match(r"[A-Za-z]+(?:['’-][A-Za-z]+)*", text)
    mend = "begin with what to do, such as “Ask”, “Share” or “Name”"
    if found is None:
        yield Remark(1, field, 0, "error", f"does not begin with a verb{by_rule(1)}", mend)
        return
    word = found[0]
    plain = word.lower().replace("’", "'")
    led = (later := _LED_IN.match(text)) is not None and later[1].lower() in VERBS
    then = re.match(r",? ([a-z-]+)", text[found.end() :])
    if (plain in VERBS or plain.rpartition("-")[2] in VERBS) and not (led and plain in _MOMENTS):
        if plain == "do" and re.match(r"do(?: not|n['’]t)\b", text, re.IGNORECASE):
            yield _negative(field, text[: len("Do not")])
    elif plain == "don't":
        yield _negative(field, word)
    elif led and plain in _MOMENTS:
        message = f"begins with the moment, at “{word}”{by_rule(1)}"
        yield Remark(1, field, 0, "warning", message, "move the moment to `when`, and begin with what to do")
    elif led and plain in _PLACES_AND_TIMES:
        return
    elif (plain in ADVERBS or plain.endswith("ly")) and then is not None and then[1] in VERBS:
        yield Remark(1, field, 0, "warning", f"“{word}” stands before the verb{by_rule(1)}", "put the verb first")
    elif plain in NO_VERBS or plain in ADVERBS or _is_gerund(plain):
        yield Remark(1, field, 0, "error", f"“{word}” is no verb to begin with{by_rule(1)}", mend)
    else:
        message = f"begins with “{word}”, which is not among the known verbs{by_rule(1)}"
        yield Remark(1, field, 0, "warning", message, f"is it something to do? If not, {mend}")


_LED_IN = re.compile(r"[^\W\d]+(?: [\w’'-]+){0,7}, (?:then )?([a-z-]+)", re.IGNORECASE)
_PLACES_AND_TIMES = frozenset(
    """
    after at before between by during each every first for from in instead near next on one outside over this today
    tomorrow tonight under until with within without
    """.split()  # noqa: SIM905 — a list of words is read best as words
)
_MOMENTS = frozenset("as if once since unless when whenever where wherever while".split())  # noqa: SIM905


def _is_gerund(word: str) -> bool:
    stem = word.removesuffix("ing")
    return stem != word and not VERBS.isdisjoint({stem, f"{stem}e", stem[:-1]})


def full_stop(field: str, text: str) -> Iterator[Remark]:
    """A sentence ends: in a full stop, a question mark or a closing quotation mark. It is the format, and no rule."""
    if not re.search(r"[.?]\)?$|[”’\"']$", text):
        message = f"ends in “{text[-1]}”" if not text[-1].isalnum() else "ends without a full stop"
        yield Remark(0, field, len(text) - 1, "warning", message, "end it with a full stop")


def _negative(field: str, words: str) -> Remark:
    return Remark(1, field, 0, "warning", f"“{words}” says what not to do{by_rule(1)}", "say what to do instead")


def short_sentences(field: str, text: str) -> Iterator[Remark]:
    """Rule 3: 20 words at most."""
    start = 0
    for sentence in re.split(r"(?<=[.?!])([”\"’]?\s)", text)[::2]:
        start = text.index(sentence, start)
        if (words := len(sentence.split())) > LONGEST_SENTENCE:
            message = f"holds a sentence of {words} words; {LONGEST_SENTENCE} can be read in one go{by_rule(3)}"
            over = words - LONGEST_SENTENCE
            mend = f"split it, or cut {over} {'word' if over == 1 else 'words'}"
            yield Remark(3, field, start, "error", message, mend)
        start += len(sentence)


def plain_words(field: str, text: str) -> Iterator[Remark]:
    """Rule 4, for all that is read of an entry, joined; said of `field`."""
    grade = reading_grade(text)
    if grade > GRADE_WANTED:
        level = "error" if grade > GRADE_ALLOWED else "warning"
        message = (
            f"with the rest of the entry reads at grade {grade:.1f}; {GRADE_WANTED:.0f} is for everyone{by_rule(4)}"
        )
        longest = sorted({word.strip(".,?!:;“”") for word in text.split()}, key=lambda word: (-len(word), word))[:3]
        yield Remark(
            4, field, 0, level, message, f"use shorter sentences and words; the longest are {', '.join(longest)}"
        )


def reading_grade(text: str) -> float:
    """The school year whose pupils read an English text with ease (Flesch and Kincaid 1975)."""
    return float(_textstat().flesch_kincaid_grade(text.replace("’", "'")))


@cache
def _textstat() -> Any:
    # Imported on first use, for it costs a fifth of a second that only a reader of content has to spend; and once, for
    # filters of warnings are the whole process's, and a library may be read in a thread.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pkg_resources")  # it tells each importer that it is going away
        import textstat  # type: ignore[import-untyped]
    return textstat


_AT_A_DESK = re.compile(
    r"\b(?:unmute|webcam|emojis?|spreadsheets?|inbox|laptops?|e-?mails?|keyboard|breakout rooms?|video calls?|"
    r"shared? (?:your |the )?screen|calendar invites?|screen reader|slide deck|pull requests?|video meetings?)\b",
    re.IGNORECASE,
)
_MAYBE_AT_A_DESK = re.compile(
    r"\b(?:(?:a|an|the|your|each|one|every|first|last|next|this|that|on|of|in) "
    r"(?:slides?|screens?|threads?|channels?|camera)|type (?:it|in|a|the|your|their|one|out)|mute|click|log (?:in|on)|"
    r"(?:slack|teams|chat|direct) messages?|comment (?:on|in) (?:a|the|one|your) (?:document|doc|page|file))\b",
    re.IGNORECASE,
)
_NO_DESK_NEEDED = frozenset({Setting.ANY, Setting.FLOOR})


def true_setting(field: str, text: str, settings: frozenset[Setting]) -> Iterator[Remark]:
    """Rule 14: what takes a desk or a call is not tagged for work without one."""
    wrong = sorted(settings & _NO_DESK_NEEDED)
    if not wrong:
        return
    for pattern, level in ((_AT_A_DESK, "error"), (_MAYBE_AT_A_DESK, "warning")):
        for found in pattern.finditer(text):
            if re.search(r"\bor$", text[: found.start()].rstrip()) or re.match(r"\W* or\b", text[found.end() :]):
                continue  # one of several ways, so the others may do without a desk
            message = f"“{found[0]}” does not fit the setting {wrong[0]}{by_rule(14)}"
            yield Remark(
                14, field, found.start(), level, message, f"take {wrong[0]} out of `settings`, or say it for all"
            )
            return
