"""The HTTP server: Web API, Socket Mode, response_url and OAuth, with faults and limits in front."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

from sandbox.callers import identify, missing_scope
from sandbox.errors import SlackError
from sandbox.faults import CONNECTIONS, RESPONSE_URL, Fault, Faults
from sandbox.limits import Meter
from sandbox.responses import Responses
from sandbox.socket_mode import SocketMode
from sandbox.web_api import WebApi
from sandbox.world import Change, JsonObject, OAuthCode, World

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
OAUTH_CODE_LIVES = timedelta(minutes=10)


@dataclass(frozen=True)
class Call:
    """One call of the Web API (or of a response_url), as it was answered. `status` 0: the connection was cut. `at` is
    the sandbox's clock, `seconds` how long it really took."""

    method: str
    team_id: str
    args: JsonObject
    answer: Any
    status: int
    at: datetime
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the caller was told that it worked."""
        return self.status == 200 and (not isinstance(self.answer, dict) or bool(self.answer.get("ok")))


class Server:
    """Routes requests; keeps the log of calls. Pages for people are added with `routes`."""

    def __init__(
        self,
        world: World,
        api: WebApi,
        socket_mode: SocketMode,
        responses: Responses,
        faults: Faults,
        meter: Meter,
    ) -> None:
        self._world = world
        self._api = api
        self._socket_mode = socket_mode
        self._responses = responses
        self._faults = faults
        self._meter = meter
        self._runner: web.AppRunner | None = None
        self.log: list[Call] = []
        self.url = ""

    async def start(self, host: str, port: int, routes: Iterable[web.AbstractRouteDef] = ()) -> None:
        """Serve on host and port (0: a free one). OSError if it is taken."""
        app = web.Application(client_max_size=4 * 2**20)
        app.add_routes(
            [
                web.route("*", "/api/{method:.*}", self._web_api),
                web.get("/link", self._link),
                web.post("/commands/{rest:.*}", self._response_url),
                web.post("/actions/{rest:.*}", self._response_url),
                web.get("/oauth/v2/authorize", self._authorize),
                *routes,
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=False)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, host, port)
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        self._responses.base_url = self.url

    async def stop(self) -> None:
        """Stop serving and drop what is open."""
        if self._runner is not None:
            await self._runner.cleanup()

    # -- Web API -------------------------------------------------------------------------------------------------

    async def _web_api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        at, began = self._world.clock.now(), time.monotonic()
        args, token, unreadable = await _arguments(request)
        trouble = self._faults.next_for(method)
        if trouble.delay_s:
            await asyncio.sleep(trouble.delay_s)
        fault = trouble.fault
        team_id, status, answer = "", 200, None
        headers: dict[str, str] = {}
        try:
            team_id, granted = self._who(token)
            headers = {"X-OAuth-Scopes": granted} if granted else {}
            if unreadable:
                raise SlackError(unreadable)
            if fault is None or fault.after:
                wait = self._meter.retry_after(method, team_id, self._counted_for(method, team_id, args))
                if wait is not None:
                    headers["Retry-After"] = str(wait)
                    status, answer = 429, {"ok": False, "error": "ratelimited"}
                else:
                    answer = self._api.call(method, args, token, _basic(request))
            if fault is not None and status == 200:
                status, answer = self._failure(fault, token)
                if fault.html:
                    headers["Content-Type"] = "text/html; charset=utf-8"
                if status == 429:
                    headers["Retry-After"] = str(fault.retry_after_s)
        except SlackError as error:
            answer = error.answer()
        self._note(Call(method, team_id, args, answer, status, at, time.monotonic() - began))
        return self._reply(request, status, answer, headers)

    def _who(self, token: str | None) -> tuple[str, str]:
        try:
            installation = identify(self._world, token).installation
        except SlackError:
            return "", ""
        return (installation.team_id, ",".join(sorted(installation.scopes))) if installation else ("", "")

    def _counted_for(self, method: str, team_id: str, args: JsonObject) -> str | None:
        """The channel a post counts for: a person's DM is one, by whichever of its two names it is called."""
        if method != "chat.postMessage" or not args.get("channel") or not team_id:
            return None
        named = str(args["channel"])
        dm = World.find_dm(self._world.teams[team_id], named)
        return dm.id if dm else named

    def _failure(self, fault: Fault, token: str | None) -> tuple[int, Any]:
        if fault.cut:
            return 0, None
        if fault.html:
            return fault.status or 200, "<!DOCTYPE html><title>Sorry!</title><p>Something went wrong on our end."
        if fault.status == 429:
            return 429, {"ok": False, "error": "ratelimited"}
        if fault.status is not None:
            return fault.status, "upstream connect error or disconnect/reset before headers"
        if fault.missing_scope is not None:
            raise missing_scope(fault.missing_scope, identify(self._world, token).installation)
        raise SlackError(fault.error or "fatal_error")

    def _reply(
        self, request: web.Request, status: int, answer: Any, headers: dict[str, str] | None = None
    ) -> web.StreamResponse:
        if status == 0:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if isinstance(answer, dict):
            return web.json_response(answer, status=status, headers=headers)
        return web.Response(text=str(answer), status=status, headers=headers)

    def _note(self, call: Call) -> None:
        self.log.append(call)
        self._world.tell(Change("call", call.team_id, what=call))

    # -- the rest ------------------------------------------------------------------------------------------------

    def new_connection_url(self) -> str:
        """What apps.connections.open gives: ws:// here, wss:// at Slack."""
        return f"{self.url.replace('http://', 'ws://', 1)}/link?{self._socket_mode.new_ticket()}"

    async def _link(self, request: web.Request) -> web.StreamResponse:
        trouble = self._faults.next_for(CONNECTIONS)
        if trouble.delay_s:
            await asyncio.sleep(trouble.delay_s)
        if trouble.fault is not None:
            return self._reply(request, 0 if trouble.fault.cut else 503, "down")
        return await self._socket_mode.handle(request)

    async def _response_url(self, request: web.Request) -> web.StreamResponse:
        at, began = self._world.clock.now(), time.monotonic()
        args, _, _ = await _arguments(request)
        body: Any = args
        if isinstance(args.get("payload"), str):
            try:
                body = json.loads(args["payload"])
            except ValueError:
                body = None
        trouble = self._faults.next_for(RESPONSE_URL)
        if trouble.delay_s:
            await asyncio.sleep(trouble.delay_s)
        fault = trouble.fault
        status, answer = 200, None
        if fault is None or fault.after:
            status, answer = self._responses.respond(request.path, body)
        if fault is not None and status == 200:
            status = 0 if fault.cut else fault.status or 500
            answer = {"ok": False, "error": fault.error} if fault.error else "upstream error"
        allowed = self._world.response_urls.get(request.path)
        team_id, seconds = allowed.team_id if allowed else "", time.monotonic() - began
        self._note(Call(RESPONSE_URL, team_id, args, answer, status, at, seconds))
        return self._reply(request, status, answer)

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        """Approves at once, as the first person of the team (`team`, else the first team) and redirects."""
        query = request.query
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self._world.app.client_id:
            return web.Response(status=400, text="invalid_client_id")
        if not redirect_uri:
            return web.Response(status=400, text="bad_redirect_uri")
        team = self._world.teams.get(query.get("team") or next(iter(self._world.teams)))
        if team is None:
            return web.Response(status=400, text="invalid_team_for_non_distributed_app")
        asked = tuple(scope for scope in query.get("scope", "").replace(" ", ",").split(",") if scope)
        if not asked or not set(asked) <= set(self._world.app.scopes):
            return web.Response(status=400, text="invalid_scope")
        user = next(u for u in sorted(team.users) if not team.users[u].is_bot and u != "USLACKBOT")
        code = f"{self._world.rng.randrange(10**12)}.{self._world.rng.randrange(10**12)}.{self._world.new_word(40)}"
        self._world.oauth_codes[code] = OAuthCode(
            team.id, user, redirect_uri, asked, self._world.clock.now() + OAUTH_CODE_LIVES
        )
        parts = urlsplit(redirect_uri)
        more = urlencode({"code": code, "state": query.get("state", "")})
        target = urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, more]))))
        raise web.HTTPFound(target)


async def _arguments(request: web.Request) -> tuple[JsonObject, str | None, str]:
    """The arguments and the token, from wherever Slack takes them: query, form, JSON; header, query or form; and
    the error for a body that cannot be read, or nothing."""
    unreadable = ""
    args: JsonObject = dict(request.query)
    token: str | None = None
    if request.can_read_body:
        if request.content_type == "application/json":
            try:
                body = await request.json()
            except ValueError:
                body, unreadable = None, "invalid_json"
            if not isinstance(body, dict):
                unreadable = unreadable or "json_not_object"
            else:
                # "Using the Slack Web API": with JSON the token has to be in the header
                args |= {key: value for key, value in body.items() if key != "token"}
        elif request.content_type not in _FORMS:
            unreadable = "invalid_post_type"
        else:
            form = await request.post()
            args |= {key: value for key, value in form.items() if isinstance(value, str)}
    token = args.pop("token", None)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = bearer.strip()
    return {key: value for key, value in args.items() if value is not None}, token, unreadable


def _basic(request: web.Request) -> tuple[str, str] | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, word = base64.b64decode(secret).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, word
