"""Trouble on demand: slowness, 5xx, cut connections, chosen errors, for some calls or a share of them."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

EVERY = "*"
RESPONSE_URL = "response_url"  # the method name under which posts to a response_url go wrong
CONNECTIONS = "connections"  # and the one for Socket Mode connections being opened


@dataclass(frozen=True)
class Fault:
    """One kind of trouble for one method (or `*`).

    delay_s: waits so long first, jittered by ±`jitter` (a share of it).
    status: answers this HTTP status, with nothing of Slack's in it; html: a web page, as a proxy in between would.
    retry_after_s: what status 429 asks to wait, in whole seconds. error: answers this Slack error (HTTP 200).
    missing_scope: answers as if this scope was not granted. cut: drops the connection without an answer.
    after: the call has had its effect before that happens; else it has none.
    times: for so many calls, then no more. share: for this share of calls only.
    """

    method: str = EVERY
    delay_s: float = 0.0
    jitter: float = 0.4
    status: int | None = None
    html: bool = False
    retry_after_s: int = 30
    error: str | None = None
    missing_scope: str | None = None
    cut: bool = False
    after: bool = False
    times: int | None = None
    share: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """For the control endpoint."""
        return asdict(self)


@dataclass(frozen=True)
class Trouble:
    """What the faults mean for one call: wait, then (before or after it had its effect) `fault`, or nothing."""

    delay_s: float = 0.0
    fault: Fault | None = None


class Faults:
    """The faults now set, and the seeded dice for shares and jitter."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._set: list[tuple[Fault, int]] = []

    def add(self, method: str = EVERY, **how: Any) -> Fault:
        """Set a fault; the arguments are Fault's fields. TypeError for an unknown one."""
        fault = Fault(method, **how)
        self._set.append((fault, 0))
        return fault

    def clear(self, method: str | None = None) -> None:
        """Take away all faults, or those of one method."""
        self._set = [(f, n) for f, n in self._set if method is not None and f.method != method]

    def down(self) -> Fault:
        """Slack wholly down: every call answers 503 and no connection opens, until `clear()`."""
        return self.add(EVERY, status=503)

    @property
    def current(self) -> list[Fault]:
        """The faults that can still happen."""
        return [fault for fault, used in self._set if fault.times is None or used < fault.times]

    def next_for(self, method: str) -> Trouble:
        """Throw the dice for one call: delays add up, of the others the first one counts."""
        delay, worst = 0.0, None
        for at, (fault, used) in enumerate(self._set):
            if fault.method not in (EVERY, method) or (fault.times is not None and used >= fault.times):
                continue
            if fault.share < 1 and self._rng.random() >= fault.share:
                continue
            harms = fault.status or fault.html or fault.error or fault.missing_scope or fault.cut
            if harms and worst is not None:
                continue
            self._set[at] = (fault, used + 1)
            delay += fault.delay_s * (1 + fault.jitter * self._rng.uniform(-1, 1))
            if harms:
                worst = fault
        return Trouble(delay, worst)
