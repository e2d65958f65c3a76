"""Signed HTTP delivery to the app's one request URL. "Verifying requests from Slack" in Slack's docs."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox.transport import FAILED, TIMED_OUT, Ack, Kind
from sandbox.world import JsonObject, World


class HttpDelivery:
    """Posts payloads to one URL, signed with the app's signing secret.

    `wall` gives the seconds since 1970 that go into the signature: the receiver holds them against the clock on
    its own wall, so they are real ones even where the sandbox's clock is not.
    """

    def __init__(self, world: World, url: str, wall: Callable[[], float] = time.time) -> None:
        self._world = world
        self.url = url
        self.verified = False
        self._wall = wall
        self._session = aiohttp.ClientSession()

    async def verify(self) -> None:
        """Slack's url_verification: the challenge has to come back. Raises ValueError where it does not."""
        challenge = self._world.new_word(48)
        body = {"token": self._world.app.verification_token, "challenge": challenge, "type": "url_verification"}
        ack = await self._post("event", body, None, 3.0)
        echoed = ack.body.get("challenge") if isinstance(ack.body, dict) else ack.body
        if not ack.ok or echoed != challenge:
            raise ValueError(f"{self.url} did not answer url_verification: {ack.error or ack.body!r}")
        self.verified = True

    async def send(self, kind: Kind, payload: JsonObject, *, retry: tuple[int, str] | None, timeout_s: float) -> Ack:
        """Post once; anything but a 2xx in time is no acknowledgement. A URL not yet verified is verified first."""
        if not self.verified:
            try:
                await self.verify()
            except ValueError:
                return Ack(error=FAILED, reason="connection_failed")
        return await self._post(kind, payload, retry, timeout_s)

    async def _post(self, kind: Kind, payload: JsonObject, retry: tuple[int, str] | None, timeout_s: float) -> Ack:
        began = time.monotonic()
        if kind == "event":
            body, content_type = json.dumps(payload), "application/json"
        else:
            form = payload if kind == "command" else {"payload": json.dumps(payload)}
            form = {key: str(value).lower() if isinstance(value, bool) else value for key, value in form.items()}
            body, content_type = urlencode(form), "application/x-www-form-urlencoded"
        stamp = str(int(self._wall()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(self._world.app.signing_secret, stamp, body),
        }
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        try:
            async with self._session.post(
                self.url,
                data=body.encode(),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
                allow_redirects=False,
            ) as answer:
                text = await answer.text()
                no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
                seconds = time.monotonic() - began
                if not 200 <= answer.status < 300:
                    return Ack(error=FAILED, reason="http_error", no_retry=no_retry, seconds=seconds)
                return Ack(_parsed(text), no_retry=no_retry, seconds=seconds)
        except TimeoutError:
            return Ack(error=TIMED_OUT, reason="http_timeout", seconds=time.monotonic() - began)
        except aiohttp.ClientError:
            return Ack(error=FAILED, reason="connection_failed", seconds=time.monotonic() - began)

    async def close(self) -> None:
        """Close the connections kept open."""
        await self._session.close()


def signature(secret: str, stamp: str, body: str) -> str:
    """v0, HMAC-SHA256 of `v0:timestamp:body`."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()


def _parsed(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
