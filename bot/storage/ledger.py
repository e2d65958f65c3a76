"""The ledger: one row for each member, kind and local date, and every move a row may make.

    planned → sending | failed | skipped        sending → sent | planned (retry) | failed | skipped (unknown)

Rows come into being in `planning` and move in `claims`; here they are read. Each move is a guarded update: it names the
state it starts from and, once in flight, the fence it was claimed under.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from bot.model import Delivery, DeliveryId, Kind, Member, State
from bot.storage.database import Database
from bot.storage.members import member_from
from bot.storage.tables import delivery, lease, member

Note = Callable[[Kind, State, str | None], None]
"""Hears of each row that was planned or came to an end, once that is committed: for the metrics."""


def unheard(_kind: Kind, _state: State, _reason: str | None) -> None:
    """A `Note` for those whom nobody measures."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What is due and waits in one workspace: `oldest` since when; `rate` (messages a second) as its lease says."""

    workspace: str
    planned: int
    sending: int
    oldest: datetime
    rate: float | None


async def queues(db: Database, now: datetime) -> list[Queue]:
    """The queues of all workspaces in which something is due. Reads an index of what is open, nothing else."""
    count = {state: sa.func.count(sa.case((delivery.c.state == state, 1))) for state in (State.PLANNED, State.SENDING)}
    query = (
        sa.select(delivery.c.workspace, count[State.PLANNED], count[State.SENDING], sa.func.min(delivery.c.ready_at))
        .where(delivery.c.ready_at <= now)
        .group_by(delivery.c.workspace)
    )
    async with db.read() as connection:
        rates = {
            row.workspace: row.rate for row in await connection.execute(sa.select(lease.c.workspace, lease.c.rate))
        }
        found = await connection.execute(query)
        return [Queue(team, planned, sending, oldest, rates.get(team)) for team, planned, sending, oldest in found]


async def deliveries(
    db: Database, *, on: date | None = None, user: str | None = None, member_id: int | None = None,
    since: date | None = None, state: State | None = None, reason: str | None = None, team: str | None = None,
) -> list[Delivery]:  # fmt: skip
    """Rows of the ledger, oldest first; all filters hold together. `user` is Slack's id, `since` a local date."""
    query = sa.select(delivery, member.c.user).join(member).order_by(delivery.c.due_at, delivery.c.id)
    if on is not None:
        query = query.where(delivery.c.local_date == on)
    if since is not None:
        query = query.where(delivery.c.local_date >= since)
    if user is not None:
        query = query.where(member.c.user == user)
    if member_id is not None:
        query = query.where(member.c.id == member_id)
    for column, wanted in ((delivery.c.state, state), (delivery.c.reason, reason), (delivery.c.workspace, team)):
        if wanted is not None:
            query = query.where(column == wanted)
    async with db.read() as connection:
        return [_delivery(row) for row in (await connection.execute(query)).mappings()]


async def find_delivery(db: Database, who: Member, which: DeliveryId) -> Delivery | None:
    """A member's own delivery; None for anybody else's."""
    query = sa.select(delivery, member.c.user).join(member).where(delivery.c.id == which, member.c.id == who.id)
    async with db.read() as connection:
        row = (await connection.execute(query)).mappings().one_or_none()
    return _delivery(row) if row else None


async def due_members(db: Database) -> list[Member]:
    """Everybody with a due moment ahead, for `ally plan`."""
    query = sa.select(member).where(member.c.next_nudge_at.is_not(None)).order_by(member.c.next_nudge_at)
    async with db.read() as connection:
        return [member_from(row) for row in (await connection.execute(query)).mappings()]


def _delivery(row: sa.RowMapping) -> Delivery:
    return Delivery(
        id=DeliveryId(row["id"]),
        workspace=row["workspace"],
        user=row["user"],
        kind=Kind(row["kind"]),
        local_date=row["local_date"],
        due_at=row["due_at"],
        state=State(row["state"]),
        reason=row["reason"],
        nudge=row["nudge"],
        sent_at=row["sent_at"],
    )
