"""The form of a text: verb first, one action, short sentences, plain words, a setting that is true.

Rules 1 to 4 and 14 of CONTENT.md, "Rules for a nudge". English only.
"""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from bot.model import Setting
from bot.nudges.wording.phrase import without_quotes
from bot.nudges.wording.verbs import ADVERBS, NO_VERBS, NOUNS_TOO, VERBS

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
    """Rule 1. A word that is not known for a verb, nor for none, is a warning.

    A place or time of a few words may come first ("At handover, name …"); all else of the if-part belongs to `when`.
    """
    if (led := _LED_IN.match(text)) and led[1].lower() in VERBS:
        return
    found = re.match(r"[A-Za-z]+(?:['’-][A-Za-z]+)*", text)
    mend = "begin with what to do, such as “Ask”, “Share” or “Name”"
    if found is None:
        yield Remark(1, field, 0, "error", f"does not begin with a verb{by_rule(1)}", mend)
        return
    word = found[0]
    plain = word.lower().replace("’", "'")
    last = plain.rpartition("-")[2]
    if plain in VERBS or last in VERBS:
        if plain == "do" and re.match(r"do(?: not|n['’]t)\b", text, re.IGNORECASE):
            yield _negative(field, text[: len("Do not")])
        return
    if plain == "don't":
        yield _negative(field, word)
    elif plain.endswith("ly") or plain in ADVERBS:
        yield Remark(1, field, 0, "error", f"“{word}” stands before the verb{by_rule(1)}", "put the verb first")
    elif plain in NO_VERBS or plain.endswith("ing"):
        yield Remark(1, field, 0, "error", f"“{word}” is no verb to begin with{by_rule(1)}", mend)
    else:
        message = f"begins with “{word}”, which is not among the known verbs{by_rule(1)}"
        yield Remark(1, field, 0, "warning", message, f"is it something to do? If not, {mend}")


_LED_IN = re.compile(r"(?:At|In|On|After|Before)(?: [\w’'-]+){1,3}, ([a-z]+)")


def _negative(field: str, words: str) -> Remark:
    return Remark(1, field, 0, "warning", f"“{words}” says what not to do{by_rule(1)}", "say what to do instead")


_NEXT = re.compile(r"(?:, (?:and |then )*|(?<!,) and (?:then |also )?|(?<!,) then )([a-z'-]+)(?= ([\w’'“-]+))")
_LIGHT = frozenset(
    "see listen let leave wait hear notice keep watch mean say give ask do go come".split()  # noqa: SIM905
)
"""What an action may end in and still be one: “Ask it, and leave the rest to them”."""
_LEAD_INS = re.compile(
    r"\s*(?:stop|pause|wait|go|come|try|stay|sit|breathe|step|turn|stand|walk)"
    r"(?: (?:in|up|down|back|out|over|by|along|on))?"
)
"""How a single action may begin: “Stop and ask”."""
_DETERMINERS = frozenset(
    """
    the a an one two three your their its it them him her this that these those who what which how whether
    someone somebody people everyone each every any some
    """.split()  # noqa: SIM905 — a list of words is read best as words
)
_SUBORDINATE = re.compile(
    r"\b(?:to|who|whom|whose|that|what|which|where|when|how|why|whether|if|so|can|could|may|might|will|would|"
    r"let|help|lets|as|like|than|while|before|after|until|for|about|with|between|such)\b"
)


def one_action(text: str) -> Iterator[Remark]:
    """Rule 2, for `do`. Three actions are clear; two may be one small act in two moves, so they are a warning."""
    plain = without_quotes(text).lower().replace("’", "'")
    more = [found for sentence in re.finditer(r"[^.?!;]+", plain) for found in _more_actions(sentence)]
    if not any(verb not in NOUNS_TOO or follows in _DETERMINERS for _, verb, follows in more):
        return
    start, verb, _ = more[0]
    word = text[start : start + len(verb)]
    if len(more) > 1:
        message = f"holds {len(more) + 1} actions: “{word}” begins another{by_rule(2)}"
        yield Remark(2, "do", start, "error", message, "keep one of them; the others can be nudges of their own")
    else:
        message = f"“{word}” may begin a second action{by_rule(2)}"
        yield Remark(2, "do", start, "warning", message, "keep one of the two")


def _more_actions(sentence: re.Match[str]) -> Iterator[tuple[int, str, str]]:
    """Where further actions begin in a sentence, their verbs and the word after each."""
    lead = re.match(r"\s*(?:then )?([a-z'-]+)(?: ([\w'-]+))?", sentence[0])
    if lead is None:
        return
    if sentence.start() > 0 and lead[1] in VERBS - _LIGHT:
        yield sentence.start() + lead.start(1), lead[1], lead[2] or ""
    led_in = lead[1] not in VERBS  # "At handover, name …": what follows is the first action
    for found in itertools.islice(_NEXT.finditer(sentence[0], lead.end(1)), int(led_in), None):
        before, verb, follows = sentence[0][: found.start()], found[1], found[2]
        if verb not in VERBS or verb in _LIGHT or follows in ("and", "or") or _SUBORDINATE.search(before):
            continue
        if _LEAD_INS.fullmatch(before):
            continue
        yield sentence.start() + found.start(1), verb, follows


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
            f"with the rest of the entry reads at grade {grade:.0f}; {GRADE_WANTED:.0f} is for everyone{by_rule(4)}"
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
    r"shared? (?:your |the )?screen|calendar invites?|screen reader|slide deck)\b",
    re.IGNORECASE,
)
_MAYBE_AT_A_DESK = re.compile(
    r"\b(?:(?:a|an|the|your|each|one|every|first|last|next|this|that|on|of|in) "
    r"(?:slides?|screens?|threads?|channels?|camera)|type (?:it|in|a|the|your|their|one|out)|mute|click)\b",
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
