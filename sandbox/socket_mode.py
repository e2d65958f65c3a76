"""Socket Mode: connections, hello, envelopes, acknowledgements, refresh. "Using Socket Mode" in Slack's docs."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.transport import FAILED, TIMED_OUT, Ack, Kind
from sandbox.world import JsonObject, World

CONNECTIONS = 10  # "up to 10 open WebSocket connections at the same time"
_ENVELOPE = {"command": "slash_commands", "interactive": "interactive", "event": "events_api"}


@dataclass(eq=False)
class _Connection:
    socket: web.WebSocketResponse
    transport: asyncio.BaseTransport | None
    waiting: dict[str, asyncio.Future[Ack]] = field(default_factory=dict)
    leaving: bool = False


class SocketMode:
    """Holds the app's connections and gives each payload to one of them, in turn."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._changed = asyncio.Event()

    @property
    def connections(self) -> int:
        """How many connections can take a payload now."""
        return len(self._connections)

    async def connected(self, count: int = 1) -> None:
        """Return once at least `count` connections are open."""
        while self.connections < count:
            self._changed.clear()
            await self._changed.wait()

    async def disconnected(self) -> None:
        """Return once no connection is open."""
        while self.connections:
            self._changed.clear()
            await self._changed.wait()

    def new_ticket(self) -> str:
        """The query of a new URL; each opens one connection."""
        ticket = self._world.new_word(36)
        self._tickets.add(ticket)
        return f"ticket={ticket}&app_id={self._world.app.id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, from hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="ticket unknown or used")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(request)
        if len(self._connections) >= CONNECTIONS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        connection = _Connection(socket, request.transport)
        self._connections.append(connection)
        try:
            await socket.send_json(self._hello())
            await socket.ping(b"Ping from applink")
            self._changed.set()
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(connection, message.data)
        finally:
            self._forget(connection)
        return socket

    async def send(self, kind: Kind, payload: JsonObject, *, retry: tuple[int, str] | None, timeout_s: float) -> Ack:
        """Give the payload to the next connection in turn and wait for its acknowledgement."""
        began = time.monotonic()
        if not self._connections:
            return Ack(error=FAILED, reason="connection_failed")
        # one that was told to go gets nothing more while there is another
        connection = next((c for c in self._connections if not c.leaving), self._connections[0])
        self._connections.remove(connection)
        self._connections.append(connection)
        envelope_id = str(uuid.UUID(int=self._world.rng.getrandbits(128), version=4))
        envelope: JsonObject = {
            "envelope_id": envelope_id,
            "type": _ENVELOPE[kind],
            "payload": payload,
            "accepts_response_payload": kind == "command" or payload.get("type") == "view_submission",
        }
        if kind == "event":
            envelope |= {"retry_attempt": retry[0] if retry else 0, "retry_reason": retry[1] if retry else ""}
        waiting: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = waiting
        try:
            await connection.socket.send_str(json.dumps(envelope))
            async with asyncio.timeout(timeout_s):
                ack = await waiting
        except TimeoutError:
            ack = Ack(error=TIMED_OUT, reason="timeout")
        except ConnectionError:
            ack = Ack(error=FAILED, reason="connection_failed")
        finally:
            connection.waiting.pop(envelope_id, None)
        body = ack.body if envelope["accepts_response_payload"] else None
        return Ack(body, ack.error, ack.reason, seconds=time.monotonic() - began)

    async def disconnect(self, reason: str = "refresh_requested", *, how_many: int | None = None) -> None:
        """Tell connections (all, or the `how_many` next in turn) to go: `warning` (a notice), `refresh_requested`
        or `link_disabled`. All but the warning close it as well."""
        for connection in list(self._connections)[:how_many]:
            connection.leaving = True
            if reason != "warning":
                self._connections.remove(connection)
            await connection.socket.send_json(_disconnect(reason))
            if reason != "warning":
                await connection.socket.close()

    async def drop(self) -> None:
        """Break every connection without a word, as a network does."""
        for connection in list(self._connections):
            self._forget(connection)
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()

    async def close(self) -> None:
        """Close every connection, the sandbox being about to end."""
        for connection in list(self._connections):
            await connection.socket.close()

    def _acknowledged(self, connection: _Connection, text: str) -> None:
        try:
            answer: Any = json.loads(text)
        except ValueError:
            return
        if isinstance(answer, dict):
            waiting = connection.waiting.get(str(answer.get("envelope_id")))
            if waiting is not None and not waiting.done():
                waiting.set_result(Ack(answer.get("payload")))

    def _forget(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        for waiting in connection.waiting.values():
            if not waiting.done():
                waiting.set_result(Ack(error=TIMED_OUT, reason="connection_failed"))
        self._changed.set()

    def _hello(self) -> JsonObject:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self._world.app.id},
        }


def _disconnect(reason: str) -> JsonObject:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
