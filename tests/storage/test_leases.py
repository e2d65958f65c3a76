"""Leases: one holder at a time by the database's clock, and a fence that only rises."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.model import State
from bot.storage.claims import Fate
from bot.storage.database import Database, epoch_s
from bot.storage.leases import Lease, LeaseLost, release_lease, take_lease, workspaces_with_work
from bot.storage.ledger import deliveries
from bot.storage.tables import lease
from tests.claiming import claim
from tests.conftest import MONDAY
from tests.storage.people import CATCH_UP, HALF_PAST_NINE, claim_some, hold, install, opted_in, plan_nudges

TINY_S = 0.05


@pytest.fixture(autouse=True)
async def installed(db: Database) -> None:
    """Ally is installed in two workspaces."""
    await install(db, "T1")
    await install(db, "T2")


async def expired(db: Database, held: Lease) -> None:
    """Returns once the lease has run out by the database's own clock."""
    query = sa.select(lease.c.until < epoch_s(db.engine.dialect.name)).where(lease.c.workspace == held.workspace)
    while True:
        async with db.read() as connection:
            if await connection.scalar(query):
                return
        await asyncio.sleep(0.005)


async def test_one_holder(db: Database) -> None:
    """While one worker holds a workspace no other gets it; other workspaces are free."""
    await hold(db, "one")
    assert await take_lease(db, "T1", "two", 30, sole=False) is None
    assert (await hold(db, "two", "T2")).holder == "two"


async def test_of_many_at_once_one_gets_it(db: Database) -> None:
    """Ten workers that reach for a workspace together: exactly one holds it."""
    taken = await asyncio.gather(*(take_lease(db, "T1", f"w{number}", 30, sole=False) for number in range(10)))
    assert sum(held is not None for held in taken) == 1


async def test_taking_ones_own_again_is_no_change_of_hands(db: Database) -> None:
    """The holder takes its own lease again under the same fence."""
    assert (await hold(db, "one")).fence == (await hold(db, "one")).fence == 1


async def test_takeover_only_after_it_ran_out(db: Database) -> None:
    """A dead worker's workspace is free once its lease is over, under a higher fence, at the pace it had reached."""
    first = await hold(db, "one")
    await claim(
        db, first, [], want=0, now=MONDAY, catch_up=CATCH_UP, lease_s=TINY_S, rate=7.5,
        not_before=MONDAY + timedelta(seconds=9),
    )  # fmt: skip
    await expired(db, first)
    second = await hold(db, "two")
    assert second.fence == first.fence + 1
    assert second.rate == 7.5
    assert second.not_before == MONDAY + timedelta(seconds=9)


async def test_coming_back_too_late_is_a_new_holder(db: Database) -> None:
    """A worker that overslept its own lease gets a new fence, so that what it held before is settled, not assumed."""
    first = await hold(db, "one", lease_s=TINY_S)
    await expired(db, first)
    assert (await hold(db, "one")).fence == first.fence + 1


async def test_a_claim_renews_the_lease(db: Database) -> None:
    """Whoever works keeps what it holds."""
    held = await hold(db, "one", lease_s=5)
    await claim_some(db, held)
    async with db.read() as connection:
        left = await connection.scalar(sa.select(lease.c.until - epoch_s(connection.dialect.name)))
    assert left is not None
    assert 20 < left <= 30


async def test_an_old_holder_claims_nothing_but_its_fates_are_kept(db: Database) -> None:
    """Past its lease a worker gets LeaseLost; what Slack had answered before is true and is written down."""
    await opted_in(db)
    await plan_nudges(db)
    first = await hold(db, "one")
    parcels = await claim(
        db, first, [], want=1, now=HALF_PAST_NINE, catch_up=CATCH_UP, lease_s=TINY_S, rate=2, not_before=None
    )
    await expired(db, first)
    await hold(db, "two")
    await opted_in(db, "U2")
    await plan_nudges(db)
    fate = Fate(parcels[0].id, State.SENT, sent_at=HALF_PAST_NINE, message_ts="1.1")
    with pytest.raises(LeaseLost):
        await claim(
            db, first, [fate], want=5, now=HALF_PAST_NINE, catch_up=CATCH_UP, lease_s=30, rate=2, not_before=None
        )
    assert {row.user: row.state for row in await deliveries(db)} == {"U1": State.SENT, "U2": State.PLANNED}


async def test_past_its_end_a_lease_is_lost_even_if_nobody_took_it(db: Database) -> None:
    """A lease that ran out cannot be prolonged: somebody may be reaching for it right now."""
    held = await hold(db, "one", lease_s=TINY_S)
    await expired(db, held)
    with pytest.raises(LeaseLost):
        await claim_some(db, held)


async def test_released_it_is_free_at_once(db: Database) -> None:
    """A successor need not wait for a lease that was given back, and gets a higher fence."""
    first = await hold(db, "one")
    await release_lease(db, first)
    assert (await hold(db, "two")).fence == first.fence + 1


async def test_an_old_holder_cannot_release_its_successor(db: Database) -> None:
    """Giving back what one no longer holds does nothing."""
    first = await hold(db, "one")
    await release_lease(db, first)
    await hold(db, "two")
    await release_lease(db, first)
    assert await take_lease(db, "T1", "three", 30, sole=False) is None


async def test_the_sole_worker_waits_for_nobody(db: Database) -> None:
    """Where a lock has shut every other worker out, a lease that stands is a dead one's."""
    first = await hold(db, "one")
    taken = await take_lease(db, "T1", "two", 30, sole=True)
    assert taken is not None
    assert taken.fence == first.fence + 1


async def test_a_database_clock_set_back_gives_nobody_a_long_lease(db: Database) -> None:
    """A lease that seems to run for an hour, for its holder died and the clock was set back, is free to take."""
    dead = await hold(db, "dead")
    await opted_in(db, "U1")
    await plan_nudges(db)
    async with db.write() as connection:
        await connection.execute(sa.update(lease).values(until=lease.c.until + 3600))
    assert await workspaces_with_work(db, HALF_PAST_NINE, "next") == ["T1"]
    held = await take_lease(db, "T1", "next", 30, sole=False)
    assert held is not None
    assert held.fence == dead.fence + 1


async def test_where_slack_wants_a_rest_nobody_is_sent(db: Database) -> None:
    """Until `Retry-After` is nearly over a workspace is left alone; a wish for more than an hour is none of Slack's."""
    await opted_in(db, "U1")
    await plan_nudges(db)
    for minutes, found in ((10, []), (90, ["T1"])):
        held = await hold(db)
        await claim(
            db, held, [], want=0, now=HALF_PAST_NINE, catch_up=CATCH_UP, lease_s=30, rate=2,
            not_before=HALF_PAST_NINE + timedelta(minutes=minutes),
        )  # fmt: skip
        await release_lease(db, held)
        assert await workspaces_with_work(db, HALF_PAST_NINE, "me") == found
    soon = timedelta(minutes=90)
    assert await workspaces_with_work(db, HALF_PAST_NINE + soon, "me", linger=timedelta(seconds=5)) == ["T1"]


async def test_where_there_is_work(db: Database) -> None:
    """Workspaces with something due, most urgent first; not those in hand, nor those a living worker holds."""
    await opted_in(db, "U1", "Europe/London", team="T1")
    await opted_in(db, "U2", "Asia/Kolkata", team="T2", now=MONDAY - timedelta(hours=6))
    await plan_nudges(db)
    assert await workspaces_with_work(db, MONDAY - timedelta(hours=5), "me") == []
    assert await workspaces_with_work(db, HALF_PAST_NINE, "me") == ["T2", "T1"]
    assert await workspaces_with_work(db, HALF_PAST_NINE, "me", besides=["T2"]) == ["T1"]
    held = await hold(db, "other", "T2")
    assert await workspaces_with_work(db, HALF_PAST_NINE, "me") == ["T1"]
    assert await workspaces_with_work(db, HALF_PAST_NINE, "other") == ["T2", "T1"]
    assert await workspaces_with_work(db, HALF_PAST_NINE, "me", sole=True) == ["T2", "T1"]
    await release_lease(db, held)
    assert await workspaces_with_work(db, HALF_PAST_NINE, "me") == ["T2", "T1"]
