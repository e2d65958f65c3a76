"""Socket Mode, seen by a bare WebSocket and by slack_sdk's own client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Clock, Slack
from tests.sandbox.conftest import over_socket_mode

Socket = aiohttp.ClientWebSocketResponse


async def url_of(slack: Slack) -> str:
    answer = await AsyncWebClient(slack.app_token, base_url=slack.api_url).apps_connections_open(
        app_token=slack.app_token
    )
    return str(answer["url"])


@asynccontextmanager
async def raw_sockets(slack: Slack, count: int) -> AsyncIterator[list[Socket]]:
    """Connections without slack_sdk, hello already read."""
    async with aiohttp.ClientSession() as http:
        sockets = [await http.ws_connect(await url_of(slack)) for _ in range(count)]
        for number, socket in enumerate(sockets, start=1):
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", number)
            assert hello["connection_info"]["app_id"] == slack.app.id
        yield sockets
        for socket in sockets:
            await socket.close()


async def acknowledge(socket: Socket, payload: Any = None) -> dict[str, Any]:
    """Read one envelope and acknowledge it."""
    envelope: dict[str, Any] = await socket.receive_json(timeout=2)
    answer = {"envelope_id": envelope["envelope_id"]}
    await socket.send_str(json.dumps(answer if payload is None else {**answer, "payload": payload}))
    return envelope


async def test_each_payload_goes_to_one_connection_in_turn(slack: Slack) -> None:
    """Round robin, and never twice."""
    async with raw_sockets(slack, 3) as sockets:
        mina = slack.person("mina")
        for round_ in range(2):
            for socket in sockets:
                typed = asyncio.create_task(mina.types(f"line {round_}"))
                envelope = await acknowledge(socket)
                assert envelope["type"] == "events_api"
                await typed
        assert len({sent.payload["event_id"] for sent in slack.sent}) == 6


async def test_envelopes_are_of_slacks_form(slack: Slack) -> None:
    """Type, payload, whether an answer may ride on the acknowledgement; retry fields on events alone."""
    async with raw_sockets(slack, 1) as (socket,):
        mina = slack.person("mina")
        doing = asyncio.create_task(mina.command("/ally join now"))
        envelope = await acknowledge(socket, {"text": "welcome"})
        assert (await doing).text == "welcome"
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        assert (envelope["payload"]["command"], envelope["payload"]["text"]) == ("/ally", "join now")
        assert "retry_attempt" not in envelope
        opening = asyncio.create_task(mina.open_home())
        envelope = await acknowledge(socket)
        await opening
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("events_api", False)
        assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
        assert envelope["payload"]["event"]["tab"] == "home"


async def test_a_ticket_opens_one_connection(slack: Slack) -> None:
    """A used or made-up URL is refused."""
    async with aiohttp.ClientSession() as http:
        url = await url_of(slack)
        async with http.ws_connect(url):
            for wrong in (url, f"{slack.url.replace('http', 'ws')}/link?ticket=x"):
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await http.ws_connect(wrong)


async def test_the_eleventh_connection_is_sent_away(slack: Slack) -> None:
    """`too_many_websockets`."""
    async with raw_sockets(slack, 10), aiohttp.ClientSession() as http:
        async with http.ws_connect(await url_of(slack)) as eleventh:
            told = await eleventh.receive_json()
            assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
        assert slack.socket_mode.connections == 10


async def test_an_event_lost_with_its_connection_comes_again_on_another() -> None:
    """As a retry, with its number and reason; the first retry comes at once."""
    clock = Clock.frozen_at(datetime(2026, 11, 23, 9, tzinfo=UTC))
    async with Slack.start(clock=clock) as slack, raw_sockets(slack, 2) as (first, second):
        mina = slack.person("mina")
        typing = asyncio.create_task(mina.types("once"))
        lost = await first.receive_json(timeout=2)
        await first.close()
        await typing
        again = await acknowledge(second)
        assert again["payload"]["event_id"] == lost["payload"]["event_id"]
        assert again["retry_attempt"] == 1
        assert again["envelope_id"] != lost["envelope_id"]


async def test_a_command_lost_with_its_connection_shows_an_error(slack: Slack) -> None:
    """Slack does not send commands twice."""
    async with raw_sockets(slack, 2) as (first, _):
        mina = slack.person("mina")
        doing = asyncio.create_task(mina.command("/ally join"))
        await first.receive_json(timeout=2)
        await first.close()
        assert (await doing).error == "operation_timeout"
        mina_sees = mina.ephemerals[-1].text
        assert mina_sees == '/ally failed with the error "operation_timeout"'
        assert [sent.attempt for sent in slack.sent] == [0]


def echo(app: AsyncApp) -> None:
    @app.command("/ally")
    async def command(ack: Any, body: Any) -> None:
        await ack(f"heard {body['text']}")


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_with_two_connections_a_refresh_loses_nothing(slack: Slack, reason: str) -> None:
    """slack_sdk closes the old connection before it opens the new one; the other takes the payloads meanwhile."""
    async with over_socket_mode(slack, echo, connections=2):
        mina = slack.person("mina")
        opened = len(slack.calls("apps.connections.open"))
        await slack.socket_mode.disconnect(reason, how_many=1)
        assert (await mina.command("/ally again")).text == "heard again"
        await mina.until(lambda: len(slack.calls("apps.connections.open")) > opened, "saw the app come back")
        await slack.connected(2)


async def test_after_a_break_slack_sdk_comes_back(slack: Slack) -> None:
    """A single connection told to go is replaced."""
    async with over_socket_mode(slack, echo):
        await slack.socket_mode.disconnect("refresh_requested")
        for _ in range(5):  # a person presses again: slack_sdk may replace the connection twice
            await slack.connected()
            answer = await slack.person("mina").command("/ally again")
            if answer.error is None:
                break
        assert answer.text == "heard again"


async def test_without_a_connection_a_command_fails_at_once(slack: Slack) -> None:
    """`dispatch_failed`, shown to the person alone."""
    mina = slack.person("mina")
    answer = await mina.command("/ally join")
    assert answer.error == "dispatch_failed"
    await mina.sees('/ally failed with the error "dispatch_failed"')
    slack.person("joel").does_not_see("failed")


async def test_an_app_that_does_not_acknowledge_shows_slacks_error() -> None:
    """A command in the channel, a press and a submission beside what was pressed."""

    def mute(app: AsyncApp) -> None:
        @app.command("/ally")
        async def command() -> None:
            """Says nothing."""

    async with Slack.start(ack_within_s=0.05) as slack, over_socket_mode(slack, mute):
        mina = slack.person("mina")
        assert (await mina.command("/ally join")).error == "operation_timeout"
        await mina.sees('/ally failed with the error "operation_timeout"')
        button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}}
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        await client.chat_postMessage(channel=mina.id, text="x", blocks=[{"type": "actions", "elements": [button]}])
        assert (await mina.press("Go")).error == "operation_timeout"
        await mina.sees("We had some trouble connecting")
        assert (await mina.command("/other")).error == "invalid_command"


async def test_pings_are_answered_both_ways(slack: Slack) -> None:
    """Slack pings after hello; a ping of the client's comes back as a pong with the same words."""
    async with aiohttp.ClientSession() as http, http.ws_connect(await url_of(slack), autoping=False) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        assert (await socket.receive(timeout=2)).type is aiohttp.WSMsgType.PING
        await socket.ping(b"sdk-ping-pong:1.5")
        answer = await socket.receive(timeout=2)
        assert (answer.type, bytes(answer.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1.5")
