"""Control over the wire, for tests in another process: `POST /sandbox/...` with JSON, JSON back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox import reading
from sandbox.errors import PersonError
from sandbox.limits import Limits
from sandbox.people import Answer, Person
from sandbox.world import JsonObject, Message, View

if TYPE_CHECKING:
    from sandbox.slack import Slack

_ACTS = ("command", "types", "open_home", "open_messages", "press", "choose", "unchoose", "fill", "submit", "close")


class Control:
    """The endpoints. Each answers `{"ok": true, ...}`, or 400 with `{"ok": false, "error": …}`.

    `person` {"who", "team"?, "do", "args": [...], "named": {...}} acts · `see` {"who", "text", "timeout_s"?} waits ·
    `screen` {"who"} reads · `faults` {"add": {...}} or {"clear": true} · `calls` {"method"?} · `clock`
    {"advance_s"} · `limits` {"strict": true} · `connections` {"disconnect": reason} or {"drop": true} · `scopes`
    {"revoke": [...], "grant": [...]} · `user` {"who", changes} · `uninstall` · `revoke_tokens` · `events_url` {"url"}
    """

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [web.post("/sandbox/{what}", self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        if "Origin" in request.headers:  # only browsers send it, and no page has any business here
            return web.json_response({"ok": False, "error": "not from a browser"}, status=403)
        handler = getattr(self, f"_on_{request.match_info['what']}", None)
        if handler is None:
            return web.json_response({"ok": False, "error": "unknown"}, status=404)
        try:
            body = await request.json() if request.can_read_body else {}
            return web.json_response({"ok": True, **(await handler(body))})
        except (PersonError, AssertionError, LookupError, TypeError, ValueError) as error:
            return web.json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, status=400)

    def _person(self, body: JsonObject) -> Person:
        return self._slack.team(body.get("team")).person(body["who"])

    async def _on_person(self, body: JsonObject) -> JsonObject:
        if body["do"] not in _ACTS:
            raise ValueError(f"a person can do {', '.join(_ACTS)}")
        done = await getattr(self._person(body), body["do"])(*body.get("args", []), **body.get("named", {}))
        if isinstance(done, Answer):
            return {"error": done.error, "appeared": list(done.appeared)}
        return {"message": _plain(done)}

    async def _on_see(self, body: JsonObject) -> JsonObject:
        return {"text": await self._person(body).sees(body["text"], body.get("timeout_s"))}

    async def _on_screen(self, body: JsonObject) -> JsonObject:
        person = self._person(body)
        return {
            "screen": person.screen(),
            "dm": [_plain(message) for message in person.dm_messages],
            "ephemerals": [_plain(message) for message in person.ephemerals],
            "modal": _plain(person.modal) if person.modal else None,
            "home": _plain(person.home) if person.home else None,
            "notices": person.notices,
        }

    async def _on_faults(self, body: JsonObject) -> JsonObject:
        if body.get("clear"):
            self._slack.faults.clear(body.get("method"))
        if body.get("down"):
            await self._slack.go_down()
        if "add" in body:
            self._slack.faults.add(**body["add"])
        return {"faults": [fault.as_json() for fault in self._slack.faults.current]}

    async def _on_calls(self, body: JsonObject) -> JsonObject:
        calls = self._slack.calls(body.get("method"))
        return {"count": len(calls), "calls": [{**dataclasses.asdict(c), "at": c.at.isoformat()} for c in calls]}

    async def _on_clock(self, body: JsonObject) -> JsonObject:
        self._slack.clock.advance(float(body.get("advance_s", 0)))
        return {"now": self._slack.clock.now().isoformat()}

    async def _on_limits(self, body: JsonObject) -> JsonObject:
        self._slack.set_limits(Limits.slack() if body.get("strict") else Limits())
        return {}

    async def _on_connections(self, body: JsonObject) -> JsonObject:
        if body.get("drop"):
            await self._slack.socket_mode.drop()
        if body.get("disconnect"):
            await self._slack.socket_mode.disconnect(body["disconnect"])
        if body.get("wait_for"):
            await self._slack.connected(int(body["wait_for"]))
        return {"connections": self._slack.socket_mode.connections}

    async def _on_scopes(self, body: JsonObject) -> JsonObject:
        team = self._slack.team(body.get("team"))
        team.revoke_scope(*body.get("revoke", []))
        team.grant_scope(*body.get("grant", []))
        return {"scopes": sorted(team.installation.scopes)}

    async def _on_user(self, body: JsonObject) -> JsonObject:
        await self._slack.team(body.get("team")).change_user(body["who"], **body["changes"])
        return {}

    async def _on_uninstall(self, body: JsonObject) -> JsonObject:
        await self._slack.team(body.get("team")).uninstall(tokens_first=bool(body.get("tokens_first")))
        return {}

    async def _on_revoke_tokens(self, body: JsonObject) -> JsonObject:
        await self._slack.team(body.get("team")).revoke_tokens()
        return {}

    async def _on_events_url(self, body: JsonObject) -> JsonObject:
        await self._slack.serve_events_to(body.get("url"))
        return {}

    async def _on_refused(self, body: JsonObject) -> JsonObject:
        return {"refused": self._slack.refused}


def _plain(thing: Any) -> JsonObject:
    shown: JsonObject = dataclasses.asdict(thing)
    if isinstance(thing, Message):
        shown["reads"] = reading.message_text(thing)
    elif isinstance(thing, View):
        shown["reads"] = reading.view_text(thing)
    return shown
