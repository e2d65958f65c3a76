"""Slack's limits on the clock, and trouble on demand."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox import Clock, Limits, Slack
from sandbox.faults import Faults
from sandbox.limits import Meter, Rate

MINA, JOEL = "U0MINA00001", "U0JOEL00002"


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock.frozen_at(datetime(2026, 11, 23, 9, tzinfo=UTC))


@pytest.fixture
async def strict(clock: Clock) -> AsyncIterator[Slack]:
    """A Slack with Slack's limits."""
    async with Slack.start(clock=clock, limits=Limits.slack()) as served:
        yield served


def client_of(slack: Slack) -> AsyncWebClient:
    """A client that sends once and no more, as the bot's does."""
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


# -- limits ----------------------------------------------------------------------------------------------------


def test_a_rate_allows_its_burst_and_then_its_pace(clock: Clock) -> None:
    """`Retry-After` is the whole seconds to wait; after them it goes."""
    meter = Meter(Limits({"m": Rate(30, 2)}), clock)
    assert [meter.retry_after("m", "T") for _ in range(4)] == [None, None, 2, 2]
    assert meter.retry_after("m", "other team") is None
    assert meter.retry_after("other method", "T") is None
    clock.advance(2)
    assert [meter.retry_after("m", "T") for _ in range(2)] == [None, 2]
    clock.advance(60)
    assert [meter.retry_after("m", "T") for _ in range(3)] == [None, None, 2]


async def test_a_channel_takes_a_message_a_second(strict: Slack, clock: Clock) -> None:
    """With a short burst, counted once whether by user id or DM id; refused ones are not kept."""
    client = client_of(strict)
    dm = strict.person("mina").dm_id
    for channel in (MINA, dm, MINA):
        await client.chat_postMessage(channel=channel, text="x")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=dm, text="too fast")
    response: Any = refused.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert [m.text for m in strict.person("mina").dm_messages] == ["x"] * 3
    assert (await client.chat_postMessage(channel=JOEL, text="another channel"))["ok"]
    clock.advance(1)
    assert (await client.chat_postMessage(channel=dm, text="a second later"))["ok"]


async def test_a_workspace_takes_several_hundred_messages_a_minute(clock: Clock) -> None:
    """However many channels they go to; another workspace is not touched."""
    async with Slack.start(clock=clock, limits=Limits.slack(posts_a_minute=60)) as slack:
        people = [slack.team().add_person(f"p{n}").id for n in range(4)]
        second = slack.add_team("T0SECOND002", "Second", [(MINA, "mina", "Mina", "Asia/Tokyo", "ja-JP")])
        client = client_of(slack)
        for person in people[:2]:
            await client.chat_postMessage(channel=person, text="x")
        with pytest.raises(SlackApiError, match="ratelimited"):
            await client.chat_postMessage(channel=people[2], text="x")
        other = AsyncWebClient(second.bot_token, base_url=slack.api_url)
        assert (await other.chat_postMessage(channel=MINA, text="x"))["ok"]


async def test_other_methods_have_their_tiers(strict: Slack) -> None:
    """users.list is tier 2: 20 a minute; for an app outside the Marketplace history is one a minute, 15 messages."""
    client = client_of(strict)
    for _ in range(20):
        await client.users_list()
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.users_list()
    strict.set_limits(Limits())
    for number in range(20):
        await client.chat_postMessage(channel=MINA, text=str(number))
    strict.set_limits(Limits.slack(distributed=True))
    dm = strict.person("mina").dm_id
    assert len((await client.conversations_history(channel=dm, limit=100))["messages"]) == 15
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_history(channel=dm)
    assert refused.value.response.headers["Retry-After"] == "60"


# -- faults ----------------------------------------------------------------------------------------------------


async def test_a_5xx_comes_before_or_after_the_message_is_kept(slack: Slack) -> None:
    """The caller cannot tell the two apart."""
    client, mina = client_of(slack), slack.person("mina")
    slack.faults.add("chat.postMessage", status=500, times=1)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=MINA, text="lost")
    slack.faults.add("chat.postMessage", status=502, after=True, times=1)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=MINA, text="kept")
    await client.chat_postMessage(channel=MINA, text="fine")
    assert [m.text for m in mina.dm_messages] == ["kept", "fine"]
    assert [call.status for call in slack.calls("chat.postMessage")] == [500, 502, 200]
    assert slack.faults.current == []


async def test_a_connection_is_cut_after_the_message_is_kept(slack: Slack) -> None:
    """And the client hears nothing."""
    slack.faults.add("chat.postMessage", cut=True, after=True, times=1)
    with pytest.raises(aiohttp.ClientError):
        await client_of(slack).chat_postMessage(channel=MINA, text="kept")
    assert [m.text for m in slack.person("mina").dm_messages] == ["kept"]
    assert slack.calls("chat.postMessage")[-1].status == 0


async def test_an_error_of_slacks_can_be_chosen(slack: Slack) -> None:
    """Any code, before or after; a missing scope with what was needed."""
    client = client_of(slack)
    slack.faults.add("chat.postMessage", error="internal_error", after=True, times=1)
    with pytest.raises(SlackApiError, match="internal_error"):
        await client.chat_postMessage(channel=MINA, text="kept all the same")
    assert len(slack.person("mina").dm_messages) == 1
    slack.faults.add("conversations.open", missing_scope="im:write", times=1)
    with pytest.raises(SlackApiError) as refused:
        await client.conversations_open(users=MINA)
    assert (refused.value.response["error"], refused.value.response["needed"]) == ("missing_scope", "im:write")


async def test_a_web_page_instead_of_an_answer(slack: Slack) -> None:
    """As from a proxy in between: with whatever status, and before or after the message was kept."""
    slack.faults.add("chat.postMessage", html=True, after=True, times=1)
    slack.faults.add("chat.postMessage", html=True, status=503, times=1)
    for status in (200, 503):
        with pytest.raises(SlackApiError) as refused:
            await client_of(slack).chat_postMessage(channel=MINA, text=str(status))
        response: Any = refused.value.response
        assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert [m.text for m in slack.person("mina").dm_messages] == ["200"]


async def test_a_429_can_be_had_without_a_limit(slack: Slack) -> None:
    """With the wait that a test asks for; the message is not kept."""
    slack.faults.add("chat.postMessage", status=429, retry_after_s=7, times=1)
    with pytest.raises(SlackApiError, match="ratelimited") as refused:
        await client_of(slack).chat_postMessage(channel=MINA, text="x")
    response: Any = refused.value.response
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert slack.person("mina").dm_messages == []


async def test_slow_answers_are_jittered(slack: Slack) -> None:
    """The delay is real, varies by ±jitter and comes from the seed."""
    slack.faults.add("auth.test", delay_s=0.02, jitter=0.5)
    client = client_of(slack)
    began = time.monotonic()
    await asyncio.gather(*(client.auth_test() for _ in range(5)))
    assert time.monotonic() - began >= 0.01

    def delays(seed: int) -> list[float]:
        faults = Faults(random.Random(seed))  # noqa: S311
        faults.add("m", delay_s=1, jitter=0.4)
        return [faults.next_for("m").delay_s for _ in range(20)]

    assert delays(7) == delays(7) != delays(8)
    assert all(0.6 <= delay <= 1.4 for delay in delays(7))


def test_a_share_of_calls_fails_by_seeded_dice() -> None:
    """About as many as asked for, the same ones every time; other methods are left alone."""

    def failing(seed: int) -> list[bool]:
        faults = Faults(random.Random(seed))  # noqa: S311
        faults.add("chat.postMessage", status=500, share=0.2)
        assert faults.next_for("auth.test").fault is None
        return [faults.next_for("chat.postMessage").fault is not None for _ in range(500)]

    assert failing(3) == failing(3)
    assert 60 < sum(failing(3)) < 140


async def test_slack_can_be_down_altogether_and_come_back(slack: Slack) -> None:
    """Every call 503, response_url too; no connection opens."""
    client = client_of(slack)
    await slack.go_down()
    with pytest.raises(SlackApiError) as refused:
        await client.auth_test()
    assert refused.value.response.status_code == 503
    assert (await AsyncWebhookClient(f"{slack.url}/commands/x").send(text="x")).status_code == 503
    slack.come_back()
    assert (await client.auth_test())["ok"]


# -- the clock -------------------------------------------------------------------------------------------------


async def test_waiting_for_a_moment_needs_no_time() -> None:
    """A clock that stands still wakes those who wait when it is moved; it never goes back."""
    clock = Clock.frozen_at(datetime(2026, 1, 1, tzinfo=UTC))
    waiting = asyncio.create_task(clock.sleep_until(clock.now() + timedelta(hours=2)))
    await asyncio.sleep(0)
    clock.advance(timedelta(hours=1))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.advance(3600)
    await waiting
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)


async def test_a_clock_may_be_any_function() -> None:
    """One that the bot has as well; `moved` tells the sandbox of a jump."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    clock = Clock.of(lambda: moment)
    waiting = asyncio.create_task(clock.sleep_until(moment + timedelta(hours=1)))
    await asyncio.sleep(0)
    moment += timedelta(hours=1)
    clock.moved()
    await waiting
    assert clock.now() == moment
