"""One worker at a time sends in a workspace. A lease ends by the database's own clock, and each new holder gets a
higher fence: whoever holds an older one can no longer change a row (DESIGN.md "Delivery", step 2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.model import State
from bot.storage.database import Database, epoch_s, insert_into
from bot.storage.tables import Moment, delivery, lease

LONGEST_REST = timedelta(hours=1)
"""No workspace is left alone for longer, whatever stands on its lease."""

LONGEST_LEASE_S = 120.0
"""A lease that runs for longer has run out: the database's clock was set back since."""


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
    db: Database,
    now: datetime,
    holder: str,
    *,
    besides: Collection[str] = (),
    sole: bool = False,
    linger: timedelta = timedelta(0),
) -> list[str]:
    """Workspaces in which a delivery wants attention at `now`, most urgent first.

    Not those in `besides`, where a courier of `holder`'s is already, nor (but for a `sole` worker) those another
    worker holds: a long queue in one of them must not hide the workspaces behind it. Nor those where Slack wants to
    be left alone (`Retry-After`) for longer than `linger`.
    """
    asked = {"now": now, "rested_by": now + linger, "latest": now + LONGEST_REST, "holder": holder}
    async with db.read() as connection:
        found = await connection.scalars(_look(connection.dialect.name, sole), asked | {"besides": list(besides)})
        return list(found.all())


@lru_cache(maxsize=4)  # looked every second: to build the statement costs more than to answer it
def _look(dialect: str, sole: bool) -> sa.Select[Any]:
    clock = epoch_s(dialect)
    alive = lease.c.until.between(clock, clock + LONGEST_LEASE_S)
    held = sa.select(lease.c.workspace).where(alive, lease.c.holder != sa.bindparam("holder"))
    # A moment too far ahead was not Slack's wish: the clock was set back since it was noted.
    resting = sa.select(lease.c.workspace).where(
        lease.c.not_before.between(sa.bindparam("rested_by"), sa.bindparam("latest"))
    )
    teams = _with_a_queue()
    free = teams.c.workspace.not_in(sa.bindparam("besides", expanding=True)) & teams.c.workspace.not_in(resting)
    if not sole:
        free &= teams.c.workspace.not_in(held)
    heads = sa.union_all(
        *(
            sa.select(teams.c.workspace, _first(teams.c.workspace, state).label("ready_at")).where(free)
            for state in (State.PLANNED, State.SENDING)
        )
    ).subquery()
    query = sa.select(heads.c.workspace).where(heads.c.ready_at <= sa.bindparam("now", type_=Moment()))
    return query.group_by(heads.c.workspace).order_by(sa.func.min(heads.c.ready_at))


def _first(team: sa.ColumnElement[str], state: State) -> sa.ScalarSelect[datetime]:
    """When the first of a workspace's rows in that state wants attention."""
    rows = sa.select(delivery.c.ready_at).where(delivery.c.workspace == team, delivery.c.state == state)
    return rows.where(delivery.c.ready_at.is_not(None)).order_by(delivery.c.ready_at).limit(1).scalar_subquery()


def _with_a_queue() -> sa.CTE:
    """Each workspace in which anything is open.

    Hops over the index from one workspace to the next: what it costs depends on how many have a queue, not on how
    long the queues are. Each hop has its ORDER BY: with stale statistics PostgreSQL read the whole table without.
    """

    def first_after(workspace: sa.ColumnElement[str] | str) -> sa.ScalarSelect[str]:
        ahead = sa.select(delivery.c.workspace).where(
            delivery.c.ready_at.is_not(None), delivery.c.workspace > workspace
        )
        return ahead.order_by(delivery.c.workspace).limit(1).scalar_subquery()

    hop = sa.select(first_after("").label("workspace")).cte("hop", recursive=True)
    hop = hop.union_all(sa.select(first_after(hop.c.workspace)).where(hop.c.workspace.is_not(None)))
    found = sa.select(hop.c.workspace).where(hop.c.workspace.is_not(None))
    return found.cte("with_a_queue")


async def rates_noted(db: Database) -> dict[str, float]:
    """The pace in messages a second, as each workspace's last holder left it."""
    async with db.read() as connection:
        found = await connection.execute(sa.select(lease.c.workspace, lease.c.rate).where(lease.c.rate.is_not(None)))
        return {row.workspace: row.rate for row in found}


async def take_lease(db: Database, team: str, holder: str, lease_s: float, *, sole: bool) -> Lease | None:
    """Takes or renews a workspace for `holder`; None while another worker holds it.

    `sole`: this process has shut every other worker out (the lock beside an SQLite file), so whoever stands on the
    row is dead and need not be waited for.
    """
    async with db.write() as connection:
        clock = epoch_s(connection.dialect.name)
        mine = lease.c.holder == holder
        expired = ~lease.c.until.between(clock, clock + LONGEST_LEASE_S)
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


@dataclass(frozen=True, slots=True)
class Noted:
    """A pace, as it stands on a lease: `rate` in messages a second, nothing before `not_before`."""

    rate: float
    not_before: datetime | None


async def renew_leases(
    connection: AsyncConnection, held: Sequence[tuple[Lease, Noted | None]], lease_s: float
) -> frozenset[str]:
    """Inside a transaction: prolongs leases, and notes the pace where one is given; the workspaces still held."""
    mine = [(one.workspace, one.holder, one.fence) for one, _ in held]
    renewed = await connection.scalars(_renewing(connection.dialect.name), {"mine": mine, "for_s": lease_s})
    kept = frozenset(renewed)
    if noted := [(one.workspace, pace) for one, pace in held if pace is not None and one.workspace in kept]:
        await connection.execute(
            sa.update(lease)
            .where(lease.c.workspace == sa.bindparam("team"))
            .values(rate=sa.bindparam("new_rate"), not_before=sa.bindparam("rest_until")),
            [{"team": team, "new_rate": pace.rate, "rest_until": pace.not_before} for team, pace in noted],
        )
    return kept


@lru_cache(maxsize=2)  # part of every turn: to build it costs as much as to run it
def _renewing(dialect: str) -> ReturningUpdate[Any]:
    clock = epoch_s(dialect)
    known = sa.tuple_(lease.c.workspace, lease.c.holder, lease.c.fence).in_(sa.bindparam("mine", expanding=True))
    until = clock + sa.bindparam("for_s", type_=sa.Float)
    return sa.update(lease).where(known, lease.c.until > clock).values(until=until).returning(lease.c.workspace)


async def release_lease(db: Database, held: Lease, pace: Noted | None = None) -> None:
    """Notes the pace, if there is one to note, and gives the workspace back at once: a successor need not wait."""
    async with db.write() as connection:
        await connection.execute(
            sa.update(lease)
            .where(
                lease.c.workspace == held.workspace,
                lease.c.holder == held.holder,
                lease.c.fence == held.fence,
            )
            .values({"until": 0} | ({"rate": pace.rate, "not_before": pace.not_before} if pace else {}))
        )
