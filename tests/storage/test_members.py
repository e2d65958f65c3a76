"""Members: joining, leaving, being erased, pausing, and following where Slack says they are."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from bot.model import Answer, CheckIn, Member, Rhythm, Setting, Step
from bot.storage.check_ins import keep_check_in
from bot.storage.database import Database
from bot.storage.histories import answer_nudge, note_seen
from bot.storage.ledger import deliveries, due_members
from bot.storage.members import (
    ERASED_AFTER,
    change_rhythm,
    erase,
    erase_overdue,
    find_member,
    follow,
    join,
    keep_after_leaving,
    leave,
    open_box,
    pause,
    resume,
)
from bot.storage.reflections import keep_reflection, reflections_of
from bot.storage.tables import delivery, member, metadata
from tests.conftest import MONDAY
from tests.storage.people import HALF_PAST_NINE, TEAM, install, opted_in, person, plan_nudges

FRIDAY_AT_THREE = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def installed(db: Database) -> None:
    """Ally is installed in the workspace."""
    await install(db)


async def rows_about_members(db: Database) -> dict[str, int]:
    """How many rows each table with a `member_id` has, and `member` itself."""
    tables = [member, *(table for table in metadata.tables.values() if "member_id" in table.c)]
    async with db.read() as connection:
        return {
            table.name: await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in tables
        }  # fmt: skip


async def test_joining_brings_the_defaults(db: Database) -> None:
    """A new member is due at the next moment of their rhythm, in their own zone, and nothing is set beyond it."""
    who = await opted_in(db)
    assert (who.next_nudge_at, who.next_check_in_at) == (HALF_PAST_NINE, FRIDAY_AT_THREE)
    assert who.active
    assert not who.paused
    assert who.settings == frozenset(Setting)
    assert who.joined_at == MONDAY
    assert await find_member(db, TEAM, "U1") == who
    assert await find_member(db, TEAM, "U2") is None


async def test_joining_twice_changes_nothing(db: Database) -> None:
    """A second join keeps rhythm, key, zone and due moments of the first."""
    who = await opted_in(db)
    await keep_reflection(db, who, "first", MONDAY, "k")
    other = Rhythm(time(17, 0), frozenset({1}), 1, time(18, 0))
    again = await join(db, person(zone="Asia/Tokyo"), other, "D9", MONDAY + timedelta(days=1))
    assert again == who
    assert [line.text for line in await reflections_of(db, again)] == ["first"]


async def test_joining_twice_at_the_same_moment(db: Database) -> None:
    """A double press makes one member, and neither press fails."""
    both = await asyncio.gather(*(opted_in(db) for _ in range(4)))
    assert len({who.id for who in both}) == 1
    assert (await rows_about_members(db))["member"] == 1


async def test_somebody_of_the_same_id_elsewhere_is_somebody_else(db: Database) -> None:
    """Members of two workspaces do not meet."""
    await install(db, "T2")
    mine, theirs = await opted_in(db), await opted_in(db, team="T2")
    assert mine.id != theirs.id


async def test_leaving_stops_at_once(db: Database) -> None:
    """Nothing is due any more, and what was kept waits 30 days for a decision."""
    who = await leave(db, await opted_in(db), MONDAY)
    assert not who.active
    assert (who.next_nudge_at, who.next_check_in_at) == (None, None)
    assert who.erase_at == MONDAY + ERASED_AFTER
    assert await due_members(db) == []
    assert await plan_nudges(db) == 0


async def test_leaving_twice_postpones_nothing(db: Database) -> None:
    """A second `/ally leave` neither moves the day of erasing nor undoes a wish to keep."""
    who = await leave(db, await opted_in(db), MONDAY)
    assert await leave(db, who, MONDAY + timedelta(days=20)) == who
    kept = await keep_after_leaving(db, who, MONDAY)
    assert kept.erase_at is None
    assert (await leave(db, kept, MONDAY)).erase_at is None


async def test_leaving_ends_a_pause(db: Database) -> None:
    """Somebody who comes back is not still paused from before."""
    who = await pause(db, await opted_in(db), date(2026, 12, 24), MONDAY)
    who = await leave(db, who, MONDAY)
    assert not who.paused
    assert who.resume_on is None


async def test_coming_back_starts_again_with_what_was_kept(db: Database) -> None:
    """After leaving, joining opts in anew: own lines are still there, and the day's row is not repeated."""
    who = await opted_in(db)
    await keep_reflection(db, who, "kept", MONDAY, "k")
    assert await plan_nudges(db) == 1
    await leave(db, who, HALF_PAST_NINE)
    back = await opted_in(db, now=HALF_PAST_NINE + timedelta(minutes=1), rhythm=Rhythm(time(17, 0)))
    assert back.id == who.id
    assert back.active
    assert back.erase_at is None
    assert back.next_nudge_at == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    assert [line.text for line in await reflections_of(db, back)] == ["kept"]


async def test_what_leavers_keep_is_erased_after_thirty_days(db: Database) -> None:
    """No answer means erased, not a second before; who chose to keep stays, and members stay."""
    stays = await opted_in(db, "U1")
    goes = await leave(db, await opted_in(db, "U2"), MONDAY)
    await keep_after_leaving(db, await leave(db, await opted_in(db, "U3"), MONDAY), MONDAY)
    assert await erase_overdue(db, MONDAY + ERASED_AFTER - timedelta(seconds=1)) == 0
    assert await erase_overdue(db, MONDAY + ERASED_AFTER) == 1
    assert await find_member(db, TEAM, goes.user) is None
    assert await find_member(db, TEAM, "U3") is not None
    assert await find_member(db, TEAM, stays.user) == stays


async def full_life(db: Database, user: str) -> Member:
    """A member with at least one row in every table that speaks of members."""
    who = await opted_in(db, user)
    assert await plan_nudges(db) == 1
    row = (await deliveries(db, user=user))[0]
    await answer_nudge(db, who, row.id, Answer.DID_IT, MONDAY)
    await keep_reflection(db, who, "a line", MONDAY, "k")
    await keep_check_in(db, who, CheckIn(date(2026, 11, 23), frozenset({Step.ASIDE}), "", ""), MONDAY)
    await note_seen(db, who, "ask", date(2026, 11, 23))
    return who


async def test_erasing_leaves_no_row_behind(db: Database) -> None:
    """Forgetting a member empties every table of theirs, touches nobody else's, and may be done twice."""
    who, other = await full_life(db, "U1"), await full_life(db, "U2")
    before = await rows_about_members(db)
    assert all(before.values()), before
    await erase(db, who)
    assert await rows_about_members(db) == {name: count // 2 for name, count in before.items()}
    await erase(db, who)
    await erase(db, other)
    assert set((await rows_about_members(db)).values()) == {0}


async def test_whoever_was_erased_meanwhile_is_told(db: Database) -> None:
    """What still holds an erased member raises LookupError instead of writing."""
    who = await opted_in(db)
    await erase(db, who)
    async with db.read() as connection:
        with pytest.raises(LookupError):
            await open_box(db, connection, who)
    for change in (
        pause(db, who, None, MONDAY),
        resume(db, who, MONDAY),
        leave(db, who, MONDAY),
        change_rhythm(db, who, Rhythm(), MONDAY),
    ):
        with pytest.raises(LookupError):
            await change
    assert await follow(db, person(), MONDAY) is None


async def test_pause_and_resume(db: Database) -> None:
    """A pause keeps the due moments (they become rows that say so); resuming counts from now on."""
    who = await pause(db, await opted_in(db), date(2026, 11, 26), MONDAY)
    assert who.paused
    assert who.is_paused(date(2026, 11, 25))
    assert not who.is_paused(date(2026, 11, 26))
    assert who.next_nudge_at == HALF_PAST_NINE
    who = await resume(db, who, MONDAY + timedelta(days=1, hours=4))
    assert not who.paused
    assert who.resume_on is None
    assert who.next_nudge_at == HALF_PAST_NINE + timedelta(days=2)


async def test_resuming_without_a_pause_loses_nothing(db: Database) -> None:
    """`/ally resume` in the second between a due moment and its planning does not swallow the moment."""
    who = await resume(db, await opted_in(db), HALF_PAST_NINE + timedelta(seconds=1))
    assert who.next_nudge_at == HALF_PAST_NINE


async def test_a_new_rhythm_moves_the_due_moments(db: Database) -> None:
    """New times and days hold from now on."""
    rhythm = Rhythm(time(17, 30), frozenset({1, 3}), 3, time(18, 0))
    who = await change_rhythm(db, await opted_in(db), rhythm, MONDAY)
    assert who.rhythm == rhythm
    assert who.next_nudge_at == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    assert who.next_check_in_at == datetime(2026, 11, 26, 18, 0, tzinfo=UTC)


async def test_a_new_rhythm_brings_no_second_nudge_that_day(db: Database) -> None:
    """Whoever has had today's and moves the time to later today is due tomorrow."""
    who = await opted_in(db)
    await plan_nudges(db)
    who = await change_rhythm(db, who, Rhythm(time(17, 0)), HALF_PAST_NINE)
    assert who.next_nudge_at == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


async def test_a_due_moment_outlives_a_change_before_its_planning(db: Database) -> None:
    """A moment that has come but is not planned yet is not lost to a new rhythm or zone."""
    who = await change_rhythm(db, await opted_in(db), Rhythm(time(17, 0)), HALF_PAST_NINE)
    assert who.next_nudge_at == HALF_PAST_NINE
    moved = await follow(db, person(zone="Asia/Tokyo"), HALF_PAST_NINE)
    assert moved is not None
    assert moved.next_nudge_at == HALF_PAST_NINE


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Apia"])
async def test_moving_zones_brings_no_second_row_on_one_local_date(db: Database, zone: str) -> None:
    """Wherever a member goes right after their nudge, the next one has a later local date."""
    await opted_in(db)
    await plan_nudges(db)
    moved = await follow(db, person(zone=zone), HALF_PAST_NINE + timedelta(minutes=1))
    assert moved is not None
    assert moved.zone.key == zone
    assert moved.next_nudge_at is not None
    assert moved.local_date(moved.next_nudge_at) == date(2026, 11, 24)


async def test_moving_to_and_fro_repeats_no_date(db: Database) -> None:
    """A fortnight of flying across the date line: the next due moment never falls on a local date that has its row."""
    await opted_in(db)
    zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "America/New_York"]
    for hours in range(0, 14 * 24, 7):
        now = MONDAY + timedelta(hours=hours)
        moved = await follow(db, person(zone=zones[hours // 56 % 4]), now)
        await plan_nudges(db, now)
        async with db.read() as connection:
            dates = (await connection.scalars(sa.select(delivery.c.local_date))).all()
        assert moved is not None
        assert moved.next_nudge_at is not None
        assert moved.next_nudge_at <= now or moved.local_date(moved.next_nudge_at) not in dates
    assert len(dates) >= 6


async def test_following_what_has_not_changed_writes_nothing(db: Database) -> None:
    """The same profile again is no change, and people who never joined are not kept."""
    who = await opted_in(db)
    assert await follow(db, person(), MONDAY + timedelta(hours=5)) == who
    assert await follow(db, person("U2"), MONDAY) is None
    assert (await rows_about_members(db))["member"] == 1


async def test_a_profile_that_comes_late_undoes_nothing(db: Database) -> None:
    """Slack repeats an event for minutes: what it said before is older news than what it said after."""
    await opted_in(db)
    later, earlier = MONDAY + timedelta(minutes=2), MONDAY + timedelta(minutes=1)
    await follow(db, person(zone="Europe/Berlin"), later, said_at=later)
    held = await follow(db, person(zone="Asia/Tokyo"), later, said_at=earlier)
    assert held is not None
    assert held.zone.key == "Europe/Berlin"
    moved = await follow(db, person(zone="Asia/Tokyo"), later, said_at=later)
    assert moved is not None
    assert moved.zone.key == "Asia/Tokyo"


async def test_the_same_profile_again_is_news_too(db: Database) -> None:
    """There and back: the move away, told late, does not send anybody away again."""
    await opted_in(db)
    await follow(db, person(), MONDAY, said_at=MONDAY + timedelta(minutes=2))
    held = await follow(db, person(zone="Asia/Tokyo"), MONDAY, said_at=MONDAY + timedelta(minutes=1))
    assert held is not None
    assert held.zone.key == "Europe/London"


async def test_people_who_are_gone_are_erased_after_thirty_days(db: Database) -> None:
    """A switched-off account keeps its lines for 30 days; switched on again in time, nothing is lost."""
    await opted_in(db)
    gone = await follow(db, person(gone=True), MONDAY)
    assert gone is not None
    assert gone.gone
    assert gone.erase_at == MONDAY + ERASED_AFTER
    back = await follow(db, person(), MONDAY + timedelta(days=3))
    assert back is not None
    assert not back.gone
    assert back.erase_at is None


async def test_being_gone_keeps_a_leavers_lines_no_longer(db: Database) -> None:
    """Who left first and was switched off later is erased on the day that leaving set; coming back changes nothing."""
    left = await leave(db, await opted_in(db), MONDAY)
    gone = await follow(db, person(gone=True), MONDAY + timedelta(days=29))
    assert gone is not None
    assert gone.erase_at == left.erase_at
    back = await follow(db, person(), MONDAY + timedelta(days=29, hours=1))
    assert back is not None
    assert back.erase_at == left.erase_at


async def test_leaving_while_a_profile_changes(db: Database) -> None:
    """Leaving and a profile event at the same moment: the day of erasing stands, whichever came first."""
    who = await opted_in(db)
    await asyncio.gather(leave(db, who, MONDAY), follow(db, person(zone="Asia/Tokyo"), MONDAY))
    now = await find_member(db, TEAM, "U1")
    assert now is not None
    assert now.zone.key == "Asia/Tokyo"
    assert now.erase_at == MONDAY + ERASED_AFTER
    assert now.next_nudge_at is None


async def test_an_unknown_zone_changes_nothing(db: Database) -> None:
    """A zone that no tz database knows is refused whole: a row nobody can read would stand in everybody's way."""
    who = await opted_in(db)
    with pytest.raises(KeyError):
        await follow(db, person(zone="Mars/Olympus"), MONDAY)
    assert await find_member(db, TEAM, "U1") == who


@pytest.mark.parametrize(
    "values",
    [
        {"check_in_day": 7},
        {"check_in_day": -1},
        {"left_at": MONDAY},
        {"resume_on": date(2026, 12, 24)},
        {"workspace": "T404"},
    ],
)
async def test_the_database_refuses_impossible_members(db: Database, values: dict[str, object]) -> None:
    """No eighth weekday, nobody who left and is due, no end of a pause that is none, no member of nowhere."""
    await opted_in(db)
    with pytest.raises(sa.exc.IntegrityError):
        async with db.write() as connection:
            await connection.execute(sa.update(member).values(values))


async def test_only_who_is_due_is_listed(db: Database) -> None:
    """`ally plan` sees members in the order of their due moments."""
    await opted_in(db, "U1", "America/New_York")
    await opted_in(db, "U2", "Asia/Kolkata")
    await leave(db, await opted_in(db, "U3"), MONDAY)
    assert [who.user for who in await due_members(db)] == ["U1", "U2"]
