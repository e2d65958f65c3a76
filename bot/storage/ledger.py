"""The ledger: one row for each member, kind and local date, and every move a row may make.

    planned → sending | failed | skipped        sending → sent | planned (retry) | failed | skipped (unknown)

Each move is a guarded update: it names the state it starts from and, once in flight, the fence it was claimed under.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Delivery, DeliveryId, Kind, Member, Parcel, Skip, State
from bot.nudges.choose import History
from bot.nudges.schedule import turn, week_of
from bot.storage.database import Database, among, insert_into
from bot.storage.histories import box_of, histories_of
from bot.storage.leases import Lease, LeaseLost, renew_lease
from bot.storage.members import member_from
from bot.storage.tables import check_in, delivery, lease, member, workspace
from bot.storage.vault import Box

log = structlog.get_logger()

_UNREADABLE_AGAIN = timedelta(hours=1)
_LOOKED_THROUGH = 200

Note = Callable[[Kind, State, str | None], None]
"""Hears of each row that was planned or came to an end, once that is committed: for the metrics."""
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


async def plan_due(
    db: Database,
    kind: Kind,
    now: datetime,
    limit: int,
    decide: Callable[[DueMember], Plan],
    *,
    only: int | None = None,
    note: Note = lambda kind, state, reason: None,
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
        answered = await _answered_weeks(connection, [who.id for _, who in people]) if kind is Kind.CHECK_IN else {}
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
    note: Note = lambda kind, state, reason: None,
) -> list[Parcel]:
    """One transaction: writes down what became of earlier parcels, and claims up to `want` more, oldest first.

    A claimed row is `sending`, under this lease's fence, and is to be settled one lease from `now` unless its fate
    is recorded before. Rows whose member left, paused, is gone or has answered meanwhile, and rows later than
    `catch_up`, become `skipped` here: this is the last look before the post. The fates are written even when the
    lease turns out to be lost, for they are true; then raises LeaseLost.
    """
    async with db.write() as connection:
        await _record(connection, held, fates)
        kept = await renew_lease(connection, held, lease_s, rate, not_before)
        looked = _claim(connection, held, want, now, catch_up, lease_s) if kept and want else None
        parcels, swallowed = await looked if looked is not None else ([], [])
    if not kept:
        raise LeaseLost
    for kind, reason in swallowed:
        note(kind, State.SKIPPED, reason)
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


async def settle_as_sent(
    db: Database, who: Member, which: DeliveryId, ts: str, now: datetime,
    note: Note = lambda kind, state, reason: None,
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


async def end_waiting(db: Database, team: str, now: datetime, note: Note = lambda kind, state, reason: None) -> None:
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


async def _answered_weeks(connection: AsyncConnection, people: Sequence[int]) -> dict[int, frozenset[date]]:
    query = sa.select(check_in.c.member_id, check_in.c.week).where(among(connection, check_in.c.member_id, people))
    weeks: dict[int, set[date]] = {}
    for row in await connection.execute(query):
        weeks.setdefault(row.member_id, set()).add(row.week)
    return {who: frozenset(found) for who, found in weeks.items()}


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
        # One statement with an array for each column: a statement for each row cost six times as much.
        columns = [delivery.c[name] for name in rows[0]]
        arrays = [sa.literal([row[one.name] for row in rows], sa.ARRAY(one.type)) for one in columns]
        table = sa.func.unnest(*arrays).table_valued(*(sa.column(one.name, one.type) for one in columns))
        statement, many = statement.from_select(columns, sa.select(table.render_derived())), None
    else:
        many = rows
    kept = statement.on_conflict_do_nothing(index_elements=["member_id", "kind", "local_date"])
    if (await connection.execute(kept, many)).rowcount == len(rows):
        return list(news.values())
    stand = await connection.scalars(sa.select(delivery.c.id).where(delivery.c.id.in_(list(news))))
    return [news[DeliveryId(id_)] for id_ in stand]


def _state_of(row: NewRow) -> State:
    return State.SKIPPED if row.skip else State.FAILED if row.failed else State.PLANNED


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
) -> tuple[list[Parcel], list[tuple[Kind, Skip]]]:
    """What may go, claimed; and what was swallowed meanwhile, by kind and reason."""
    query = (
        _parcel_query()
        .where(delivery.c.workspace == held.workspace, delivery.c.state == State.PLANNED)
        .where(delivery.c.ready_at <= now)
        .order_by(delivery.c.ready_at)
        # The member's row too: whoever leaves or pauses right now waits for this transaction, and is seen by the next.
        .with_for_update(of=[delivery, member], key_share=True, skip_locked=True)
    )
    going: list[Parcel] = []
    ended: list[tuple[Kind, Skip]] = []
    limit = want
    for _ in range(_ROUNDS):
        more = query.where(delivery.c.id.not_in([parcel.id for parcel in going])) if going else query
        rows = (await connection.execute(more.limit(limit))).mappings().all()
        asked = [row["member_id"] for row in rows if row["kind"] == Kind.CHECK_IN]
        answered = await _answered_weeks(connection, asked) if asked else {}
        swallowed: dict[Skip, list[str]] = {}
        for row in rows:
            if (reason := _swallowed(row, now, catch_up, answered)) is not None:
                swallowed.setdefault(reason, []).append(row["id"])
                ended.append((Kind(row["kind"]), reason))
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
        return [], ended
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
    return [parcel for parcel in going if parcel.id in won], ended


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
