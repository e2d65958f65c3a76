"""What Socket Mode and signed HTTP have in common: a payload goes out, an acknowledgement comes back or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sandbox.world import JsonObject

Kind = Literal["command", "interactive", "event"]

TIMED_OUT = "operation_timeout"
FAILED = "dispatch_failed"


@dataclass(frozen=True)
class Ack:
    """What came of one attempt. `error` is None when it was acknowledged in time; `reason` is the word for a retry."""

    body: Any = None
    error: str | None = None
    reason: str = "timeout"
    no_retry: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged."""
        return self.error is None


class Transport(Protocol):
    """A way to the app."""

    async def send(self, kind: Kind, payload: JsonObject, *, retry: tuple[int, str] | None, timeout_s: float) -> Ack:
        """Deliver once and wait for the acknowledgement, `timeout_s` real seconds at most."""
        ...
