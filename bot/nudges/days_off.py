"""Public holidays, on which nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import holidays


def holiday_calendar(names: Sequence[str]) -> Callable[[date], bool]:
    """Whether a date is a public holiday in any of the places, such as `GB-ENG` or `PL`."""
    places = [name.partition("-") for name in names]
    calendars = [holidays.country_holidays(country, subdiv=region or None) for country, _, region in places]
    return lambda day: any(day in calendar for calendar in calendars)
