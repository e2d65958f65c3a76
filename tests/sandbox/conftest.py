"""A Slack, a client, and small Bolt apps on either transport."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Slack

Setup = Callable[[AsyncApp], None]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack with its defaults."""
    async with Slack.start() as served:
        yield served


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    """The bot's client, as the bot would make one."""
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url)


@pytest.fixture(autouse=True)
def quiet() -> None:
    """slack_sdk and slack_bolt complain loudly about what these tests provoke."""
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)


def make_app(slack: Slack, setup: Setup) -> AsyncApp:
    """A Bolt app, unpatched, told only where Slack is."""
    app = AsyncApp(
        token=slack.bot_token,
        signing_secret=slack.signing_secret,
        client=AsyncWebClient(slack.bot_token, base_url=slack.api_url),
        logger=logging.getLogger("slack_bolt"),
    )
    setup(app)
    return app


@asynccontextmanager
async def over_socket_mode(slack: Slack, setup: Setup, connections: int = 1) -> AsyncIterator[AsyncApp]:
    """The app, connected."""
    app = make_app(slack, setup)
    handlers: list[Any] = [AsyncSocketModeHandler(app, slack.app_token) for _ in range(connections)]
    for handler in handlers:
        await handler.connect_async()
    try:
        async with asyncio.timeout(3):
            await slack.connected(connections)
        yield app
    finally:
        for handler in handlers:
            await close(handler)


async def close(handler: Any) -> None:
    """Close a handler and the tasks that slack_sdk only cancels."""
    client = handler.client
    await handler.close_async()
    tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
    await asyncio.gather(*filter(None, tasks), return_exceptions=True)


@asynccontextmanager
async def http_server(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A bare HTTP server; gives the address of its /slack/events."""

    async def route(request: web.Request) -> web.StreamResponse:
        return await handle(request)

    application = web.Application()
    application.router.add_post("/slack/events", route)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def over_http(slack: Slack, setup: Setup) -> AsyncIterator[AsyncApp]:
    """The app behind Bolt's own web server, registered as the events URL."""
    app = make_app(slack, setup)
    async with http_server(app.server(port=0).handle_post_requests) as url:
        await slack.serve_events_to(url)
        yield app
        await slack.serve_events_to(None)


@pytest.fixture(params=["socket mode", "http"])
def served(request: pytest.FixtureRequest) -> Callable[[Slack, Setup], Any]:
    """Either transport: `async with served(slack, setup):`."""
    return over_socket_mode if request.param == "socket mode" else over_http
