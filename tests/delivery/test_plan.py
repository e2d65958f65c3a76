"""Planning: each due moment becomes one row, with a nudge or the reason why there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.delivery.plan import LOOK_BACK, Rules, decide, plan_step
from bot.model import (
    Audience,
    DeliveryId,
    Kind,
    Library,
    Member,
    Nudge,
    Question,
    Rhythm,
    Setting,
    Skip,
    Sphere,
    Stance,
    State,
    Trigger,
)
from bot.nudges.choose import History, Past
from bot.storage.database import Database
from bot.storage.histories import why_of
from bot.storage.ledger import deliveries
from bot.storage.members import find_member, pause
from bot.storage.planning import DueMember
from bot.storage.tables import member
from tests.storage.people import CATCH_UP, HALF_PAST_NINE, TEAM, install, new_id, opted_in

DAY = date(2026, 11, 23)
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
LISTEN = Nudge(
    "listen", "d", "w", "y", "a", "p", Stance.BACK, Sphere.SELF, Trigger.ANYTIME, 1, 1, Audience.EVERYONE,
    frozenset({Setting.ANY}), ("s",),
)  # fmt: skip
LIBRARY = Library(nudges={name: replace(LISTEN, id=name) for name in ("listen", "ask", "share")})
MINA = Member(
    id=1, workspace=TEAM, user="U1", dm="D1", zone=ZoneInfo("Europe/London"), locale="en-GB", rhythm=Rhythm(),
    audience=Audience.EVERYONE, settings=frozenset(Setting), joined_at=HALF_PAST_NINE - timedelta(days=99),
    left_at=None, erase_at=None, gone=False, paused=False, resume_on=None, next_nudge_at=HALF_PAST_NINE,
    next_check_in_at=FRIDAY,
)  # fmt: skip


def rules(library: Library = LIBRARY, *, holiday: date | None = None, catch_up: timedelta = CATCH_UP) -> Rules:
    """Rules of an ordinary week."""
    return Rules(library, catch_up, lambda day: day == holiday, new_id)


NOTHING_MET = History()


def due(
    who: Member = MINA,
    at: datetime = HALF_PAST_NINE,
    *,
    revoked: bool = False,
    weeks: tuple[date, ...] = (),
    history: History | None = NOTHING_MET,
) -> DueMember:
    """Somebody with a due moment."""
    return DueMember(who, at, revoked, history, frozenset(weeks))


def test_an_ordinary_day() -> None:
    """One planned row for today, with its nudge and the reasons; the next moment is tomorrow's."""
    plan = decide(due(), Kind.NUDGE, rules(), HALF_PAST_NINE)
    (row,) = plan.rows
    assert (row.local_date, row.due_at, row.skip, row.failed) == (DAY, HALF_PAST_NINE, None, None)
    assert row.nudge in LIBRARY.nudges
    assert row.why == "stance:back unseen"
    assert plan.next_at == HALF_PAST_NINE + timedelta(days=1)


def test_a_check_in_has_no_nudge() -> None:
    """A check-in is planned as it is, and comes again in a week."""
    plan = decide(due(at=FRIDAY), Kind.CHECK_IN, rules(), FRIDAY)
    (row,) = plan.rows
    assert (row.nudge, row.skip, row.why) == (None, None, "")
    assert plan.next_at == FRIDAY + timedelta(days=7)


_GONE = replace(MINA, gone=True)
_PAUSED = replace(MINA, paused=True)
_LATE = HALF_PAST_NINE + CATCH_UP + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("who", "revoked", "holiday", "now", "skip"),
    [
        (MINA, False, None, HALF_PAST_NINE + CATCH_UP, None),
        (MINA, False, None, _LATE, Skip.LATE),
        (MINA, False, DAY, _LATE, Skip.HOLIDAY),
        (_PAUSED, False, DAY, _LATE, Skip.PAUSED),
        (replace(_PAUSED, gone=True), False, DAY, _LATE, Skip.GONE),
        (replace(_PAUSED, gone=True), True, DAY, _LATE, Skip.REVOKED),
        (_GONE, False, None, HALF_PAST_NINE, Skip.GONE),
        (replace(_PAUSED, resume_on=DAY + timedelta(days=1)), False, None, HALF_PAST_NINE, Skip.PAUSED),
        (replace(_PAUSED, resume_on=DAY), False, None, HALF_PAST_NINE, None),
    ],
)
def test_what_swallows_a_due_moment(
    who: Member, revoked: bool, holiday: date | None, now: datetime, skip: Skip | None
) -> None:
    """Each reason, and which of several is told: revoked, gone, paused, holiday, late."""
    (row,) = decide(due(who, revoked=revoked), Kind.NUDGE, rules(holiday=holiday), now).rows
    assert row.skip is skip
    assert (row.nudge is None) == (skip is not None)


@pytest.mark.parametrize(("week", "skip"), [(DAY, Skip.ANSWERED), (DAY - timedelta(days=7), None)])
def test_who_has_answered_is_not_asked(week: date, skip: Skip | None) -> None:
    """A week already answered by `/ally week` brings no check-in; being late is told before it."""
    (row,) = decide(due(at=FRIDAY, weeks=(week,)), Kind.CHECK_IN, rules(), FRIDAY).rows
    assert row.skip is skip
    (late,) = decide(due(at=FRIDAY, weeks=(week,)), Kind.CHECK_IN, rules(), FRIDAY + timedelta(hours=4)).rows
    assert late.skip is Skip.LATE


def test_nothing_fits() -> None:
    """With an empty library the row says so; with only a question, that comes."""
    (row,) = decide(due(), Kind.NUDGE, rules(Library()), HALF_PAST_NINE).rows
    assert row.skip is Skip.NOTHING_FITS
    asking = Library(questions={"q": Question("q", "?", "x", ("s",))})
    (row,) = decide(due(), Kind.NUDGE, rules(asking), HALF_PAST_NINE).rows
    assert (row.nudge, row.why) == ("q", "question")


def test_a_long_absence_is_told_day_by_day() -> None:
    """After three weeks without a worker, 14 days of missed working days become rows; none is sent."""
    now = HALF_PAST_NINE + timedelta(days=21, hours=6)
    plan = decide(due(), Kind.NUDGE, rules(), now)
    assert {row.skip for row in plan.rows} == {Skip.LATE}
    dates = [row.local_date for row in plan.rows]
    assert dates == sorted(set(dates))
    assert all(day.weekday() < 5 for day in dates)
    assert dates[0] == (now - LOOK_BACK + timedelta(days=1)).date()
    assert plan.next_at == HALF_PAST_NINE + timedelta(days=22)


def test_after_years_it_still_ends() -> None:
    """An ancient due moment is walked through, not skipped over: the next is in the future."""
    plan = decide(due(at=HALF_PAST_NINE - timedelta(days=3 * 364)), Kind.NUDGE, rules(), HALF_PAST_NINE)
    assert plan.next_at > HALF_PAST_NINE
    assert len(plan.rows) == 11
    assert [row.skip for row in plan.rows].count(None) == 1


def test_a_week_of_catching_up_repeats_nothing() -> None:
    """With a long catch-up window several days come at once, each with another nudge."""
    plan = decide(due(), Kind.NUDGE, rules(catch_up=timedelta(days=7)), HALF_PAST_NINE + timedelta(days=2))
    assert len({row.nudge for row in plan.rows}) == len(plan.rows) == 3


def test_what_raises_is_one_members_failure() -> None:
    """A history that does not open, or a rule that breaks, makes a failed row; the moment passes all the same."""
    for broken in (
        decide(due(history=None), Kind.NUDGE, rules(), HALF_PAST_NINE),
        decide(due(), Kind.NUDGE, rules(Library(nudges={"x": replace(LISTEN, season="none")})), HALF_PAST_NINE),
    ):
        (row,) = broken.rows
        assert (row.failed, row.skip, row.nudge) == ("error", None, None)
        assert broken.next_at == HALF_PAST_NINE + timedelta(days=1)
    (row,) = decide(due(at=FRIDAY, history=None), Kind.CHECK_IN, rules(), FRIDAY).rows
    assert row.failed is None


def test_newcomers_begin_gently() -> None:
    """In the first two weeks nothing above stretch 1 comes."""
    hard = Library(nudges={"hard": replace(LISTEN, id="hard", stretch=2)})
    new = replace(MINA, joined_at=HALF_PAST_NINE)
    assert decide(due(new), Kind.NUDGE, rules(hard), HALF_PAST_NINE).rows[0].skip is Skip.NOTHING_FITS
    assert decide(due(), Kind.NUDGE, rules(hard), HALF_PAST_NINE).rows[0].nudge == "hard"


def test_what_was_seen_is_known() -> None:
    """The history is heeded, and a repeat says when it came before."""
    lib = Library(nudges={"listen": LISTEN})
    seen = due(history=History((Past("listen", DAY - timedelta(days=130)),)))
    (row,) = decide(seen, Kind.NUDGE, rules(lib), HALF_PAST_NINE).rows
    assert (row.nudge, row.last_seen) == ("listen", DAY - timedelta(days=130))


def test_the_ledger_alone_can_tell_why() -> None:
    """The same id chooses the same nudge: what was drawn can be drawn again from the row."""
    many = Library(nudges={f"n{n}": replace(LISTEN, id=f"n{n}") for n in range(50)})
    fixed = replace(rules(many), new_id=lambda: DeliveryId("id"))
    drawn = {decide(due(), Kind.NUDGE, fixed, HALF_PAST_NINE).rows[0].nudge for _ in range(20)}
    assert len(drawn) == 1
    assert len({decide(due(), Kind.NUDGE, rules(many), HALF_PAST_NINE).rows[0].nudge for _ in range(20)}) > 1


async def test_a_step_plans_both_kinds(db: Database) -> None:
    """One step plans whoever is due of each kind, seals the reasons, and says how many it met."""
    await install(db)
    who = await opted_in(db)
    assert await plan_step(db, rules(), HALF_PAST_NINE - timedelta(seconds=1)) == 0
    assert await plan_step(db, rules(), FRIDAY) == 2
    assert await plan_step(db, rules(), FRIDAY) == 0
    rows = await deliveries(db)
    assert [(row.kind, row.state) for row in rows] == [
        *[(Kind.NUDGE, State.SKIPPED)] * 5,
        (Kind.CHECK_IN, State.PLANNED),
    ]
    now = await find_member(db, TEAM, "U1")
    assert now is not None
    assert now.next_nudge_at == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    assert await why_of(db, who, rows) == {}


async def test_a_planned_nudge_keeps_its_why_sealed(db: Database) -> None:
    """The reasons come back for the member themself."""
    await install(db)
    who = await opted_in(db)
    await plan_step(db, rules(), HALF_PAST_NINE)
    rows = await deliveries(db)
    assert await why_of(db, who, rows) == {rows[0].id: "stance:back unseen"}


async def test_one_member_in_trouble_does_not_stop_the_rest(db: Database) -> None:
    """A pause, a broken box and an ordinary member in one batch: each gets the row that is true."""
    await install(db)
    await pause(db, await opted_in(db, "U1"), None, HALF_PAST_NINE)
    await opted_in(db, "U2")
    await opted_in(db, "U3")
    async with db.write() as connection:
        await connection.execute(member.update().where(member.c.user == "U2").values(key=b"x"))
    assert await plan_step(db, rules(), HALF_PAST_NINE) == 3
    rows = {row.user: (row.state, row.reason) for row in await deliveries(db)}
    assert rows == {
        "U1": (State.SKIPPED, "paused"),
        "U2": (State.FAILED, "error"),
        "U3": (State.PLANNED, None),
    }
