"""Planning: due moments become rows of the ledger, and each member's next due moment follows; in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import DeliveryId, Kind, Member, Skip, State
from bot.nudges.choose import History
from bot.nudges.schedule import turn
from bot.storage.check_ins import answered_weeks
from bot.storage.database import Database, among, as_table, insert_into
from bot.storage.histories import box_of, histories_of
from bot.storage.ledger import Note, unheard
from bot.storage.members import member_from
from bot.storage.tables import delivery, member, workspace
from bot.storage.vault import Box

log = structlog.get_logger()

_UNREADABLE_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DueMember:
    """Somebody with a due moment behind them, and what deciding about it needs.

    `history` is None where the vault does not open theirs: that is their trouble, not that of the others in the batch.
    """

    member: Member
    due_at: datetime
    revoked: bool
    history: History | None
    answered_weeks: frozenset[date]


@dataclass(frozen=True, slots=True)
class NewRow:
    """A due moment turned into a ledger row: `planned` where neither `skip` nor `failed` (a code) says otherwise."""

    id: DeliveryId
    local_date: date
    due_at: datetime
    skip: Skip | None = None
    failed: str | None = None
    nudge: str | None = None
    last_seen: date | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of one member's due moments, and when they are due next."""

    rows: tuple[NewRow, ...]
    next_at: datetime


async def plan_due(
    db: Database,
    kind: Kind,
    now: datetime,
    limit: int,
    decide: Callable[[DueMember], Plan],
    *,
    only: int | None = None,
    note: Note = unheard,
) -> int:
    """Turns up to `limit` members' due moments into rows, in one transaction; says how many members were due.

    `only`: one member's, by id; waits for whoever plans them at this moment. `note` hears of the rows.
    """
    column = member.c.next_nudge_at if kind is Kind.NUDGE else member.c.next_check_in_at
    async with db.write() as connection:
        query = (
            sa.select(member, workspace.c.state.label("workspace_state"))
            .join(workspace, workspace.c.id == member.c.workspace)
            .where(column <= now, sa.true() if only is None else member.c.id == only)
            .order_by(column)
            .limit(limit)
            .with_for_update(of=member, key_share=True, skip_locked=only is None)
        )
        found = (await connection.execute(query)).mappings().all()
        if not found:
            return 0
        moves: dict[datetime, list[int]] = {}
        people: list[tuple[sa.RowMapping, Member]] = []
        for row in found:
            try:
                people.append((row, member_from(row)))
            except (KeyError, ValueError) as error:
                # Such as a zone that this machine's tz database does not know. The others must not wait for it.
                log.error("member_unreadable", member=row["id"], error=type(error).__name__)
                moves.setdefault(now + _UNREADABLE_AGAIN, []).append(row["id"])
        boxes = {who.id: box_of(db.vault, row) for row, who in people} if kind is Kind.NUDGE else {}
        past = await histories_of(connection, boxes) if boxes else {}
        answered = await answered_weeks(connection, [who.id for _, who in people]) if kind is Kind.CHECK_IN else {}
        plans: list[tuple[Member, Plan]] = []
        for row, who in people:
            due = DueMember(
                member=who,
                due_at=row[column.name],
                revoked=row["workspace_state"] != "active",
                history=past.get(who.id, History()),
                answered_weeks=answered.get(who.id, frozenset()),
            )
            plan = decide(due)
            plans.append((due.member, plan))
            moves.setdefault(plan.next_at, []).append(who.id)
        rows = await _insert_rows(connection, kind, plans, boxes)
        # The rows are locked since they were read. Most of a batch are due again at the same moment: few statements.
        for next_at, ids in moves.items():
            moved = sa.update(member).where(among(connection, member.c.id, ids))
            await connection.execute(moved.values({column.name: next_at}))
    for new in rows:
        note(kind, _state_of(new), new.skip or new.failed)
    return len(found)


async def kinds_due(db: Database, now: datetime) -> list[Kind]:
    """The kinds of which somebody is due: one look, without a lock, for most looks find nobody."""
    columns = {Kind.NUDGE: member.c.next_nudge_at, Kind.CHECK_IN: member.c.next_check_in_at}
    async with db.read() as connection:
        first = await connection.execute(
            sa.select(*(sa.select(sa.func.min(one)).scalar_subquery() for one in columns.values()))
        )
        return [kind for kind, at in zip(columns, first.one(), strict=True) if at is not None and at <= now]


async def _insert_rows(
    connection: AsyncConnection, kind: Kind, plans: Sequence[tuple[Member, Plan]], boxes: Mapping[int, Box | None]
) -> list[NewRow]:
    """Writes the rows; says which of them stand. Somebody planned twice (a restore, a clock set back) keeps theirs."""
    news = {new.id: new for _, plan in plans for new in plan.rows}
    rows = [
        {
            "id": new.id,
            "member_id": who.id,
            "workspace": who.workspace,
            "kind": kind,
            "local_date": new.local_date,
            "due_at": new.due_at,
            "state": _state_of(new),
            "reason": new.skip or new.failed,
            "ready_at": None if new.skip or new.failed else new.due_at - turn(who.id, new.local_date),
            "nudge": new.nudge,
            "last_seen": new.last_seen,
            "why_sealed": box.seal("delivery", new.id, new.why) if new.why and (box := boxes.get(who.id)) else None,
        }
        for who, plan in plans
        for new in plan.rows
    ]
    if not rows:
        return []
    statement = insert_into(connection, delivery)
    if connection.dialect.name == "postgresql":
        columns = [delivery.c[name] for name in rows[0]]
        statement, many = statement.from_select(columns, sa.select(as_table(rows, delivery))), None
    else:
        many = rows
    kept = statement.on_conflict_do_nothing(index_elements=["member_id", "kind", "local_date"])
    if (await connection.execute(kept, many)).rowcount == len(rows):
        return list(news.values())
    stand = await connection.scalars(sa.select(delivery.c.id).where(delivery.c.id.in_(list(news))))
    return [news[DeliveryId(id_)] for id_ in stand]


def _state_of(row: NewRow) -> State:
    return State.SKIPPED if row.skip else State.FAILED if row.failed else State.PLANNED
