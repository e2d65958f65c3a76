"""The ledger: one row for each member, kind and local date, and every move a row may make.

    planned → sending | failed | skipped        sending → sent | planned (retry) | failed | skipped (unknown)

Each move is a guarded update: it names the state it starts from and, once in flight, the fence it was claimed under.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Delivery, DeliveryId, Kind, Member, Parcel, Skip, State
from bot.nudges.choose import History
from bot.storage.database import Database, insert_into
from bot.storage.histories import histories_of
from bot.storage.leases import Lease, LeaseLost, renew_lease
from bot.storage.members import member_from
from bot.storage.tables import check_in, delivery, lease, member, workspace

log = structlog.get_logger()

_UNREADABLE_AGAIN = timedelta(hours=1)
_LOOKED_THROUGH = 200
_ROUNDS = 5


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


async def plan_due(db: Database, kind: Kind, now: datetime, limit: int, decide: Callable[[DueMember], Plan]) -> int:
    """Turns up to `limit` members' due moments into rows, in one transaction; says how many members were due."""
    column = member.c.next_nudge_at if kind is Kind.NUDGE else member.c.next_check_in_at
    async with db.write() as connection:
        query = (
            sa.select(member, workspace.c.state.label("workspace_state"))
            .join(workspace, workspace.c.id == member.c.workspace)
            .where(column <= now)
            .order_by(column)
            .limit(limit)
            .with_for_update(of=member, key_share=True, skip_locked=True)
        )
        found = (await connection.execute(query)).mappings().all()
        if not found:
            return 0
        moves: list[dict[str, object]] = []
        people: list[tuple[sa.RowMapping, Member]] = []
        for row in found:
            try:
                people.append((row, member_from(row)))
            except (KeyError, ValueError) as error:
                # Such as a zone that this machine's tz database does not know. The others must not wait for it.
                log.error("member_unreadable", member=row["id"], error=type(error).__name__)
                moves.append({"who": row["id"], "was": row[column.name], "next_at": now + _UNREADABLE_AGAIN})
        past = await histories_of(connection, db.vault, [row for row, _ in people]) if kind is Kind.NUDGE else {}
        answered = await _answered_weeks(connection, [who for _, who in people]) if kind is Kind.CHECK_IN else {}
        plans: list[tuple[DueMember, Plan]] = []
        for row, who in people:
            due = DueMember(
                member=who,
                due_at=row[column.name],
                revoked=row["workspace_state"] != "active",
                history=past.get(who.id, History()),
                answered_weeks=answered.get(who.id, frozenset()),
            )
            plans.append((due, decide(due)))
        keys = {row["id"]: row["key"] for row in found}
        await _insert_rows(db, connection, kind, plans, keys)
        await connection.execute(
            sa.update(member)
            .where(member.c.id == sa.bindparam("who"), column == sa.bindparam("was"))
            .values({column.name: sa.bindparam("next_at")}),
            [*moves, *({"who": due.member.id, "was": due.due_at, "next_at": plan.next_at} for due, plan in plans)],
        )
    return len(found)


async def claim(
    db: Database,
    held: Lease,
    fates: Sequence[Fate],
    *,
    want: int,
    now: datetime,
    catch_up: timedelta,
    lease_s: float,
    rate: float,
    not_before: datetime | None,
) -> list[Parcel]:
    """One transaction: writes down what became of earlier parcels, and claims up to `want` more, oldest first.

    A claimed row is `sending`, under this lease's fence, and is to be settled one lease from `now` unless its fate
    is recorded before. Rows whose member left, paused or is gone meanwhile, and rows later than `catch_up`,
    become `skipped` here: this is the last look before the post. The fates are written even when the lease turns out
    to be lost, for they are true; then raises LeaseLost.
    """
    async with db.write() as connection:
        await _record(connection, held, fates)
        kept = await renew_lease(connection, held, lease_s, rate, not_before)
        parcels = await _claim(connection, held, want, now, catch_up, lease_s) if kept and want else []
    if not kept:
        raise LeaseLost
    return parcels


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


async def settle_as_sent(db: Database, who: Member, which: DeliveryId, ts: str, now: datetime) -> bool:
    """A press on a message proves that it arrived. True when the row is this member's and was sent, now or before."""
    async with db.write() as connection:
        await connection.execute(
            sa.update(delivery)
            .where(delivery.c.id == which, delivery.c.member_id == who.id, delivery.c.state == State.SENDING)
            .values(state=State.SENT, reason=None, ready_at=None, sent_at=now, message_ts=ts)
        )
        found = await connection.scalar(
            sa.select(delivery.c.id).where(
                delivery.c.id == which, delivery.c.member_id == who.id, delivery.c.state == State.SENT
            )
        )
        return found is not None


async def end_waiting(db: Database, team: str, now: datetime) -> None:
    """Ends every row that still waits in a workspace whose token no longer works: what was never sent is `revoked`,
    and what may have been sent can no longer be looked up."""
    theirs = sa.update(delivery).where(delivery.c.workspace == team)
    async with db.write() as connection:
        await connection.execute(
            theirs.where(delivery.c.state == State.PLANNED).values(
                state=State.SKIPPED, reason=Skip.REVOKED, ready_at=None
            )
        )
        await connection.execute(
            theirs.where(delivery.c.state == State.SENDING, delivery.c.ready_at <= now).values(
                state=State.SKIPPED, reason=Skip.UNKNOWN, ready_at=None
            )
        )


async def deliveries(
    db: Database, *, on: date | None = None, user: str | None = None, member_id: int | None = None,
    since: date | None = None,
) -> list[Delivery]:  # fmt: skip
    """Rows of the ledger, oldest first; of one local date, one Slack user, one member, or from a date on."""
    query = sa.select(delivery, member.c.user).join(member).order_by(delivery.c.due_at, delivery.c.id)
    if on is not None:
        query = query.where(delivery.c.local_date == on)
    if since is not None:
        query = query.where(delivery.c.local_date >= since)
    if user is not None:
        query = query.where(member.c.user == user)
    if member_id is not None:
        query = query.where(member.c.id == member_id)
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


async def _answered_weeks(connection: AsyncConnection, people: Sequence[Member]) -> dict[int, frozenset[date]]:
    query = sa.select(check_in.c.member_id, check_in.c.week).where(check_in.c.member_id.in_([who.id for who in people]))
    weeks: dict[int, set[date]] = {}
    for row in await connection.execute(query):
        weeks.setdefault(row.member_id, set()).add(row.week)
    return {who: frozenset(found) for who, found in weeks.items()}


async def _insert_rows(
    db: Database,
    connection: AsyncConnection,
    kind: Kind,
    plans: Sequence[tuple[DueMember, Plan]],
    keys: dict[int, bytes],
) -> None:
    rows = []
    for due, plan in plans:
        who = due.member
        for new in plan.rows:
            sealed = None
            if new.why:
                box = db.vault.box(keys[who.id], who.workspace, who.user)
                sealed = box.seal("delivery", new.id, new.why)
            rows.append(
                {
                    "id": new.id,
                    "member_id": who.id,
                    "workspace": who.workspace,
                    "kind": kind,
                    "local_date": new.local_date,
                    "due_at": new.due_at,
                    "state": State.SKIPPED if new.skip else State.FAILED if new.failed else State.PLANNED,
                    "reason": new.skip or new.failed,
                    "ready_at": None if new.skip or new.failed else new.due_at,
                    "nudge": new.nudge,
                    "last_seen": new.last_seen,
                    "why_sealed": sealed,
                }
            )
    if rows:
        # Somebody planned twice (a restore, a clock set back) keeps the row they have.
        await connection.execute(
            insert_into(connection, delivery).on_conflict_do_nothing(
                index_elements=["member_id", "kind", "local_date"]
            ),
            rows,
        )


def _fate_values(fate: Fate) -> dict[str, object]:
    return {
        "state": fate.state,
        "reason": fate.reason,
        "ready_at": fate.ready_at,
        "sent_at": fate.sent_at,
        "message_ts": fate.message_ts,
    }


async def _record(connection: AsyncConnection, held: Lease, fates: Sequence[Fate]) -> None:
    if not fates:
        return
    await connection.execute(
        sa.update(delivery)
        .where(
            delivery.c.id == sa.bindparam("which"),
            delivery.c.state == State.SENDING,
            delivery.c.fence == held.fence,
        )
        .values({name: sa.bindparam(f"new_{name}") for name in _fate_values(fates[0])}),
        [{"which": fate.id} | {f"new_{k}": v for k, v in _fate_values(fate).items()} for fate in fates],
    )
    if learned := [fate for fate in fates if fate.dm]:
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


async def _claim(
    connection: AsyncConnection, held: Lease, want: int, now: datetime, catch_up: timedelta, lease_s: float
) -> list[Parcel]:
    query = (
        _parcel_query()
        .where(delivery.c.workspace == held.workspace, delivery.c.state == State.PLANNED)
        .where(delivery.c.ready_at <= now)
        .order_by(delivery.c.ready_at)
        # The member's row too: whoever leaves or pauses right now waits for this transaction, and is seen by the next.
        .with_for_update(of=[delivery, member], key_share=True, skip_locked=True)
    )
    going: list[Parcel] = []
    limit = want
    for _ in range(_ROUNDS):
        more = query.where(delivery.c.id.not_in([parcel.id for parcel in going])) if going else query
        rows = (await connection.execute(more.limit(limit))).mappings().all()
        swallowed: dict[Skip, list[str]] = {}
        for row in rows:
            if (reason := _swallowed(row, now, catch_up)) is not None:
                swallowed.setdefault(reason, []).append(row["id"])
            elif len(going) < want:
                going.append(_parcel(row))
        for reason, ids in swallowed.items():
            await connection.execute(
                sa.update(delivery)
                .where(delivery.c.id.in_(ids), delivery.c.state == State.PLANNED)
                .values(state=State.SKIPPED, reason=reason, ready_at=None)
            )
        if len(going) == want or len(rows) < limit:
            break
        # Some were swallowed: behind a long night there may be thousands of them before the first that may go.
        limit = _LOOKED_THROUGH
    if not going:
        return []
    claimed = await connection.scalars(
        sa.update(delivery)
        .where(delivery.c.id.in_([parcel.id for parcel in going]), delivery.c.state == State.PLANNED)
        .values(
            state=State.SENDING,
            fence=held.fence,
            attempts=delivery.c.attempts + 1,
            ready_at=now + timedelta(seconds=lease_s),
        )
        .returning(delivery.c.id)
    )
    won = set(claimed.all())
    return [parcel for parcel in going if parcel.id in won]


def _swallowed(row: sa.RowMapping, now: datetime, catch_up: timedelta) -> Skip | None:
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
