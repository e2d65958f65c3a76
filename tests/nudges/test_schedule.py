"""When a member is due: wall time in, UTC moments out."""

from __future__ import annotations

import itertools
import statistics
import zoneinfo
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Kind, Rhythm
from bot.nudges.schedule import TURNS, Due, at_wall, check_in_day, next_due, turn, week_of

LONDON = ZoneInfo("Europe/London")
ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})


def utc(text: str) -> datetime:
    """A UTC moment such as `2026-11-23 09:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "moment"),
    [
        ("Europe/London", "2026-11-23", "09:30", "2026-11-23 09:30"),
        ("Europe/London", "2026-07-06", "09:30", "2026-07-06 08:30"),
        ("Asia/Kolkata", "2026-11-23", "09:30", "2026-11-23 04:00"),
        ("Asia/Kathmandu", "2026-11-23", "09:30", "2026-11-23 03:45"),
        ("Pacific/Chatham", "2026-11-23", "09:30", "2026-11-22 19:45"),
        ("Pacific/Kiritimati", "2026-11-23", "09:30", "2026-11-22 19:30"),
        ("Pacific/Pago_Pago", "2026-11-23", "09:30", "2026-11-23 20:30"),
        # A gap: the first minute that exists.
        ("Europe/London", "2026-03-29", "01:00", "2026-03-29 01:00"),
        ("Europe/London", "2026-03-29", "01:30", "2026-03-29 01:00"),
        ("Europe/London", "2026-03-29", "01:59", "2026-03-29 01:00"),
        ("Europe/London", "2026-03-29", "02:00", "2026-03-29 01:00"),
        ("Europe/London", "2026-03-29", "00:59", "2026-03-29 00:59"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08 07:00"),
        ("Africa/Cairo", "2026-04-24", "00:15", "2026-04-23 22:00"),
        # A fold: the first of two.
        ("Europe/London", "2026-10-25", "01:30", "2026-10-25 00:30"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01 05:30"),
        ("America/Havana", "2026-11-01", "00:30", "2026-11-01 04:30"),
        # Lord Howe moves by half an hour.
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03 15:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-03 15:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04 14:45"),
    ],
)
def test_wall_time(zone: str, day: str, wall: str, moment: str) -> None:
    """Clocks show the wall time at that moment; in a gap it is the gap's end, in a fold the first of two."""
    assert at_wall(date.fromisoformat(day), time.fromisoformat(wall), ZoneInfo(zone)) == utc(moment)


def test_a_day_that_a_place_skipped_has_no_due_moment() -> None:
    """Samoa had no 30 December 2011: nobody is due on it, and the days around it have one each."""
    apia = ZoneInfo("Pacific/Apia")
    everyday = Rhythm(days=frozenset(range(7)))
    due = Due(utc("2011-12-28 00:00"), date(2011, 12, 28))
    dates = []
    for _ in range(4):
        due = next_due(Kind.NUDGE, everyday, apia, after=due.at, after_date=due.on)
        dates.append(due.on)
        assert due.at.astimezone(apia).date() == due.on
        assert due.at.astimezone(apia).time() == time(9, 30)
    assert dates == [date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1), date(2012, 1, 2)]


def test_a_gap_that_reaches_past_midnight_moves_nobody_into_the_next_day() -> None:
    """Where clocks jumped from 23:30 to 00:00 (Pyongyang 2018) the lost evening brings nothing, the next its own."""
    late = Rhythm(time(23, 45), frozenset(range(7)))
    zone = ZoneInfo("Asia/Pyongyang")
    first = next_due(Kind.NUDGE, late, zone, after=utc("2018-05-03 00:00"))
    second = next_due(Kind.NUDGE, late, zone, after=first.at, after_date=first.on)
    assert (first.on, second.on) == (date(2018, 5, 3), date(2018, 5, 5))


def test_days_off_bring_nothing() -> None:
    """After Friday comes Monday, and somebody with two days has two a week."""
    friday = utc("2026-11-27 09:30")
    assert next_due(Kind.NUDGE, Rhythm(), LONDON, after=friday) == Due(utc("2026-11-30 09:30"), date(2026, 11, 30))
    two = Rhythm(days=frozenset({1, 5}))
    assert next_due(Kind.NUDGE, two, LONDON, after=friday).on == date(2026, 11, 28)


def test_later_than_the_moment_itself() -> None:
    """A moment is not due again at itself; a microsecond before it is."""
    due = utc("2026-11-23 09:30")
    assert next_due(Kind.NUDGE, Rhythm(), LONDON, after=due).on == date(2026, 11, 24)
    assert next_due(Kind.NUDGE, Rhythm(), LONDON, after=due - timedelta(microseconds=1)).at == due


def test_never_twice_on_one_local_date() -> None:
    """Who had theirs in Tokyo and lands in Honolulu on the same date waits for the next date there."""
    had = date(2026, 11, 23)
    after = utc("2026-11-23 00:31")
    honolulu = ZoneInfo("Pacific/Honolulu")
    assert next_due(Kind.NUDGE, Rhythm(), honolulu, after=after).on == had
    assert next_due(Kind.NUDGE, Rhythm(), honolulu, after=after, after_date=had).on == date(2026, 11, 24)


def test_after_date_looks_no_further_back() -> None:
    """A date long past holds nothing up, and does not bring moments of the past."""
    after = utc("2026-11-23 08:00")
    assert next_due(Kind.NUDGE, Rhythm(), LONDON, after=after, after_date=date(2020, 1, 1)).at == utc(
        "2026-11-23 09:30"
    )


@pytest.mark.parametrize(
    ("days", "asked", "comes"),
    [({0, 1, 2, 3, 4}, 4, 4), ({0, 1, 2, 3}, 4, 3), ({6, 0, 1}, 4, 6), ({2}, 4, 2), ({5}, 5, 5)],
)
def test_the_day_of_the_check_in(days: set[int], asked: int, comes: int) -> None:
    """The check-in comes on the day asked for, or on the last working day where that is a day off."""
    rhythm = Rhythm(days=frozenset(days), check_in_day=asked)
    assert check_in_day(rhythm) == comes
    due = next_due(Kind.CHECK_IN, rhythm, LONDON, after=utc("2026-11-23 00:00"))
    assert due.on.weekday() == comes
    assert due.at.astimezone(LONDON).time() == time(15, 0)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_rhythm_without_a_day_is_refused(kind: Kind) -> None:
    """No day chosen is nothing to look for: it raises rather than look for ever."""
    with pytest.raises(ValueError, match="day"):
        next_due(kind, Rhythm(days=frozenset()), LONDON, after=utc("2026-11-23 00:00"))


def test_weeks_begin_on_monday() -> None:
    """A week is named by its Monday, Sunday included."""
    assert {week_of(date(2026, 11, 23) + timedelta(days=day)) for day in range(7)} == {date(2026, 11, 23)}
    assert week_of(date(2026, 11, 22)) == date(2026, 11, 16)


RHYTHMS = st.builds(
    Rhythm,
    nudge_time=st.times().map(lambda wall: wall.replace(second=0, microsecond=0)),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    check_in_day=st.integers(0, 6),
    check_in_time=st.times().map(lambda wall: wall.replace(second=0, microsecond=0)),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.sampled_from(ZONES), RHYTHMS, MOMENTS, st.sampled_from(Kind))
@settings(max_examples=100, deadline=None)
def test_the_next_due_moment(name: str, rhythm: Rhythm, after: datetime, kind: Kind) -> None:
    """In any zone: strictly later, on a chosen day, at the wall time asked for or the first minute after a gap."""
    zone = ZoneInfo(name)
    due = next_due(kind, rhythm, zone, after=after)
    wanted = rhythm.nudge_time if kind is Kind.NUDGE else rhythm.check_in_time
    local = due.at.astimezone(zone)
    assert due.at > after
    assert due.on == local.date()
    assert due.on.weekday() in (rhythm.days if kind is Kind.NUDGE else {check_in_day(rhythm)})
    if local.time() == wanted:
        assert local.fold == 0
    else:
        before = (due.at - timedelta(minutes=1)).astimezone(zone)
        assert local.time() > wanted
        assert before.date() < due.on or before.time() < wanted
        assert before.utcoffset() != local.utcoffset()


@given(st.sampled_from(ZONES), RHYTHMS, MOMENTS)
@settings(max_examples=100, deadline=None)
def test_every_chosen_day_once(name: str, rhythm: Rhythm, after: datetime) -> None:
    """Moment after moment, local dates only rise, and each chosen day of the span comes exactly once."""
    zone = ZoneInfo(name)
    due = first = next_due(Kind.NUDGE, rhythm, zone, after=after)
    dates = [due.on]
    for _ in range(20):
        due = next_due(Kind.NUDGE, rhythm, zone, after=due.at, after_date=due.on)
        dates.append(due.on)
    span = (first.on + timedelta(days=day) for day in range((due.on - first.on).days + 1))
    assert dates == [day for day in span if day.weekday() in rhythm.days]
    assert (first.on - after.astimezone(zone).date()).days <= 7


# Turns


def test_nobody_is_always_last() -> None:
    """Over a year of working days with 100 due in one minute, each is among the last ten about as often as any."""
    days = [day for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(365)) if day.weekday() < 5]
    last = Counter(who for day in days for who in sorted(range(100), key=lambda who: turn(who, day))[:10])
    assert len(last) == 100
    assert max(last.values()) < 3 * len(days) / 10  # a fair draw stays under a fifth; the unlucky would have them all


def test_neighbours_do_not_stay_neighbours() -> None:
    """Who was right behind somebody yesterday is anywhere today."""
    first, second = (sorted(range(200), key=lambda who: turn(who, date(2026, 11, day))) for day in (23, 24))
    moved = [abs(second.index(after) - second.index(before)) for before, after in itertools.pairwise(first)]
    assert statistics.mean(moved) > 40  # by chance a third of 200


@given(st.integers(1, 2**62), st.dates())
def test_a_turn_makes_nobody_late(who: int, day: date) -> None:
    """It lies before the due moment, by less than a minute, and is the same whenever it is asked for."""
    assert timedelta(0) <= turn(who, day) <= TURNS < timedelta(minutes=1)
    assert turn(who, day) == turn(who, day)
