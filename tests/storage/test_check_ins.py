"""The weekly check-in."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.model import CheckIn, Kind, Member, Skip, State, Step
from bot.storage.check_ins import check_in_of, keep_check_in
from bot.storage.claims import Fate
from bot.storage.database import Database
from bot.storage.ledger import deliveries
from bot.storage.planning import plan_due
from bot.storage.tables import check_in
from tests.claiming import claim
from tests.storage.people import CATCH_UP, claim_some, hold, install, one_row, opted_in, plan_nudges

WEEK = date(2026, 11, 23)
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
ANSWERS = CheckIn(WEEK, frozenset({Step.ASIDE, Step.HELD_BACK}), "Let Joel chair.", "Ask first.")


@pytest.fixture
async def mina(db: Database) -> Member:
    """A member."""
    await install(db)
    return await opted_in(db, "U1")


async def test_kept_and_found_again(db: Database, mina: Member) -> None:
    """A week's answers come back; other weeks and other members have none."""
    await keep_check_in(db, mina, ANSWERS, FRIDAY)
    assert await check_in_of(db, mina, WEEK) == ANSWERS
    assert await check_in_of(db, mina, WEEK + timedelta(days=7)) is None
    assert await check_in_of(db, await opted_in(db, "U2"), WEEK) is None


async def test_on_disk_it_cannot_be_read(db: Database, mina: Member) -> None:
    """Neither the steps nor the words stand in the table."""
    await keep_check_in(db, mina, ANSWERS, FRIDAY)
    async with db.read() as connection:
        sealed = await connection.scalar(sa.select(check_in.c.answers_sealed))
    assert sealed is not None
    assert b"aside" not in sealed
    assert b"Joel" not in sealed


async def test_answering_again_replaces(db: Database, mina: Member) -> None:
    """The last answer of a week counts; a double submission at one moment is one answer."""
    await keep_check_in(db, mina, ANSWERS, FRIDAY)
    quiet = CheckIn(WEEK, frozenset({Step.QUIET}), "", "")
    await asyncio.gather(*(keep_check_in(db, mina, quiet, FRIDAY) for _ in range(4)))
    assert await check_in_of(db, mina, WEEK) == quiet


async def test_a_check_in_still_waiting_is_not_sent(db: Database, mina: Member) -> None:
    """Who answered by `/ally week` is not asked again that week; the day's nudge still comes."""
    await plan_nudges(db, FRIDAY)
    await plan_due(db, Kind.CHECK_IN, FRIDAY, 10, one_row)
    await keep_check_in(db, mina, CheckIn(WEEK - timedelta(days=7), frozenset(), "", ""), FRIDAY)
    assert {row.state for row in await deliveries(db)} == {State.PLANNED}
    await keep_check_in(db, mina, ANSWERS, FRIDAY)
    rows = {row.kind: (row.state, row.reason) for row in await deliveries(db)}
    assert rows == {Kind.CHECK_IN: (State.SKIPPED, Skip.ANSWERED), Kind.NUDGE: (State.PLANNED, None)}


async def test_a_check_in_in_flight_is_left_to_its_sender(db: Database, mina: Member) -> None:
    """Answering cannot call back a request that is on its way."""
    await plan_due(db, Kind.CHECK_IN, FRIDAY, 10, one_row)
    await claim_some(db, await hold(db), now=FRIDAY)
    await keep_check_in(db, mina, ANSWERS, FRIDAY)
    assert [row.state for row in await deliveries(db)] == [State.SENDING]


async def test_answered_in_flight_it_is_not_sent_again(db: Database, mina: Member) -> None:
    """A check-in that Slack turned away (429) while its week was answered ends at the last look, not in the DM."""
    await plan_due(db, Kind.CHECK_IN, FRIDAY, 10, one_row)
    held = await hold(db)
    (parcel,) = await claim_some(db, held, now=FRIDAY)
    await keep_check_in(db, mina, ANSWERS, FRIDAY)
    back = Fate(parcel.id, State.PLANNED, "ratelimited", ready_at=FRIDAY)
    assert (
        await claim(db, held, [back], want=9, now=FRIDAY, catch_up=CATCH_UP, lease_s=30, rate=2, not_before=None) == []
    )
    assert [(row.state, row.reason) for row in await deliveries(db)] == [(State.SKIPPED, Skip.ANSWERED)]


async def test_another_weeks_answer_stops_no_check_in(db: Database, mina: Member) -> None:
    """Late answers for last week leave this week's check-in as it is, at the last look too."""
    await plan_due(db, Kind.CHECK_IN, FRIDAY, 10, one_row)
    await keep_check_in(db, mina, CheckIn(WEEK - timedelta(days=7), frozenset(), "", ""), FRIDAY)
    assert len(await claim_some(db, await hold(db), now=FRIDAY)) == 1
