"""Keeps a shelf current: a saved edit is on it within seconds, in every process, without a restart.

The operating system's events make it quick (watchfiles). A look at names, sizes and times every two seconds makes it
sure: network mounts send no events, a link to a file elsewhere is not watched, and a folder that is replaced as a
whole (a link that moves, a mount, delete and make again) takes its watch with it.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar

import structlog
from watchfiles import awatch

from bot.nudges.shelf import Reading, Shelf, Turn, marks, read

log = structlog.get_logger()

_LOOK_S = 2.0
_QUIET_MS = 200
"""How long nothing may happen before an edit is looked at: editors and `git pull` write in several steps."""
_LATEST_MS = 1_600
_SECOND_LOOK_S = 2.5
"""How long a save that takes much away must stand before it counts: some programs write a file in several goes."""
_LONGEST_PAUSE_S = 30.0
_PATIENCE = 5  # looks without a result, 2 + 4 + 8 + 16 s apart, before the log says so
T = TypeVar("T")


class Librarian:
    """The one that changes a shelf. `clock` is UTC; `turned` is told each time something came of an edit."""

    def __init__(self, shelf: Shelf, clock: Callable[[], datetime], turned: Callable[[Turn], None]) -> None:
        self._shelf, self._clock, self._turned = shelf, clock, turned
        self._one_at_a_time = asyncio.Lock()
        self._marks: tuple[object, ...] | None = None
        self._blind = False
        self._in_vain = 0
        self._asked: set[asyncio.Task[Turn]] = set()

    async def look(self, within_s: float) -> Turn | None:
        """Reads the folder now, whatever its times say. None where that takes longer than `within_s`; it goes on."""
        task = asyncio.create_task(self._look())
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        done, _ = await asyncio.wait({task}, timeout=within_s)
        return task.result() if done else None

    def close(self) -> None:
        """Nobody waits for looks any longer."""
        for task in self._asked:
            task.cancel()

    async def watch(self) -> None:
        """Looks whenever something happened in the folder. Never returns; cancel it. Trouble is logged once."""
        while True:
            try:
                await self._watch()
            except Exception as error:  # noqa: BLE001 — no such folder, no watches left, trouble inside watchfiles
                if not self._blind:
                    log.warning("library_not_watched", error=type(error).__name__, looks_every_s=_LOOK_S)
                self._blind = True
                await asyncio.sleep(_LOOK_S)
            await self._look_if_touched()

    async def _watch(self) -> None:
        """Returns once another folder stands there."""
        folder = self._shelf.folder
        place = await _aside(lambda: _place(folder))
        changes = awatch(
            folder, watch_filter=None, debounce=_LATEST_MS, step=_QUIET_MS, rust_timeout=int(_LOOK_S * 1000),
            yield_on_timeout=True, ignore_permission_denied=True,
        )  # fmt: skip
        async with aclosing(changes):
            async for _ in changes:
                self._blind = False
                await self._look_if_touched()
                if await _aside(lambda: _place(folder)) != place:
                    return

    async def _look(self) -> Turn:
        async with self._one_at_a_time:
            return await self._read()

    async def _look_if_touched(self) -> None:
        async with self._one_at_a_time:
            try:
                if await _aside(lambda: marks(self._shelf.folder)) != self._marks:
                    await self._read()
            except Exception as error:  # noqa: BLE001 — whatever it was, the next look must come
                log.error("library_not_looked_at", error=type(error).__name__)
        if self._in_vain:  # reading it three times over, all the time, would be all that this process does
            await asyncio.sleep(min(2.0**self._in_vain, _LONGEST_PAUSE_S))

    async def _read(self) -> Turn:
        reading = await self._at_rest()
        if reading is None:  # somebody is still saving
            self._marks = None
            self._in_vain += 1
            if self._in_vain == _PATIENCE:
                log.warning("library_never_still", looks_every_s=_LONGEST_PAUSE_S)
            return Turn.BUSY
        turn = self._shelf.put(reading, self._clock())
        self._marks, self._in_vain = reading.marks, 0
        if turn is not Turn.SAME:
            self._turned(turn)
        return turn

    async def _at_rest(self) -> Reading | None:
        """What stands in the folder; where much of the library is gone, only if it still is after a while."""
        shelf = self._shelf
        reading = await _aside(lambda: read(shelf.folder, shelf.known))
        if reading is None or not shelf.loses_much(reading):
            return reading
        await asyncio.sleep(_SECOND_LOOK_S)
        again = await _aside(lambda: read(shelf.folder, shelf.known | {reading.version}))
        if again is not None and again.version == reading.version:
            return reading
        return None if again is None or shelf.loses_much(again) else again


def _place(folder: os.PathLike[str]) -> object:
    """Which folder stands there now."""
    try:
        seen = os.stat(folder)
    except OSError as error:
        return error.errno
    return seen.st_dev, seen.st_ino


def _aside(work: Callable[[], T]) -> Awaitable[T]:
    """`work` in a thread that nobody has to wait for: a file that takes a minute to check must not hold up the end
    of the process, and the loop's own threads would."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 — it is raised again where it is waited for
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            return  # the loop has ended meanwhile

    threading.Thread(target=run, name="library", daemon=True).start()
    return done
