"""The whole Slack, put together and served: the composition root of the sandbox."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.control import Control
from sandbox.dispatch import ACK_WITHIN_S, RETRIES_AFTER_S, Dispatcher, Sent
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.http_delivery import HttpDelivery
from sandbox.interactions import Interactions
from sandbox.limits import Limits, Meter
from sandbox.people import WAIT_S, Person
from sandbox.responses import Responses
from sandbox.server import Call, Server
from sandbox.socket_mode import SocketMode
from sandbox.web_api import WebApi
from sandbox.workspace import Workspace
from sandbox.world import App, Team, User, World

TEAM = "T0ALLY00001"
PEOPLE = (
    ("U0MINA00001", "mina", "Mina Okafor", "Europe/London", "en-GB"),
    ("U0JOEL00002", "joel", "Joel Rivera", "America/New_York", "en-US"),
    ("U0ASHA00003", "asha", "Asha Nair", "Asia/Kolkata", "en-GB"),
)


class Slack:
    """A Slack on a loopback port. Make one with `Slack.start`."""

    def __init__(
        self,
        clock: Clock,
        app: App,
        limits: Limits,
        seed: int,
        ack_within_s: float,
        retries_after_s: Sequence[float],
        wait_s: float,
    ) -> None:
        self.clock = clock
        self.world = World(app, clock, random.Random(seed))  # noqa: S311  # repeatable on purpose
        self.faults = Faults(random.Random(seed + 1))  # noqa: S311
        self.meter = Meter(limits, clock)
        self.socket_mode = SocketMode(self.world)
        self.api = WebApi(self.world, self.meter, lambda: self.server.new_connection_url())
        self.dispatcher = Dispatcher(
            self.world, self.socket_mode, ack_within_s=ack_within_s, retries_after_s=retries_after_s
        )
        self.responses = Responses(self.world)
        self.interactions = Interactions(self.world, self.api.views, self.dispatcher, self.responses)
        self.events = Events(self.world, self.dispatcher)
        self.server = Server(self.world, self.api, self.socket_mode, self.responses, self.faults, self.meter)
        self._wait_s = wait_s
        self._people: dict[tuple[str, str], Person] = {}

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        *,
        clock: Clock | Callable[[], datetime] | None = None,
        app: App | None = None,
        limits: Limits | None = None,
        seed: int = 1,
        ack_within_s: float = ACK_WITHIN_S,
        retries_after_s: Sequence[float] = RETRIES_AFTER_S,
        host: str = "127.0.0.1",
        port: int = 0,
        wait_s: float = WAIT_S,
        workspace: str = "Ally Test",
        people: Sequence[tuple[str, str, str, str, str]] = PEOPLE,
        routes: Callable[[Slack], Iterable[web.AbstractRouteDef]] | None = None,
    ) -> AsyncIterator[Slack]:
        """Serve a Slack with one workspace, three people and the app installed.

        clock: moves everything that expires or is retried. limits: nothing is limited unless given
        (`Limits.slack()` is as strict as Slack). ack_within_s: real seconds, Slack's three. retries_after_s:
        seconds of the clock between an event's attempts. seed: of ids, shares and jitter. workspace: its name.
        people: id, name, real name, time zone, locale. routes: more to serve (a page) on top. OSError if the port is
        taken.
        """
        slack = cls(Clock.of(clock), app or App(), limits or Limits(), seed, ack_within_s, retries_after_s, wait_s)
        slack.add_team(TEAM, workspace, people)
        try:
            await slack.server.start(host, port, [*Control(slack).routes(), *(routes(slack) if routes else ())])
            yield slack
        finally:
            await slack.dispatcher.close()
            await slack.server.stop()

    # -- addresses and secrets -----------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.server.url

    @property
    def api_url(self) -> str:
        """The `base_url` of a WebClient."""
        return f"{self.url}/api/"

    @property
    def authorize_url(self) -> str:
        """Where OAuth begins."""
        return f"{self.url}/oauth/v2/authorize"

    @property
    def app(self) -> App:
        """The app's configuration."""
        return self.world.app

    @property
    def app_token(self) -> str:
        """The app-level token, for Socket Mode."""
        return self.world.app.app_token

    @property
    def signing_secret(self) -> str:
        """What requests are signed with."""
        return self.world.app.signing_secret

    @property
    def bot_token(self) -> str:
        """The token in the first workspace."""
        return self.team().bot_token

    # -- workspaces and people -----------------------------------------------------------------------------------

    def add_team(
        self, team_id: str, name: str, people: Sequence[tuple[str, str, str, str, str]] = (), *, install: bool = True
    ) -> Workspace:
        """One more workspace; user ids may be the same as in another."""
        self.world.add_team(team_id, name)
        for user_id, short, real_name, tz, locale in people:
            self.world.add_user(User(user_id, team_id, short, real_name, tz, locale))
        if install:
            self.world.install(team_id)
        return self.team(team_id)

    def team(self, team_id: str | None = None) -> Workspace:
        """A workspace; without an id the first."""
        found = self.world.teams[team_id or next(iter(self.world.teams))]
        return Workspace(found, self.world, self.events, lambda who: self.person_in(found, who))

    def person(self, who: str) -> Person:
        """Someone in the first workspace, by name or user id."""
        return self.team().person(who)

    @property
    def people(self) -> list[Person]:
        """Everyone in the first workspace but bots."""
        users = self.team().state.users.values()
        return [self.person(user.id) for user in users if not user.is_bot and user.id != "USLACKBOT"]

    def person_in(self, team: Team, who: str) -> Person:
        """Someone in a team; the same Person every time."""
        found = next((u for u in team.users.values() if who in (u.id, u.name)), None)
        if found is None:
            raise LookupError(f"nobody called {who} in {team.id}")
        key = (team.id, found.id)
        if key not in self._people:
            self._people[key] = Person(self.world, self.interactions, team, found.id, self._wait_s)
        return self._people[key]

    # -- the first workspace, shortly -----------------------------------------------------------------------------

    async def change_user(self, who: str, **changes: Any) -> None:
        """`Workspace.change_user` in the first workspace."""
        await self.team().change_user(who, **changes)

    def revoke_scope(self, *scopes: str) -> None:
        """`Workspace.revoke_scope` in the first workspace."""
        self.team().revoke_scope(*scopes)

    def grant_scope(self, *scopes: str) -> None:
        """`Workspace.grant_scope` in the first workspace."""
        self.team().grant_scope(*scopes)

    async def uninstall(self, *, tokens_first: bool = False) -> None:
        """`Workspace.uninstall` in the first workspace."""
        await self.team().uninstall(tokens_first=tokens_first)

    async def revoke_tokens(self) -> None:
        """`Workspace.revoke_tokens` in the first workspace."""
        await self.team().revoke_tokens()

    # -- delivery ------------------------------------------------------------------------------------------------

    async def serve_events_to(self, url: str | None, *, verify: bool = True) -> None:
        """Deliver over signed HTTP to this URL from now on (None: over Socket Mode again). The URL has to answer
        url_verification, or ValueError; without `verify` it may do so later, before the first delivery."""
        old, self.dispatcher.http = self.dispatcher.http, None
        if old is not None:
            await old.close()
        if url is not None:
            delivery = HttpDelivery(self.world, url)
            if verify:
                try:
                    await delivery.verify()
                except ValueError:
                    await delivery.close()
                    raise
            self.dispatcher.http = delivery

    async def go_down(self) -> None:
        """Slack is wholly down: connections break, every call answers 503, until `come_back`."""
        self.faults.down()
        await self.socket_mode.drop()

    def come_back(self) -> None:
        """Slack works again (all faults are taken away)."""
        self.faults.clear()

    async def connected(self, count: int = 1) -> None:
        """Wait until the app holds `count` Socket Mode connections."""
        await self.socket_mode.connected(count)

    async def disconnected(self) -> None:
        """Wait until it holds none, as after a kill."""
        await self.socket_mode.disconnected()

    @property
    def sent(self) -> list[Sent]:
        """Every attempt at a delivery, oldest first."""
        return self.dispatcher.sent

    @property
    def refused(self) -> list[str]:
        """What an app sent in acknowledgements or to a response_url that Slack would refuse."""
        return self.responses.refused

    def calls(self, method: str | None = None) -> list[Call]:
        """The log of Web API calls (and of `response_url`), oldest first."""
        return [call for call in self.server.log if method is None or call.method == method]

    def set_limits(self, limits: Limits) -> None:
        """Limit calls otherwise from now on."""
        self.meter.limits = limits
