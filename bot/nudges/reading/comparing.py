"""What only shows when the entries of a library are seen together: copies, and gaps."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model import Nudge, Status
from bot.nudges.coverage import survey
from bot.nudges.reading.entries import Reading
from bot.nudges.wording.likeness import Twin, alike, alike_texts


def find_likenesses(reading: Reading) -> None:
    """Name the texts that say nearly the same. What is retired is not compared: its words may live on."""
    library = reading.library
    drawn = [nudge for nudge in library.nudges.values() if nudge.status is not Status.RETIRED and not _fresh(nudge)]
    _tell("nudges", alike(drawn), reading)
    _tell("reflections", alike_texts("ask", [(one.id, one.ask) for one in library.questions.values()]), reading)
    _tell("repairs", alike_texts("own", [(one.id, one.own) for one in library.repairs.values()]), reading)


def _tell(section: str, twins: Iterable[Twin], reading: Reading) -> None:
    for id_, field, other, how, exactly in twins:
        path, node, _ = reading.placed[section][id_]
        message = f"{how} {other} ({reading.placed[section][other].seen_from(path)})"
        mend = "make the situation differ, or retire one of the two" if section == "nudges" else "keep one of the two"
        if field in ("why", "ask") and section == "nudges":
            mend = "say what is true of this one alone"
        level = "error" if exactly and field == "do" else "warning"
        reading.findings.add(path, node.at((field,)), message, mend, id_=id_, name=field, level=level)


def find_gaps(reading: Reading) -> None:
    """Name what the library lacks against what it wants to hold, at the place where it would be added."""
    library, cover = reading.library, survey(reading.library)
    path, node = reading.begins["nudges"]
    for gap in filter(None, [*(one.gap() for one in cover.unexplained()), *(one.gap() for one in cover.cells)]):
        reading.findings.add(path, node, gap, "write more of these", name="nudges", level="warning")
    for practice in cover.practices:
        if gap := practice.gap():
            path, node, _ = reading.placed["practices"][practice.id]
            reading.findings.add(path, node, gap, "write more of these", id_=practice.id, level="warning")
    named = {nudge.season for nudge in library.nudges.values() if _live(nudge)}
    for season in library.seasons:
        if season not in named:
            path, node, _ = reading.placed["seasons"][season]
            message = "no live nudge names this season, so nothing comes of it when it opens"
            reading.findings.add(path, node, message, "write one, or delete the season", id_=season, level="warning")


def _fresh(nudge: Nudge) -> bool:
    """Whether its texts are still those of a fresh draft, which hold its id and are much the same in all drafts."""
    return any(nudge.id in text for text in (nudge.do, nudge.why, nudge.ask))


def _live(nudge: Nudge) -> bool:
    return nudge.status is Status.LIVE
