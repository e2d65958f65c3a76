"""How fast one workspace is written to. Slack sets the speed, per workspace, and does not say where its limit lies:
go up while it accepts, down when it refuses (429), and never before the moment it names in `Retry-After`.

Pure: seconds of a clock that never goes back come in as arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

_START = 2.0  # messages a second
_SLOWEST = 0.2
_FASTEST = 1000.0
_WARMING = 1.1
_STEADY = 0.02
_BACK_OFF = 0.5

FIELD_RATE = 229 / 60
"""What Slack was seen to take in one workspace (a field report: 1,600 direct messages in 7 minutes)."""


def rate_now(noted: float | None, ceiling: float | None) -> float:
    """Messages a second to reckon with: as the last holder noted it, else `FIELD_RATE`; never above the ceiling."""
    return min(noted or FIELD_RATE, ceiling or _FASTEST)


def lateness(due: Iterable[datetime], rate: float) -> Iterator[timedelta]:
    """How late each of these will be, the earliest due first, where they go one after the other at `rate` a second."""
    free: datetime | None = None
    for at in sorted(due):
        starts = at if free is None else max(at, free)
        yield starts - at
        free = starts + timedelta(seconds=1 / rate)


class Pace:
    """`rate` in messages a second; `now` in seconds."""

    def __init__(self, rate: float | None, hold_s: float, ceiling: float | None, now: float) -> None:
        """`rate` as the last holder left it; nothing goes out for `hold_s` more; `ceiling` is never exceeded."""
        self._ceiling = ceiling or _FASTEST
        self._warming = rate is None
        self._next = self._not_before = now + max(0.0, hold_s)
        self.rate = min(rate or _START, self._ceiling)

    def allowance(self, now: float, window_s: float) -> int:
        """How many may be started between `now` and `now + window_s`."""
        if now < self._not_before:
            return 0
        left = now + window_s - max(self._next, now)
        return int(left * self.rate) + 1 if left >= 0 else 0

    def started(self, count: int, now: float) -> None:
        """Notes that `count` messages were started."""
        self._next = max(self._next, now) + count / self.rate

    def wait_s(self, now: float) -> float:
        """How long until the next may start."""
        return max(self._next - now, 0.0)

    def hold_s(self, now: float) -> float:
        """How much is left of what Slack asked for with `Retry-After`."""
        return max(self._not_before - now, 0.0)

    def accepted(self) -> None:
        """Slack took one: go a little faster; quickly until the first refusal, gently after it."""
        faster = self.rate * _WARMING if self._warming else self.rate + _STEADY
        self.rate = min(faster, self._ceiling)

    def refused(self, now: float, retry_after_s: float) -> None:
        """Slack answered 429: nothing more before `retry_after_s` has passed, then half as fast.

        A burst in flight may bring several refusals; only the first of them halves.
        """
        if now >= self._not_before:
            self.rate = max(self.rate * _BACK_OFF, min(_SLOWEST, self._ceiling))
        self._warming = False
        self._not_before = max(self._not_before, now + retry_after_s)
        self._next = max(self._next, self._not_before)
