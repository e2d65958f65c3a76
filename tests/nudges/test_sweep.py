"""The long sweep: every IANA zone, every working day of 2024 to 2030."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from bot.model import Kind, Rhythm
from bot.nudges.schedule import next_due

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)


@pytest.mark.soak
@pytest.mark.parametrize("wall", [time(0, 0), time(0, 30), time(1, 30), time(2, 15), time(9, 30), time(23, 45)])
@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_every_working_day_has_exactly_one_due_moment_at_the_wall_time_asked_for(name: str, wall: time) -> None:
    """Through every change of the clocks; in a gap at the first minute after it."""
    zone, rhythm = ZoneInfo(name), Rhythm(nudge_time=wall)
    moment, on = datetime.combine(FIRST, time(0), tzinfo=zone).astimezone(UTC) - timedelta(minutes=1), None
    days = []
    while True:
        moment, on = next_due(Kind.NUDGE, rhythm, zone, after=moment, after_date=on)
        if on > LAST:
            break
        days.append(on)
        local = moment.astimezone(zone)
        if local.time() != wall:
            before = (moment - timedelta(minutes=1)).astimezone(zone)
            assert before.utcoffset() != local.utcoffset(), (name, local)
            assert before.replace(tzinfo=None) < datetime.combine(on, wall) < local.replace(tzinfo=None), (name, local)
    every = (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))
    assert days == [day for day in every if day.weekday() < 5]
