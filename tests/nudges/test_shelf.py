"""The shelf: whole libraries only, and the last good one for as long as an edit is broken."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model import Finding, Library
from bot.nudges import shelf as module
from bot.nudges.library import check
from bot.nudges.shelf import Difference, Shelf, Turn, marks, read
from tests.conftest import MONDAY
from tests.libraries import BROKEN, BROKEN_LINE, library_text, more_nudges, save

FIRST = ("bring-in-01", "Say whose idea it was.")
SECOND = ("bring-in-02", "Ask one person who has not spoken.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good library of one nudge."""
    return save(tmp_path / "content", library_text(FIRST)).parent


@pytest.fixture
def shelf(folder: Path) -> Shelf:
    """With that library on it."""
    shelf = Shelf(folder)
    assert look(shelf) is Turn.LOADED
    return shelf


def look(shelf: Shelf, at_minute: int = 0) -> Turn:
    """Reads the folder and puts it on the shelf."""
    reading = read(shelf.folder, shelf.known)
    assert reading is not None
    return shelf.put(reading, MONDAY + timedelta(minutes=at_minute))


def test_a_good_edit_is_in_use(shelf: Shelf) -> None:
    """With the moment, and how much is new, differs or is gone."""
    version = shelf.version
    save(shelf.folder, library_text(("bring-in-01", "Name who had the idea first."), SECOND))
    assert look(shelf, 5) is Turn.LOADED
    assert shelf.library.nudges["bring-in-01"].do == "Name who had the idea first."
    assert (shelf.loaded_at, shelf.difference) == (MONDAY + timedelta(minutes=5), Difference(added=1, changed=1))
    assert shelf.version != version
    save(shelf.folder, library_text(SECOND))
    look(shelf, 6)
    assert shelf.difference == Difference(gone=1)


def test_a_broken_edit_changes_nothing(shelf: Shelf) -> None:
    """The same library object, the same moment; beside them what is wrong, with its line."""
    before = shelf.library, shelf.loaded_at, shelf.version
    save(shelf.folder, BROKEN)
    assert look(shelf, 5) is Turn.REFUSED
    assert (shelf.library, shelf.loaded_at, shelf.version) == before
    assert [finding.line for finding in shelf.refused] == [BROKEN_LINE]
    assert look(shelf, 6) is Turn.SAME


def test_the_next_good_save_clears_it(shelf: Shelf) -> None:
    """Nothing of the refusal is left."""
    save(shelf.folder, BROKEN)
    look(shelf)
    save(shelf.folder, library_text(FIRST, SECOND))
    assert look(shelf) is Turn.LOADED
    assert (shelf.refused, shelf.refused_version) == ((), "")


def test_taking_the_broken_edit_back_clears_it_too(shelf: Shelf) -> None:
    """The library was in use all the while, so it counts as loaded when it was."""
    save(shelf.folder, BROKEN)
    look(shelf, 1)
    save(shelf.folder, library_text(FIRST))
    assert look(shelf, 2) is Turn.MENDED
    assert (shelf.refused, shelf.loaded_at) == ((), MONDAY)


def test_another_break_is_another_version(shelf: Shelf) -> None:
    """So that admins hear of each."""
    save(shelf.folder, BROKEN)
    look(shelf)
    first = shelf.refused_version
    save(shelf.folder, BROKEN + "# and more\n")
    assert look(shelf) is Turn.REFUSED
    assert shelf.refused_version not in ("", first)


@pytest.mark.parametrize("how", ["gone", "empty", "no live nudge"])
def test_never_an_empty_library(shelf: Shelf, how: str) -> None:
    """A folder that is gone for a moment, or holds nothing to send, is a broken edit."""
    library = shelf.library
    if how == "no live nudge":
        save(shelf.folder, library_text(FIRST, status="draft"))
    else:
        shutil.rmtree(shelf.folder)
        if how == "empty":
            shelf.folder.mkdir()
    assert look(shelf) is Turn.REFUSED
    assert shelf.library is library
    assert shelf.refused


def _closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may look into `folder`: as under chmod 000, which does not hold root back."""
    scandir = os.scandir

    def refused(path: str) -> Any:
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)


def _vanish(shelf: Shelf, at_minute: int) -> str:
    """The folder goes, is noticed and comes back; under which name it was told."""
    away = shelf.folder.with_name("away")
    shelf.folder.rename(away)
    assert look(shelf, at_minute) is Turn.REFUSED
    assert look(shelf, at_minute + 5) is Turn.SAME
    version = shelf.refused_version
    away.rename(shelf.folder)
    assert look(shelf, at_minute + 6) is Turn.MENDED
    return version


def test_missing_empty_and_closed_are_three_things(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told, also when one follows the other; each says what is the matter."""
    versions, said = set(), set()
    shutil.rmtree(shelf.folder)
    for how in ("missing", "empty", "closed"):
        if how == "empty":
            shelf.folder.mkdir()
        elif how == "closed":
            _closed(shelf.folder, monkeypatch)
        assert look(shelf) is Turn.REFUSED
        assert look(shelf) is Turn.SAME
        versions.add(shelf.refused_version)
        said.add(shelf.refused[0].message)
    assert len(versions) == len(said) == 3


def test_a_closed_folder_below_is_another_version(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack that Ally may no longer look into is no deleted pack."""
    save(shelf.folder / "packs", f"nudges:\n{more_nudges(SECOND)}", "ours.yaml")
    assert look(shelf) is Turn.LOADED
    _closed(shelf.folder / "packs", monkeypatch)
    assert look(shelf) is Turn.REFUSED
    assert "cannot be opened" in shelf.refused[0].message


def test_each_outage_is_news(shelf: Shelf) -> None:
    """A folder that vanishes again is another version: it has no bytes to be known by. The minute it began counts."""
    assert _vanish(shelf, 0) != _vanish(shelf, 10)


def test_what_others_may_call_the_same_outage(shelf: Shelf) -> None:
    """Another process may see it begin a minute earlier or later; an outage seen before is not the same one."""
    first = _vanish(shelf, 0)
    shutil.rmtree(shelf.folder)
    look(shelf, 1)
    assert len(shelf.refused_elsewhere) == 1
    assert first not in shelf.refused_elsewhere
    save(shelf.folder, BROKEN)
    look(shelf, 2)
    assert shelf.refused_elsewhere == frozenset()


def test_touched_but_not_changed(shelf: Shelf) -> None:
    """The same bytes under another time, or saved anew, are the same version: nothing is checked again."""
    before = marks(shelf.folder)
    save(shelf.folder, library_text(FIRST))
    assert marks(shelf.folder) != before
    reading = read(shelf.folder, shelf.known)
    assert reading is not None
    assert reading.found is None
    assert shelf.put(reading, MONDAY) is Turn.SAME


def test_marks_tell_of_every_touch(folder: Path) -> None:
    """A file added, renamed, written behind its time, deleted, its rights taken, or a link that leads elsewhere."""
    seen = {marks(folder)}

    def touched() -> None:
        now = marks(folder)
        assert now not in seen
        seen.add(now)

    save(folder, library_text(SECOND), "more.yaml")
    touched()
    (folder / "more.yaml").rename(folder / "other.yaml")
    touched()
    (folder / "other.yaml").chmod(0o600)
    touched()
    pack = save(folder.parent / "elsewhere", library_text(SECOND), "pack.yaml")
    (folder / "packs").symlink_to(pack.parent)
    touched()
    pack.write_text(library_text(SECOND) + "# a word\n", encoding="utf-8")
    touched()
    written = (folder / "other.yaml").stat()
    (folder / "other.yaml").write_text(library_text(SECOND).upper(), encoding="utf-8")
    os.utime(folder / "other.yaml", ns=(written.st_atime_ns, written.st_mtime_ns))  # same size, same time
    touched()
    (folder / "other.yaml").unlink()
    touched()
    (folder / "notes.txt").write_text("not a part of it")
    assert marks(folder) in seen


def test_a_version_is_the_same_on_every_machine(folder: Path, tmp_path: Path) -> None:
    """It depends on names below the folder and on bytes, not on where the folder lies or when it was written."""
    os.utime(folder / "nudges.yaml", (1, 1))
    shutil.copytree(folder, tmp_path / "copy")
    one, other = read(folder), read(tmp_path / "copy")
    assert one is not None
    assert other is not None
    assert one.version == other.version
    (tmp_path / "copy" / "nudges.yaml").rename(tmp_path / "copy" / "renamed.yaml")
    renamed = read(tmp_path / "copy")
    assert renamed is not None
    assert renamed.version != one.version


def test_odd_things_in_the_folder_hold_nobody_up(folder: Path) -> None:
    """A pipe, a folder with a file's name, a link to nowhere, links in a circle: read, and refused by the checker."""
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "nowhere.yaml").symlink_to(folder / "not there")
    (folder / "circle").symlink_to(folder)
    reading = read(folder)
    assert reading is not None
    assert reading.found is not None
    library, findings = reading.found
    assert library is None
    assert {Path(finding.file).name for finding in findings} == {"pipe.yaml", "folder.yaml", "nowhere.yaml"}


def test_half_old_and_half_new_is_never_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save in the middle of a reading: it is read again, and what is taken is what stands there at the end."""
    saved: list[str] = []

    def interrupted(where: Path) -> tuple[Library | None, tuple[Finding, ...]]:
        found = check(where)
        if not saved:
            saved.append("once")
            save(folder, library_text(SECOND))
        return found

    monkeypatch.setattr(module, "check", interrupted)
    reading = read(folder)
    assert reading is not None
    assert reading.found is not None
    library, _ = reading.found
    assert library is not None
    assert list(library.nudges) == ["bring-in-02"]


def test_what_never_stands_still_is_left_for_later(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who saves all the while does not keep the reader."""
    count = iter(range(100))

    def interrupted(_: Path) -> tuple[Library | None, tuple[Finding, ...]]:
        save(folder, library_text(FIRST) + f"# {next(count)}\n")
        return Library(), ()

    monkeypatch.setattr(module, "check", interrupted)
    assert read(folder) is None


def test_a_checker_that_raises_refuses(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours is told like a mistake in the file; the library in use stays."""

    def broken(_: Path) -> tuple[Library | None, tuple[Finding, ...]]:
        raise RecursionError

    monkeypatch.setattr(module, "check", broken)
    save(shelf.folder, library_text(SECOND))
    assert look(shelf) is Turn.REFUSED
    assert "RecursionError" in shelf.refused[0].message
    assert list(shelf.library.nudges) == ["bring-in-01"]


def test_a_library_may_be_one_file(tmp_path: Path) -> None:
    """As `ally library check` takes it."""
    file = save(tmp_path, library_text(FIRST))
    shelf = Shelf(file)
    assert look(shelf) is Turn.LOADED
    save(tmp_path, library_text(SECOND))
    assert look(shelf) is Turn.LOADED
    assert list(shelf.library.nudges) == ["bring-in-02"]
