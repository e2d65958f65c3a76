"""The ledger: one row for each member, kind and date, and only the moves that are allowed."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.model import Delivery, DeliveryId, Kind, Rhythm, Skip, State
from bot.storage.claims import Fate, end_waiting, postpone_settling, record_settled, settle_as_sent, unsettled
from bot.storage.database import Database
from bot.storage.installations import stop_workspace
from bot.storage.leases import Lease, LeaseLost, release_lease
from bot.storage.ledger import deliveries, find_delivery
from bot.storage.members import find_member, follow, join, leave, pause
from bot.storage.planning import DueMember, NewRow, Plan, plan_due
from bot.storage.schema import upgrade_schema
from bot.storage.tables import delivery, member
from bot.storage.vault import Vault
from tests.claiming import claim
from tests.conftest import MONDAY
from tests.storage.people import (
    CATCH_UP,
    HALF_PAST_NINE,
    TEAM,
    claim_some,
    hold,
    install,
    new_id,
    one_row,
    opted_in,
    person,
    plan_nudges,
)

DAY = date(2026, 11, 23)
LATER = HALF_PAST_NINE + timedelta(minutes=10)


@pytest.fixture(autouse=True)
async def installed(db: Database) -> None:
    """Ally is installed."""
    await install(db)


async def hand_in(db: Database, held: Lease, *fates: Fate, now: datetime = LATER) -> None:
    """Writes fates down, and claims nothing."""
    assert (
        await claim(db, held, fates, want=0, now=now, catch_up=CATCH_UP, lease_s=30, rate=2, not_before=None) == []
    )  # fmt: skip


async def only(db: Database) -> Delivery:
    """The one row there is."""
    (row,) = await deliveries(db)
    return row


async def column(db: Database, name: str) -> Any:
    """One column of the one row."""
    async with db.read() as connection:
        return (await connection.scalars(sa.select(delivery.c[name]))).one()


# Planning


async def test_whoever_is_due_is_planned_and_due_again(db: Database) -> None:
    """A due moment becomes one planned row, and the member's next moment is what was decided."""
    who = await opted_in(db)
    assert await plan_nudges(db, HALF_PAST_NINE - timedelta(seconds=1)) == 0
    assert await plan_nudges(db) == 1
    assert await plan_nudges(db) == 0
    row = await only(db)
    assert (row.user, row.local_date, row.due_at, row.state) == ("U1", DAY, HALF_PAST_NINE, State.PLANNED)
    assert (row.reason, row.sent_at, row.nudge) == (None, None, "listen")
    now = await find_member(db, TEAM, "U1")
    assert now == replace(who, next_nudge_at=HALF_PAST_NINE + timedelta(days=1))


async def test_a_batch_takes_the_longest_due_first(db: Database) -> None:
    """With more due than fit in a batch, whoever waits longest comes first, and all come in the end."""
    for user, zone in (("U1", "Europe/London"), ("U2", "Asia/Kolkata"), ("U3", "Asia/Tokyo")):
        await opted_in(db, user, zone, now=MONDAY - timedelta(hours=9))
    order: list[str] = []

    def note(due: DueMember) -> Plan:
        order.append(due.member.user)
        return one_row(due)

    while await plan_due(db, Kind.NUDGE, HALF_PAST_NINE, 1, note):
        pass
    assert order == ["U3", "U2", "U1"]


async def test_many_planners_at_once_plan_once(db: Database) -> None:
    """Workers that plan at the same moment do not plan anybody twice."""
    for number in range(20):
        await opted_in(db, f"U{number}")
    counts = await asyncio.gather(*(plan_due(db, Kind.NUDGE, HALF_PAST_NINE, 5, one_row) for _ in range(8)))
    assert sum(counts) + await plan_due(db, Kind.NUDGE, HALF_PAST_NINE, 50, one_row) == 20
    rows = await deliveries(db)
    assert len(rows) == len({row.user for row in rows}) == 20


async def test_a_date_that_has_its_row_keeps_it(db: Database) -> None:
    """After a restore or a clock set back, planning the same date again changes nothing."""
    await opted_in(db)
    await plan_nudges(db)
    before = await only(db)
    async with db.write() as connection:
        await connection.execute(sa.update(member).values(next_nudge_at=HALF_PAST_NINE - timedelta(minutes=5)))
    assert await plan_nudges(db) == 1
    assert await only(db) == before


async def test_one_date_has_one_row_of_a_kind(db: Database) -> None:
    """The database itself refuses a second one; a check-in of the same date is another kind."""
    await opted_in(db)
    await plan_nudges(db)
    async with db.write() as connection:
        copy = dict((await connection.execute(sa.select(delivery))).mappings().one())
        await connection.execute(sa.insert(delivery).values(copy | {"id": "other", "kind": "check_in"}))
    with pytest.raises(sa.exc.IntegrityError):
        async with db.write() as connection:
            await connection.execute(sa.insert(delivery).values(copy | {"id": "third"}))


async def test_who_left_or_is_paused_is_told_apart(db: Database) -> None:
    """Leavers are not planned; who is paused is, for their due moment becomes a row that says so."""
    await pause(db, await opted_in(db, "U1"), None, MONDAY)
    await leave(db, await opted_in(db, "U2"), MONDAY)
    seen: list[DueMember] = []

    def note(due: DueMember) -> Plan:
        seen.append(due)
        return one_row(due)

    await plan_due(db, Kind.NUDGE, HALF_PAST_NINE, 9, note)
    assert [(due.member.user, due.member.paused, due.revoked) for due in seen] == [("U1", True, False)]


async def test_skips_and_failures_are_ends(db: Database) -> None:
    """A due moment may be planned as skipped or failed: nothing waits on such a row."""
    for number, row in enumerate([NewRow(new_id(), DAY, HALF_PAST_NINE, Skip.HOLIDAY),
                                  NewRow(new_id(), DAY, HALF_PAST_NINE, failed="error")]):  # fmt: skip
        await opted_in(db, f"U{number}")
        await plan_due(db, Kind.NUDGE, HALF_PAST_NINE, 1, lambda due, row=row: Plan((row,), LATER))  # type: ignore[misc]
    assert [(row.state, row.reason) for row in await deliveries(db, user="U0")] == [(State.SKIPPED, "holiday")]
    assert [(row.state, row.reason) for row in await deliveries(db, user="U1")] == [(State.FAILED, "error")]
    assert await claim_some(db, await hold(db)) == []


async def test_one_members_broken_box_does_not_stop_the_batch(db: Database) -> None:
    """Somebody whose key does not open comes without a history; the others come with theirs."""
    await opted_in(db, "U1")
    await opted_in(db, "U2")
    async with db.write() as connection:
        await connection.execute(sa.update(member).where(member.c.user == "U1").values(key=b"broken"))
    seen: dict[str, bool] = {}

    def note(due: DueMember) -> Plan:
        seen[due.member.user] = due.history is not None
        return Plan((), LATER)

    assert await plan_due(db, Kind.NUDGE, HALF_PAST_NINE, 9, note) == 2
    assert seen == {"U1": False, "U2": True}


async def test_one_members_unreadable_row_does_not_stop_the_batch(db: Database) -> None:
    """A row that cannot be read (a zone this machine does not know) is postponed; the others are planned."""
    await opted_in(db, "U1")
    await opted_in(db, "U2")
    async with db.write() as connection:
        await connection.execute(sa.update(member).where(member.c.user == "U1").values(zone="Mars/Olympus"))
    assert await plan_nudges(db) == 2
    assert await plan_nudges(db) == 0
    assert [row.user for row in await deliveries(db)] == ["U2"]
    async with db.read() as connection:
        again = await connection.scalar(sa.select(member.c.next_nudge_at).where(member.c.user == "U1"))
    assert again == HALF_PAST_NINE + timedelta(hours=1)


async def test_a_decision_that_raises_plans_nothing(db: Database) -> None:
    """Planning is one transaction: what raises leaves neither a row nor a moved due moment."""
    await opted_in(db)

    def broken(_: DueMember) -> Plan:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await plan_due(db, Kind.NUDGE, HALF_PAST_NINE, 9, broken)
    assert await deliveries(db) == []
    assert await plan_nudges(db) == 1


# Claiming, and what becomes of a parcel


async def test_claiming_makes_sending(db: Database) -> None:
    """A claimed row is `sending`, carries the fence, counts the attempt, and is nobody else's to claim."""
    await opted_in(db)
    await plan_nudges(db)
    held = await hold(db)
    (parcel,) = await claim_some(db, held)
    assert (parcel.user, parcel.dm, parcel.nudge, parcel.attempts) == ("U1", "D1", "listen", 0)
    assert (await only(db)).state is State.SENDING
    assert await column(db, "fence") == held.fence
    assert await column(db, "attempts") == 1
    assert await column(db, "ready_at") == HALF_PAST_NINE + timedelta(seconds=30)
    assert await claim_some(db, held) == []


async def test_oldest_first_and_no_more_than_wanted(db: Database) -> None:
    """Of those waiting, the oldest are claimed, as many as were asked for; none that is not ready."""
    for user, zone in (("U1", "Europe/London"), ("U2", "Asia/Kolkata"), ("U3", "Asia/Tokyo")):
        await opted_in(db, user, zone, now=MONDAY - timedelta(hours=9))
    await plan_nudges(db)
    held = await hold(db)
    early = HALF_PAST_NINE - timedelta(hours=8)
    assert [parcel.user for parcel in await claim_some(db, held, 5, now=early)] == ["U3"]
    assert [parcel.user for parcel in await claim_some(db, held, 1, now=early + timedelta(hours=4))] == ["U2"]
    assert [parcel.user for parcel in await claim_some(db, held, 5)] == ["U1"]


async def test_claims_at_the_same_moment_share_nothing(db: Database) -> None:
    """Two claims under one lease never hold the same row."""
    for number in range(20):
        await opted_in(db, f"U{number}")
    await plan_nudges(db)
    held = await hold(db)
    got = await asyncio.gather(*(claim_some(db, held, 5) for _ in range(6)))
    rest = await claim_some(db, held, 20)
    ids = [parcel.id for parcel in itertools.chain(*got, rest)]
    assert len(ids) == len(set(ids)) == 20


async def test_other_workspaces_rows_are_not_ours(db: Database) -> None:
    """A lease claims in its own workspace only."""
    await install(db, "T2")
    await opted_in(db, "U1", team="T2")
    await plan_nudges(db)
    assert await claim_some(db, await hold(db, team="T1")) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda db, who: leave(db, who, MONDAY), Skip.LEFT),
        (lambda db, who: follow(db, person(gone=True), MONDAY), Skip.GONE),
        (lambda db, who: pause(db, who, None, MONDAY), Skip.PAUSED),
        (lambda db, who: pause(db, who, date(2026, 11, 24), MONDAY), Skip.PAUSED),
        (lambda db, who: pause(db, who, date(2026, 11, 23), MONDAY), None),
        (lambda db, who: stop_workspace(db, TEAM, "revoked", MONDAY), Skip.REVOKED),
    ],
)
async def test_the_last_look_before_the_post(db: Database, change: Any, reason: Skip | None) -> None:
    """What happened between planning and claiming is seen: leaving, a pause, an account or a token gone."""
    who = await opted_in(db)
    await plan_nudges(db)
    await change(db, who)
    parcels = await claim_some(db, await hold(db))
    row = await only(db)
    assert (row.state, row.reason) == ((State.SKIPPED, reason) if reason else (State.SENDING, None))
    assert len(parcels) == (0 if reason else 1)


async def test_later_than_the_catch_up_window_is_late(db: Database) -> None:
    """At the window's end a row still goes; a second after it does not."""
    await opted_in(db, "U1")
    await opted_in(db, "U2")
    await plan_nudges(db)
    held = await hold(db)
    assert len(await claim_some(db, held, 1, now=HALF_PAST_NINE + CATCH_UP)) == 1
    assert await claim_some(db, held, 1, now=HALF_PAST_NINE + CATCH_UP + timedelta(seconds=1)) == []
    assert {row.reason for row in await deliveries(db)} == {None, "late"}


async def test_a_long_row_of_skips_hides_nobody(db: Database) -> None:
    """Hundreds of swallowed rows at the head are cleared in one claim, and whoever waits behind them is claimed."""
    await opted_in(db, "U1")
    async with db.write() as connection:
        who = (await connection.execute(sa.select(member.c.id))).scalar_one()
        waiting = {"member_id": who, "workspace": TEAM, "kind": "nudge", "state": "planned", "nudge": "listen"}
        await connection.execute(
            sa.insert(delivery),
            [
                waiting
                | {"id": f"old{day}", "local_date": DAY - timedelta(days=day)}
                | {key: HALF_PAST_NINE - timedelta(days=day) for key in ("due_at", "ready_at")}
                for day in range(450)
            ],
        )
    (parcel,) = await claim_some(db, await hold(db), 1)
    assert parcel.local_date == DAY
    assert [row.reason for row in await deliveries(db)].count("late") == 449


async def test_leaving_while_being_claimed(db: Database) -> None:
    """Leaving and claiming at one moment: one goes first, and the row tells which; nothing raises."""
    who = await opted_in(db)
    await plan_nudges(db)
    held = await hold(db)
    parcels, left = await asyncio.gather(claim_some(db, held), leave(db, who, LATER))
    assert not left.active
    parcels += await claim_some(db, held)
    row = await only(db)
    assert (row.state, row.reason, len(parcels)) in [(State.SENDING, None, 1), (State.SKIPPED, "left", 0)]


FATES = {
    "sent": Fate(DeliveryId(""), State.SENT, sent_at=LATER, message_ts="1.1"),
    "retry": Fate(DeliveryId(""), State.PLANNED, "ratelimited", ready_at=LATER),
    "failed": Fate(DeliveryId(""), State.FAILED, "user_not_found"),
    "unknown yet": Fate(DeliveryId(""), State.SENDING, "no_answer", ready_at=LATER),
    "never known": Fate(DeliveryId(""), State.SKIPPED, Skip.UNKNOWN),
}


@pytest.mark.parametrize("name", list(FATES))
async def test_a_fate_is_written_down(db: Database, name: str) -> None:
    """Every way a parcel can end is kept as it was reported."""
    await opted_in(db)
    await plan_nudges(db)
    held = await hold(db)
    (parcel,) = await claim_some(db, held)
    fate = replace(FATES[name], id=parcel.id)
    await hand_in(db, held, fate)
    row = await only(db)
    assert (row.state, row.reason, row.sent_at) == (fate.state, fate.reason, fate.sent_at)
    assert await column(db, "ready_at") == fate.ready_at
    assert await column(db, "message_ts") == fate.message_ts


async def test_fates_of_many_kinds_at_once(db: Database) -> None:
    """One turn may bring back several parcels with different ends; each row gets its own."""
    for number in range(len(FATES)):
        await opted_in(db, f"U{number}")
    await plan_nudges(db)
    held = await hold(db)
    parcels = sorted(await claim_some(db, held), key=lambda parcel: parcel.user)
    fates = [replace(fate, id=parcel.id) for fate, parcel in zip(FATES.values(), parcels, strict=True)]
    await hand_in(db, held, *fates)
    assert {row.id: row.state for row in await deliveries(db)} == {fate.id: fate.state for fate in fates}


async def test_a_retry_is_claimed_again(db: Database) -> None:
    """A row back at `planned` waits for its moment, then goes again, counting attempts."""
    await opted_in(db)
    await plan_nudges(db)
    held = await hold(db)
    (parcel,) = await claim_some(db, held)
    await hand_in(db, held, replace(FATES["retry"], id=parcel.id))
    assert await claim_some(db, held, now=LATER - timedelta(seconds=1)) == []
    (again,) = await claim_some(db, held, now=LATER)
    assert again.attempts == 1


async def test_a_fate_of_another_fence_changes_nothing(db: Database) -> None:
    """What an earlier holder reports about a row that its successor claimed anew is not written."""
    await opted_in(db)
    await plan_nudges(db)
    first = await hold(db, "one")
    (parcel,) = await claim_some(db, first)
    await hand_in(db, first, replace(FATES["retry"], id=parcel.id))
    await release_lease(db, first)
    second = await hold(db, "two")
    await claim_some(db, second, now=LATER)
    with pytest.raises(LeaseLost):
        await hand_in(db, first, replace(FATES["sent"], id=parcel.id))
    assert (await only(db)).state is State.SENDING


async def test_an_end_is_an_end(db: Database) -> None:
    """A fate that comes twice, or after another, does not move a row that has ended."""
    await opted_in(db)
    await plan_nudges(db)
    held = await hold(db)
    (parcel,) = await claim_some(db, held)
    await hand_in(db, held, replace(FATES["sent"], id=parcel.id))
    for fate in FATES.values():
        await hand_in(db, held, replace(fate, id=parcel.id))
    assert (await only(db)).state is State.SENT


async def test_the_dm_is_learned_once(db: Database) -> None:
    """Where the post told the DM's id it is kept with the member, but never over one that is known."""
    await opted_in(db, "U1", dm=None)
    await opted_in(db, "U2", dm="D2")
    await plan_nudges(db)
    held = await hold(db)
    parcels = await claim_some(db, held)
    await hand_in(db, held, *(replace(FATES["sent"], id=parcel.id, dm="D9") for parcel in parcels))
    for user, dm in (("U1", "D9"), ("U2", "D2")):
        who = await find_member(db, TEAM, user)
        assert who is not None
        assert who.dm == dm


# Settling


async def test_unsettled_are_the_orphans(db: Database) -> None:
    """Only rows whose lease is over and that are in nobody's hands are to be settled."""
    await opted_in(db, "U1")
    await opted_in(db, "U2")
    await plan_nudges(db)
    held = await hold(db)
    one, two = await claim_some(db, held)
    over = HALF_PAST_NINE + timedelta(seconds=30)
    assert await unsettled(db, held, over - timedelta(seconds=1), [], 9) == []
    assert [parcel.id for parcel in await unsettled(db, held, over, [one.id], 9)] == [two.id]
    assert len(await unsettled(db, held, over, [], 1)) == 1
    await install(db, "T2")
    assert await unsettled(db, await hold(db, team="T2"), over, [], 9) == []
    await postpone_settling(db, held, over, over + timedelta(seconds=7))
    assert await unsettled(db, held, over + timedelta(seconds=6), [], 9) == []
    assert len(await unsettled(db, held, over + timedelta(seconds=7), [], 9)) == 2


async def test_what_settling_found_is_written_once(db: Database) -> None:
    """The finding holds while the row is `sending` and the lease ours; an old fence writes nothing."""
    await opted_in(db)
    await plan_nudges(db)
    first = await hold(db, "one")
    (parcel,) = await claim_some(db, first)
    await release_lease(db, first)
    second = await hold(db, "two")
    await record_settled(db, first, replace(FATES["sent"], id=parcel.id))
    assert (await only(db)).state is State.SENDING
    await record_settled(db, second, replace(FATES["sent"], id=parcel.id))
    assert (await only(db)).state is State.SENT
    await record_settled(db, second, replace(FATES["never known"], id=parcel.id))
    assert (await only(db)).state is State.SENT


async def test_a_press_proves_that_it_arrived(db: Database) -> None:
    """A press on a row in flight settles it as sent; the sender's own report changes nothing after that."""
    who = await opted_in(db)
    other = await opted_in(db, "U2", "America/New_York")
    await plan_nudges(db)
    held = await hold(db)
    (parcel,) = await claim_some(db, held)
    assert not await settle_as_sent(db, other, parcel.id, "1.1", LATER)
    assert (await only(db)).state is State.SENDING
    assert await settle_as_sent(db, who, parcel.id, "1.1", LATER)
    await hand_in(db, held, replace(FATES["retry"], id=parcel.id))
    row = await only(db)
    assert (row.state, row.reason, row.sent_at) == (State.SENT, None, LATER)
    assert await settle_as_sent(db, who, parcel.id, "2.2", LATER + timedelta(hours=1))
    assert (await only(db)).sent_at == LATER
    assert await column(db, "message_ts") == "1.1"


async def test_a_press_on_what_was_not_sent_proves_nothing(db: Database) -> None:
    """A planned or skipped row does not become sent by a press, and an unknown id is nobody's."""
    who = await opted_in(db)
    await plan_nudges(db)
    row = await only(db)
    assert not await settle_as_sent(db, who, row.id, "1.1", LATER)
    assert not await settle_as_sent(db, who, DeliveryId("none"), "1.1", LATER)
    assert (await only(db)).state is State.PLANNED


async def test_a_revoked_workspace_waits_for_nothing(db: Database) -> None:
    """Once the token is gone, what was never sent is `revoked`, what may have been sent `unknown`; only there."""
    await install(db, "T2")
    for user in ("U1", "U2"):
        await opted_in(db, user)
    await opted_in(db, "U3", team="T2")
    await plan_nudges(db)
    (flying,) = await claim_some(db, await hold(db), 1)
    await end_waiting(db, TEAM, HALF_PAST_NINE)
    assert {row.state for row in await deliveries(db)} == {State.SENDING, State.PLANNED}
    await stop_workspace(db, TEAM, "revoked", HALF_PAST_NINE)
    await end_waiting(db, TEAM, HALF_PAST_NINE)
    fates = {row.user: (row.state, row.reason) for row in await deliveries(db)}
    rest = {"U1": "U2", "U2": "U1"}[flying.user]
    assert fates[flying.user] == (State.SENDING, None)
    assert fates[rest] == (State.SKIPPED, "revoked")
    assert fates["U3"] == (State.PLANNED, None)
    await end_waiting(db, TEAM, HALF_PAST_NINE + timedelta(seconds=30))
    assert {row.user: row.reason for row in await deliveries(db)}[flying.user] == "unknown"


async def test_a_cohort_goes_in_the_turns_that_were_drawn(db: Database) -> None:
    """Of many due in one minute the order changes from day to day; an earlier minute still goes first."""
    orders = []
    for user in range(12):
        await opted_in(db, f"U{user}")
    await opted_in(db, "early", rhythm=Rhythm(time(9, 29)))
    held = await hold(db)
    for number in range(3):
        now = HALF_PAST_NINE + timedelta(days=number)
        assert await plan_nudges(db, now) == 13
        orders.append([parcel.user for parcel in await claim_some(db, held, 13, now=now)])
    assert [order[0] for order in orders] == ["early"] * 3
    assert len({tuple(order) for order in orders}) == 3
    assert {frozenset(order) for order in orders} == {frozenset(["early", *(f"U{user}" for user in range(12))])}


# Looking


async def test_looking_into_the_ledger(db: Database) -> None:
    """Rows are found by date, person, member and span; a member's own is found by nobody else."""
    one = await opted_in(db, "U1")
    two = await opted_in(db, "U2")
    await plan_nudges(db)
    await plan_nudges(db, HALF_PAST_NINE + timedelta(days=1))
    assert len(await deliveries(db)) == 4
    assert len(await deliveries(db, on=DAY)) == 2
    assert len(await deliveries(db, since=DAY + timedelta(days=1))) == 2
    assert {row.user for row in await deliveries(db, user="U2")} == {"U2"}
    (mine,) = await deliveries(db, member_id=one.id, on=DAY)
    assert await find_delivery(db, one, mine.id) == mine
    assert await find_delivery(db, two, mine.id) is None


# What the database itself refuses


def _is_legal(state: str, reason: str | None, *, ready: bool, sent: bool, fence: bool) -> bool:
    waits = state in ("planned", "sending")
    code = None if reason is None else "some_code" if reason not in set(Skip) else reason
    fits = {
        "planned": code in (None, "some_code"),
        "sending": code in (None, "some_code") and fence,
        "sent": code is None,
        "skipped": code in set(Skip),
        "failed": code == "some_code",
    }
    return fits.get(state, False) and ready == waits and sent == (state == "sent")


@pytest.fixture
async def member_id(db: Database) -> int:
    """A member's id."""
    return (await join(db, person("U9"), (await opted_in(db)).rhythm, None, MONDAY)).id


async def test_every_illegal_row_is_refused(db: Database, member_id: int) -> None:
    """Of all pairs of state, reason, ready, sent and fence, the database keeps exactly the legal ones."""
    states = [*State, "lost"]
    reasons = [None, "ratelimited", *Skip]
    wrong = []
    for state, reason, ready, sent, fence in itertools.product(states, reasons, *([[False, True]] * 3)):
        row = {
            "id": "row", "member_id": member_id, "workspace": TEAM, "kind": "nudge", "local_date": DAY,
            "due_at": MONDAY, "state": state, "reason": reason, "ready_at": MONDAY if ready else None,
            "sent_at": MONDAY if sent else None, "fence": 1 if fence else None,
        }  # fmt: skip
        kept = await _is_kept(db, row)
        if kept != _is_legal(state, reason, ready=ready, sent=sent, fence=fence):
            wrong.append((str(state), reason, ready, sent, fence, kept))
    assert wrong == []


async def _is_kept(db: Database, row: dict[str, object]) -> bool:
    """Whether the database takes a row; it is taken back out again."""
    try:
        async with db.write() as connection:
            await connection.execute(sa.insert(delivery).values(row))
            await connection.execute(sa.delete(delivery))
    except sa.exc.IntegrityError:
        return False
    return True


async def test_unknown_kinds_are_refused(db: Database, member_id: int) -> None:
    """Nudges and check-ins are all there is."""
    row = {
        "id": "row", "member_id": member_id, "workspace": TEAM, "kind": "goodbye", "local_date": DAY,
        "due_at": datetime(2026, 1, 1, tzinfo=UTC), "state": "failed", "reason": "x",
    }  # fmt: skip
    assert not await _is_kept(db, row)
    assert await _is_kept(db, row | {"kind": "nudge"})


async def test_a_claim_reads_the_index_of_what_waits(tmp_path: Path) -> None:
    """SQLite without statistics once preferred an index on the workspace: each claim then read its whole ledger."""
    db = Database(f"sqlite:///{tmp_path}/ally.db", Vault([bytes(32)]))
    await upgrade_schema(db)
    await install(db)
    held = await hold(db)
    asked: list[tuple[str, Any]] = []

    def listen(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(db.engine.sync_engine, "before_cursor_execute", listen)
    await claim_some(db, held)
    sa.event.remove(db.engine.sync_engine, "before_cursor_execute", listen)
    [(look, parameters)] = [(text, values) for text, values in asked if text.startswith("SELECT delivery.id")]
    async with db.read() as connection:
        plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {look}", parameters)).scalars(3).all()
    assert any("USING INDEX ix_delivery_queue (workspace=? AND state=? AND ready_at<?)" in step for step in plan), plan
    await db.close()
