"""`ally library …`: the curator's tools. Thin; they need no settings, no Slack and no database."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console, RenderableType
from typer.core import TyperGroup

from bot.config import content_folder, content_setting
from bot.model import Library, Status
from bot.nudges.coverage import survey
from bot.nudges.drafting.add import add_draft
from bot.nudges.drafting.insertion import NoDraft
from bot.nudges.library import check
from bot.nudges.reading.files import surrounding
from bot.nudges.reading.json_schema import library_schema, translation_schema
from bot.nudges.reading.schema import meant
from bot.nudges.rehearsal import rehearse
from bot.views.coverage import coverage_page, coverage_tables
from bot.views.entry import entry_in_words, entry_table
from bot.views.preview import preview_page
from bot.views.words import words_for


class _Tools(TyperGroup):
    """What holds for each of them: nothing that standard output cannot say or take is answered with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        if sys.stdout is None:
            _fail("standard output is closed, so nothing can be told", 1)
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except OSError as error:
            if error.filename is not None or error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF):
                raise
            # What is still to be written would fail again as Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if error.errno == errno.EPIPE:  # `… | head`: the reader has seen enough
                raise typer.Exit(1) from None
            _fail(f"standard output cannot be written ({error.strerror})", 1)


library_commands = typer.Typer(cls=_Tools, help="The curator's tools.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Content = Annotated[Path | None, typer.Option("--content", metavar="PATH", help="The library, if not ALLY_CONTENT.")]
_HERE = Path("content", "nudges.yaml")
_READER = "en-GB"
"""Whose words the buttons of a preview are in."""

_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|\Z)", re.IGNORECASE)


@library_commands.command("check")
def library_check(
    path: Annotated[
        Path | None, typer.Argument(help="A folder or a file; by default ALLY_CONTENT or the shipped one.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    as_json: Json = False,
) -> None:
    """Reads the library and names everything that is wrong, with file, line and the mend.

    For a whole folder, also what it lacks, and how far it would carry five made-up members through a year.
    """
    folder = _near(_folder(path))
    library, findings = check(folder, gaps=True)
    around = surrounding(folder) if library is None else None
    if around is not None:  # a part of a library names what stands in the rest of it
        library, everything = check(around)
        findings = tuple(one for one in everything if Path(one.file).is_relative_to(os.path.abspath(folder)))
        findings = tuple(dataclasses.replace(one, file=_near(Path(one.file)).as_posix()) for one in findings)
    errors = sum(one.level == "error" for one in findings)
    code = int(bool(errors or (strict and findings)))
    if as_json:
        _print_json({"findings": [dataclasses.asdict(one) for one in findings]})
        raise typer.Exit(code)
    for level in ("error", "warning"):
        if those := [one for one in findings if one.level == level]:
            print(f"{_count(len(those), level)}:", *those, "", sep="\n", file=sys.stderr)
    counts = [_count(errors, "error"), _count(len(findings) - errors, "warning")]
    if around is None:
        print(f"{folder}: {', '.join([*_what_there_is(library), *counts])}")
    else:
        print(f"{folder}, read with the rest of {_near(around)}: {', '.join(counts)}")
        if elsewhere := sum(one.level == "error" for one in everything) - errors:
            verb = "stands" if elsewhere == 1 else "stand"
            print(f"{_count(elsewhere, 'error')} {verb} in other files: `ally library check {_near(around)}`")
    if code and not errors:
        print("By --strict, warnings fail the check.", file=sys.stderr)
    if library is not None and around is None and folder.is_dir():
        start = datetime.now(UTC).date()
        print(f"A year of working days from {start.isoformat()}:")
        print(*(f"  {run}" for run in rehearse(library, start, seed=0)), sep="\n")
    raise typer.Exit(code)


@library_commands.command("coverage")
def library_coverage(
    path: Annotated[Path | None, typer.Argument(help="The library, if not ALLY_CONTENT or the shipped one.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it to this file, as a page.")
    ] = None,
) -> None:
    """Counts what the library holds, and names each gap.

    The matrix, the practices, the totals and the languages. A gap is no failure.
    """
    coverage = survey(_sound_library(_folder(path)))
    if html is not None:
        _write_page(html, coverage_page(coverage))
    else:
        _show(coverage_tables(coverage))


@library_commands.command("preview")
def library_preview(
    id_: Annotated[str | None, typer.Argument(metavar="ID", help="A nudge, a reflection or a repair card.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write every nudge to one page.")] = None,
    content: Content = None,
) -> None:
    """Shows an entry as members read it.

    With --html every nudge as it looks in Slack, on one page to filter, search and print.
    """
    if id_ and html:
        _fail("give an ID or --html, not both: the page holds every nudge", 2)
    if not id_ and html is None:
        _fail("give an ID, such as `ally library preview bring-in-01`, or a page to write: --html preview.html", 2)
    library, words = _sound_library(_folder(content)), words_for(_READER)
    if html is not None:
        _write_page(html, preview_page(words, library))
    elif entry := entry_in_words(words, library, id_ or ""):
        _show(entry_table(entry))
    else:
        ids = [*library.nudges, *library.questions, *library.repairs]
        _fail(f"{id_} is not in the library → {meant(id_ or '', ids, 'look for its id in the files')}", 2)


@library_commands.command("new")
def library_new(
    practice: Annotated[str, typer.Argument(metavar="PRACTICE", help="The id of a practice, such as bring-in.")],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Where to put it: a pack of yours, new or there.")
    ] = None,
    content: Content = None,
) -> None:
    """Adds a draft with the next id, for you to write.

    Nothing else in the file changes, and drafts are not sent.
    """
    folder = _folder(content)
    library = _sound_library(folder)
    if practice not in library.practices:
        mend = meant(practice, library.practices, "add it under `practices:` first, or use one that is there")
        _fail(f"{practice} is no practice of the library → {mend}", 2)
    try:
        made = add_draft(folder, library, practice, file)
    except NoDraft as error:
        _fail(str(error), 2)
    except OSError as error:
        _fail(f"{error.filename or folder}: cannot be written ({error.strerror})", 1)
    print(f"{_near(made.file)}:{made.line}: {made.id}")
    print("Write its words there, then run `ally library check`. Change `status: draft` to `live` to have it sent.")


@library_commands.command("schema")
def library_schema_(
    translation: Annotated[
        bool, typer.Option("--translation", help="The one for files such as nudges.de.yaml.")
    ] = False,
) -> None:
    """Prints the JSON Schema of the files, for editors.

    By it they complete and check what a curator types.
    """
    _print_json(translation_schema() if translation else library_schema())


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _what_there_is(library: Library | None) -> list[str]:
    if library is None:
        return []
    live = sum(nudge.status is Status.LIVE for nudge in library.nudges.values())
    return [
        f"{_count(len(library.nudges), 'nudge')} ({live} live)",
        _count(len(library.practices), "practice"),
        _count(len(library.questions), "reflection"),
        _count(len(library.repairs), "repair card"),
        *(f"words in {language}" for language in library.translations),
    ]


def _folder(given: Path | None) -> Path:
    folder = _near(given or content_setting(os.environ) or content_folder())
    if not os.path.exists(folder):
        _fail(f"{folder}: there is nothing of that name → name the folder of the library", 2)
    if given is None and _HERE.is_file() and not _HERE.resolve().is_relative_to(folder.resolve()):
        mend = "to have content/ here read, name it, or set ALLY_CONTENT=content"
        print(f"note: this reads {folder}, not content/ → {mend}", file=sys.stderr)
    return folder


def _sound_library(folder: Path) -> Library:
    """The library, or its errors on standard error and exit code 1."""
    library, findings = check(folder)
    if library is None:
        _fail("\n".join(str(one) for one in findings if one.level == "error"), 1)
    return library


def _write_page(file: Path, page: str) -> None:
    if file.suffix.lower() in (".yaml", ".yml"):
        _fail(f"--html: {file} would be a file of a library → call the page {file.stem}.html", 2)
    try:
        if file.is_file() and not _PAGE.match(file.read_bytes()[:200]):
            _fail(f"--html: {file} is there and is no page → give a name that is not taken", 2)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        _fail(f"--html: {file} cannot be written ({error.strerror})", 2)
    print(f"{_near(file)} is written; open it in a browser")


def _print_json(document: object) -> None:
    # Where not all letters can be written, JSON has a way of its own to say them.
    ascii_only = "utf" not in sys.stdout.encoding.lower()
    print(json.dumps(document, ensure_ascii=ascii_only, indent=2))


def _show(what: RenderableType) -> None:
    """On a terminal in its width and colours; elsewhere plain, whole lines."""
    if sys.stdout.isatty():
        Console(highlight=False).print(what)
        return
    console = Console(width=10_000, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(what)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _near(path: Path) -> Path:
    """The path from here, if it lies below."""
    here = Path.cwd()
    return path.absolute().relative_to(here) if path.absolute().is_relative_to(here) else path


def _fail(problem: str, code: int) -> NoReturn:
    print(problem, file=sys.stderr)
    raise typer.Exit(code)
