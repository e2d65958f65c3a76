"""When a member is due. Pure: wall time in, UTC moments out.

A wall time that does not exist (clocks forward) moves to the first minute that does; one that exists twice uses
the first.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.model import Kind, Rhythm

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class Due(NamedTuple):
    """A due moment (UTC) and the local date it belongs to."""

    at: datetime
    on: date


def at_wall(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The moment (UTC) when clocks in `zone` first show `wall` on `day`, or the first minute after a gap."""
    local = datetime.combine(day, wall, tzinfo=zone)  # fold=0: the first of two
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # In a gap fold=0 is read with the offset from before it, which lands behind the gap by as much as `wall`
    # stood inside it. The gap's end is where the offset changes: look for it minute by minute backwards.
    after = moment.astimezone(zone).utcoffset()
    while (moment - _MINUTE).astimezone(zone).utcoffset() == after:
        moment -= _MINUTE
    return moment


def check_in_day(rhythm: Rhythm) -> int:
    """The weekday of the check-in: the one asked for, or the last working day where that is a day off."""
    return rhythm.check_in_day if rhythm.check_in_day in rhythm.days else max(rhythm.days)


@lru_cache(maxsize=4096)  # a cohort of thousands asks the same thing
def next_due(kind: Kind, rhythm: Rhythm, zone: ZoneInfo, *, after: datetime, after_date: date | None = None) -> Due:
    """The first due moment later than `after` (UTC), on a local date later than `after_date` where that is given.

    `after_date` keeps somebody who moves zones from two in one local date. Raises ValueError where no day is chosen.
    """
    if not rhythm.days:
        raise ValueError("a rhythm needs a day")
    days = rhythm.days if kind is Kind.NUDGE else frozenset({check_in_day(rhythm)})
    wall = rhythm.nudge_time if kind is Kind.NUDGE else rhythm.check_in_time
    day = after.astimezone(zone).date()
    if after_date is not None:
        day = max(day, after_date + _DAY)
    while True:
        if day.weekday() in days:
            moment = at_wall(day, wall, zone)
            # A gap can push a moment out of its day (Samoa skipped one whole): that day has none, the next has its own.
            if moment > after and moment.astimezone(zone).date() == day:
                return Due(moment, day)
        day += _DAY


TURNS = timedelta(seconds=1)
"""So long before its due moment a delivery may have its turn; under a minute, so that minutes keep their order."""


def turn(member: int, day: date) -> timedelta:
    """How far before its due moment a delivery stands in the queue: up to `TURNS`, by lot, drawn anew each day.

    Slack takes a few messages a second, so of many due in one minute somebody is last; it is not always the same one.
    Before, never after: nobody is later for it.
    """
    lot = hashlib.blake2b(b"%d %d" % (member, day.toordinal()), digest_size=4).digest()
    return TURNS * (int.from_bytes(lot) / 2**32)


def week_of(day: date) -> date:
    """The Monday of the week `day` lies in: how a check-in names its week."""
    return day - timedelta(days=day.weekday())
