"""Claims: a courier hands in what became of its parcels and takes the next, under the fence of its lease.

One transaction serves any number of workspaces: at the pace Slack allows in one of them there is one nudge to claim at
a time, and a transaction for each would cost ten times what the nudge does (docs/performance.md).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.model import DeliveryId, Kind, Member, Parcel, Skip, State
from bot.nudges.schedule import week_of
from bot.storage.check_ins import answered_weeks
from bot.storage.database import Database, as_table
from bot.storage.leases import Lease, Noted, renew_leases
from bot.storage.ledger import Note, unheard
from bot.storage.tables import delivery, lease, member, workspace

_FATE = ("state", "reason", "ready_at", "sent_at", "message_ts")
_LOOKED_THROUGH = 200
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a parcel. `ready_at` only for a retry (`planned`) or a fate still unknown (`sending`)."""

    id: DeliveryId
    state: State
    reason: str | None = None
    ready_at: datetime | None = None
    sent_at: datetime | None = None
    message_ts: str | None = None
    dm: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What one courier hands in: the fates of earlier parcels, and the wish for up to `want` more, under its lease.

    `pace` is to be noted on the lease for a successor; None where nothing of it changed.
    """

    held: Lease
    fates: Sequence[Fate]
    want: int
    pace: Noted | None = None


async def exchange(
    db: Database,
    orders: Sequence[Order],
    *,
    now: datetime,
    catch_up: timedelta,
    lease_s: float,
    note: Note = unheard,
) -> list[list[Parcel] | None]:
    """One transaction: writes down what became of earlier parcels, and claims up to `want` more for each order, oldest
    first; for each order, what it may send. Raises ValueError for two orders of one workspace: it has one courier.

    A claimed row is `sending`, under the order's fence, and is to be settled one lease from `now` unless its fate is
    recorded before. Rows whose member left, paused, is gone or has answered meanwhile, and rows later than `catch_up`,
    become `skipped` here: this is the last look before the post. The fates of an order are written even where its lease
    turns out to be lost, for they are true; what it gets then is None.
    """
    if len({order.held.workspace for order in orders}) < len(orders):
        raise ValueError("two orders of one workspace")
    async with db.write() as connection:
        await _record(connection, orders)
        kept = await renew_leases(connection, [(order.held, order.pace) for order in orders], lease_s)
        wants = {order.held.workspace: order.want for order in orders if order.want and order.held.workspace in kept}
        going, ended = await _next_of(connection, wants, now, catch_up)
        claimed = await _claim(connection, [one for some in going.values() for one in some], now, lease_s)
    for kind, reason in ended:
        note(kind, State.SKIPPED, reason)
    won = {team: [one for one in some if one.id in claimed] for team, some in going.items()}
    return [won.get(order.held.workspace, []) if order.held.workspace in kept else None for order in orders]


async def unsettled(
    db: Database, held: Lease, now: datetime, in_flight: Collection[DeliveryId], limit: int
) -> list[Parcel]:
    """Parcels whose fate nobody knows: still `sending` a lease after they were claimed, and not in our own hands."""
    query = (
        _parcels_in(delivery)
        .where(delivery.c.workspace == held.workspace, delivery.c.state == State.SENDING)
        .where(delivery.c.ready_at <= now, delivery.c.id.not_in(list(in_flight)))
        .order_by(delivery.c.ready_at)
        .limit(limit)
    )
    async with db.read() as connection:
        return [_parcel(row) for row in (await connection.execute(query)).mappings()]


async def postpone_settling(db: Database, held: Lease, now: datetime, until: datetime) -> None:
    """No row of this workspace is looked up before `until`: Slack asked to be left alone."""
    async with db.write() as connection:
        await connection.execute(
            sa.update(delivery)
            .where(delivery.c.workspace == held.workspace, delivery.c.state == State.SENDING)
            .where(delivery.c.ready_at <= now)
            .values(ready_at=until)
        )


async def record_settled(db: Database, held: Lease, fate: Fate) -> None:
    """Writes what a look into the DM's history found; does nothing once somebody else settled the row."""
    async with db.write() as connection:
        owned = sa.exists().where(lease.c.workspace == held.workspace, lease.c.fence == held.fence)
        await connection.execute(
            sa.update(delivery)
            .where(delivery.c.id == fate.id, delivery.c.state == State.SENDING, owned)
            .values(_fate_values(fate))
        )


async def settle_as_sent(
    db: Database, who: Member, which: DeliveryId, ts: str, now: datetime,
    note: Note = unheard,
) -> bool:  # fmt: skip
    """A press on a message proves that it arrived. True when the row is this member's and was sent, now or before."""
    async with db.write() as connection:
        settled = await connection.scalar(
            sa.update(delivery)
            .where(delivery.c.id == which, delivery.c.member_id == who.id, delivery.c.state == State.SENDING)
            .values(state=State.SENT, reason=None, ready_at=None, sent_at=now, message_ts=ts)
            .returning(delivery.c.kind)
        )
        found = await connection.scalar(
            sa.select(delivery.c.id).where(
                delivery.c.id == which, delivery.c.member_id == who.id, delivery.c.state == State.SENT
            )
        )
    if settled is not None:
        note(Kind(settled), State.SENT, None)
    return found is not None


async def end_waiting(db: Database, team: str, now: datetime, note: Note = unheard) -> None:
    """Ends every row that still waits in a workspace whose token no longer works: what was never sent is `revoked`,
    and what may have been sent can no longer be looked up. Does nothing where Ally was installed anew meanwhile."""
    active = sa.exists().where(workspace.c.id == team, workspace.c.state == "active")
    theirs = sa.update(delivery).where(delivery.c.workspace == team, ~active)
    ended: list[tuple[str, Skip]] = []
    async with db.write() as connection:
        for which, reason in (
            (delivery.c.state == State.PLANNED, Skip.REVOKED),
            ((delivery.c.state == State.SENDING) & (delivery.c.ready_at <= now), Skip.UNKNOWN),
        ):
            end = theirs.where(which).values(state=State.SKIPPED, reason=reason, ready_at=None)
            ended += [(kind, reason) for kind in await connection.scalars(end.returning(delivery.c.kind))]
    for kind, reason in ended:
        note(Kind(kind), State.SKIPPED, reason)


def _fate_values(fate: Fate) -> dict[str, object]:
    return {name: getattr(fate, name) for name in _FATE}


async def _record(connection: AsyncConnection, orders: Sequence[Order]) -> None:
    rows = [{"id": fate.id, "fence": order.held.fence} | _fate_values(fate) for order in orders for fate in order.fates]
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        new = as_table(rows, delivery)
        theirs = (delivery.c.id == new.c.id) & (delivery.c.fence == new.c.fence) & (delivery.c.state == State.SENDING)
        await connection.execute(sa.update(delivery).where(theirs).values({name: new.c[name] for name in _FATE}))
    else:
        await connection.execute(_recording(), [{f"new_{name}": value for name, value in row.items()} for row in rows])
    if learned := [fate for order in orders for fate in order.fates if fate.dm]:
        await connection.execute(
            sa.update(member)
            .where(
                member.c.id
                == sa.select(delivery.c.member_id).where(delivery.c.id == sa.bindparam("which")).scalar_subquery(),
                member.c.dm.is_(None),
            )
            .values(dm=sa.bindparam("learned")),
            [{"which": fate.id, "learned": fate.dm} for fate in learned],
        )


# The statements of every turn are built once: to build them cost as much as to run them.


@cache
def _recording() -> sa.Update:
    """For one row after the other, as SQLite likes it best."""
    return (
        sa.update(delivery)
        .where(
            delivery.c.id == sa.bindparam("new_id"),
            delivery.c.fence == sa.bindparam("new_fence"),
            delivery.c.state == State.SENDING,
        )
        .values({name: sa.bindparam(f"new_{name}") for name in _FATE})
    )


@cache
def _looking(dialect: str) -> sa.Select[Any]:
    """The first `at_most` rows that may go in each of `teams` (an array; JSON for SQLite), locked."""
    ahead = delivery.alias()
    first = (
        sa.select(ahead.c.id)
        .where(ahead.c.state == State.PLANNED, ahead.c.ready_at <= sa.bindparam("now", type_=ahead.c.ready_at.type))
        .order_by(ahead.c.ready_at)
        .limit(sa.bindparam("at_most", type_=sa.Integer))
    )
    if dialect == "postgresql":
        asked = sa.func.unnest(sa.bindparam("teams", type_=sa.ARRAY(sa.Text))).table_valued("team").render_derived()
        theirs = first.where(ahead.c.workspace == asked.c.team).lateral()
        rows = asked.join(theirs, sa.true()).join(delivery, delivery.c.id == theirs.c.id)
    else:
        asked = sa.func.json_each(sa.bindparam("teams", type_=sa.Text)).table_valued("value")
        theirs_too = first.where(ahead.c.workspace == asked.c.value).correlate(asked)
        rows = asked.join(delivery, delivery.c.id.in_(theirs_too))
    return (
        _parcels_in(rows)
        .where(delivery.c.state == State.PLANNED)
        .order_by(delivery.c.ready_at)
        # The member's row too: whoever leaves or pauses right now waits for this transaction, and is seen by the next.
        .with_for_update(of=[delivery, member], key_share=True, skip_locked=True)
    )


@cache
def _claiming() -> ReturningUpdate[Any]:
    """Each row under the fence of its workspace's lease, which was just renewed."""
    fence = sa.select(lease.c.fence).where(lease.c.workspace == delivery.c.workspace).scalar_subquery()
    return (
        sa.update(delivery)
        .where(delivery.c.id.in_(sa.bindparam("ids", expanding=True)), delivery.c.state == State.PLANNED)
        .values(
            state=State.SENDING,
            fence=fence,
            attempts=delivery.c.attempts + 1,
            ready_at=sa.bindparam("settle_at", type_=delivery.c.ready_at.type),
        )
        .returning(delivery.c.id)
    )


def _parcels_in(rows: sa.FromClause) -> sa.Select[Any]:
    rows = rows.join(member, member.c.id == delivery.c.member_id)
    return sa.select(
        delivery, member.c.user, member.c.dm, member.c.locale, member.c.left_at, member.c.gone, member.c.paused,
        member.c.resume_on, workspace.c.state.label("workspace_state"),
    ).select_from(rows.join(workspace, workspace.c.id == delivery.c.workspace))  # fmt: skip


async def _next_of(
    connection: AsyncConnection, wants: Mapping[str, int], now: datetime, catch_up: timedelta
) -> tuple[dict[str, list[Parcel]], list[tuple[Kind, Skip]]]:
    """What may go, by workspace, locked: up to so many in each. And what was swallowed, by kind and reason."""
    going: dict[str, list[Parcel]] = {team: [] for team in wants}
    ended: list[tuple[Kind, Skip]] = []
    hungry, at_most, met = list(wants), max(wants.values(), default=0), set[str]()
    for _ in range(_ROUNDS if wants else 0):
        dialect = connection.dialect.name
        asked = {"teams": hungry if dialect == "postgresql" else json.dumps(hungry), "now": now, "at_most": at_most}
        rows = (await connection.execute(_looking(dialect), asked)).mappings().all()
        weekly = [row["member_id"] for row in rows if row["kind"] == Kind.CHECK_IN]
        answered = await answered_weeks(connection, weekly) if weekly else {}
        swallowed: dict[Skip, list[str]] = {}
        for row in (row for row in rows if row["id"] not in met):
            team = row["workspace"]
            if (reason := _swallowed(row, now, catch_up, answered)) is not None:
                swallowed.setdefault(reason, []).append(row["id"])
                ended.append((Kind(row["kind"]), reason))
            elif len(going[team]) < wants[team]:
                going[team].append(_parcel(row))
                met.add(row["id"])
        for reason, ids in swallowed.items():
            await connection.execute(
                sa.update(delivery)
                .where(delivery.c.id.in_(ids), delivery.c.state == State.PLANNED)
                .values(state=State.SKIPPED, reason=reason, ready_at=None)
            )
        found = Counter(row["workspace"] for row in rows)
        hungry = [team for team in hungry if len(going[team]) < wants[team] and found[team] == at_most]
        if not hungry:
            break
        # Some were swallowed: behind a long night there may be thousands of them before the first that may go.
        at_most = _LOOKED_THROUGH
    return going, ended


async def _claim(
    connection: AsyncConnection, parcels: Sequence[Parcel], now: datetime, lease_s: float
) -> frozenset[DeliveryId]:
    """Makes them `sending`; those of them that still were `planned`."""
    if not parcels:
        return frozenset()
    ids, settle_at = [parcel.id for parcel in parcels], now + timedelta(seconds=lease_s)
    claimed = await connection.scalars(_claiming(), {"ids": ids, "settle_at": settle_at})
    return frozenset(DeliveryId(id_) for id_ in claimed)


def _swallowed(
    row: sa.RowMapping, now: datetime, catch_up: timedelta, answered: Mapping[int, frozenset[date]]
) -> Skip | None:
    paused = row["paused"] and (row["resume_on"] is None or row["local_date"] < row["resume_on"])
    if row["left_at"] is not None:
        return Skip.LEFT
    if row["workspace_state"] != "active":
        return Skip.REVOKED
    if row["gone"]:
        return Skip.GONE
    if paused:
        return Skip.PAUSED
    if now - row["due_at"] > catch_up:
        return Skip.LATE
    # Answered while the row was in flight, and it came back: nobody could end it then.
    if row["kind"] == Kind.CHECK_IN and week_of(row["local_date"]) in answered.get(row["member_id"], ()):
        return Skip.ANSWERED
    return None


def _parcel(row: sa.RowMapping) -> Parcel:
    return Parcel(
        id=DeliveryId(row["id"]),
        workspace=row["workspace"],
        user=row["user"],
        dm=row["dm"],
        locale=row["locale"],
        kind=Kind(row["kind"]),
        local_date=row["local_date"],
        due_at=row["due_at"],
        nudge=row["nudge"],
        last_seen=row["last_seen"],
        attempts=row["attempts"],
    )
