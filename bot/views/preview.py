"""The preview: every nudge of the library on one page, as members see it in Slack, to be read and searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from bot.model import Library, Nudge, Sphere, Stance, Status
from bot.views.entry import (
    AUDIENCES,
    SETTINGS,
    SPHERES,
    STANCES,
    STRETCHES,
    Fact,
    facts_of_nudge,
    said_of_nudge,
)  # fmt: skip
from bot.views.html import Look, render_blocks
from bot.views.nudge import nudge_message
from bot.views.page import one_file
from bot.views.words import Words

_ALL_YEAR = "-"
"""No season can be called that."""


@dataclass(frozen=True, slots=True)
class _Card:
    """A nudge as the page shows it; `tags` are what the filters look for."""

    nudge: Nudge
    shown: Markup
    said: list[Fact]
    facts: list[Fact]
    tags: str


@dataclass(frozen=True, slots=True)
class _Filter:
    """One menu of the page: its choices, each a tag's value and the words for it."""

    name: str
    label: str
    choices: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Group:
    """The nudges of one practice."""

    id: str
    label: str
    cards: Iterable[_Card]


def preview_page(words: Words, library: Library) -> str:
    """The page as HTML, one self-contained file: drafts and retired nudges too, in the order of the practices."""
    return one_file(
        "preview.html.j2",
        styles=("preview.css",),
        scripts=("preview.js",),
        count=len(library.nudges),
        counted=_counted(library),
        filters=_filters(library),
        groups=_groups(words, library),
    )


def _counted(library: Library) -> str:
    states = [nudge.status for nudge in library.nudges.values()]
    told = [f"{states.count(status)} {status}" for status in Status if status in states]
    return f"{len(states)} nudges ({', '.join(told)}) in {len(library.practices)} practices"


def _groups(words: Words, library: Library) -> Iterator[_Group]:
    place = {id_: at for at, id_ in enumerate(library.practices)}
    for id_, nudges in groupby(
        sorted(library.nudges.values(), key=lambda one: place[one.practice]), key=lambda one: one.practice
    ):
        yield _Group(id_, library.practices[id_].label, [_card(words, library, nudge) for nudge in nudges])


def _card(words: Words, library: Library, nudge: Nudge) -> _Card:
    # Nothing is delivered, so the entry's own id stands where the delivery's would.
    shown = render_blocks(nudge_message(words, nudge, nudge.id).blocks, Look(scope=nudge.id, still=True))
    tags = [
        f"practice:{nudge.practice}",
        f"stance:{nudge.stance}",
        f"stretch:{nudge.stretch}",
        f"sphere:{nudge.sphere}",
        f"audience:{nudge.audience}",
        f"season:{nudge.season or _ALL_YEAR}",
        f"status:{nudge.status}",
        *(f"where:{setting}" for setting in sorted(nudge.settings)),
    ]
    return _Card(nudge, shown, said_of_nudge(words, nudge), facts_of_nudge(library, nudge), " ".join(tags))


def _filters(library: Library) -> list[_Filter]:
    practices = [(one.id, one.label) for one in library.practices.values()]
    seasons = [(_ALL_YEAR, "all year"), *((one.id, one.label) for one in library.seasons.values())]
    return [
        _Filter("practice", "Practice", practices),
        _Filter("stance", "Stance", [(stance.value, STANCES[stance]) for stance in Stance]),
        _Filter("stretch", "Stretch", [(str(stretch), text) for stretch, text in STRETCHES.items()]),
        _Filter("sphere", "Works on", [(sphere.value, SPHERES[sphere]) for sphere in Sphere]),
        _Filter("audience", "For", [(one.value, text) for one, text in AUDIENCES.items()]),
        _Filter("where", "Where", [(one.value, text) for one, text in SETTINGS.items()]),
        _Filter("season", "Season", seasons),
        _Filter("status", "Status", [(status.value, status.value) for status in Status]),
    ]
