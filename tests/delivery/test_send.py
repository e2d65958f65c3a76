"""Sending: what reaches people and what the ledger says, whatever Slack, the database or the member does."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery import flush, send
from bot.delivery.flush import Flusher
from bot.delivery.pace import Pace
from bot.delivery.send import Courier
from bot.model import Kind, Parcel
from bot.storage.claims import exchange
from bot.storage.database import Database
from bot.storage.installations import installation_of
from bot.storage.leases import take_lease
from bot.storage.members import find_member, leave, pause
from bot.storage.planning import plan_due
from bot.storage.tables import delivery, lease, member
from bot.views.blocks import Message
from sandbox import Clock, Limits, Slack
from sandbox.limits import Rate
from tests.claiming import claim
from tests.delivery.office import QUICK, Office, means_for, plain_message
from tests.storage.people import HALF_PAST_NINE, one_row

SENT = ("sent", None)


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """A courier that hangs fails the test instead of stopping it."""
    async with asyncio.timeout(seconds):
        yield


async def test_everybody_due_gets_one(office: Office) -> None:
    """Each member due gets one message with the delivery's `block_id`; the ledger says sent, and the lease is free."""
    people = await office.due("mina", "joel", "asha", *(f"p{number}" for number in range(27)))
    await office.deliver()
    assert set((await office.fates()).values()) == {SENT}
    assert [len(someone.dm_messages) for someone in people] == [1] * 30
    assert await take_lease(office.db, office.team, "next", 30, sole=False) is not None
    await office.deliver(holder="next")
    assert office.posts() == 30


async def test_with_nothing_due_it_comes_right_back(office: Office) -> None:
    """A courier without work does not linger, and posts nothing."""
    async with within(5):
        await office.deliver()
    assert office.posts() == 0


async def test_where_another_holds_the_workspace_it_sends_nothing(office: Office) -> None:
    """While another worker has the lease, a courier returns at once."""
    await office.due("mina")
    await take_lease(office.db, office.team, "other", 30, sole=False)
    async with within(5):
        await office.deliver()
    assert office.posts() == 0
    assert await office.fate() == ("planned", None)


async def test_the_dm_is_learned_by_the_first_post(office: Office) -> None:
    """Without a DM's id it is the user's own id that is written to, and the answer teaches the DM's."""
    (mina,) = await office.due("mina", dm=False)
    await office.deliver()
    found = await find_member(office.db, office.team, mina.id)
    assert found is not None
    assert found.dm == mina.dm_id


async def test_a_nudge_and_a_check_in_keep_the_channels_gap(office: Office) -> None:
    """Two messages to one person go at least a second apart, as Slack asks."""
    await office.member("mina")
    await plan_due(office.db, Kind.NUDGE, HALF_PAST_NINE, 9, one_row)
    async with office.db.write() as connection:
        await connection.execute(sa.update(member).values(next_check_in_at=HALF_PAST_NINE))
    await plan_due(office.db, Kind.CHECK_IN, HALF_PAST_NINE, 9, one_row)
    began = time.monotonic()
    await office.deliver()
    assert time.monotonic() - began >= 1.0
    assert office.posts() == 2


# Slack's bad news


@pytest.mark.parametrize("code", ["user_not_found", "channel_not_found", "user_disabled", "invalid_blocks"])
async def test_what_is_final_for_a_person_is_final_for_them_alone(office: Office, slack: Slack, code: str) -> None:
    """A person who cannot be reached has failed with Slack's code; the others get theirs."""
    await office.due("mina", "joel", "asha")
    slack.faults.add("chat.postMessage", error=code, times=1)
    await office.deliver()
    assert sorted((await office.fates()).values(), key=str) == [("failed", code), SENT, SENT]
    assert office.posts() == 3


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_dead_token_ends_the_workspace(office: Office, slack: Slack, code: str) -> None:
    """When the token no longer holds nothing is tried again: the workspace is revoked, and so is what waited."""
    await office.due("mina", "joel", "asha", *(f"p{number}" for number in range(30)))
    slack.faults.add("chat.postMessage", error=code)
    async with within(10):
        await office.deliver()
    assert set((await office.fates()).values()) == {("skipped", "revoked")}
    assert office.posts() <= send.IN_FLIGHT + 5
    assert await installation_of(office.db, office.team) is None


async def test_an_old_token_does_not_end_a_new_installation(office: Office) -> None:
    """A courier that set off before Ally was installed anew comes home; the next one has the new token and sends."""
    await office.due("mina", "joel")
    await office.courier(token="xoxb-old").run()
    assert {state for state, _ in (await office.fates()).values()} == {"planned"}
    assert await installation_of(office.db, office.team) is not None
    await office.deliver()
    assert set((await office.fates()).values()) == {SENT}


@pytest.fixture
async def ticking(db: Database) -> AsyncIterator[Office]:
    """An office at half past nine, where time goes on."""
    shift = HALF_PAST_NINE - datetime.now(UTC)
    async with (
        Slack.start(clock=Clock(lambda: datetime.now(UTC) + shift)) as slack,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
    ):
        office = Office(db, slack, session, means_for(db, slack))
        await office.open()
        yield office


async def test_retry_after_is_obeyed(ticking: Office) -> None:
    """After a 429 nothing goes out before its `Retry-After` is over; then everybody gets theirs, once."""
    people = await ticking.due(*(f"p{number}" for number in range(8)))
    ticking.slack.set_limits(Limits(post_per_team=Rate(600, 3)))
    async with within(15):
        while {state for state, _ in (await ticking.fates()).values()} != {"sent"}:
            await ticking.deliver()
    calls = ticking.slack.calls("chat.postMessage")
    first = next(call.at for call in calls if call.status == 429)
    again = [call.at for call in calls[8:]]  # the first eight went out together
    assert min(again) >= first + timedelta(seconds=1)
    assert all(len(someone.dm_messages) == 1 for someone in people)


async def test_whoever_was_turned_away_goes_first(ticking: Office) -> None:
    """A 429 costs the waiting, not the place in the queue."""
    await ticking.due(*(f"p{number}" for number in range(12)))
    await ticking.leave_pace(3.0)
    ticking.slack.faults.add("chat.postMessage", status=429, retry_after_s=1, times=1)
    async with within(15):
        await ticking.deliver()
    assert set((await ticking.fates()).values()) == {SENT}
    calls = ticking.slack.calls("chat.postMessage")
    refused = next(number for number, call in enumerate(calls) if call.status == 429)
    assert len(calls) == 13
    again = [number for number, parcel in enumerate(ticking.rendered) if parcel.id == ticking.rendered[refused].id]
    assert again[1] - refused <= 4  # only what was in flight together with it


async def test_retry_after_outlives_its_courier(ticking: Office) -> None:
    """A successor finds on the lease until when Slack wants to be left alone, and waits for it."""
    await ticking.due("mina")
    until = ticking.means.clock() + timedelta(seconds=0.7)
    await ticking.leave_pace(QUICK, until)
    await ticking.deliver()
    assert await ticking.fate() == SENT
    assert ticking.slack.calls("chat.postMessage")[0].at >= until


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ({"status": 500}, 0),
        ({"status": 500, "after": True}, 1),
        ({"cut": True, "after": True}, 1),
        ({"error": "fatal_error", "after": True}, 1),
    ],
)
async def test_a_lost_answer_is_looked_up_not_repeated(
    office: Office, slack: Slack, fault: dict[str, Any], arrived: int
) -> None:
    """Where nobody knows whether the message arrived, the row waits one lease, then the DM itself tells."""
    (mina,) = await office.due("mina")
    slack.faults.add("chat.postMessage", times=1, **fault)
    await office.deliver()
    assert (await office.fate())[0] == "sending"
    await office.deliver()
    assert office.posts() == 1
    slack.clock.advance(31)
    await office.deliver()
    assert await office.fate() == SENT
    assert len(mina.dm_messages) == 1
    assert office.posts() == 2 - arrived


async def test_slack_out_of_reach_is_tried_later(office: Office) -> None:
    """Where not even a connection opens, nothing was sent: the row is planned again for a later moment."""
    await office.due("mina")
    nowhere = AsyncWebClient("xoxb-x", "http://127.0.0.1:1/api/", session=office.session, retry_handlers=[])
    await Courier(office.means, Flusher(office.means), office.team, nowhere).run()
    assert await office.fate() == ("planned", "unreachable")
    ready_at = await office.column("ready_at")
    assert timedelta(seconds=2) < ready_at - HALF_PAST_NINE < timedelta(seconds=8)


async def test_trouble_that_lasts_backs_off(office: Office, slack: Slack) -> None:
    """Each further failure waits about twice as long, up to a bound."""
    await office.due("mina")
    slack.faults.add("chat.postMessage", error="some_new_error")
    waits = []
    for _ in range(8):
        await office.deliver()
        ready_at = await office.column("ready_at")
        waits.append((ready_at - slack.clock.now()).total_seconds())
        slack.clock.advance(ready_at - slack.clock.now())
    for turn, wait in enumerate(waits):
        usual = min(900, 5 * 2**turn)
        assert usual / 2 <= wait <= usual * 1.5


# Ally's own bad news


async def test_a_poisonous_message_harms_nobody_else(office: Office, slack: Slack) -> None:
    """What cannot be rendered is postponed, not retried in a tight loop, then failed and visible; others get theirs."""
    mina, *_ = await office.due("mina", "joel")

    def render(parcel: Parcel) -> Message:
        if parcel.user == mina.id:
            raise ValueError("no such message")
        return plain_message(parcel)

    for attempt in range(1, 6):
        await office.deliver(render=render)
        await office.deliver(render=render)
        assert (await office.fates())[mina.id] == ("planned" if attempt < 5 else "failed", "error")
        slack.clock.advance(timedelta(minutes=20))
    assert sorted(await counts(office)) == [0, 1]


@pytest.mark.parametrize("comes_back", [False, True])
async def test_what_is_not_in_the_library(office: Office, slack: Slack, comes_back: bool) -> None:
    """Tried some more, for another worker may have planned from a newer library; then one row with a true reason."""
    await office.due("mina")
    absent = True

    def render(parcel: Parcel) -> Message:
        if absent:
            raise KeyError(parcel.nudge)
        return plain_message(parcel)

    for _ in range(4):
        await office.deliver(render=render)
        assert await office.fate() == ("planned", "not_in_library")
        slack.clock.advance(timedelta(minutes=20))
    absent = not comes_back
    await office.deliver(render=render)
    assert await office.fate() == (SENT if comes_back else ("failed", "not_in_library"))
    assert office.posts() == int(comes_back)


async def counts(office: Office) -> list[int]:
    """How many messages each of the members has."""
    return [len(office.slack.person(name).dm_messages) for name in office.people]


async def test_a_mistake_of_ours_after_the_post_is_looked_up(
    office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception nobody foresaw, after the request left, costs neither this message's fate nor the others'."""
    await office.due("mina", "joel", "asha")
    monkeypatch.setattr(Pace, "accepted", explode_once())
    await office.deliver()
    assert sorted(state for state, _ in (await office.fates()).values()) == ["sending", "sent", "sent"]
    slack.clock.advance(31)
    await office.deliver()
    assert set((await office.fates()).values()) == {SENT}
    assert office.posts() == 3


def explode_once() -> Callable[[Pace], None]:
    """A function that raises the first time."""
    times = itertools.count()

    def accepted(_: Pace) -> None:
        if next(times) == 0:
            raise RuntimeError

    return accepted


@pytest.mark.parametrize("change", [leave, lambda db, who, now: pause(db, who, None, now)])
async def test_the_last_moment_before_the_post(office: Office, change: Any) -> None:
    """Who leaves or pauses after the planning gets nothing."""
    await office.due("mina", "joel")
    await change(office.db, office.people["mina"], HALF_PAST_NINE)
    await office.deliver()
    assert await counts(office) == [0, 1]
    assert {state for state, _ in (await office.fates()).values()} == {"sent", "skipped"}


async def test_a_long_night_is_cleared_in_one_round(office: Office, slack: Slack) -> None:
    """A queue of rows that came too late does not make the next one late as well."""
    await office.due(*(f"p{number}" for number in range(60)))
    slack.clock.advance(timedelta(hours=3, seconds=1))
    async with office.db.write() as connection:
        late = sa.select(delivery.c.id).limit(1).scalar_subquery()
        await connection.execute(sa.update(delivery).where(delivery.c.id == late).values(due_at=slack.clock.now()))
    async with within(5):
        await office.deliver()
    fates = list((await office.fates()).values())
    assert fates.count(("skipped", "late")) == 59
    assert fates.count(SENT) == 1


async def test_past_its_lease_a_worker_sends_nothing(office: Office) -> None:
    """A worker that slept through its lease between claiming and posting writes no request; the row waits again."""
    await office.due("mina")
    asleep_s = 0.0
    courier = office.courier(boottime=lambda: time.monotonic() + asleep_s, render=lambda parcel: nap(parcel))

    def nap(parcel: Parcel) -> Message:
        nonlocal asleep_s
        asleep_s = 31.0  # SIGSTOP and SIGCONT: the clock has gone on meanwhile
        courier.stop()
        return plain_message(parcel)

    await courier.run()
    assert office.posts() == 0
    assert await office.fate() == ("planned", "lease")
    await office.deliver()
    assert await office.fate() == SENT


async def test_a_lease_lost_in_mid_flight_keeps_the_fates(office: Office, slack: Slack) -> None:
    """When another worker takes over, nothing more is claimed, and what Slack still answers is written down."""
    await office.due(*(f"p{number}" for number in range(40)))
    slack.faults.add("chat.postMessage", delay_s=0.8, jitter=0)
    running = asyncio.create_task(office.courier().run())
    await until(lambda: office.opened() >= 5)
    async with office.db.write() as connection:
        await connection.execute(sa.update(lease).values(holder="thief", fence=lease.c.fence + 1))
    async with within(5):
        await running
    fates = [state for state, _ in (await office.fates()).values()]
    assert fates.count("sent") == office.posts() < 40
    assert "sending" not in fates


async def test_the_database_goes_away_in_mid_flight(
    office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While posts are in flight the database may be gone for a while: no fate is lost, and nothing new is sent."""
    await office.due(*(f"p{number}" for number in range(40)))
    slack.faults.add("chat.postMessage", delay_s=0.8, jitter=0)
    real, gone = exchange, asyncio.Event()
    refused: list[int] = []

    async def shaky(*args: Any, **kwargs: Any) -> list[list[Parcel] | None]:
        if gone.is_set():
            refused.append(1)
            raise sa.exc.OperationalError("SELECT 1", {}, ConnectionError())
        return await real(*args, **kwargs)

    def tries() -> int:
        return len(refused)

    monkeypatch.setattr(flush, "exchange", shaky)
    running = asyncio.create_task(office.courier().run())
    await until(lambda: office.opened() >= 5)
    gone.set()
    await until(lambda: office.posts() > 0 and tries() > 1)
    opened = office.opened()
    await until(lambda: office.posts() == opened and tries() > 3)
    assert office.opened() == opened < 40
    assert not running.done()
    gone.clear()
    async with within(10):
        await running
    assert set((await office.fates()).values()) == {SENT}
    assert office.posts() == 40


async def test_a_database_that_is_gone_from_the_start_ends_the_round(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing in its hands a courier does not wait for the database: it raises, and the next look tries anew."""
    await office.due("mina")

    async def gone(*args: Any, **kwargs: Any) -> list[Parcel]:
        raise sa.exc.OperationalError("SELECT 1", {}, ConnectionError())

    monkeypatch.setattr(flush, "exchange", gone)
    with pytest.raises(sa.exc.OperationalError):
        async with within(5):
            await office.deliver()


async def test_told_to_stop_it_finishes_what_is_in_flight(office: Office, slack: Slack) -> None:
    """On stop nothing more is claimed, open requests come back and are written down, and the lease is given up."""
    await office.due(*(f"p{number}" for number in range(40)))
    slack.faults.add("chat.postMessage", delay_s=0.8, jitter=0)
    courier = office.courier()
    running = asyncio.create_task(courier.run())
    await until(lambda: office.opened() >= 5)
    at_most = office.posts() + len(courier.in_flight)
    courier.stop()
    async with within(5):
        await running
    fates = [state for state, _ in (await office.fates()).values()]
    assert fates.count("sent") == office.posts() <= at_most
    assert set(fates) == {"sent", "planned"}
    assert await take_lease(office.db, office.team, "next", 30, sole=False) is not None


async def test_told_to_stop_while_slack_wants_quiet(office: Office) -> None:
    """A courier that waits out a `Retry-After` stops at once all the same."""
    await office.due("mina")
    await office.leave_pace(QUICK, HALF_PAST_NINE + timedelta(seconds=4))
    courier = office.courier()
    running = asyncio.create_task(courier.run())
    await until(lambda: courier._deadline > 0)
    courier.stop()
    async with within(5):
        await running
    assert office.posts() == 0
    assert await office.fate() == ("planned", None)


async def test_while_slack_wants_a_long_rest_nobody_waits_there(ticking: Office) -> None:
    """A courier leaves, with what Slack asked for on the lease; nobody sets off again before its time has come."""
    await ticking.due("mina")
    until = ticking.means.clock() + timedelta(seconds=60)
    await ticking.leave_pace(QUICK, until)
    async with within(3):
        await ticking.deliver()
    assert ticking.posts() == 0
    held = await take_lease(ticking.db, ticking.team, "next", 30, sole=False)
    assert held is not None
    assert held.not_before is not None
    assert abs(held.not_before - until) < timedelta(seconds=0.1)


async def test_a_clock_set_back_makes_no_rest_longer_than_an_hour(ticking: Office) -> None:
    """A moment that lies far ahead only because the clock was set back is not taken for Slack's wish."""
    await ticking.due("mina")
    await ticking.leave_pace(QUICK, ticking.means.clock() + timedelta(hours=5))
    await ticking.deliver()
    held = await take_lease(ticking.db, ticking.team, "next", 30, sole=False)
    assert held is not None
    assert held.not_before is not None
    assert held.not_before <= ticking.means.clock() + timedelta(hours=1)


async def test_waiting_for_a_slow_answer_is_no_busy_loop(
    office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one request is open and nothing else is due, the database is asked now and then, not all the time."""
    await office.due("mina")
    slack.faults.add("chat.postMessage", delay_s=1.0, jitter=0)
    asked = itertools.count()
    real = exchange

    async def counted(*args: Any, **kwargs: Any) -> list[list[Parcel] | None]:
        next(asked)
        return await real(*args, **kwargs)

    monkeypatch.setattr(flush, "exchange", counted)
    await office.deliver()
    assert await office.fate() == SENT
    assert next(asked) <= 8


async def test_the_ceiling_holds(ticking: Office) -> None:
    """`ALLY_SEND_RATE` is a hard ceiling, however much Slack would take."""
    await ticking.due(*(f"p{number}" for number in range(6)))
    began = time.monotonic()
    await ticking.deliver(ceiling=5.0)
    assert time.monotonic() - began >= 1.0 - 0.05
    assert ticking.posts() == 6


async def test_no_two_couriers_send_the_same(office: Office) -> None:
    """Couriers of several workers at once: everybody gets one message."""
    people = await office.due(*(f"p{number}" for number in range(30)))
    async with within(20):
        while {state for state, _ in (await office.fates()).values()} != {"sent"}:
            await asyncio.gather(*(office.deliver(holder=f"w{number}") for number in range(3)))
    assert all(len(someone.dm_messages) == 1 for someone in people)
    assert await claim_none(office)


async def claim_none(office: Office) -> bool:
    """Whether nothing is left to claim."""
    held = await take_lease(office.db, office.team, "last", 30, sole=False)
    assert held is not None
    left = await claim(
        office.db, held, [], want=9, now=HALF_PAST_NINE + timedelta(hours=1), catch_up=office.means.catch_up,
        lease_s=30, rate=1, not_before=None,
    )  # fmt: skip
    return left == []


async def until(happened: Callable[[], bool], seconds: float = 10) -> None:
    """Waits for something that the other side does."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 — the other side rings no bell
            await asyncio.sleep(0.005)
