"""Moving the clock, forward only. Nothing is leapt over: at every moment something is due, the bot gets its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sandbox.clock import Clock

MORNING = time(9, 35)
CHECK_IN = (4, time(15, 5))  # Friday, five minutes after the check-in that Ally offers on joining
_FARTHEST = timedelta(hours=2, minutes=30)  # without a bot to ask: below the three hours that a late nudge may be late
_STUCK = timedelta(minutes=15)  # what was due and did not get done is given another chance so much later
_TURN_S = 6.0
_IMPATIENT_S = 0.5  # after a turn that came to no end, so that a week in a broken Slack still passes


class Bot(Protocol):
    """What the clock needs to know of a bot in the same process."""

    async def next_due(self) -> datetime | None:
        """When the bot next has something to do by itself, if ever."""
        ...

    async def take_turn(self) -> None:
        """Returns once the bot has done what is due now."""
        ...


class Absent:
    """No bot here, or one in another process: it looks at the clock by itself and is given a moment to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def next_due(self) -> datetime | None:
        return self._clock.now() + _FARTHEST

    async def take_turn(self) -> None:
        await asyncio.sleep(0.05)


class Moves:
    """The buttons of the clock. One move at a time."""

    def __init__(self, clock: Clock, bot: Bot, on_step: Callable[[], None]) -> None:
        """`on_step` is called after every step, so that people see time pass."""
        self._clock, self.bot, self._on_step = clock, bot, on_step
        self._lock = asyncio.Lock()

    @property
    def moving(self) -> bool:
        """Whether a move is under way."""
        return self._lock.locked()

    def target(self, name: str, zone: ZoneInfo) -> datetime:
        """Where a button leads, for someone in that zone. LookupError for a button that is none."""
        now = self._clock.now()
        if name == "hour":
            return now + timedelta(hours=1)
        if name == "week":
            return now + timedelta(days=7)
        if name == "morning":
            return next_at(now, zone, MORNING, lambda weekday: weekday < 5)
        if name == "check_in":
            return next_at(now, zone, CHECK_IN[1], lambda weekday: weekday == CHECK_IN[0])
        raise LookupError(f"the clock has no button {name}")

    async def go(self, name: str, zone: ZoneInfo) -> datetime:
        """Move and return the moment reached."""
        async with self._lock:
            try:
                await self._walk(self.target(name, zone))
            finally:
                self._on_step()
        self._on_step()
        return self._clock.now()

    async def _walk(self, target: datetime) -> None:
        patience_s = _TURN_S
        while (now := self._clock.now()) < target:
            due = await self.bot.next_due() or target
            # a second past the minute: then it is due, and not only about to be
            stop = due + timedelta(seconds=1) if due > now else now + _STUCK
            self._clock.advance(max(min(stop, target) - now, timedelta()))
            self._on_step()
            if not await _finishes(self.bot.take_turn(), patience_s):
                patience_s = _IMPATIENT_S


async def _finishes(turn: Awaitable[None], within_s: float) -> bool:
    """Whether the bot came to an end in time; in a slow or broken Slack it may not, and time goes on all the same."""
    try:
        async with asyncio.timeout(within_s):
            await turn
    except TimeoutError:
        return False
    return True


def next_at(now: datetime, zone: ZoneInfo, at: time, fits: Callable[[int], bool]) -> datetime:
    """The next moment after `now` when it is `at` in the zone, on a day whose weekday (0 is Monday) fits."""
    day = now.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, at, zone)  # a working hour: no clock change makes it doubtful
        if moment > now and fits(day.weekday()):
            return moment.astimezone(now.tzinfo)
        day += timedelta(days=1)
