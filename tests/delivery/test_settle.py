"""Settling: what a crash or a lost answer left unknown is looked up in the DM, never guessed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery import settle
from sandbox import Limits, Slack
from sandbox.limits import Rate
from tests.delivery.office import Office
from tests.delivery.test_send import SENT, until, within

LEASE_OVER = timedelta(seconds=31)


async def test_a_message_that_arrived_is_sent(office: Office, slack: Slack) -> None:
    """The message stands in the DM: the row is `sent`, and nothing is posted again."""
    mina = await office.orphan(arrived=True)
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    assert await office.fate() == SENT
    assert await office.column("message_ts") == mina.dm_messages[0].ts
    assert len(mina.dm_messages) == 1


async def test_a_message_that_did_not_arrive_is_sent_now(office: Office, slack: Slack) -> None:
    """The DM does not have it: it goes out after all, once."""
    mina = await office.orphan()
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    assert await office.fate() == SENT
    assert len(mina.dm_messages) == 1


async def test_not_before_the_dead_ones_lease_is_over(office: Office, slack: Slack) -> None:
    """As long as the sender could still be writing, nobody looks."""
    await office.orphan()
    slack.clock.advance(timedelta(seconds=29))
    await office.deliver()
    assert slack.calls("conversations.history") == []
    assert (await office.fate())[0] == "sending"


@pytest.mark.parametrize("arrived", [True, False])
async def test_without_the_scope_it_stays_unknown(office: Office, slack: Slack, arrived: bool) -> None:
    """Where Ally may not read the DM it neither guesses nor repeats: the row says `unknown`."""
    mina = await office.orphan(arrived=arrived)
    slack.revoke_scope("im:history")
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    assert await office.fate() == ("skipped", "unknown")
    assert len(mina.dm_messages) == arrived


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_unknown_dm_is_asked_for(office: Office, slack: Slack, arrived: bool) -> None:
    """A first message, whose answer would have told the DM's id, is looked up as well."""
    mina = await office.orphan(dm=False, arrived=arrived)
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    assert await office.fate() == SENT
    assert len(mina.dm_messages) == 1


async def test_a_busy_dm_is_read_to_the_end(office: Office, slack: Slack) -> None:
    """Many later messages do not hide the one that is looked for."""
    mina = await office.orphan(arrived=True)
    for number in range(25):
        await office.client().chat_postMessage(channel=mina.dm_id, text=f"later {number}")
    slack.set_limits(Limits(history_page=10))
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    assert await office.fate() == SENT
    assert len(mina.dm_messages) == 26
    assert len(slack.calls("conversations.history")) == 3


async def test_too_much_to_read_is_not_guessed(office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DM too long to read to its end leaves the fate unknown; it is not taken for "not sent"."""
    monkeypatch.setattr(settle, "_PAGES", 2)
    mina = await office.orphan()
    for number in range(25):
        await office.client().chat_postMessage(channel=mina.dm_id, text=f"later {number}")
    slack.set_limits(Limits(history_page=10))
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    assert await office.fate() == ("skipped", "unknown")


@pytest.mark.parametrize("fault", [{"status": 503}, {"error": "fatal_error"}, {"cut": True}])
async def test_a_look_that_fails_is_repeated_later(office: Office, slack: Slack, fault: dict[str, Any]) -> None:
    """While Slack does not answer the row keeps waiting, a minute at a time, and is settled when it does."""
    mina = await office.orphan(arrived=True)
    slack.faults.add("conversations.history", **fault)
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    looks = len(slack.calls("conversations.history"))
    await office.deliver()
    assert len(slack.calls("conversations.history")) == looks
    assert (await office.fate())[0] == "sending"
    slack.faults.clear()
    slack.clock.advance(timedelta(seconds=61))
    await office.deliver()
    assert await office.fate() == SENT
    assert len(mina.dm_messages) == 1


async def test_after_a_day_of_failing_looks_it_is_unknown(office: Office, slack: Slack) -> None:
    """Every delivery ends: what could not be looked up for a day is `unknown`."""
    await office.orphan()
    slack.faults.add("conversations.history", status=503)
    slack.clock.advance(timedelta(days=1, seconds=1))
    await office.deliver()
    assert await office.fate() == ("skipped", "unknown")


async def test_a_person_who_is_gone_leaves_it_unknown(office: Office, slack: Slack) -> None:
    """A DM that no longer exists cannot be looked into."""
    await office.orphan()
    slack.faults.add("conversations.history", error="channel_not_found")
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    assert await office.fate() == ("skipped", "unknown")


async def test_a_limit_on_looking_is_obeyed(office: Office, slack: Slack) -> None:
    """After a 429 nobody looks before `Retry-After` is over, however many rows wait; then the rest is settled."""
    for name in ("mina", "joel", "asha"):
        await office.member(name)
    await office.plan()
    await office.leave_sending()
    slack.set_limits(Limits(methods={"conversations.history": Rate(1, 1)}))
    slack.clock.advance(LEASE_OVER)
    await office.deliver()
    await office.deliver()
    assert [call.status for call in slack.calls("conversations.history")] == [200, 429]
    for _ in range(2):
        slack.clock.advance(timedelta(seconds=60))
        await office.deliver()
    assert set((await office.fates()).values()) == {SENT}
    assert [call.ok for call in slack.calls("conversations.history")].count(True) == 3


async def test_what_is_too_late_by_then_is_late(office: Office, slack: Slack) -> None:
    """Not delivered, and the catch-up window is over: it is not sent any more."""
    mina = await office.orphan()
    slack.clock.advance(timedelta(hours=4))
    await office.deliver()
    assert await office.fate() == ("skipped", "late")
    assert mina.dm_messages == []


async def test_trouble_with_settling_does_not_stop_the_sending(
    office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When looking up breaks in a way nobody foresaw, today's messages still go out."""
    await office.orphan("mina")
    await office.due("joel")
    slack.clock.advance(LEASE_OVER)

    async def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("bot.delivery.send.settle", broken)
    await office.deliver()
    fates = await office.fates()
    assert fates[office.people["joel"].user] == SENT
    assert fates[office.people["mina"].user][0] == "sending"


async def test_told_to_stop_while_settling(office: Office, slack: Slack) -> None:
    """Many rows to look up and a slow Slack do not keep a courier from stopping."""
    for number in range(30):
        await office.member(f"p{number}")
    await office.plan()
    await office.leave_sending()
    slack.clock.advance(LEASE_OVER)
    slack.faults.add("conversations.history", delay_s=0.2, jitter=0)
    courier = office.courier()
    running = asyncio.create_task(courier.run())
    await until(lambda: len(slack.calls("conversations.history")) >= 2)
    courier.stop()
    async with within(5):
        await running
    assert len(slack.calls("conversations.history")) < 10
