"""What members have seen and answered."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.model import Answer, DeliveryId, Kind, Member
from bot.nudges.choose import History, Past
from bot.storage.database import Database
from bot.storage.histories import answer_nudge, history_of, note_seen, why_of
from bot.storage.ledger import deliveries
from bot.storage.planning import NewRow, Plan, plan_due
from bot.storage.tables import delivery, feedback
from bot.storage.vault import SealBroken
from tests.conftest import MONDAY
from tests.storage.people import HALF_PAST_NINE, install, new_id, opted_in, plan_nudges

DAY = date(2026, 11, 23)


@pytest.fixture
async def mina(db: Database) -> Member:
    """A member."""
    await install(db)
    return await opted_in(db, "U1")


async def first_row(db: Database, user: str = "U1") -> DeliveryId:
    """The id of somebody's oldest delivery."""
    return (await deliveries(db, user=user))[0].id


async def test_nothing_met_yet(db: Database, mina: Member) -> None:
    """A new member has an empty history."""
    assert await history_of(db, mina) == History()


async def test_what_was_delivered_and_asked_for(db: Database, mina: Member) -> None:
    """Both count as met, oldest first, with the answer, and only one's own."""
    other = await opted_in(db, "U2")
    await plan_nudges(db)
    await answer_nudge(db, mina, await first_row(db), Answer.NOT_TODAY, MONDAY)
    await note_seen(db, mina, "ask", DAY - timedelta(days=3))
    await asyncio.gather(*(note_seen(db, mina, "ask", DAY - timedelta(days=3)) for _ in range(3)))
    assert (await history_of(db, mina)).past == (
        Past("ask", DAY - timedelta(days=3), None, delivered=False),
        Past("listen", DAY, Answer.NOT_TODAY),
    )
    assert (await history_of(db, other)).past == (Past("listen", DAY),)


async def test_what_never_arrived_was_not_seen(db: Database, mina: Member) -> None:
    """Skipped and failed rows are no part of a history."""
    await plan_nudges(db)
    async with db.write() as connection:
        await connection.execute(sa.update(delivery).values(state="skipped", reason="late", ready_at=None))
    assert await history_of(db, mina) == History()


async def test_answers_can_be_changed_and_taken_back(db: Database, mina: Member) -> None:
    """The last press counts, a double press at one moment is one, and undo leaves nothing."""
    await plan_nudges(db)
    which = await first_row(db)
    assert await answer_nudge(db, mina, which, Answer.DID_IT, MONDAY) == "listen"
    await asyncio.gather(*(answer_nudge(db, mina, which, Answer.NOT_FOR_ME, MONDAY) for _ in range(4)))
    assert (await history_of(db, mina)).past[0].answer is Answer.NOT_FOR_ME
    assert await answer_nudge(db, mina, which, None, MONDAY) == "listen"
    assert await answer_nudge(db, mina, which, None, MONDAY) == "listen"
    async with db.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(feedback)) == 0


async def test_nobody_answers_for_somebody_else(db: Database, mina: Member) -> None:
    """A press under another's delivery, or under none, keeps nothing."""
    other = await opted_in(db, "U2")
    await plan_nudges(db)
    assert await answer_nudge(db, other, await first_row(db, mina.user), Answer.DID_IT, MONDAY) is None
    assert await answer_nudge(db, mina, DeliveryId("none"), Answer.DID_IT, MONDAY) is None
    assert (await history_of(db, mina)).past[0].answer is None


async def test_answers_are_sealed_to_their_row(db: Database, mina: Member) -> None:
    """An answer moved under another delivery does not open: the history says so rather than guess."""
    await plan_nudges(db)
    await answer_nudge(db, mina, await first_row(db), Answer.DID_IT, MONDAY)
    second = new_id()
    row = NewRow(second, DAY + timedelta(days=1), HALF_PAST_NINE + timedelta(days=1), nudge="ask")
    await plan_due(
        db, Kind.NUDGE, HALF_PAST_NINE + timedelta(days=1), 9, lambda _: Plan((row,), datetime(2027, 1, 1, tzinfo=UTC))
    )
    async with db.write() as connection:
        await connection.execute(sa.update(feedback).values(delivery_id=second))
    with pytest.raises(SealBroken):
        await history_of(db, mina)


async def test_why(db: Database, mina: Member) -> None:
    """Members hear why a nudge of their own was chosen; of another's delivery nothing comes out."""
    other = await opted_in(db, "U2")
    await plan_nudges(db)
    rows = await deliveries(db)
    assert await why_of(db, mina, rows) == {await first_row(db, "U1"): "stance:back unseen"}
    assert await why_of(db, other, await deliveries(db, user="U1")) == {}
