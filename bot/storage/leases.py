"""One worker at a time sends in a workspace. A lease ends by the database's own clock, and each new holder gets a
higher fence: whoever holds an older one can no longer change a row (DESIGN.md "Delivery", step 2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database, epoch_s, insert_into
from bot.storage.tables import delivery, lease


class LeaseLost(Exception):
    """Another worker holds this workspace now."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A workspace held, and the pace its last holder had reached (`rate`: messages a second)."""

    workspace: str
    holder: str
    fence: int
    rate: float | None
    not_before: datetime | None


async def workspaces_with_work(
    db: Database, now: datetime, holder: str, *, besides: Collection[str] = (), sole: bool = False
) -> list[str]:
    """Workspaces in which a delivery wants attention at `now`, most urgent first.

    Not those in `besides`, where a courier of `holder`'s is already, nor (but for a `sole` worker) those another
    worker holds: a long queue in one of them must not hide the workspaces behind it.
    """
    async with db.read() as connection:
        held = sa.select(lease.c.workspace).where(
            lease.c.until >= epoch_s(connection.dialect), lease.c.holder != holder
        )
        urgent = (
            sa.select(delivery.c.workspace, delivery.c.ready_at)
            .where(delivery.c.ready_at <= now, delivery.c.workspace.not_in(list(besides)))
            .where(sa.true() if sole else delivery.c.workspace.not_in(held))
            .order_by(delivery.c.ready_at)
            .limit(10_000)  # enough to meet many workspaces, and a bound on an idle look
            .subquery()
        )
        query = sa.select(urgent.c.workspace).group_by(urgent.c.workspace).order_by(sa.func.min(urgent.c.ready_at))
        return list((await connection.scalars(query)).all())


async def take_lease(db: Database, team: str, holder: str, lease_s: float, *, sole: bool) -> Lease | None:
    """Takes or renews a workspace for `holder`; None while another worker holds it.

    `sole`: this process has shut every other worker out (the lock beside an SQLite file), so whoever stands on the
    row is dead and need not be waited for.
    """
    async with db.write() as connection:
        clock = epoch_s(connection.dialect)
        mine = lease.c.holder == holder
        expired = lease.c.until < clock
        statement = insert_into(connection, lease).values(workspace=team, holder=holder, fence=1, until=clock + lease_s)
        taken = await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[lease.c.workspace],
                set_={
                    "holder": holder,
                    "fence": sa.case((mine & ~expired, lease.c.fence), else_=lease.c.fence + 1),
                    "until": clock + lease_s,
                },
                where=sa.true() if sole else (mine | expired),
            ).returning(lease.c.fence, lease.c.rate, lease.c.not_before)
        )
        row = taken.one_or_none()
    return Lease(team, holder, row.fence, row.rate, row.not_before) if row else None


async def renew_lease(
    connection: AsyncConnection, held: Lease, lease_s: float, rate: float, not_before: datetime | None
) -> bool:
    """Inside a transaction: prolongs the lease and notes the pace for a successor. False when it is lost."""
    clock = epoch_s(connection.dialect)
    result = await connection.execute(
        sa.update(lease)
        .where(
            lease.c.workspace == held.workspace,
            lease.c.holder == held.holder,
            lease.c.fence == held.fence,
            lease.c.until > clock,
        )
        .values(until=clock + lease_s, rate=rate, not_before=not_before)
    )
    return result.rowcount == 1


async def release_lease(db: Database, held: Lease) -> None:
    """Gives the workspace back at once, so that a successor need not wait."""
    async with db.write() as connection:
        await connection.execute(
            sa.update(lease)
            .where(
                lease.c.workspace == held.workspace,
                lease.c.holder == held.holder,
                lease.c.fence == held.fence,
            )
            .values(until=0)
        )
