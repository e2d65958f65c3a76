"""What admins read: how the library stands, what an edit broke, previews. Nobody else sees any of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.model import Finding, Status
from bot.nudges.shelf import Shelf, Turn
from bot.views.answers import coming_soon, shown_back
from bot.views.blocks import Block, Message, escape, quote, section
from bot.views.words import Words

_TOLD = 5
_LISTED = 10
_FINDING_HOLDS = 500
_LABELS_HOLD = 1000
ID_HOLDS = 60
"""Characters of what was typed for an id that an answer repeats; no id is longer."""


def broken_notice(words: Words, findings: Sequence[Finding], folder: Path, notice: str) -> Message:
    """An edit of the library was refused: file, line and reason. `notice` is the id the message carries."""
    first = words.say(
        "An edit of Ally's library cannot be used. The library before it goes on, so nobody misses a nudge."
    )
    then = words.say(
        "Mend it and save: Ally sees that by itself. /ally admin library shows how things stand. You get this because"
        " you are listed in ALLY_ADMINS."
    )
    errors = _errors(findings)
    lines = _lines(words, errors, folder, _TOLD)
    blocks = [section(first, block_id=notice), *_quoted(lines), section(then)]
    return Message("\n".join([first, *lines, then]), blocks)


def library_message(words: Words, shelf: Shelf, zone: ZoneInfo, today: date) -> Message:
    """How the library stands: since when, from where, what is in it, what is wrong. `today` is the admin's date."""
    parts: list[Block] = []
    said: list[str] = []

    def add(text: str, lines: Sequence[str] = ()) -> None:
        said.extend([text, *lines])
        parts.extend([section(escape(text)), *_quoted(lines)])

    add(_since(words, shelf, zone))
    counts = list(_counts(words, shelf, today))
    said += counts
    parts += _quoted(counts)  # labels come from a curator's file, too
    left = _LISTED
    if shelf.refused:
        lines = _lines(words, _errors(shelf.refused), shelf.folder, left)
        add(words.say("An edit since then cannot be used. What is wrong with it:"), lines)
        left = max(left - len(_errors(shelf.refused)), 0)
    if shelf.findings:
        lines = _lines(words, shelf.findings, shelf.folder, left)
        add(words.say("Worth a look in the library in use:"), lines)
    elif not shelf.refused:
        add(words.say("Nothing is wrong with it."))
    return Message("\n".join(said), parts)


def reloaded(words: Words, turn: Turn | None, shelf: Shelf, zone: ZoneInfo) -> Message:
    """What a look into the folder brought; None where it still goes on."""
    match turn:
        case None:
            return _plain(words.say("Ally is still reading. In a minute, /ally admin library shows what came of it."))
        case Turn.BUSY:
            return _plain(
                words.say("Somebody is saving right now. In a minute, /ally admin library shows what came of it.")
            )
        case Turn.LOADED:
            new = shelf.difference
            first = words.say(
                "Loaded. Entries that are new: {added}; changed: {changed}; gone: {gone}.",
                added=new.added, changed=new.changed, gone=new.gone,
            )  # fmt: skip
            others = words.say("Where Ally runs as several processes, the others follow within seconds.")
            lines = _lines(words, shelf.findings, shelf.folder, _LISTED)
            return Message("\n".join([first, others, *lines]), [section(f"{first} {others}"), *_quoted(lines)])
        case Turn.MENDED:
            return _plain(words.say("Mended: the library in the folder is the one in use again."))
        case Turn.SAME if not shelf.refused:
            return _plain(" ".join([words.say("Nothing has changed."), _since(words, shelf, zone)]))
    first = words.say("This cannot be used; the library before it goes on. What is wrong:")
    lines = _lines(words, _errors(shelf.refused), shelf.folder, _LISTED)
    return Message("\n".join([first, *lines]), [section(first), *_quoted(lines)])


def admin_help(words: Words, text: str = "", meant: str | None = None, *, known: bool = False) -> Message:
    """What admins can type. `text` is what was typed where Ally can do nothing with it: it may be a line, so it is
    shown back. `meant` is a near miss, or the very word, `known`, with more behind it than it takes."""
    first = ""
    if known:
        first = words.say("Did you mean {word}? Nothing was done.", word=f"/ally admin {meant}")
    elif meant is not None:
        first = words.say("I don't know that word. Did you mean {word}?", word=f"/ally admin {meant}")
    elif text:
        first = words.say("I don't know that word.")
    rows = [
        words.say("/ally admin library: since when it is in use, what is in it, what is wrong with it"),
        words.say("/ally admin preview ID: sends you that entry as members get it"),
        words.say("/ally admin reload: reads the files again now"),
        words.say("/ally admin pulse and /ally admin announce come soon"),
    ]
    lines = [first] if first else []
    blocks = [section(part) for part in [*lines, escape("\n".join(rows))]]
    return _with_text(words, Message("\n".join([*lines, *rows]), blocks), text)


def not_an_admin(words: Words, text: str = "") -> Message:
    """The same for every word behind `admin`. `text` is shown back where it may have been meant as a line."""
    first = words.say("That is for the people who look after Ally here, so nothing was done.")
    return _with_text(words, _plain(first), text)


def admin_soon(words: Words, word: str, text: str = "") -> Message:
    """A word behind `admin` that does nothing yet; `text` is shown back where more was typed than that word."""
    return _with_text(words, coming_soon(words, f"admin {word}"), text)


def preview_sent(words: Words, id_: str, status: Status) -> Message:
    """The preview stands in the admin's DM."""
    text = words.say("Sent to your direct messages with Ally: {id}.", id=id_)
    if status is Status.DRAFT:
        text += " " + words.say("It is a draft, so members do not get it yet.")
    elif status is Status.RETIRED:
        text += " " + words.say("It is retired, so members no longer get it.")
    return _plain(text)


def preview_not_sent(words: Words, code: str, perhaps: bool) -> Message:
    """Slack did not take the preview, for the reason in `code`; or `perhaps` it did and did not say so."""
    if perhaps:
        text = words.say(
            "Slack did not answer as it should ({code}). Look into your direct messages with Ally, or try again.",
            code=code,
        )
    else:
        text = words.say("Slack did not take it, and says why: {code}. Nothing was sent.", code=code)
    return _plain(text)


def which_entry(words: Words, typed: str, near: str | None, refused: bool, text: str = "") -> Message:
    """A preview of nothing, or of something that is not there; `near` is an id much like it. `text` is shown back."""
    short = _short(typed, ID_HOLDS)
    if not typed:
        said = words.say("Name the entry: /ally admin preview ID. The id is what stands behind “id:” in the file.")
    elif near is not None:
        said = words.say("There is no {id} in the library. Did you mean {near}?", id=short, near=near)
    else:
        said = words.say("There is no {id} in the library.", id=short)
    if typed and refused:
        said += " " + words.say("The last edit cannot be used, so this is the library before it: /ally admin library.")
    return _with_text(words, _plain(said), text)


def only_a_preview(words: Words) -> Message:
    """The answer to any press under a preview."""
    return _plain(words.say("This is a preview: the buttons work for members. Nothing was kept or changed."))


def _with_text(words: Words, message: Message, text: str) -> Message:
    """An answer, and below it what was typed, with a way to keep it."""
    if not text:
        return message
    return Message(f"{message.text}\n{text}", [*message.blocks, *shown_back(words, text, text)])


def _plain(text: str) -> Message:
    return Message(text, [section(escape(text))])


def _since(words: Words, shelf: Shelf, zone: ZoneInfo) -> str:
    assert shelf.loaded_at is not None  # noqa: S101 — no process runs without a library
    return words.say(
        "The library in use was loaded on {when} ({zone} time), from {folder}.",
        when=words.when(shelf.loaded_at, zone),
        zone=zone.key.replace("_", " "),
        folder=_short(shelf.folder.as_posix(), _FINDING_HOLDS),
    )


def _counts(words: Words, shelf: Shelf, today: date) -> Iterable[str]:
    library = shelf.library
    statuses = [nudge.status for nudge in library.nudges.values()]
    yield words.say(
        "Nudges: {live} live, {draft} draft, {retired} retired",
        live=statuses.count(Status.LIVE),
        draft=statuses.count(Status.DRAFT),
        retired=statuses.count(Status.RETIRED),
    )
    yield words.say("Practices: {count}", count=len(library.practices))
    running = ", ".join(season.label for season in library.seasons.values() if season.is_open(today))
    yield words.say(
        "Seasons: {count}; open today: {labels}",
        count=len(library.seasons),
        labels=_short(running, _LABELS_HOLD) or words.say("none"),
    )
    yield words.say("Reflection questions: {count}", count=len(library.questions))
    yield words.say("Repair cards: {count}", count=len(library.repairs))
    languages = ", ".join(words.language(code) for code in sorted(library.translations))
    yield words.say("Translations: {languages}", languages=_short(languages, _LABELS_HOLD) or words.say("none"))


def _errors(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.level == "error"]


def _lines(words: Words, findings: Sequence[Finding], folder: Path, most: int) -> list[str]:
    """The first `most` findings, a line each, and how many more there are."""
    lines = [_line(finding, folder) for finding in findings[:most]]
    more = len(findings) - len(lines)
    if more and lines:
        lines.append(words.many("And {count} more.", "And {count} more.", more))
    elif more:
        lines.append(words.many("{count} finding.", "{count} findings.", more))
    return lines


def _line(finding: Finding, folder: Path) -> str:
    file = Path(finding.file)
    if file != folder and file.is_relative_to(folder):
        finding = replace(finding, file=file.relative_to(folder).as_posix())
    return _short("• " + " ".join(str(finding).split()), _FINDING_HOLDS)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _quoted(lines: Sequence[str]) -> list[Block]:
    """As plain text: what stands in a curator's file is never read as mark-up."""
    return quote("\n".join(lines)) if lines else []
