"""Signed HTTP: signatures, url_verification, retries, what counts as an acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from sandbox import Clock, Slack
from tests.sandbox.conftest import http_server, over_http

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Receiver:
    """An events URL that answers as it is told and keeps what came."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None, slow: bool = False) -> None:
        self.status = status
        self.headers = headers
        self.slow = slow
        self.came: list[tuple[dict[str, str], str]] = []
        self._arrived = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        if "url_verification" in body:
            return web.json_response({"challenge": (await request.json())["challenge"]})
        self.came.append((dict(request.headers), body))
        self._arrived.set()
        if self.slow:
            await asyncio.sleep(1)
        return web.Response(status=self.status, headers=self.headers)

    async def attempts(self, count: int) -> None:
        """Wait until so many attempts came."""
        async with asyncio.timeout(2):
            while len(self.came) < count:
                self._arrived.clear()
                await self._arrived.wait()


@asynccontextmanager
async def delivering(receiver: Receiver, **how: Any) -> AsyncIterator[Slack]:
    async with Slack.start(**how) as slack, http_server(receiver) as url:
        await slack.serve_events_to(url)
        yield slack


async def test_requests_carry_a_signature_that_slack_sdk_takes() -> None:
    """v0, over timestamp and body, as JSON for events and as a form for the rest."""
    receiver = Receiver()
    async with delivering(receiver) as slack:
        await slack.person("mina").types("hello")
        await slack.person("mina").command("/ally a & b")
        verifier = SignatureVerifier(slack.signing_secret)
        for headers, body in receiver.came:
            assert verifier.is_valid_request(body, headers)
            assert not verifier.is_valid_request(body + " ", headers)
        assert [headers["Content-Type"] for headers, _ in receiver.came] == [
            "application/json",
            "application/x-www-form-urlencoded",
        ]
        assert "text=a+%26+b" in receiver.came[1][1]


async def test_a_url_that_does_not_answer_the_challenge_is_not_registered(slack: Slack) -> None:
    """ValueError, and Socket Mode stays."""

    async def wrong(request: web.Request) -> web.StreamResponse:
        return web.json_response({"challenge": "other"})

    async with http_server(wrong) as url:
        with pytest.raises(ValueError, match="url_verification"):
            await slack.serve_events_to(url)
    with pytest.raises(ValueError, match="url_verification"):
        await slack.serve_events_to(url)
    assert slack.dispatcher.http is None


async def test_an_event_is_tried_again_at_once_after_a_minute_and_after_five() -> None:
    """Three retries on the clock, each with its number and the reason; then no more."""
    receiver = Receiver(status=500)
    clock = Clock.frozen_at(NOON)
    async with delivering(receiver, clock=clock) as slack:
        await slack.person("mina").types("hello")
        await receiver.attempts(2)
        clock.advance(59)
        assert len(receiver.came) == 2
        clock.advance(1)
        await receiver.attempts(3)
        clock.advance(300)
        await receiver.attempts(4)
        retries = [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h, _ in receiver.came]
        assert retries == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
        assert len({body for _, body in receiver.came}) == 1
        clock.advance(86_400)
        await slack.person("mina").types("another")
        await receiver.attempts(6)
        assert sum("another" in body for _, body in receiver.came) == 2


async def test_a_retry_that_is_taken_is_the_last() -> None:
    """The app was away for a moment."""
    receiver = Receiver(status=503)
    clock = Clock.frozen_at(NOON)
    async with delivering(receiver, clock=clock) as slack:
        await slack.person("mina").types("hello")
        await receiver.attempts(2)
        receiver.status = 200
        clock.advance(60)
        await receiver.attempts(3)
        clock.advance(3600)
        await slack.person("mina").types("next")
        assert len(receiver.came) == 4


async def test_an_app_may_ask_for_no_retry() -> None:
    """`x-slack-no-retry: 1`."""
    receiver = Receiver(status=500, headers={"X-Slack-No-Retry": "1"})
    clock = Clock.frozen_at(NOON)
    async with delivering(receiver, clock=clock) as slack:
        await slack.person("mina").types("hello")
        clock.advance(3600)
        await slack.person("mina").types("next")
        assert len(receiver.came) == 2


async def test_commands_and_presses_are_not_tried_again() -> None:
    """A command not acknowledged shows the person Slack's error."""
    receiver = Receiver(status=500)
    async with delivering(receiver) as slack:
        mina = slack.person("mina")
        assert (await mina.command("/ally join")).error == "dispatch_failed"
        assert len(receiver.came) == 1
        await mina.sees('/ally failed with the error "dispatch_failed"')


async def test_a_slow_app_times_out() -> None:
    """After three seconds (here a moment): `operation_timeout`, and for events a retry for `http_timeout`."""
    receiver = Receiver(slow=True)
    async with delivering(receiver, ack_within_s=0.05) as slack:
        mina = slack.person("mina")
        assert (await mina.command("/ally join")).error == "operation_timeout"
        await mina.types("hello")
        await receiver.attempts(3)
        assert receiver.came[2][0]["X-Slack-Retry-Reason"] == "http_timeout"


async def test_an_app_that_is_not_there_fails_at_once(slack: Slack) -> None:
    """`dispatch_failed` after its server ended."""
    async with http_server(Receiver()) as url:
        await slack.serve_events_to(url)
    assert (await slack.person("mina").command("/ally join")).error == "dispatch_failed"


async def test_a_url_may_answer_later_than_it_is_registered(slack: Slack) -> None:
    """`verify=False`: the challenge comes before the first delivery."""
    async with http_server(Receiver()) as url:
        pass
    await slack.serve_events_to(url, verify=False)
    assert (await slack.person("mina").command("/ally")).error == "dispatch_failed"
    receiver = Receiver()
    async with http_server(receiver) as later:
        await slack.serve_events_to(later, verify=False)
        assert (await slack.person("mina").command("/ally")).error is None
        assert len(receiver.came) == 1


async def test_bolt_takes_an_acknowledgement_body_over_http(slack: Slack) -> None:
    """Text and blocks in the answer are shown, ephemeral unless told otherwise."""

    def app(bolt: AsyncApp) -> None:
        @bolt.command("/ally")
        async def command(ack: Any, body: Any) -> None:
            if body["text"] == "all":
                await ack(text="for all", response_type="in_channel")
            else:
                await ack("for you")

    async with over_http(slack, app):
        mina = slack.person("mina")
        assert (await mina.command("/ally")).text == "for you"
        await mina.command("/ally all", channel="general")
        await slack.person("joel").sees("for all")
        slack.person("joel").does_not_see("for you")
