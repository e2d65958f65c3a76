"""The weekly check-in: one row a member and week, its answers sealed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import CheckIn, Kind, Member, Skip, State, Step
from bot.storage.database import Database, among, insert_into
from bot.storage.ledger import Note, unheard
from bot.storage.members import open_box
from bot.storage.tables import check_in, delivery


async def keep_check_in(db: Database, who: Member, answers: CheckIn, now: datetime, note: Note = unheard) -> None:
    """Keeps a week's answers; answering again replaces them. A check-in still waiting for that week is not sent."""
    text = json.dumps(
        {"steps": sorted(answers.steps), "line": answers.line, "next_week": answers.next_week},
        ensure_ascii=False,
    )
    async with db.write() as connection:
        box = await open_box(db, connection, who)
        kept = {"answered_at": now, "answers_sealed": box.seal("check_in", answers.week, text)}
        await connection.execute(
            insert_into(connection, check_in)
            .values(member_id=who.id, week=answers.week, **kept)
            .on_conflict_do_update(index_elements=[check_in.c.member_id, check_in.c.week], set_=kept)
        )
        ended = await connection.scalars(
            sa.update(delivery)
            .where(delivery.c.member_id == who.id, delivery.c.kind == Kind.CHECK_IN)
            .where(delivery.c.local_date.between(answers.week, answers.week + timedelta(days=6)))
            .where(delivery.c.state == State.PLANNED)
            .values(state=State.SKIPPED, reason=Skip.ANSWERED, ready_at=None)
            .returning(delivery.c.kind)
        )
        kinds = ended.all()
    for kind in kinds:
        note(Kind(kind), State.SKIPPED, Skip.ANSWERED)


async def check_in_of(db: Database, who: Member, week: date) -> CheckIn | None:
    """What a member answered for the week that begins on Monday `week`."""
    query = sa.select(check_in).where(check_in.c.member_id == who.id, check_in.c.week == week)
    async with db.read() as connection:
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        box = await open_box(db, connection, who)
    kept = json.loads(box.open("check_in", week, row.answers_sealed))
    return CheckIn(week, frozenset(Step(step) for step in kept["steps"]), kept["line"], kept["next_week"])


async def answered_weeks(connection: AsyncConnection, people: Sequence[int]) -> dict[int, frozenset[date]]:
    """Inside a transaction: for each member, by id, the weeks they answered for."""
    query = sa.select(check_in.c.member_id, check_in.c.week).where(among(connection, check_in.c.member_id, people))
    weeks: dict[int, set[date]] = {}
    for row in await connection.execute(query):
        weeks.setdefault(row.member_id, set()).add(row.week)
    return {who: frozenset(found) for who, found in weeks.items()}
