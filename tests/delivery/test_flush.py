"""Flushing: the couriers of a process share transactions, and nobody's trouble is anybody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.delivery import flush
from bot.delivery.flush import TURN_S, Flusher, until_turn_s
from bot.model import State
from bot.storage.claims import Fate, Order, exchange
from bot.storage.leases import Lease, LeaseLost
from bot.storage.ledger import deliveries
from bot.storage.tables import delivery, lease
from tests.delivery.office import Office
from tests.storage.people import hold, install, opted_in, plan_nudges

TEAMS = [f"T{number}" for number in range(5)]


@dataclass
class Seen:
    """How many orders each transaction was of."""

    sizes: list[int]


@pytest.fixture
async def held(office: Office) -> list[Lease]:
    """Five workspaces, two people due in each, held by us."""
    for team in TEAMS:
        await install(office.db, team, office.means.clock(), f"xoxb-{team}")
        for user in ("U1", "U2"):
            await opted_in(office.db, f"{team}{user}", team=team, now=office.means.clock() - timedelta(hours=1))
    await plan_nudges(office.db, office.means.clock())
    return [await hold(office.db, "me", team) for team in TEAMS]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What the flusher asks of the ledger."""
    found = Seen([])

    async def counted(db: Any, orders: Sequence[Order], **kwargs: Any) -> Any:
        found.sizes.append(len(orders))
        return await exchange(db, orders, **kwargs)

    monkeypatch.setattr(flush, "exchange", counted)
    return found


async def test_orders_of_one_moment_share_a_transaction(office: Office, held: list[Lease], seen: Seen) -> None:
    """Each gets its own workspace's parcels, under its own fence."""
    flusher = Flusher(office.means)
    answers = await asyncio.gather(*(flusher.exchange(Order(one, [], 1)) for one in held))
    assert [[parcel.workspace for parcel in parcels] for parcels in answers] == [[team] for team in TEAMS]
    assert seen.sizes == [5]
    async with office.db.read() as connection:
        fences = await connection.execute(
            sa.select(delivery.c.workspace, delivery.c.fence).where(delivery.c.state == State.SENDING)
        )
        assert dict(tuple(row) for row in fences) == {one.workspace: one.fence for one in held}


async def test_fates_and_wishes_of_many_go_together(office: Office, held: list[Lease], seen: Seen) -> None:
    """What came back in one workspace is written while another claims."""
    flusher = Flusher(office.means)
    [first] = await flusher.exchange(Order(held[0], [], 1))
    fate = Fate(first.id, State.SENT, sent_at=office.means.clock(), message_ts="1.1")
    answers = await asyncio.gather(
        flusher.exchange(Order(held[0], [fate], 0)), *(flusher.exchange(Order(one, [], 9)) for one in held[1:])
    )
    assert [len(parcels) for parcels in answers] == [0, 2, 2, 2, 2]
    assert seen.sizes == [1, 5]
    states = {row.id: row.state for row in await deliveries(office.db, team=TEAMS[0])}
    assert states.pop(first.id) == State.SENT
    assert set(states.values()) == {State.PLANNED}


async def test_a_lost_lease_is_one_workspaces_trouble(office: Office, held: list[Lease]) -> None:
    """Its fates are written and its courier hears of it; the others go on."""
    flusher = Flusher(office.means)
    [parcel] = await flusher.exchange(Order(held[0], [], 1))
    async with office.db.write() as connection:
        await connection.execute(sa.update(lease).where(lease.c.workspace == TEAMS[0]).values(fence=99, holder="other"))
    fate = Fate(parcel.id, State.SENT, sent_at=office.means.clock(), message_ts="1.1")
    lost, *others = await asyncio.gather(
        flusher.exchange(Order(held[0], [fate], 1)),
        *(flusher.exchange(Order(one, [], 1)) for one in held[1:]),
        return_exceptions=True,
    )
    assert isinstance(lost, LeaseLost)
    assert [len(parcels) for parcels in others if isinstance(parcels, list)] == [1, 1, 1, 1]
    assert {row.state for row in await deliveries(office.db, team=TEAMS[0])} == {State.SENT, State.PLANNED}


async def test_a_row_that_cannot_be_read_is_one_workspaces_trouble(
    office: Office, held: list[Lease], seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is tried one by one, and nothing of what failed together stands."""
    real: Any = vars(flush)["exchange"]

    async def poisoned(db: Any, orders: Sequence[Order], **kwargs: Any) -> Any:
        answers = await real(db, orders, **kwargs)
        if any(order.held.workspace == TEAMS[2] for order in orders):
            raise KeyError
        return answers

    monkeypatch.setattr(flush, "exchange", poisoned)
    flusher = Flusher(office.means)
    answers = await asyncio.gather(
        *(flusher.exchange(Order(one, [], 0)) for one in held), return_exceptions=True
    )  # fmt: skip
    assert [type(answer) for answer in answers] == [list, list, KeyError, list, list]
    assert seen.sizes == [5, 1, 1, 1, 1, 1]


async def test_a_database_that_is_away_is_asked_once_for_all(
    office: Office, held: list[Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for nothing longer than the others: everybody hears of it at the same time, and may come again."""
    asked = []

    async def gone(db: Any, orders: Sequence[Order], **kwargs: Any) -> Any:
        asked.append(len(orders))
        raise sa.exc.OperationalError("SELECT 1", {}, ConnectionError())

    with monkeypatch.context() as patch:
        patch.setattr(flush, "exchange", gone)
        flusher = Flusher(office.means)
        answers = await asyncio.gather(
            *(flusher.exchange(Order(one, [], 1)) for one in held), return_exceptions=True
        )  # fmt: skip
    assert {type(answer) for answer in answers} == {sa.exc.OperationalError}
    assert asked == [5]
    assert len(await flusher.exchange(Order(held[0], [], 9))) == 2


async def test_who_no_longer_waits_claims_nothing(office: Office, held: list[Lease]) -> None:
    """A courier that was cancelled while it stood in line has nobody to send what it asked for."""
    flusher = Flusher(office.means)
    gone = asyncio.create_task(flusher.exchange(Order(held[0], [], 9)))
    stays = asyncio.create_task(flusher.exchange(Order(held[1], [], 9)))
    await asyncio.sleep(0)
    gone.cancel()
    assert len(await stays) == 2
    assert {row.state for row in await deliveries(office.db, team=TEAMS[0])} == {State.PLANNED}


@pytest.mark.parametrize("now", [0.0, 0.0001, 7.31, 123456.789])
def test_turns_begin_at_the_same_moments(now: float) -> None:
    """Whenever two couriers look at the clock within a turn, they wake together."""
    starts = now + until_turn_s(now)
    assert 0 < until_turn_s(now) <= TURN_S
    later = (now + starts) / 2
    assert later + until_turn_s(later) == pytest.approx(starts)


async def test_two_orders_of_one_workspace_are_refused(office: Office, held: list[Lease]) -> None:
    """They would get the same parcels, and people the same message twice."""
    with pytest.raises(ValueError, match="one workspace"):
        await exchange(
            office.db, [Order(held[0], [], 1)] * 2, now=office.means.clock(), catch_up=office.means.catch_up, lease_s=30
        )
    assert {row.state for row in await deliveries(office.db)} == {State.PLANNED}
