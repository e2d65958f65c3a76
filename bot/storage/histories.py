"""What members have seen and what they answered, as choosing wants it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Answer, Delivery, DeliveryId, Kind, Member, State
from bot.nudges.choose import History, Past
from bot.storage.database import Database, insert_into
from bot.storage.members import open_box
from bot.storage.tables import delivery, feedback, member, seen
from bot.storage.vault import Box, KeyMissing, SealBroken, Vault


async def histories_of(
    connection: AsyncConnection, vault: Vault, people: Sequence[sa.RowMapping]
) -> dict[int, History | None]:
    """For each row of `member`: every nudge delivered or on its way or asked for, oldest first, with its answer.

    None for somebody whose box, or an answer in it, does not open.
    """
    ids = [row["id"] for row in people]
    sent = (
        sa.select(
            delivery.c.member_id.label("who"),
            delivery.c.nudge,
            delivery.c.local_date.label("day"),
            feedback.c.answer_sealed,
            delivery.c.id,
        )
        .outerjoin(feedback, feedback.c.delivery_id == delivery.c.id)
        .where(delivery.c.member_id.in_(ids), delivery.c.kind == Kind.NUDGE, delivery.c.nudge.is_not(None))
        .where(delivery.c.state.in_([State.PLANNED, State.SENDING, State.SENT]))
    )
    asked = sa.select(
        seen.c.member_id.label("who"),
        seen.c.nudge,
        seen.c.seen_on.label("day"),
        sa.null().label("answer_sealed"),
        sa.null().label("id"),
    ).where(seen.c.member_id.in_(ids))
    both = sa.union_all(sent, asked).subquery()
    past: dict[int, list[Past]] = {}
    boxes = {row["id"]: _box(vault, row) for row in people}
    for row in await connection.execute(sa.select(both).order_by(both.c.day)):
        answer = None
        if row.answer_sealed is not None and (box := boxes[row.who]) is not None:
            try:
                answer = Answer(box.open("feedback", row.id, row.answer_sealed))
            except SealBroken:
                boxes[row.who] = None
        past.setdefault(row.who, []).append(Past(row.nudge, row.day, answer, delivered=row.id is not None))
    return {who: History(tuple(past.get(who, ()))) if box is not None else None for who, box in boxes.items()}


def _box(vault: Vault, row: sa.RowMapping) -> Box | None:
    try:
        return vault.box(row["key"], row["workspace"], row["user"])
    except (KeyMissing, SealBroken):
        return None


async def history_of(db: Database, who: Member) -> History:
    """One member's history, for a nudge asked for by hand. Raises SealBroken where it does not open."""
    async with db.read() as connection:
        rows = (await connection.execute(sa.select(member).where(member.c.id == who.id))).mappings().all()
        found = (await histories_of(connection, db.vault, rows)).get(who.id, History())
    if found is None:
        raise SealBroken("a history does not open")
    return found


async def note_seen(db: Database, who: Member, nudge: str, day: date) -> None:
    """A nudge that the member asked for counts as seen on their local `day`."""
    async with db.write() as connection:
        mark = insert_into(connection, seen).values(member_id=who.id, nudge=nudge, seen_on=day)
        await connection.execute(mark.on_conflict_do_nothing())


async def answer_nudge(
    db: Database, who: Member, which: DeliveryId, answer: Answer | None, now: datetime
) -> str | None:
    """Keeps what a member pressed under a delivery of theirs, or with None takes it back; pressing twice is fine.

    Returns the id of the nudge; None where the delivery is not this member's.
    """
    async with db.write() as connection:
        nudge = await connection.scalar(
            sa.select(delivery.c.nudge).where(delivery.c.id == which, delivery.c.member_id == who.id)
        )
        if nudge is None:
            return None
        if answer is None:
            await connection.execute(sa.delete(feedback).where(feedback.c.delivery_id == which))
        else:
            box = await open_box(db, connection, who)
            kept = {"answered_at": now, "answer_sealed": box.seal("feedback", which, answer)}
            await connection.execute(
                insert_into(connection, feedback)
                .values(delivery_id=which, member_id=who.id, **kept)
                .on_conflict_do_update(index_elements=[feedback.c.delivery_id], set_=kept)
            )
        return str(nudge)


async def why_of(db: Database, who: Member, rows: Iterable[Delivery]) -> dict[DeliveryId, str]:
    """Why each of these deliveries was chosen, in the words kept in the vault; members only ever ask for their own."""
    ids = [row.id for row in rows]
    async with db.read() as connection:
        box = await open_box(db, connection, who)
        found = await connection.execute(
            sa.select(delivery.c.id, delivery.c.why_sealed).where(
                delivery.c.id.in_(ids), delivery.c.member_id == who.id, delivery.c.why_sealed.is_not(None)
            )
        )
        return {row.id: box.open("delivery", row.id, row.why_sealed) for row in found}
