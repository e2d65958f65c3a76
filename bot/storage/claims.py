"""Claims: a courier hands in what became of its parcels and takes the next, under the fence of its lease.

One transaction serves any number of workspaces: at the pace Slack allows in one of them there is one nudge to claim at
a time, and a transaction for each would cost ten times what the nudge does (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import DeliveryId, Kind, Member, Parcel, Skip, State
from bot.nudges.schedule import week_of
from bot.storage.check_ins import answered_weeks
from bot.storage.database import Database
from bot.storage.leases import Lease, Noted, renew_leases
from bot.storage.ledger import Note, unheard
from bot.storage.tables import delivery, lease, member, workspace

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
    first; for each order, what it may send. No two orders may be of one workspace.

    A claimed row is `sending`, under the order's fence, and is to be settled one lease from `now` unless its fate is
    recorded before. Rows whose member left, paused, is gone or has answered meanwhile, and rows later than `catch_up`,
    become `skipped` here: this is the last look before the post. The fates of an order are written even where its lease
    turns out to be lost, for they are true; what it gets then is None.
    """
    async with db.write() as connection:
        await _record(connection, orders)
        kept = await renew_leases(connection, [(order.held, order.pace) for order in orders], lease_s)
        going: list[list[Parcel] | None] = []
        ended: list[tuple[Kind, Skip]] = []
        for order in orders:
            found = await _next_in(connection, order, now, catch_up, ended) if order.held.workspace in kept else None
            going.append(found)
        claimed = await _claim(connection, [one for some in going for one in some or ()], now, lease_s)
    for kind, reason in ended:
        note(kind, State.SKIPPED, reason)
    return [None if some is None else [one for one in some if one.id in claimed] for some in going]


async def unsettled(
    db: Database, held: Lease, now: datetime, in_flight: Collection[DeliveryId], limit: int
) -> list[Parcel]:
    """Parcels whose fate nobody knows: still `sending` a lease after they were claimed, and not in our own hands."""
    query = (
        _parcel_query()
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
    return {
        "state": fate.state,
        "reason": fate.reason,
        "ready_at": fate.ready_at,
        "sent_at": fate.sent_at,
        "message_ts": fate.message_ts,
    }


async def _record(connection: AsyncConnection, orders: Sequence[Order]) -> None:
    fates = [(order.held.fence, fate) for order in orders for fate in order.fates]
    if not fates:
        return
    await connection.execute(
        sa.update(delivery)
        .where(
            delivery.c.id == sa.bindparam("which"),
            delivery.c.state == State.SENDING,
            delivery.c.fence == sa.bindparam("under"),
        )
        .values({name: sa.bindparam(f"new_{name}") for name in _fate_values(fates[0][1])}),
        [
            {"which": fate.id, "under": fence} | {f"new_{name}": value for name, value in _fate_values(fate).items()}
            for fence, fate in fates
        ],
    )
    if learned := [fate for _, fate in fates if fate.dm]:
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


def _parcel_query() -> sa.Select[tuple[object, ...]]:
    return sa.select(
        delivery, member.c.user, member.c.dm, member.c.locale, member.c.left_at, member.c.gone, member.c.paused,
        member.c.resume_on, workspace.c.state.label("workspace_state"),
    ).select_from(delivery.join(member).join(workspace, workspace.c.id == delivery.c.workspace))  # fmt: skip


async def _next_in(
    connection: AsyncConnection, order: Order, now: datetime, catch_up: timedelta, ended: list[tuple[Kind, Skip]]
) -> list[Parcel]:
    """What may go in one workspace, locked; `ended` takes what was swallowed meanwhile, by kind and reason."""
    if not order.want:
        return []
    query = (
        _parcel_query()
        .where(delivery.c.workspace == order.held.workspace, delivery.c.state == State.PLANNED)
        .where(delivery.c.ready_at <= now)
        .order_by(delivery.c.ready_at)
        # The member's row too: whoever leaves or pauses right now waits for this transaction, and is seen by the next.
        .with_for_update(of=[delivery, member], key_share=True, skip_locked=True)
    )
    going: list[Parcel] = []
    limit = order.want
    for _ in range(_ROUNDS):
        more = query.where(delivery.c.id.not_in([parcel.id for parcel in going])) if going else query
        rows = (await connection.execute(more.limit(limit))).mappings().all()
        asked = [row["member_id"] for row in rows if row["kind"] == Kind.CHECK_IN]
        answered = await answered_weeks(connection, asked) if asked else {}
        swallowed: dict[Skip, list[str]] = {}
        for row in rows:
            if (reason := _swallowed(row, now, catch_up, answered)) is not None:
                swallowed.setdefault(reason, []).append(row["id"])
                ended.append((Kind(row["kind"]), reason))
            elif len(going) < order.want:
                going.append(_parcel(row))
        for reason, ids in swallowed.items():
            await connection.execute(
                sa.update(delivery)
                .where(delivery.c.id.in_(ids), delivery.c.state == State.PLANNED)
                .values(state=State.SKIPPED, reason=reason, ready_at=None)
            )
        if len(going) == order.want or len(rows) < limit:
            break
        # Some were swallowed: behind a long night there may be thousands of them before the first that may go.
        limit = _LOOKED_THROUGH
    return going


async def _claim(
    connection: AsyncConnection, parcels: Sequence[Parcel], now: datetime, lease_s: float
) -> frozenset[DeliveryId]:
    """Makes them `sending`, each under the fence of its workspace's lease, which was just renewed."""
    if not parcels:
        return frozenset()
    fence = sa.select(lease.c.fence).where(lease.c.workspace == delivery.c.workspace).scalar_subquery()
    claimed = await connection.scalars(
        sa.update(delivery)
        .where(delivery.c.id.in_([parcel.id for parcel in parcels]), delivery.c.state == State.PLANNED)
        .values(
            state=State.SENDING,
            fence=fence,
            attempts=delivery.c.attempts + 1,
            ready_at=now + timedelta(seconds=lease_s),
        )
        .returning(delivery.c.id)
    )
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
