"""Who gets what, and how often: one transport for the app, Slack's gate for events and its retries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox import shapes
from sandbox.http_delivery import HttpDelivery
from sandbox.socket_mode import SocketMode
from sandbox.transport import Ack, Kind
from sandbox.world import Change, JsonObject, Message, Team, World

RETRIES_AFTER_S = (0.0, 60.0, 300.0)  # "The Events API": nearly at once, after 1 minute, after 5 minutes
ACK_WITHIN_S = 3.0

_NEEDS = {  # which scope an event needs, beside being subscribed to
    "message.im": "im:history",
    "user_change": "users:read",
    "team_join": "users:read",
}


@dataclass(frozen=True)
class Sent:
    """One attempt at a delivery, for the log: `attempt` counts from 0."""

    kind: Kind
    payload: JsonObject
    attempt: int
    ack: Ack


class Dispatcher:
    """Sends payloads over whichever transport is in use, and remembers every attempt in `sent`."""

    def __init__(
        self,
        world: World,
        socket_mode: SocketMode,
        *,
        ack_within_s: float = ACK_WITHIN_S,
        retries_after_s: Sequence[float] = RETRIES_AFTER_S,
    ) -> None:
        self._world = world
        self.socket_mode = socket_mode
        self.http: HttpDelivery | None = None
        self.ack_within_s = ack_within_s
        self.retries_after_s = tuple(retries_after_s)
        self.sent: list[Sent] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop_listening = world.listen(self._on_change)

    async def send(self, kind: Kind, payload: JsonObject) -> Ack:
        """A command or an interactive payload: once, for Slack does not retry these."""
        return await self._attempt(kind, payload, 0, None)

    async def event(self, name: str, team: Team, event: JsonObject) -> Ack | None:
        """An event: None if the app does not get it, else what came of the first attempt. Retries go on behind."""
        if not self._wanted(name, team):
            return None
        payload = self._event_payload(team, event)
        began = self._world.clock.now()
        first = await self._attempt("event", payload, 0, None)
        if not first.ok and not first.no_retry:
            self._in_background(self._retry(payload, first, began))
        return first

    async def _retry(self, payload: JsonObject, last: Ack, began: datetime) -> None:
        for number, after_s in enumerate(self.retries_after_s, start=1):
            await self._world.clock.sleep_until(began + timedelta(seconds=after_s))
            began = self._world.clock.now()
            last = await self._attempt("event", payload, number, last.reason)
            if last.ok or last.no_retry:
                return

    async def _attempt(self, kind: Kind, payload: JsonObject, number: int, reason: str | None) -> Ack:
        transport = self.http or self.socket_mode
        retry = (number, reason or "unknown_error") if number else None
        ack = await transport.send(kind, payload, retry=retry, timeout_s=self.ack_within_s)
        sent = Sent(kind, payload, number, ack)
        self.sent.append(sent)
        self._world.tell(Change("sent", what=sent))
        return ack

    def _wanted(self, name: str, team: Team) -> bool:
        installation = team.installation
        if installation is None or name not in self._world.app.events:
            return False
        if name in ("app_uninstalled", "tokens_revoked"):
            return True
        needed = _NEEDS.get(name)
        return installation.standing == "active" and (needed is None or needed in installation.scopes)

    def _event_payload(self, team: Team, event: JsonObject) -> JsonObject:
        installation = team.installation
        bot_user = installation.bot_user if installation else ""
        return {
            "token": self._world.app.verification_token,
            "team_id": team.id,
            "api_app_id": self._world.app.id,
            "event": event,
            "type": "event_callback",
            "event_id": self._world.new_id("Ev"),
            "event_time": int(self._world.clock.timestamp()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team.id,
                    "user_id": bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{self._world.new_word(40)}",
        }

    # -- what the app itself writes in a DM comes back to it as events -------------------------------------------

    def _on_change(self, change: Change) -> None:
        message = change.what or change.before
        if change.kind != "message" or not isinstance(message, Message):
            return
        team = self._world.teams[message.team_id]
        if message.bot_id is None or not team.channels[message.channel].is_im:
            return
        if not self._wanted("message.im", team):
            return
        event: JsonObject = {"type": "message", "channel": message.channel, "channel_type": "im"}
        if isinstance(change.before, Message):
            stamp = self._world.new_ts()
            event |= {"hidden": True, "ts": stamp, "event_ts": stamp}
            event["previous_message"] = shapes.message_json(self._world, change.before)
            if change.what is None:
                event |= {"subtype": "message_deleted", "deleted_ts": message.ts}
            else:
                event |= {"subtype": "message_changed", "message": shapes.message_json(self._world, message)}
        else:
            event |= {**shapes.message_json(self._world, message), "event_ts": message.ts}
            event.pop("app_id", None)
        self._in_background(self._echo(team, event))

    async def _echo(self, team: Team, event: JsonObject) -> None:
        if self.http or self.socket_mode.connections:
            await self.event("message.im", team, event)

    def _in_background(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up retries and close what is open."""
        self._stop_listening()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.http is not None:
            await self.http.close()
            self.http = None
        await self.socket_mode.close()
