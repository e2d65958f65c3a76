"""How a refusal travels inside the sandbox until it becomes Slack's JSON."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """The answer is `{"ok": false, "error": <code>, ...}`."""

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra: dict[str, Any] = dict(extra)
        if messages:
            self.extra["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}

    def answer(self) -> dict[str, Any]:
        """The body Slack would send."""
        return {"ok": False, "error": self.code, **self.extra}


class PersonError(Exception):
    """The person cannot do that: nothing on their screen allows it."""
