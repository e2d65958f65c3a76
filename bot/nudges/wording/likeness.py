"""Texts that say nearly the same. Two nudges of one practice are to differ in the situation, not in the wording.

Linear in the number of texts: each is compared only with the few latest that share a pair of neighbouring words with
it, or one word where the text is short; how alike they are, rapidfuzz says.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz

from bot.model import Nudge

NEARLY = 80.0
"""How alike two actions are, in percent of their letters in order, when one is the other in other words."""

NEARLY_IN_ONE_MOMENT = 70.0
"""The same for two actions of one practice at the very same moment."""

_AKIN = 60.0  # a long `when` in common makes no two actions alike that are not akin in themselves

_COMPARED = 12  # of those that share one pair of words: enough to meet a twin, few enough to stay linear


class Twin(NamedTuple):
    """The text in `field` of the entry `id` is like that of the earlier entry `other`; `exactly` or nearly."""

    id: str
    field: str
    other: str
    how: str
    exactly: bool = False


def alike(nudges: Iterable[Nudge]) -> Iterator[Twin]:
    """What each nudge says that an earlier one said already."""
    nudges = list(nudges)
    told: set[str] = set()  # once for each entry: who mends it reads the other one, and looks again
    for field in ("do", "why", "ask"):
        for id_, other in _copies([(nudge.id, getattr(nudge, field)) for nudge in nudges]):
            if id_ not in told:
                told.add(id_)
                yield Twin(id_, field, other, "is the same as in", exactly=True)
    by_id = {nudge.id: nudge for nudge in nudges}
    for id_, other in _neighbours([(nudge.id, nudge.do) for nudge in nudges]):
        if id_ not in told and (how := _how_alike(by_id[id_], by_id[other])):
            told.add(id_)
            yield Twin(id_, "do", other, how)


def alike_texts(field: str, texts: Iterable[tuple[str, str]]) -> Iterator[Twin]:
    """The same for any texts, each given with its id."""
    texts = list(texts)
    copies = list(_copies(texts))
    for id_, other in copies:
        yield Twin(id_, field, other, "is the same as in", exactly=True)
    known = {id_: _plain(text) for id_, text in texts}
    told = {id_ for id_, _ in copies}
    for id_, other in _neighbours(texts):
        if id_ not in told and fuzz.ratio(known[id_], known[other]) >= NEARLY:
            told.add(id_)
            yield Twin(id_, field, other, "says nearly the same as")


def _how_alike(nudge: Nudge, other: Nudge) -> str:
    do, other_do = _plain(nudge.do), _plain(other.do)
    same = fuzz.ratio(do, other_do)
    if same >= NEARLY or fuzz.token_sort_ratio(do, other_do) >= NEARLY + 5:
        return "says nearly the same as"
    when, other_when = _plain(nudge.when), _plain(other.when)
    if nudge.practice == other.practice and when == other_when and same >= NEARLY_IN_ONE_MOMENT:
        return "comes at the same moment and says nearly the same as"
    if same >= _AKIN and fuzz.ratio(f"{when} {do}", f"{other_when} {other_do}") >= NEARLY:
        return "together with `when` says nearly the same as"
    return ""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text.lower().replace("’", "'")))


def _copies(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each id whose text was there before, and the id it was there with."""
    first: dict[str, str] = {}
    for id_, text in texts:
        if (other := first.setdefault(_plain(text), id_)) != id_:
            yield id_, other


def _neighbours(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Pairs of ids whose texts may be alike, the later one first, each pair once."""
    shelves: dict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=_COMPARED))
    for id_, text in texts:
        words = _plain(text).split()
        pairs = set(pairwise(words)) | {("", word) for word in words if len(words) < 6}
        met: dict[str, None] = {}
        for pair in sorted(pairs):
            met.update(dict.fromkeys(shelves[pair]))
            shelves[pair].append(id_)
        for other in met:
            yield id_, other
