"""How Ally reaches Slack: a token and a client for each workspace, and the Socket Mode connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.delivery.verdict import Meaning, verdict_on
from bot.model import Installation
from bot.start import CannotStart
from bot.storage.database import Database
from bot.storage.installations import installation_of, remember_installation, workspace_with_token

log = structlog.get_logger()

_SOCKETS = 2
"""Slack refreshes connections every few hours and closes the old before the new is open: the other one bridges that."""

_CONNECT_WITHIN_S = 5


class Connections:
    """Looked up once, kept until a token changes. `session` is shared: a connection a call would cost twice as much."""

    def __init__(
        self, settings: Settings, db: Database, clock: Callable[[], datetime], session: aiohttp.ClientSession
    ) -> None:
        self._settings, self._db, self._clock, self._session = settings, db, clock, session
        self._known: dict[str, tuple[Installation, AsyncWebClient]] = {}
        self._sockets: list[AsyncSocketModeHandler] = []
        self.introduced = False
        self.home: str | None = None
        """The workspace of SLACK_BOT_TOKEN, once Slack has said which, now or at an earlier start."""

    def client(self, token: str | None = None) -> AsyncWebClient:
        """A client of the Web API. It never retries: after a dropped answer it would post a second time."""
        return AsyncWebClient(token, self._settings.slack_api_url, session=self._session, retry_handlers=[])

    async def authorize(self, team_id: str | None) -> AuthorizeResult | None:
        """For Bolt: who Ally is in a workspace; None where it is not installed."""
        found = await self._look_up(team_id) if team_id else None
        if found is None:
            return None
        mine = found[0]
        return AuthorizeResult(
            enterprise_id=None, team_id=team_id, bot_token=mine.token, bot_id=mine.bot_id, bot_user_id=mine.bot_user
        )

    async def sending_client(self, team: str) -> AsyncWebClient | None:
        """For the worker. Asked anew each time: another process may have heard that the token was revoked."""
        self.forget(team)
        found = await self._look_up(team)
        return found[1] if found else None

    def forget(self, team: str) -> None:
        """The token of this workspace is no longer what it was."""
        self._known.pop(team, None)

    async def introduce(self, bolt: AsyncApp, *, answers: bool) -> None:
        """Learns from Slack who we are, and connects over Socket Mode where people are to be answered that way.

        Slack being away is no reason not to start: ask again later. Raises CannotStart when it refuses the token.
        """
        if self.introduced:
            return
        token, app_token = self._settings.slack_bot_token, self._settings.slack_app_token
        asked = "SLACK_BOT_TOKEN"
        if token is not None and self.home is None:
            # Slack may be away for a while; admins are to be known as such meanwhile.
            self.home = await workspace_with_token(self._db, token.get_secret_value())
        try:
            if token is not None:
                me = await self.client(token.get_secret_value()).auth_test()
                await remember_installation(self._db, _installation(token.get_secret_value(), me), self._clock())
                self.home = str(me["team_id"])
                self.forget(self.home)
            if answers and app_token is not None and len(self._sockets) < _SOCKETS:
                asked = "SLACK_APP_TOKEN"
                await self._connect(bolt, app_token.get_secret_value())
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            verdict = verdict_on(error)
            if verdict.meaning is Meaning.WORKSPACE or verdict.code == "not_allowed_token_type":
                raise CannotStart(
                    [f"{asked}: Slack refuses it ({verdict.code}); copy it again from the app's page"]
                ) from None
            log.warning("slack_not_reached", code=verdict.code)
            return
        self.introduced = True

    async def close_sockets(self) -> None:
        """Hears nothing more."""
        while self._sockets:
            await _close(self._sockets.pop())

    async def _look_up(self, team: str) -> tuple[Installation, AsyncWebClient] | None:
        if team not in self._known:
            found = await installation_of(self._db, team)
            if found is None:
                return None
            self._known[team] = (found, self.client(found.token))
        return self._known[team]

    async def _connect(self, bolt: AsyncApp, app_token: str) -> None:
        await self.client().apps_connections_open(app_token=app_token)
        while len(self._sockets) < _SOCKETS:
            handler = AsyncSocketModeHandler(bolt, app_token, web_client=self.client())
            try:
                async with asyncio.timeout(_CONNECT_WITHIN_S):
                    await handler.connect_async()  # type: ignore[no-untyped-call]
            except BaseException:
                await _close(handler)
                raise
            self._sockets.append(handler)


async def _close(handler: AsyncSocketModeHandler) -> None:
    """The SDK only cancels its tasks; this waits until they are gone."""
    client = handler.client
    await handler.close_async()  # type: ignore[no-untyped-call]
    tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
    await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)


def _installation(token: str, me: Any) -> Installation:
    scopes = str(me.headers.get("x-oauth-scopes", ""))
    return Installation(
        workspace=str(me["team_id"]),
        name=str(me.get("team", "")),
        token=token,
        bot_user=str(me["user_id"]),
        bot_id=str(me.get("bot_id", "")),
        app_id=str(me.get("app_id", "")),
        scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
    )
