"""The librarian: whatever way an edit is saved, it is on the shelf within seconds; nothing holds anybody up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import structlog
from watchfiles import awatch

from bot.model import Finding, Library
from bot.nudges import shelf as shelves
from bot.nudges import watch as module
from bot.nudges.library import check
from bot.nudges.shelf import Shelf, Turn, marks, read
from bot.nudges.watch import Librarian
from tests.conftest import MONDAY
from tests.libraries import BROKEN, library_text, save

OLD, NEW = ("bring-in-01", "Say whose idea it was."), ("bring-in-01", "Name who had the idea first.")
NEVER_S = 600.0


class Watched:
    """A shelf that is watched, and what came of each edit."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder)
        self.turns: asyncio.Queue[Turn] = asyncio.Queue()
        self.librarian = Librarian(self.shelf, lambda: MONDAY, self.turns.put_nowait)
        reading = read(folder)
        assert reading is not None
        self.shelf.put(reading, MONDAY)

    async def turn(self, within_s: float = 10) -> Turn:
        """The next thing that came of an edit."""
        return await asyncio.wait_for(self.turns.get(), within_s)

    @property
    def do(self) -> str:
        """What the only nudge says now."""
        return self.shelf.library.nudges["bring-in-01"].do


@asynccontextmanager
async def watching(folder: Path) -> AsyncIterator[Watched]:
    """Watches `folder`; returns once the watch is there."""
    watched, looked = Watched(folder), asyncio.Event()
    loop = asyncio.get_running_loop()

    def noted(where: Path) -> Any:
        loop.call_soon_threadsafe(looked.set)
        return marks(where)

    with mock.patch.object(module, "marks", noted):
        task = asyncio.create_task(watched.librarian.watch())
        try:
            while not looked.is_set():  # a file that is none of the library's: once it is heard of, the watch is there
                (folder / "heard.txt").touch()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(looked.wait(), 0.3)
            yield watched
        finally:
            task.cancel()
            await asyncio.wait({task})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good library."""
    return save(tmp_path / "content", library_text(OLD)).parent


@pytest.fixture
def events_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No looks in between: what is seen was heard of."""
    monkeypatch.setattr(module, "_LOOK_S", NEVER_S)


@pytest.fixture
def looks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that sends no events, as network mounts do: watchfiles only ever times out."""

    async def silent(*_: Any, **__: Any) -> AsyncIterator[set[Any]]:
        while True:
            await asyncio.sleep(0.05)
            yield set()

    monkeypatch.setattr(module, "awatch", silent)


def over(folder: Path) -> None:
    save(folder, library_text(NEW))


def in_place(folder: Path) -> None:
    with (folder / "nudges.yaml").open("r+", encoding="utf-8") as file:
        file.truncate()
        file.flush()
        file.write(library_text(NEW))


def by_backup(folder: Path) -> None:
    (folder / "nudges.yaml").rename(folder / "nudges.yaml~")
    (folder / "nudges.yaml").write_text(library_text(NEW), encoding="utf-8")


def renamed(folder: Path) -> None:
    save(folder, library_text(NEW), "aside.txt")
    (folder / "nudges.yaml").unlink()
    (folder / "aside.txt").rename(folder / "ours.yaml")


def in_a_new_pack(folder: Path) -> None:
    (folder / "packs").mkdir()
    save(folder / "packs" / "ours", library_text(NEW), "pack.yaml")
    (folder / "nudges.yaml").unlink()


@pytest.mark.usefixtures("events_only")
@pytest.mark.parametrize("edit", [over, in_place, by_backup, renamed, in_a_new_pack])
async def test_however_an_editor_saves(folder: Path, edit: Callable[[Path], None]) -> None:
    """Renamed over, written in place, moved aside first, another name, a new folder below: heard of, and in use."""
    async with watching(folder) as watched:
        edit(folder)
        while watched.do != NEW[1]:
            await watched.turn()


@pytest.mark.usefixtures("looks_only")
@pytest.mark.parametrize("edit", [over, in_place, by_backup, renamed, in_a_new_pack])
async def test_without_any_event(folder: Path, edit: Callable[[Path], None]) -> None:
    """The look at names, sizes and times finds the same."""
    async with watching(folder) as watched:
        edit(folder)
        while watched.do != NEW[1]:
            await watched.turn()


@pytest.mark.usefixtures("events_only")
async def test_mounted_as_kubernetes_does(tmp_path: Path) -> None:
    """A ConfigMap: files are links into `..data`, which is a link to a dated folder and moves from one to the next."""
    mount = tmp_path / "mount"
    save(mount, library_text(OLD)).parent.rename(tmp_path / "first")
    mount.mkdir()
    (tmp_path / "first").rename(mount / "..2026_11_23")
    (mount / "..data").symlink_to("..2026_11_23")
    (mount / "nudges.yaml").symlink_to("..data/nudges.yaml")
    async with watching(mount) as watched:
        save(mount / "..2026_11_24", library_text(NEW))
        (mount / "..data_tmp").symlink_to("..2026_11_24")
        (mount / "..data_tmp").rename(mount / "..data")
        assert await watched.turn() is Turn.LOADED
        assert watched.do == NEW[1]
        shutil.rmtree(mount / "..2026_11_23")
        save(mount, library_text(OLD), "more.yaml")
        assert await watched.turn() is Turn.REFUSED  # the same id twice: the watch goes on


async def test_a_folder_that_is_a_link_which_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release folder: `current` leads elsewhere from one moment to the next; what stands there then is watched."""
    begun: asyncio.Queue[str] = asyncio.Queue()

    def noted(*given: Any, **more: Any) -> AsyncIterator[set[Any]]:
        begun.put_nowait("a watch")
        return awatch(*given, **more)

    monkeypatch.setattr(module, "awatch", noted)
    one, two = save(tmp_path / "one", library_text(OLD)).parent, save(tmp_path / "two", library_text(NEW)).parent
    (tmp_path / "current").symlink_to(one)
    async with watching(tmp_path / "current") as watched:
        (tmp_path / "next").symlink_to(two)
        (tmp_path / "next").rename(tmp_path / "current")
        assert await watched.turn() is Turn.LOADED
        assert watched.do == NEW[1]
        await begun.get()
        await asyncio.wait_for(begun.get(), 10)
        save(two, library_text(OLD))
        assert await watched.turn() is Turn.LOADED
        assert watched.do == OLD[1]


async def test_a_folder_deleted_and_made_again(folder: Path) -> None:
    """Refused while it is gone, and once it is back, in use; edits after that are seen too."""
    async with watching(folder) as watched:
        shutil.rmtree(folder)
        assert await watched.turn() is Turn.REFUSED
        assert watched.do == OLD[1]
        save(folder, library_text(NEW))
        while watched.do != NEW[1]:
            await watched.turn()
        save(folder, library_text(OLD))
        while watched.do != OLD[1]:
            await watched.turn()


async def test_a_folder_replaced_as_a_whole(folder: Path, tmp_path: Path) -> None:
    """Moved away, and another moved in."""
    other = save(tmp_path / "other", library_text(NEW)).parent
    async with watching(folder) as watched:
        os.rename(folder, tmp_path / "away")
        os.rename(other, folder)
        while watched.do != NEW[1]:
            await watched.turn()
        save(folder, library_text(OLD))
        while watched.do != OLD[1]:
            await watched.turn()


async def test_a_link_to_a_file_elsewhere(folder: Path, tmp_path: Path) -> None:
    """No event comes from there; a look finds it."""
    target = save(tmp_path / "shared", library_text(OLD))
    (folder / "nudges.yaml").unlink()
    (folder / "nudges.yaml").symlink_to(target)
    async with watching(folder) as watched:
        target.write_text(library_text(NEW), encoding="utf-8")
        while watched.do != NEW[1]:
            await watched.turn()


@pytest.mark.usefixtures("events_only")
async def test_broken_then_mended(folder: Path) -> None:
    """Each is told once; the words stay until the mend."""
    async with watching(folder) as watched:
        save(folder, BROKEN)
        assert await watched.turn() is Turn.REFUSED
        assert watched.do == OLD[1]
        save(folder, library_text(NEW))
        assert await watched.turn() is Turn.LOADED
        assert watched.do == NEW[1]


@pytest.mark.usefixtures("events_only")
async def test_nothing_is_loaded_when_nothing_changed(folder: Path) -> None:
    """Saved again as it was, touched, another file beside it: no turn comes before that of the next real edit."""
    async with watching(folder) as watched:
        library = watched.shelf.library
        save(folder, library_text(OLD))
        assert await watched.librarian.look(5) is Turn.SAME
        os.utime(folder / "nudges.yaml")
        (folder / "notes.txt").write_text("none of ours")
        assert await watched.librarian.look(5) is Turn.SAME
        assert watched.shelf.library is library
        save(folder, BROKEN)
        assert await watched.turn() is Turn.REFUSED
        assert watched.turns.empty()


async def test_watching_that_fails_is_logged_once_and_edits_are_seen_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No watches left on this machine: looks go on, and so do the attempts."""
    attempts: asyncio.Queue[str] = asyncio.Queue()

    def refused(*_: Any, **__: Any) -> AsyncIterator[set[Any]]:
        attempts.put_nowait("once more")
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(module, "awatch", refused)
    monkeypatch.setattr(module, "_LOOK_S", 0.05)
    with structlog.testing.capture_logs() as said:
        async with watching(folder) as watched:
            for text in (NEW, OLD):
                save(folder, library_text(text))
                assert await watched.turn() is Turn.LOADED
                assert watched.do == text[1]
            for _ in range(5):
                await attempts.get()
    assert [one["event"] for one in said] == ["library_not_watched"]


async def test_a_look_that_fails_is_not_the_last(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happened, the next edit is seen."""
    trouble = ["once"]
    async with watching(folder) as watched:

        def broken(*given: Any) -> Any:
            if trouble:
                raise MemoryError(trouble.pop())
            return read(*given)

        monkeypatch.setattr(module, "read", broken)
        save(folder, library_text(NEW))
        assert await watched.turn() is Turn.LOADED


@pytest.fixture
def let_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The checker takes until this is set, as it might over a pathological file."""
    event = threading.Event()

    def slow(folder: Path) -> tuple[Library | None, tuple[Finding, ...]]:
        event.wait(30)
        return check(folder)

    monkeypatch.setattr(shelves, "check", slow)
    yield event
    event.set()


async def test_a_slow_check_holds_up_neither_the_loop_nor_the_end(folder: Path, let_go: threading.Event) -> None:
    """Asked for a look, one hears in time that it takes longer; and stopping is at once."""
    let_go.set()
    watched = Watched(folder)
    let_go.clear()
    save(folder, library_text(NEW))
    began = time.monotonic()
    assert await watched.librarian.look(0.1) is None
    task = asyncio.create_task(watched.librarian.watch())
    await asyncio.sleep(0)
    watched.librarian.close()
    task.cancel()
    await asyncio.wait({task})
    assert time.monotonic() - began < 5
    assert watched.do == OLD[1]


async def test_a_slow_check_comes_to_its_end(folder: Path, let_go: threading.Event) -> None:
    """What took longer than somebody waited is on the shelf when it is done."""
    let_go.set()
    watched = Watched(folder)
    let_go.clear()
    save(folder, library_text(NEW))
    assert await watched.librarian.look(0.1) is None
    let_go.set()
    assert await watched.turn() is Turn.LOADED
    assert watched.do == NEW[1]


TEN = [(f"bring-in-{number:02}", f"{verb} it today.") for number, verb in enumerate(
    ("Share", "Name", "Check", "Swap", "Offer", "Invite", "Thank", "Pause", "Read", "Write"), start=1
)]  # fmt: skip


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    """A library of ten nudges."""
    return save(tmp_path / "content", library_text(*TEN)).parent


@pytest.mark.usefixtures("looks_only")
async def test_half_a_file_written_slowly_is_never_in_use(ten: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written in place, with a pause in the middle: half of it would be a good library, too."""
    paused = asyncio.Event()

    async def while_it_waits(_: float) -> None:
        paused.set()
        (ten / "nudges.yaml").write_text(library_text(*TEN, ("bring-in-11", "Ask it today.")), encoding="utf-8")

    watched = Watched(ten)
    (ten / "nudges.yaml").write_text(library_text(*TEN[:3]), encoding="utf-8")
    monkeypatch.setattr(asyncio, "sleep", while_it_waits)
    assert await watched.librarian.look(5) is Turn.LOADED
    assert paused.is_set()
    assert (watched.shelf.difference.added, watched.shelf.difference.gone) == (1, 0)


async def test_many_entries_may_go_for_good(ten: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What still stands at the second look is meant."""
    monkeypatch.setattr(module, "_SECOND_LOOK_S", 0.01)
    watched = Watched(ten)
    save(ten, library_text(*TEN[:3]))
    assert await watched.librarian.look(5) is Turn.LOADED
    assert len(watched.shelf.library.nudges) == 3


async def test_a_few_entries_may_go_at_once(ten: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a second look then."""
    monkeypatch.setattr(module, "_SECOND_LOOK_S", NEVER_S)
    watched = Watched(ten)
    save(ten, library_text(*TEN[:5]))
    assert await watched.librarian.look(5) is Turn.LOADED


@pytest.mark.usefixtures("looks_only")
async def test_a_folder_that_never_stands_still_is_logged_once_and_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer and longer between the looks, up to half a minute; the log says so after half a minute."""
    slept: list[float] = []
    enough = asyncio.Event()
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if seconds >= 1:
            slept.append(seconds)
        if len(slept) == 8:
            enough.set()
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    watched = Watched(folder)
    monkeypatch.setattr(module, "read", lambda *_: None)
    with structlog.testing.capture_logs() as said:
        task = asyncio.create_task(watched.librarian.watch())
        await asyncio.wait_for(enough.wait(), 10)
        task.cancel()
        await asyncio.wait({task})
    assert slept[:6] == [2, 4, 8, 16, 30, 30]
    assert [one["event"] for one in said] == ["library_never_still"]
