"""The one clock of the sandbox: everything that expires or is retried asks it, so tests move time, not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _system_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Time in UTC that only goes forward. `Clock()` is the system's; `Clock.frozen_at(...)` moves by `advance`."""

    def __init__(self, base: Callable[[], datetime] = _system_now, *, ticks: bool = True) -> None:
        """`base` gives aware datetimes; `ticks` says that it moves by itself at the pace of real seconds."""
        self._base = base
        self._ticks = ticks
        self._offset = timedelta()
        self._waiting: set[asyncio.Event] = set()

    @classmethod
    def frozen_at(cls, moment: datetime) -> Clock:
        """A clock that stands still at `moment` (aware) until it is advanced."""
        fixed = moment.astimezone(UTC)
        return cls(lambda: fixed, ticks=False)

    @classmethod
    def of(cls, given: Clock | Callable[[], datetime] | None) -> Clock:
        """A clock from whatever a caller has: a Clock, a function that gives the time, or nothing."""
        if isinstance(given, Clock):
            return given
        return cls() if given is None else cls(given)

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        return self._base().astimezone(UTC) + self._offset

    def timestamp(self) -> float:
        """Seconds since 1970, as Slack counts them."""
        return self.now().timestamp()

    @property
    def ahead(self) -> timedelta:
        """How far it has been advanced, all in all."""
        return self._offset

    def advance(self, by: timedelta | float) -> None:
        """Go forward by a timedelta or by seconds and wake all who wait; ValueError when asked to go back."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta():
            raise ValueError("the clock only goes forward")
        self._offset += step
        self.moved()

    def moved(self) -> None:
        """Tell those who wait that the time under this clock was changed from outside."""
        for waiting in list(self._waiting):
            waiting.set()

    async def sleep_until(self, moment: datetime) -> None:
        """Return once `now()` has reached `moment`; needs no real time where the clock is advanced."""
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            while (left := (moment - self.now()).total_seconds()) > 0:
                waiting.clear()
                try:
                    async with asyncio.timeout(left if self._ticks else None):
                        await waiting.wait()
                except TimeoutError:
                    continue
        finally:
            self._waiting.discard(waiting)
