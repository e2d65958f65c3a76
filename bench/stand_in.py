"""A Slack that only answers. `python -m bench.stand_in --delay-ms 50`; prints its port, serves until it is stopped.

The sandbox is a strict Slack, and checking every block costs it far more than the bot spends: at 20,000 messages it
would be the thing measured. This one reads no more than it must to answer in Slack's shapes, and each answer takes a
little longer or shorter than the last (±40%), for a constant delay would put all posts in step and flatter batching.

`GET /figures` says what it saw: posts, seconds from the first to the last, the mean and most in flight between.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Annotated

import typer

JITTER = 0.4
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-oauth-scopes: chat:write,commands\r\n"


class Seen:
    """Posts so far, and how many were open at once."""

    def __init__(self) -> None:
        self.posts = self.answered = self.open = self.most = 0
        self.first = self.last = self._since = self._area = 0.0

    def begins(self) -> None:
        now = self._tick()
        self.first = self.first or now
        self.last = now
        self.posts += 1
        self.open += 1
        self.most = max(self.most, self.open)

    def ends(self) -> None:
        self._tick()
        self.open -= 1
        self.answered += 1

    def figures(self) -> dict[str, float]:
        seconds = self.last - self.first
        mean = self._area / (self._since - self.first) if self._since > self.first else 0.0
        return {"posts": self.posts, "answered": self.answered, "seconds": seconds, "most": self.most, "mean": mean}

    def _tick(self) -> float:
        now = time.monotonic()
        self._area += self.open * (now - self._since) if self._since else 0.0
        self._since = now
        return now


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time, as HTTP clients do without pipelining."""

    def __init__(self, seen: Seen, delay_s: float, rng: random.Random) -> None:
        self._seen, self._delay_s, self._rng = seen, delay_s, rng
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            line, *lines = self._buffer[:end].split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(b":") for one in lines)}
            whole = end + 4 + int(headers.get(b"content-length", b"0"))
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._answer(line.split(b" ")[1].decode(), headers, body)

    def _answer(self, path: str, headers: dict[bytes, bytes], body: bytes) -> None:
        team = headers.get(b"authorization", b"").rpartition(b"-")[2].decode()
        method = path.rpartition("/")[2]
        if method == "chat.postMessage":
            self._seen.begins()
            channel = json.loads(body)["channel"]
            answer = {"ok": True, "channel": channel, "ts": f"{time.time():.6f}", "message": {}}
            delay = self._delay_s * self._rng.uniform(1 - JITTER, 1 + JITTER)
            asyncio.get_running_loop().call_later(delay, self._posted, answer)
        elif method == "figures":
            self._write(self._seen.figures())
        elif method == "auth.test":
            self._write(
                {"ok": True, "team_id": team, "team": team, "user_id": "UALLY", "bot_id": "BALLY", "url": "https://x/"}
            )
        else:
            self._write({"ok": True, "messages": [], "channel": {"id": "D1"}})

    def _posted(self, answer: dict[str, object]) -> None:
        self._seen.ends()
        self._write(answer)

    def _write(self, answer: dict[str, object] | dict[str, float]) -> None:
        body = json.dumps(answer).encode()
        if not self._out.is_closing():
            self._out.write(b"%bcontent-length: %d\r\n\r\n%b" % (_HEAD, len(body), body))


async def _serve(delay_s: float) -> None:
    seen, rng = Seen(), random.Random(1)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(seen, delay_s, rng), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(delay_ms: Annotated[float, typer.Option()] = 50.0) -> None:
    """Serves until it is stopped."""
    asyncio.run(_serve(delay_ms / 1000))


if __name__ == "__main__":
    typer.run(main)
