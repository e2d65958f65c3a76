"""The worker: looks, sends couriers out, and keeps one workspace's trouble from the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery import worker as module
from bot.delivery.plan import Rules
from bot.delivery.worker import Worker
from bot.model import Kind, Library
from bot.storage.installations import first_sight, installation_of, stop_workspace
from bot.storage.members import find_member, leave
from bot.storage.planning import plan_due
from sandbox import Slack
from tests.delivery.office import Office
from tests.delivery.test_plan import LIBRARY, rules
from tests.delivery.test_send import SENT, until, within
from tests.storage.people import install, new_id, opted_in

Find = Callable[[str], Awaitable[AsyncWebClient | None]]


def worker(office: Office, find: Find | None = None) -> Worker:
    """A worker whose clients come from the installations."""

    async def found(team: str) -> AsyncWebClient | None:
        kept = await installation_of(office.db, team)
        return office.client(kept.token) if kept else None

    return Worker(office.quick_means(), lambda: rules(LIBRARY), find or found)


async def round_of(one: Worker) -> int:
    """One look, and everybody back."""
    out = await one.deliver()
    async with within(10):
        await one.idle()
    return out


async def test_from_due_to_sent(office: Office, slack: Slack) -> None:
    """Plan, deliver: whoever is due has their nudge; looking again does nothing."""
    mina = await office.member("mina")
    one = worker(office)
    assert await one.plan() == 1
    assert await round_of(one) == 1
    assert await office.fate() == SENT
    assert len(mina.dm_messages) == 1
    assert await one.plan() == 0
    assert await round_of(one) == 0
    assert slack.refused == []


async def test_planning_goes_on_until_nobody_is_left(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """More due than fit in a batch are planned in one look."""
    monkeypatch.setattr("bot.delivery.plan._BATCH", 2)
    for number in range(7):
        await office.member(f"p{number}")
    assert await worker(office).plan() == 7


async def test_planning_leaves_time_for_people(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one process answers too, batches are small, never two at a time, and each is followed by a rest."""
    for number in range(120):
        await office.member(f"p{number}")
    sizes: list[int] = []
    under_way = most = 0

    async def counted(db: Any, kind: Kind, now: Any, limit: int, *args: Any, **kwargs: Any) -> int:
        nonlocal under_way, most
        under_way, most = under_way + 1, max(most, under_way + 1)
        sizes.append(limit)
        try:
            return await plan_due(db, kind, now, limit, *args, **kwargs)
        finally:
            under_way -= 1

    monkeypatch.setattr("bot.delivery.plan.plan_due", counted)
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(module, "asyncio", SimpleNamespace(sleep=rest))
    gently = replace(rules(LIBRARY), gently=True)
    one = Worker(office.quick_means(), lambda: gently, no_client)
    assert await one.plan() == 120
    assert sizes == [25] * 5
    assert most == 1
    assert len(rests) == 5
    assert min(rests) > 0


async def no_client(team: str) -> AsyncWebClient | None:
    """Nobody sends."""
    return None


async def test_the_rules_are_asked_anew(office: Office) -> None:
    """A library that was reloaded holds from the next step on."""
    await office.member("mina")
    libraries = [Library(), LIBRARY]

    def current() -> Rules:
        return Rules(libraries[0], timedelta(hours=3), lambda _: False, new_id)

    async def nobody(_: str) -> None:
        return None

    one = Worker(office.means, current, nobody)
    await one.plan()
    assert await office.fate() == ("skipped", "nothing_fits")
    libraries.pop(0)
    await office.member("joel")
    await one.plan()
    assert ("planned", None) in (await office.fates()).values()


async def test_one_courier_a_workspace(office: Office, slack: Slack) -> None:
    """A look while a courier is out sends no second one there."""
    await office.due("mina")
    slack.faults.add("chat.postMessage", delay_s=0.3, jitter=0)
    one = worker(office)
    assert [await one.deliver() for _ in range(3)] == [1, 0, 0]
    await one.idle()
    assert office.posts() == 1


async def second_team(office: Office, slack: Slack, *, token: str | None = None) -> Any:
    """Another workspace with one member due."""
    slack.add_team("T2", "Second", people=[("U2ZOE", "zoe", "Zoë", "Europe/London", "en-GB")])
    team = slack.team("T2")
    await install(office.db, "T2", office.means.clock(), token or team.bot_token)
    zoe = team.person("zoe")
    await opted_in(office.db, zoe.id, team="T2", dm=zoe.dm_id, now=office.means.clock() - timedelta(minutes=30))
    await office.plan()
    return zoe


async def test_a_revoked_workspace_stops_alone(office: Office, slack: Slack) -> None:
    """A token that no longer holds ends its own workspace; the other one gets its messages."""
    await office.due("mina")
    zoe = await second_team(office, slack, token="xoxb-revoked")
    await round_of(worker(office))
    fates = await office.fates()
    assert fates.pop(zoe.id) == ("skipped", "revoked")
    assert set(fates.values()) == {SENT}
    assert await installation_of(office.db, "T2") is None
    assert await installation_of(office.db, office.team) is not None


async def test_where_ally_was_removed_nothing_waits(office: Office, slack: Slack) -> None:
    """A workspace without an installation has its rows ended; nobody sets off."""
    await office.due("mina")
    await stop_workspace(office.db, office.team, "gone", office.means.clock())
    assert await round_of(worker(office)) == 1
    assert await office.fate() == ("skipped", "revoked")
    assert office.posts() == 0
    assert slack.calls("chat.postMessage") == []


async def test_a_token_that_does_not_open_stops_nobody_else(office: Office, slack: Slack) -> None:
    """When one workspace's token cannot be read, the others are served in the same look."""
    await office.due("mina")
    zoe = await second_team(office, slack)

    async def find(team: str) -> AsyncWebClient | None:
        if team == "T2":
            raise RuntimeError
        return office.client()

    await round_of(worker(office, find))
    fates = await office.fates()
    assert fates.pop(zoe.id) == ("planned", None)
    assert set(fates.values()) == {SENT}


async def test_a_courier_that_breaks_down_is_sent_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A courier's exception ends neither the worker nor the workspace."""
    await office.due("mina")
    one = worker(office)
    with monkeypatch.context() as patch:

        async def broken(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError

        patch.setattr("bot.delivery.flush.exchange", broken)
        assert await round_of(one) == 1
    assert await round_of(one) == 1
    assert await office.fate() == SENT


async def test_no_more_couriers_than_agreed(office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more workspaces than couriers the rest waits for the next look."""
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    await office.due("mina")
    await second_team(office, slack)
    one = worker(office)
    assert await round_of(one) == 1
    assert list((await office.fates()).values()).count(SENT) == 1
    assert await round_of(one) == 1
    assert set((await office.fates()).values()) == {SENT}


async def test_a_rate_limited_workspace_holds_no_place(
    office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one courier for all, a workspace that Slack wants left alone for long keeps nobody else waiting."""
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    await office.due("mina")
    await office.leave_pace(400.0, slack.clock.now() + timedelta(minutes=10))
    zoe = await second_team(office, slack)
    one = worker(office)
    assert await round_of(one) == 1
    fates = await office.fates()
    assert fates.pop(zoe.id) == SENT
    assert list(fates.values()) == [("planned", None)]
    assert await round_of(one) == 0
    slack.clock.advance(timedelta(minutes=10))
    assert await round_of(one) == 1
    assert set((await office.fates()).values()) == {SENT}


async def test_a_long_queue_makes_room_for_the_next(
    office: Office, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A courier that is out for long comes home when another workspace waits, and that one is served first."""
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    monkeypatch.setattr(module, "_SHIFT_S", 0.0)
    await office.due(*(f"p{number}" for number in range(20)))
    await office.leave_pace(2.0)
    one = worker(office)
    assert await one.deliver() == 1
    await until(lambda: office.posts() >= 1)
    zoe = await second_team(office, slack)
    assert await one.deliver() == 0
    async with within(5):
        await one.idle()
    assert await round_of(one) == 1
    assert (await office.fates())[zoe.id] == SENT
    assert list((await office.fates()).values()).count(SENT) < 20


async def test_closed_it_starts_nothing_more(office: Office, slack: Slack) -> None:
    """After `close` what is in flight finishes and nothing else begins."""
    await office.due(*(f"p{number}" for number in range(40)))
    slack.faults.add("chat.postMessage", delay_s=0.8, jitter=0)
    one = worker(office)
    await one.deliver()
    await until(lambda: office.opened() >= 3)
    one.close()
    async with within(5):
        await one.idle()
    states = [state for state, _ in (await office.fates()).values()]
    assert set(states) == {"sent", "planned"}
    await office.member("late")
    assert await one.plan() == 0
    assert await one.deliver() == 0


async def test_closed_in_the_middle_of_a_look(office: Office) -> None:
    """A look that was on its way when the worker closed sends nobody out."""
    await office.due("mina")
    holder: list[Worker] = []

    async def find(_: str) -> AsyncWebClient | None:
        holder[0].close()
        return office.client()

    holder.append(worker(office, find))
    await holder[0].deliver()
    await holder[0].idle()
    assert office.posts() == 0


async def test_a_courier_nobody_waits_for_any_longer(office: Office, slack: Slack) -> None:
    """Once closed and out of patience, what is still open is dropped: its row says `sending`, for the next worker."""
    await office.due("mina")
    slack.faults.add("chat.postMessage", delay_s=3, jitter=0)
    one = worker(office)
    await one.deliver()
    await until(lambda: office.opened() == 1)
    one.close()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await one.idle()
    async with within(5):
        await one.idle()
    assert (await office.fate())[0] == "sending"


async def test_tidying(office: Office) -> None:
    """Whoever's time has come is erased, and old marks of events go."""
    await office.member("mina")
    now = office.means.clock()
    await leave(office.db, office.people["mina"], now - timedelta(days=30))
    await first_sight(office.db, "Ev1", now - timedelta(days=1, seconds=1))
    await worker(office).tidy()
    assert await find_member(office.db, office.team, office.people["mina"].user) is None
    assert await first_sight(office.db, "Ev1", now)
