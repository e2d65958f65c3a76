"""Workspaces, members and rows for the tests to start from."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from bot.model import DeliveryId, Installation, Kind, Member, Parcel, Person, Rhythm
from bot.storage.database import Database
from bot.storage.installations import remember_installation
from bot.storage.leases import Lease, take_lease
from bot.storage.members import join
from bot.storage.planning import DueMember, NewRow, Plan, plan_due
from tests.claiming import claim
from tests.conftest import MONDAY

TEAM = "T1"
HALF_PAST_NINE = MONDAY + timedelta(hours=1, minutes=30)
"""The default due moment in London on that Monday."""
CATCH_UP = timedelta(hours=3)


async def install(db: Database, team: str = TEAM, now: datetime = MONDAY, token: str = "xoxb-1") -> Installation:  # noqa: S107
    """Ally, installed in a workspace."""
    found = Installation(team, "Workshop", token, "UBOT", "BBOT", "A1", frozenset({"chat:write", "commands"}))
    await remember_installation(db, found, now)
    return found


def person(user: str = "U1", zone: str = "Europe/London", team: str = TEAM, *, gone: bool = False) -> Person:
    """Somebody as Slack knows them."""
    return Person(team, user, zone, "en-GB", gone)


async def opted_in(
    db: Database, user: str = "U1", zone: str = "Europe/London", *, team: str = TEAM, rhythm: Rhythm | None = None,
    now: datetime = MONDAY, dm: str | None = "D1",
) -> Member:  # fmt: skip
    """A member, who joined at `now`; their workspace has to be there."""
    return await join(db, person(user, zone, team), rhythm or Rhythm(), dm, now)


def new_id() -> DeliveryId:
    return DeliveryId(uuid.uuid4().hex)


def one_row(due: DueMember) -> Plan:
    """Plans the due moment itself, and the next a day later."""
    on = due.due_at.astimezone(due.member.zone).date()
    row = NewRow(new_id(), on, due.due_at, nudge="listen", why="stance:back unseen")
    return Plan((row,), due.due_at + timedelta(days=1))


async def plan_nudges(db: Database, now: datetime = HALF_PAST_NINE) -> int:
    """A planned nudge for everybody who is due."""
    return await plan_due(db, Kind.NUDGE, now, 500, one_row)


async def hold(db: Database, holder: str = "worker", team: str = TEAM, lease_s: float = 30.0) -> Lease:
    """The lease of a workspace that nobody else holds."""
    held = await take_lease(db, team, holder, lease_s, sole=False)
    assert held is not None
    return held


async def claim_some(db: Database, held: Lease, want: int = 10, now: datetime = HALF_PAST_NINE) -> list[Parcel]:
    """Parcels, claimed at the ordinary pace."""
    return await claim(
        db, held, [], want=want, now=now, catch_up=CATCH_UP, lease_s=30.0, rate=2.0, not_before=None
    )  # fmt: skip
