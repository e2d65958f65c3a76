"""The HTTP face: Slack's requests, and what operators look at. Only what is rightly signed reaches Bolt."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import parse_qs

from aiohttp import web
from prometheus_client import generate_latest
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier

from bot.observe import Metrics

_BODY_LIMIT = 1 << 20
_METRICS_TYPE = "text/plain; version=0.0.4"


class _MomentClock(Clock):
    """Slack's verifier asks for seconds; Ally's clock is an argument."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()


def web_app(
    *,
    metrics: Metrics,
    readiness: Callable[[], Awaitable[str]],
    bolt: AsyncApp | None,
    signing_secret: str | None,
    clock: Callable[[], datetime],
) -> web.Application:
    """Health and metrics; with `bolt` and a signing secret also Slack's requests.

    `readiness` answers `ok`, `degraded`, or what is missing.
    """
    app = web.Application(client_max_size=_BODY_LIMIT)

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        status = await readiness()
        return web.json_response({"status": status}, status=200 if status in ("ok", "degraded") else 503)

    async def show_metrics(_: web.Request) -> web.Response:
        await readiness()  # so that `ally_ready` says what is true now, whether or not anybody asks /readyz
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"content-type": _METRICS_TYPE})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)
    if bolt is not None and signing_secret is not None:
        app.router.add_post("/slack/events", _slack(bolt, signing_secret, clock))
    return app


def _slack(
    bolt: AsyncApp, signing_secret: str, clock: Callable[[], datetime]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    verifier = SignatureVerifier(signing_secret, clock=_MomentClock(clock))

    async def events(request: web.Request) -> web.Response:
        try:
            body = (await request.read()).decode()
        except UnicodeDecodeError:
            return web.Response(status=400)
        if not _signed(verifier, body, request):
            return web.Response(status=401)
        if not _readable(body, request.content_type):
            return web.Response(status=400)
        headers = {name: str(value) for name, value in request.headers.items()}
        answer = await bolt.async_dispatch(AsyncBoltRequest(body=body, query=request.query_string, headers=headers))  # type: ignore[arg-type]
        return await to_aiohttp_response(answer)

    return events


def _signed(verifier: SignatureVerifier, body: str, request: web.Request) -> bool:
    stamp = request.headers.get("x-slack-request-timestamp", "")
    # The SDK reads the stamp with int() and would raise on anything that is no number.
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 20):
        return False
    return verifier.is_valid(body, stamp, request.headers.get("x-slack-signature", ""))


def _readable(body: str, content_type: str) -> bool:
    """Whether Bolt will find a JSON object, or a form with a command or a JSON payload in it."""
    try:
        if content_type == "application/json":
            return isinstance(json.loads(body), dict)
        form = parse_qs(body, strict_parsing=True, max_num_fields=100)
        if "payload" in form:
            return isinstance(json.loads(form["payload"][0]), dict)
    except ValueError:
        return False
    return "command" in form or "ssl_check" in form
