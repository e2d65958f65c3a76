"""What members have seen and what they answered, as choosing wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Answer, Delivery, DeliveryId, Member
from bot.nudges.choose import ASKED_FOR, DELIVERED, History
from bot.storage.database import Database, among, insert_into
from bot.storage.members import open_box
from bot.storage.tables import MET, delivery, feedback, member, seen
from bot.storage.vault import Box, KeyMissing, SealBroken, Vault


async def histories_of(connection: AsyncConnection, boxes: Mapping[int, Box | None]) -> dict[int, History | None]:
    """For each member, by id and with their box: every nudge delivered or on its way or asked for, with its answer.

    None for somebody whose box, or an answer in it, does not open. The database packs each history into one row, from
    an index of its own (`ix_delivery_met`): read row by row, histories cost more than everything else in planning.
    """
    ids = list(boxes)
    lines: dict[int, list[str]] = {}
    for table, on, mark in ((delivery, delivery.c.local_date, DELIVERED), (seen, seen.c.seen_on, ASKED_FOR)):
        packed = _packed(table, on, mark).where(among(connection, table.c.member_id, ids))
        for who, text in await connection.execute(packed):
            lines.setdefault(who, []).extend(text.split("\n"))
    answers: dict[int, dict[str, Answer]] = {}
    broken = {who for who, box in boxes.items() if box is None}
    query = (
        sa.select(
            feedback.c.member_id, delivery.c.local_date, delivery.c.nudge, feedback.c.answer_sealed, delivery.c.id
        )
        .join_from(feedback, delivery, feedback.c.delivery_id == delivery.c.id)
        .where(among(connection, feedback.c.member_id, ids), delivery.c.nudge.is_not(None))
    )
    for who, on, nudge, sealed, id_ in await connection.execute(query):
        if (box := boxes[who]) is None:
            continue
        try:
            answer = Answer(box.open("feedback", id_, sealed))
        except SealBroken:
            broken.add(who)
        else:
            answers.setdefault(who, {})[f"{on.isoformat()}{DELIVERED}{nudge}"] = answer
    return {who: None if who in broken else History.packed(lines.get(who, ()), answers.get(who, {})) for who in boxes}


def _packed(table: sa.Table, on: sa.Column[date], mark: str) -> sa.Select[int, str]:
    line = sa.cast(on, sa.Text) + sa.literal_column(f"'{mark}'") + table.c.nudge
    query = sa.select(table.c.member_id, sa.func.aggregate_strings(line, "\n")).group_by(table.c.member_id)
    # As text, just as it stands in the index: a bound value would not tell the database that the index fits.
    return query.where(sa.text(MET)) if table is delivery else query


def box_of(vault: Vault, row: sa.RowMapping) -> Box | None:
    """The box of a row of `member`; None where it does not open."""
    try:
        return vault.box(row["key"], row["workspace"], row["user"])
    except (KeyMissing, SealBroken):
        return None


async def history_of(db: Database, who: Member) -> History:
    """One member's history, for a nudge asked for by hand. Raises SealBroken where it does not open."""
    async with db.read() as connection:
        rows = (await connection.execute(sa.select(member).where(member.c.id == who.id))).mappings().all()
        found = (await histories_of(connection, {row["id"]: box_of(db.vault, row) for row in rows})).get(
            who.id, History()
        )
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
