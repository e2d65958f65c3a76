"""An entry of the library as its curators read it: what members get, and what the file says about it, in words.

The words here are for curators, at a terminal or on the preview page; what members read passes through `words.say`.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Group
from rich.table import Table
from rich.text import Text

from bot.model import Audience, Library, Nudge, Question, Repair, Setting, Sphere, Stance, Status, Trigger
from bot.views import nudge as nudge_views
from bot.views.words import Words

STANCES = {Stance.FORWARD: "forward", Stance.ASIDE: "to the side", Stance.BACK: "back"}
SPHERES = {Sphere.SELF: "oneself", Sphere.MOMENT: "the moment", Sphere.SYSTEM: "the system"}
STRETCHES = {1: "1, comfortable", 2: "2, noticeable", 3: "3, risky"}
AUDIENCES = {Audience.EVERYONE: "everyone", Audience.MANAGER: "managers", Audience.LEADER: "leaders"}
SETTINGS = {
    Setting.ANY: "anywhere",
    Setting.MEETING: "in a meeting",
    Setting.CHAT: "in chat",
    Setting.DOCUMENT: "in a document",
    Setting.ONE_TO_ONE: "one to one",
    Setting.FLOOR: "on the floor, without a desk",
}
STATUSES = {
    Status.LIVE: "live",
    Status.DRAFT: "draft: nobody gets it yet",
    Status.RETIRED: "retired: nobody gets it any more, and its id stays taken",
}
_TRIGGERS = {Trigger.ANYTIME: "at any time", Trigger.WHEN_IT_HAPPENS: "when its moment comes"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about an entry; `url` is where more about it stands."""

    name: str
    text: str
    url: str | None = None


def said_of_nudge(words: Words, nudge: Nudge) -> list[Fact]:
    """What members read after the nudge itself: on demand, or after *Did it*."""
    general = "" if nudge.easier else " (the general one)"
    easier = nudge_views.easier(words, nudge).text + general
    return [Fact("Why", nudge.why), Fact("Ask", nudge.ask), Fact("Easier", easier)]


def facts_of_nudge(library: Library, nudge: Nudge) -> list[Fact]:
    """Where a nudge stands in the library, and where its idea comes from."""
    practice = library.practices[nudge.practice]
    season = library.seasons[nudge.season].label if nudge.season else "all year"
    wording = f", wording {nudge.rev}" if nudge.rev > 1 else ""
    return [
        Fact("Practice", f"{practice.label} ({practice.role})"),
        Fact("Stance", STANCES[nudge.stance]),
        Fact("Works on", SPHERES[nudge.sphere]),
        Fact("Fits", _TRIGGERS[nudge.trigger]),
        Fact("Stretch", STRETCHES[nudge.stretch]),
        Fact("Takes", "1 minute" if nudge.minutes == 1 else f"{nudge.minutes} minutes"),
        Fact("For", AUDIENCES[nudge.audience]),
        Fact("Where", ", ".join(text for setting, text in SETTINGS.items() if setting in nudge.settings)),
        Fact("Season", season),
        Fact("Status", STATUSES[nudge.status] + wording),
        *_sources(library, nudge.source),
    ]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in words: the lines it begins with, and the rest by name."""

    first: tuple[str, ...]
    facts: list[Fact]


def entry_in_words(words: Words, library: Library, id_: str) -> Entry | None:
    """The nudge, reflection question or repair card called `id_`; None where there is none."""
    if nudge := library.nudges.get(id_):
        return Entry((nudge.when, f"→ {nudge.do}"), [*said_of_nudge(words, nudge), *facts_of_nudge(library, nudge)])
    if question := library.questions.get(id_):
        return Entry((question.ask,), _facts_of_question(library, question))
    if card := library.repairs.get(id_):
        return Entry((f"“{card.say}”",), _facts_of_card(library, card))
    return None


def entry_table(entry: Entry) -> Group:
    """For a terminal."""
    table = Table.grid(padding=(0, 2))
    for fact in entry.facts:
        text = f"{fact.text}, {fact.url}" if fact.url else fact.text
        table.add_row(Text(fact.name, style="dim"), Text(text, overflow="fold"))
    return Group(*(Text(line, style="bold") for line in entry.first), "", table)


def _facts_of_question(library: Library, question: Question) -> list[Fact]:
    return [Fact("Reflection", f"about {question.about.replace('-', ' ')}"), *_sources(library, question.source)]


def _facts_of_card(library: Library, card: Repair) -> list[Fact]:
    return [
        Fact("Repair card", card.kind.replace("-", " ")),
        Fact("Own it", card.own),
        Fact("Repair", card.repair),
        Fact("Change", card.change),
        *_sources(library, card.source),
    ]


def _sources(library: Library, ids: tuple[str, ...]) -> list[Fact]:
    found = [library.sources[id_] for id_ in ids]
    return [Fact("Source", source.cite, source.url) for source in found]
