"""Plan: due moments become ledger rows, each with its nudge or the reason why there is none."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

import structlog

from bot.model import DeliveryId, Kind, Library, Member, Skip
from bot.nudges.choose import Choice, choose, stretch_cap
from bot.nudges.schedule import Due, next_due, week_of
from bot.storage.database import Database
from bot.storage.ledger import Note, unheard
from bot.storage.planning import DueMember, NewRow, Plan, kinds_due, plan_due
from bot.storage.vault import SealBroken

log = structlog.get_logger()

LOOK_BACK = timedelta(days=14)
"""How far back an absent worker's due moments still become rows."""

_BATCH = 500
_SMALL_BATCH = 25


@dataclass(frozen=True, slots=True)
class Rules:
    """What deciding about a due moment needs to know beside the member."""

    library: Library
    catch_up: timedelta
    is_holiday: Callable[[date], bool]
    new_id: Callable[[], DeliveryId]
    note: Note = unheard
    gently: bool = False
    """People wait for answers of the same process meanwhile: small batches, one at a time."""


async def plan_step(db: Database, rules: Rules, now: datetime) -> int:
    """Plans a batch or two of each kind; says how many members were due. Nought means: nothing left at `now`."""
    planned = 0
    for kind in await kinds_due(db, now):
        choose_for = partial(decide, kind=kind, rules=rules, now=now)
        size = _SMALL_BATCH if rules.gently else _BATCH
        # While PostgreSQL writes one batch, the next is decided on: each skips the members that the other holds.
        at_once = 1 if rules.gently or db.is_sqlite else 2
        batches = [plan_due(db, kind, now, size, choose_for, note=rules.note) for _ in range(at_once)]
        planned += sum(await asyncio.gather(*batches))
    return planned


async def plan_member(db: Database, rules: Rules, who: Member, now: datetime) -> None:
    """Plans what is due for one member, before a change would make it look as if it had never been due.

    Where no worker ran, moments may have passed that nobody planned; the settings they fell under still hold here.
    """
    for kind, due_at in ((Kind.NUDGE, who.next_nudge_at), (Kind.CHECK_IN, who.next_check_in_at)):
        if due_at is not None and due_at <= now:
            choose_for = partial(decide, kind=kind, rules=rules, now=now)
            await plan_due(db, kind, now, 1, choose_for, only=who.id, note=rules.note)


def decide(due: DueMember, kind: Kind, rules: Rules, now: datetime) -> Plan:
    """One row for each due moment up to `now`, and the due moment after it."""
    who = due.member
    moment = Due(due.due_at, due.due_at.astimezone(who.zone).date())
    rows = []
    while moment.at <= now:
        if now - moment.at <= LOOK_BACK:
            row = _row(due, kind, moment, rules, now)
            rows.append(row)
        moment = next_due(kind, who.rhythm, who.zone, after=moment.at, after_date=moment.on)
        if moment.at <= now and rows and (last := rows[-1]).nudge and due.history:  # a long catch-up: choose another
            due = replace(due, history=due.history.later(last.nudge, last.local_date))
    return Plan(tuple(rows), moment.at)


def _row(due: DueMember, kind: Kind, moment: Due, rules: Rules, now: datetime) -> NewRow:
    id_ = rules.new_id()
    if skip := _swallowed(due, kind, moment, rules, now):
        return NewRow(id_, moment.on, moment.at, skip)
    if kind is Kind.CHECK_IN:
        return NewRow(id_, moment.on, moment.at)
    try:
        choice = _choose(due, moment, rules, id_)
    except Exception:
        log.exception("choosing_failed", delivery=id_)
        return NewRow(id_, moment.on, moment.at, failed="error")
    if choice is None:
        return NewRow(id_, moment.on, moment.at, Skip.NOTHING_FITS)
    return NewRow(
        id_, moment.on, moment.at, nudge=choice.id, last_seen=choice.last_seen, why=" ".join(choice.why)
    )  # fmt: skip


def _swallowed(due: DueMember, kind: Kind, moment: Due, rules: Rules, now: datetime) -> Skip | None:
    if due.revoked:
        return Skip.REVOKED
    if due.member.gone:
        return Skip.GONE
    if due.member.is_paused(moment.on):
        return Skip.PAUSED
    if rules.is_holiday(moment.on):
        return Skip.HOLIDAY
    if now - moment.at > rules.catch_up:
        return Skip.LATE
    if kind is Kind.CHECK_IN and week_of(moment.on) in due.answered_weeks:
        return Skip.ANSWERED
    return None


def _choose(due: DueMember, moment: Due, rules: Rules, id_: DeliveryId) -> Choice | None:
    who = due.member
    if due.history is None:
        raise SealBroken("a history does not open")
    cap = stretch_cap(who.local_date(who.joined_at), moment.on)
    # Seeded with the row's own random id, so that the ledger alone can tell why it was this one.
    return choose(rules.library, who, due.history, moment.on, cap, random.Random(id_))  # noqa: S311 — no secret
