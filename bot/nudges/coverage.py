"""How full the library is against what it wants to hold (CONTENT.md, "What the library must hold"). Live entries only.

More than wanted is no gap: the figures are the least with which nobody runs dry or gets the same thing in new words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.model import Audience, Library, Nudge, Setting, Sphere, Stance, Status, Trigger

MATRIX: dict[tuple[Audience, Stance], tuple[tuple[int, int, int], ...]] = {
    (Audience.EVERYONE, Stance.FORWARD): ((8, 5, 1), (9, 11, 6), (5, 6, 3)),
    (Audience.EVERYONE, Stance.ASIDE): ((9, 6, 1), (9, 9, 2), (7, 8, 3)),
    (Audience.EVERYONE, Stance.BACK): ((9, 6, 1), (9, 8, 3), (5, 5, 2)),
    (Audience.MANAGER, Stance.FORWARD): ((0, 1, 0), (1, 1, 0), (1, 1, 1)),
    (Audience.MANAGER, Stance.ASIDE): ((1, 0, 0), (0, 1, 0), (1, 1, 1)),
    (Audience.MANAGER, Stance.BACK): ((1, 0, 0), (0, 1, 1), (0, 2, 0)),
    (Audience.LEADER, Stance.FORWARD): ((0, 0, 0), (0, 1, 0), (1, 0, 1)),
    (Audience.LEADER, Stance.ASIDE): ((0, 0, 0), (0, 0, 0), (0, 1, 1)),
    (Audience.LEADER, Stance.BACK): ((1, 0, 0), (0, 1, 0), (0, 1, 0)),
}
"""Wanted for each audience and stance: for self, moment and system, how many at stretch 1, 2 and 3."""

VARIANTS = (6, 9)
"""How many variants of a practice carry it through its month: at least, and at most."""

REMOTE = frozenset({Setting.ANY, Setting.CHAT, Setting.DOCUMENT})
FLOOR = frozenset({Setting.ANY, Setting.FLOOR})


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the matrix."""

    audience: Audience
    stance: Stance
    sphere: Sphere
    stretch: int
    have: int
    want: int

    def gap(self) -> str:
        """What is missing, as a sentence; empty where nothing is."""
        where = f"{self.audience}, {self.stance}, {self.sphere}, stretch {self.stretch}"
        return f"{where}: {_of(self.have, self.want)}" if self.have < self.want else ""


@dataclass(frozen=True, slots=True)
class PracticeCover:
    """How many variants a practice has, and how many of them fit remote work and work without a desk."""

    id: str
    label: str
    have: int
    remote: int
    floor: int

    def gap(self) -> str:
        """What is missing, as a sentence; empty where nothing is."""
        parts = [
            f"{_of(self.have, VARIANTS[0])}" if self.have < VARIANTS[0] else "",
            "none fits remote work (chat, document or any)" if self.have and not self.remote else "",
            "none fits work without a desk (floor or any)" if self.have and not self.floor else "",
        ]
        said = "; ".join(part for part in parts if part)
        return f"practice {self.id}: {said}" if said else ""


@dataclass(frozen=True, slots=True)
class Total:
    """A count over the whole library."""

    what: str
    have: int
    want: int
    audiences: frozenset[Audience] = frozenset()
    """Whose fields of the matrix it sums up; none where it counts something else."""

    def gap(self) -> str:
        """What is missing, as a sentence; empty where nothing is."""
        return f"{self.what}: {_of(self.have, self.want)}" if self.have < self.want else ""


@dataclass(frozen=True, slots=True)
class LanguageCover:
    """How much of what members read there is in a language. `stale` ones are said, but of an older wording."""

    language: str
    have: int
    want: int
    missing: tuple[str, ...]
    stale: tuple[str, ...]

    def gap(self) -> str:
        """What is missing or stale, as a sentence; empty where nothing is."""
        parts = [
            f"{_of(self.have, self.want)}; without words: {', '.join(self.missing)}" if self.missing else "",
            f"made from an older wording: {', '.join(self.stale)}" if self.stale else "",
        ]
        said = "; ".join(part for part in parts if part)
        return f"language {self.language}: {said}" if said else ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole picture."""

    cells: tuple[Cell, ...]
    practices: tuple[PracticeCover, ...]
    totals: tuple[Total, ...]
    languages: tuple[LanguageCover, ...]

    def gaps(self) -> tuple[str, ...]:
        """A sentence for each gap, told once: totals first, then the matrix, the practices, the languages."""
        covers: tuple[Total | Cell | PracticeCover | LanguageCover, ...]
        covers = (*self.unexplained(), *self.cells, *self.practices, *self.languages)
        return tuple(said for cover in covers if (said := cover.gap()))

    def unexplained(self) -> Iterator[Total]:
        """The totals that would still fall short once every field of the matrix is filled."""
        for total in self.totals:
            missing = sum(max(0, cell.want - cell.have) for cell in self.cells if cell.audience in total.audiences)
            if total.want - total.have > missing:
                yield total


def survey(library: Library) -> Coverage:
    """Count what `library` holds against what is wanted."""
    live = [nudge for nudge in library.nudges.values() if nudge.status is Status.LIVE]
    return Coverage(
        tuple(_cells(live)), tuple(_practices(library, live)), _totals(library, live), tuple(_languages(library))
    )


def _of(have: int, want: int) -> str:
    return f"{have} of {want}, so {want - have} more"


def _cells(live: list[Nudge]) -> Iterator[Cell]:
    have: dict[tuple[Audience, Stance, Sphere, int], int] = {}
    for nudge in live:
        key = (nudge.audience, nudge.stance, nudge.sphere, nudge.stretch)
        have[key] = have.get(key, 0) + 1
    for (audience, stance), spheres in MATRIX.items():
        for sphere, wanted in zip(Sphere, spheres, strict=True):
            for stretch, want in enumerate(wanted, start=1):
                yield Cell(audience, stance, sphere, stretch, have.get((audience, stance, sphere, stretch), 0), want)


def _practices(library: Library, live: list[Nudge]) -> Iterator[PracticeCover]:
    variants: dict[str, list[Nudge]] = {id_: [] for id_ in library.practices}
    for nudge in live:
        variants.setdefault(nudge.practice, []).append(nudge)
    for id_, practice in library.practices.items():
        remote, floor = (sum(bool(n.settings & fits) for n in variants[id_]) for fits in (REMOTE, FLOOR))
        yield PracticeCover(id_, practice.label, len(variants[id_]), remote, floor)


def _totals(library: Library, live: list[Nudge]) -> tuple[Total, ...]:
    everybody = frozenset(Audience)
    evergreen = [nudge for nudge in live if nudge.audience is Audience.EVERYONE and nudge.season is None]
    return (
        Total("live nudges", len(live), 180, everybody),
        Total("nudges for any time", sum(nudge.trigger is Trigger.ANYTIME for nudge in live), 115, everybody),
        Total("nudges for the floor or anywhere", sum(bool(nudge.settings & FLOOR) for nudge in live), 105, everybody),
        Total("nudges for everyone, all year", len(evergreen), 136, frozenset({Audience.EVERYONE})),
        Total("nudges of a season", sum(nudge.season is not None for nudge in live), 24, everybody),
        Total("practices", len(library.practices), 24),
        Total("reflections", len(library.questions), 30),
        Total("repair cards", len(library.repairs), 20),
    )


def _languages(library: Library) -> Iterator[LanguageCover]:
    for language, spoken in sorted(library.translations.items()):
        wanted, missing, stale = 0, [], []
        for entries, said in zip(_worded(library), _worded(spoken), strict=True):
            for id_, entry in entries.items():
                if isinstance(entry, Nudge) and entry.status is not Status.LIVE:
                    continue
                wanted += 1
                if (words := said[id_]) is entry:
                    missing.append(id_)
                elif isinstance(entry, Nudge) and isinstance(words, Nudge) and words.rev < entry.rev:
                    stale.append(id_)
        yield LanguageCover(language, wanted - len(missing), wanted, tuple(missing), tuple(stale))


def _worded(library: Library) -> tuple[Mapping[str, object], ...]:
    """The sections with words that members read."""
    return library.practices, library.seasons, library.nudges, library.questions, library.repairs
