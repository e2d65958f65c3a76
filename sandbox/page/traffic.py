"""What goes to the bot and comes from it, for the inspector: payloads and acknowledgements, calls and answers."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from sandbox.dispatch import Sent
from sandbox.server import Call
from sandbox.world import Change, JsonObject, World

KEPT = 400
_WORDS = 60
_ENVELOPES = ("token", "api_app_id", "is_enterprise_install", "enterprise", "event_context", "authorizations")


class Traffic:
    """The newest entries, numbered from 1, ready to be sent as JSON."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: deque[JsonObject] = deque(maxlen=KEPT)
        self._count = 0

    def note(self, change: Change) -> None:
        """Keep what a change says about traffic, if it does."""
        if isinstance(change.what, Sent):
            self._keep(self._from_payload(change.what))
        elif isinstance(change.what, Call):
            self._keep(self._from_call(change.what))

    def since(self, number: int) -> list[JsonObject]:
        """The entries after that one, oldest first."""
        return [entry for entry in self._kept if entry["n"] > number]

    @property
    def last(self) -> int:
        """The number of the newest entry."""
        return self._count

    def _keep(self, entry: JsonObject) -> None:
        self._count += 1
        self._kept.append({"n": self._count, **entry})

    def _from_payload(self, sent: Sent) -> JsonObject:
        ack = sent.ack
        return {
            "way": "out",
            "title": _title(sent),
            "detail": _detail(sent.payload),
            "ok": ack.ok,
            "status": "acknowledged" if ack.ok else (ack.error or "failed"),
            "ms": round(ack.seconds * 1000),
            "at": self._world.clock.now().isoformat(),
            "who": self._name(_user_of(sent.payload)),
            "parts": {
                "payload": {key: value for key, value in sent.payload.items() if key not in _ENVELOPES},
                "acknowledgement": ack.body,
            },
        }

    def _from_call(self, call: Call) -> JsonObject:
        args = {key: _unpacked(value) for key, value in call.args.items()}
        error = call.answer.get("error") if isinstance(call.answer, dict) else None
        refused = f"HTTP {call.status}" if call.status else "connection cut"
        return {
            "way": "in",
            "title": call.method,
            "detail": str(args.get("text") or "")[:_WORDS],
            "ok": call.ok,
            "status": "ok" if call.ok else str(error or refused),
            "ms": round(call.seconds * 1000),
            "at": call.at.isoformat(),
            "who": self._name(str(args.get("user_id") or args.get("user") or args.get("channel") or "")),
            "parts": {"arguments": args, "answer": call.answer},
        }

    def _name(self, mark: str) -> str:
        for team in self._world.teams.values():
            channel = team.channels.get(mark)
            user = team.users.get(channel.user if channel is not None and channel.is_im else mark)
            if user is not None:
                return user.real_name
            if channel is not None:
                return f"#{channel.name}"
        return ""


def _title(sent: Sent) -> str:
    again = f" (attempt {sent.attempt + 1})" if sent.attempt else ""
    if sent.kind == "command":
        return f"{sent.payload['command']} {sent.payload['text']}".strip()[:_WORDS] + again
    if sent.kind == "event":
        return f"event {sent.payload['event']['type']}{again}"
    return f"{sent.payload['type']}{again}"


def _detail(payload: JsonObject) -> str:
    for action in payload.get("actions", []):
        return str(action.get("action_id", ""))
    view = payload.get("view")
    return str(view.get("callback_id", "")) if isinstance(view, dict) else ""


def _user_of(payload: JsonObject) -> str:
    user = payload.get("user") or payload.get("user_id") or payload.get("event", {}).get("user") or ""
    return str(user.get("id", "")) if isinstance(user, dict) else str(user)


def _unpacked(value: Any) -> Any:
    """JSON that travelled as a string in a form, opened up for reading."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
