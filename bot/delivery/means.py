"""What sending needs, the same for every workspace."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Parcel
from bot.observe import Metrics
from bot.storage.database import Database
from bot.views.blocks import Message


@dataclass(frozen=True, slots=True)
class Means:
    """`clock` is UTC; `boottime` counts seconds, sleep included."""

    db: Database
    clock: Callable[[], datetime]
    boottime: Callable[[], float]
    rng: random.Random
    render: Callable[[Parcel], Message]
    """Raises KeyError where the library does not have what was planned."""
    metrics: Metrics
    holder: str
    sole: bool
    catch_up: timedelta
    lease_s: float = 30.0
    ceiling: float | None = None
