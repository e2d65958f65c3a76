"""Rule 2 of CONTENT.md: a nudge asks for one action. English only."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.nudges.wording.form import Remark, by_rule
from bot.nudges.wording.phrase import without_quotes
from bot.nudges.wording.verbs import NOUNS_TOO, VERBS

_NEXT = re.compile(r"(?:, (?:and |then )*|(?<!,) and (?:then |also )?|(?<!,) then )([a-z'-]+)(?= ([\w’'“-]+))")
_LIGHT = frozenset(
    "see listen let leave wait hear notice keep watch mean say give ask do go come".split()  # noqa: SIM905
)
"""What an action may end in and still be one: “Ask it, and leave the rest to them”."""
_LEAD_INS = re.compile(
    r"\s*(?:stop|pause|wait|go|come|try|stay|sit|breathe|step|turn|stand|walk)"
    r"(?: (?:in|up|down|back|out|over|by|along|on))?(?: (?:to|into|at|by|with|beside) (?:[\w'-]+ ?){1,3})?"
)
"""How a single action may begin: “Stop and ask”, “Go to the board, and read …”."""
_DETERMINERS = frozenset(
    """
    the a an one two three your their its it them him her this that these those who what which how whether
    someone somebody people everyone each every any some
    """.split()  # noqa: SIM905 — a list of words is read best as words
)
_OF_A_CLAUSE = re.compile(
    r"\b(?:who|whom|whose|that|what|which|where|when|how|why|whether|if|so|than|while|before|after|until|"
    r"let|help|such|as|like|for|about|with|between|"
    r"to (?!(?:the|an?|your|their|them|one|someone|each|every\w*|this|that)\b)\w+)\b"
)
"""What one more verb may hang on (“Ask what to drop and swap it”), and no third."""
_OF_A_LIST = re.compile(r"\b(?:can|could|may|might|will|would|they|people|others|we|you) (?:\w+ly )?[a-z]+")
"""What a whole list of verbs hangs on: “Check that people can find it, read it and use it”."""


def one_action(text: str) -> Iterator[Remark]:
    """Rule 2, for `do`. Three actions are clear; two may be one small act in two moves, so they are a warning."""
    plain = without_quotes(text).lower().replace("’", "'")
    found = [one for sentence in re.finditer(r"[^.?!;]+", plain) for one in _more_actions(sentence)]
    if not any(one.sure and (one.verb not in NOUNS_TOO or one.follows in _DETERMINERS) for one in found):
        return
    # Once one more is sure, what comes between is one too: “Ask who is missing, invite them and thank the host”.
    more = [one for one in found if one.sure or one.follows in _DETERMINERS]
    start, verb = more[0].start, more[0].verb
    word = text[start : start + len(verb)]
    if len(more) > 1:
        message = f"holds {len(more) + 1} actions: “{word}” begins another{by_rule(2)}"
        yield Remark(2, "do", start, "error", message, "keep one of them; the others can be nudges of their own")
    else:
        message = f"“{word}” may begin a second action{by_rule(2)}"
        yield Remark(2, "do", start, "warning", message, "keep one of the two")


class _Action(NamedTuple):
    start: int
    verb: str
    follows: str
    sure: bool


def _more_actions(sentence: re.Match[str]) -> Iterator[_Action]:
    """Where further actions begin in a sentence, their verbs and the word after each."""
    lead = re.match(r"\s*(?:then )?([a-z'-]+)(?: ([\w'-]+))?", sentence[0])
    if lead is None:
        return
    if sentence.start() > 0 and lead[1] in VERBS - _LIGHT:
        yield _Action(sentence.start() + lead.start(1), lead[1], lead[2] or "", sure=True)
    led_in = lead[1] not in VERBS  # "At handover, name …": what follows is the first action
    begun = lead.start(1)
    for found in itertools.islice(_NEXT.finditer(sentence[0], lead.end(1)), int(led_in), None):
        before, verb, follows = sentence[0][begun : found.start()], found[1], found[2]
        if verb not in VERBS or follows in ("and", "or"):
            continue
        begun = found.start(1)
        if _OF_A_LIST.search(before):
            begun = found.start(1) - len(before)  # the list goes on
        elif verb not in _LIGHT and not _LEAD_INS.fullmatch(before):
            sure = not _OF_A_CLAUSE.search(before)
            yield _Action(sentence.start() + found.start(1), verb, follows, sure)
