"""Who takes part, and when each is next due. Every change of rhythm goes through here, so the due moments fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Audience, Kind, Member, Person, Rhythm, Setting
from bot.nudges.schedule import next_due
from bot.storage.database import Database, insert_into
from bot.storage.tables import check_in, delivery, member, reflection, seen
from bot.storage.vault import Box

ERASED_AFTER = timedelta(days=30)
"""How long what a leaver kept stays, unless they say otherwise; also for people who are gone."""


def days_to_text(days: frozenset[int]) -> str:
    """Working days as the column keeps them: `01234` is Monday to Friday."""
    return "".join(str(day) for day in sorted(days))


def member_from(row: Mapping[str, Any] | sa.RowMapping) -> Member:
    """The frozen member of a row of the `member` table."""
    return Member(
        id=row["id"],
        workspace=row["workspace"],
        user=row["user"],
        dm=row["dm"],
        zone=ZoneInfo(row["zone"]),
        locale=row["locale"],
        rhythm=_rhythm_from(row["nudge_time"], row["days"], row["check_in_day"], row["check_in_time"]),
        audience=Audience(row["audience"]),
        settings=_settings_from(row["settings"]),
        joined_at=row["joined_at"],
        left_at=row["left_at"],
        erase_at=row["erase_at"],
        gone=row["gone"],
        paused=row["paused"],
        resume_on=row["resume_on"],
        next_nudge_at=row["next_nudge_at"],
        next_check_in_at=row["next_check_in_at"],
    )


@lru_cache(maxsize=1024)  # thousands of members keep the same few rhythms
def _rhythm_from(nudge_time: time, days: str, check_in_day: int, check_in_time: time) -> Rhythm:
    return Rhythm(nudge_time, frozenset(int(day) for day in days), check_in_day, check_in_time)


@lru_cache(maxsize=64)
def _settings_from(text: str) -> frozenset[Setting]:
    return frozenset(Setting(name) for name in text.split(","))


async def find_member(db: Database, workspace: str, user: str) -> Member | None:
    """Somebody who opted in, also one who left and whose lines are still kept; else None."""
    async with db.read() as connection:
        return await _find(connection, workspace, user)


async def open_box(db: Database, connection: AsyncConnection, who: Member) -> Box:
    """The member's own box. Raises LookupError when they were erased meanwhile."""
    wrapped = await connection.scalar(sa.select(member.c.key).where(member.c.id == who.id))
    if wrapped is None:
        raise LookupError("no such member any more")
    return db.vault.box(wrapped, who.workspace, who.user)


async def join(db: Database, person: Person, rhythm: Rhythm, dm: str | None, now: datetime) -> Member:
    """Opts `person` in. Joining twice changes nothing; coming back after leaving starts again with what was kept."""
    async with db.write() as connection:
        wrapped, _ = db.vault.new_box(person.workspace, person.user)
        values = _profile(person, rhythm, dm) | _fresh(now)
        await connection.execute(
            insert_into(connection, member)
            .values(
                workspace=person.workspace,
                user=person.user,
                key=wrapped,
                audience=Audience.EVERYONE,
                settings=",".join(sorted(Setting)),
                **values,
            )
            # Known already: only who had left starts again. A second press at the same moment waits here, and stops.
            .on_conflict_do_update(
                index_elements=[member.c.workspace, member.c.user], set_=values, where=member.c.left_at.is_not(None)
            )
        )
        known = await _find(connection, person.workspace, person.user)
        if known is not None and known.next_nudge_at is not None:
            return known
        return await _reschedule(connection, person.workspace, person.user, now)


async def leave(db: Database, who: Member, now: datetime) -> Member:
    """Stops everything at once; what was kept is erased after 30 days unless the member decides.

    Leaving twice changes nothing: neither the day of erasing nor the wish to keep.
    """
    if not who.active:
        return who
    gone_by = {
        "left_at": now,
        "erase_at": now + ERASED_AFTER,
        "next_nudge_at": None,
        "next_check_in_at": None,
    }
    return await _change(db, who, now, gone_by | {"paused": False, "resume_on": None})


async def keep_after_leaving(db: Database, who: Member, now: datetime) -> Member:
    """What a leaver kept stays until they say otherwise."""
    return await _change(db, who, now, {"erase_at": None})


async def nothing_happened(db: Database, who: Member) -> bool:
    """Whether nothing came to a member yet, and nothing of theirs was kept."""
    tables = (reflection, check_in, delivery, seen)
    async with db.read() as connection:
        found = [await connection.scalar(sa.select(sa.exists().where(one.c.member_id == who.id))) for one in tables]
    return not any(found)


async def erase(db: Database, who: Member) -> None:
    """Forgets a member: the key first, then every row. Doing it twice is fine."""
    async with db.write() as connection:
        await _erase(connection, member.c.id == who.id)


async def erase_overdue(db: Database, now: datetime) -> int:
    """Forgets everybody whose time to be erased has come; says how many."""
    async with db.write() as connection:
        return await _erase(connection, member.c.erase_at <= now)


async def pause(db: Database, who: Member, resume_on: date | None, now: datetime) -> Member:
    """Sends nothing until `resume_on` (the member's local date), or until they resume."""
    return await _change(db, who, now, {"paused": True, "resume_on": resume_on})


async def resume(db: Database, who: Member, now: datetime) -> Member:
    """Ends a pause. Nothing that was due meanwhile comes late."""
    async with db.write() as connection:
        known = await _find(connection, who.workspace, who.user, lock=True)
        if known is None:
            raise LookupError("no such member any more")
        drop = known.is_paused(known.local_date(now))
        await _set(connection, known, {"paused": False, "resume_on": None})
        return await _reschedule(connection, who.workspace, who.user, now, drop_overdue=drop)


async def change_rhythm(db: Database, who: Member, rhythm: Rhythm, now: datetime) -> Member:
    """New times and days; the next due moments follow."""
    return await _change(db, who, now, _rhythm(rhythm), reschedule=True)


async def follow(db: Database, person: Person, now: datetime, said_at: datetime | None = None) -> Member | None:
    """Takes over what Slack says of somebody: zone, language, whether the account is still there.

    `said_at` is when Slack said so: events overtake each other and are repeated for minutes, and what is older than
    what was last taken over changes nothing."""
    async with db.write() as connection:
        known = await _find(connection, person.workspace, person.user, lock=True)
        if known is None:
            return None
        if said_at is not None:
            mine = member.c.id == known.id
            fresh = sa.or_(member.c.profile_at.is_(None), member.c.profile_at <= said_at)
            taken = await connection.execute(sa.update(member).where(mine, fresh).values(profile_at=said_at))
            if taken.rowcount == 0:
                return known
        same = (known.zone.key, known.locale, known.gone) == (person.zone, person.locale, person.gone)
        if same:
            return known
        erase_at = known.erase_at
        if person.gone and not known.gone:
            erase_at = erase_at or now + ERASED_AFTER  # who left before is not kept longer for it
        elif known.gone and not person.gone and known.active:
            erase_at = None
        await _set(
            connection,
            known,
            {"zone": person.zone, "locale": person.locale, "gone": person.gone, "erase_at": erase_at},
        )
        return await _reschedule(connection, person.workspace, person.user, now)


async def _erase(connection: AsyncConnection, which: sa.ColumnElement[bool]) -> int:
    # The key goes in a statement of its own: from here on nothing that is left of the rows can be read.
    await connection.execute(sa.update(member).where(which).values(key=b""))
    result = await connection.execute(sa.delete(member).where(which))
    return result.rowcount


def _rhythm(rhythm: Rhythm) -> dict[str, Any]:
    return {
        "nudge_time": rhythm.nudge_time,
        "days": days_to_text(rhythm.days),
        "check_in_day": rhythm.check_in_day,
        "check_in_time": rhythm.check_in_time,
    }


def _profile(person: Person, rhythm: Rhythm, dm: str | None) -> dict[str, Any]:
    return {"dm": dm, "zone": person.zone, "locale": person.locale, "gone": False} | _rhythm(rhythm)


def _fresh(now: datetime) -> dict[str, Any]:
    return {"joined_at": now, "left_at": None, "erase_at": None, "paused": False, "resume_on": None}


async def _find(connection: AsyncConnection, workspace: str, user: str, *, lock: bool = False) -> Member | None:
    query = sa.select(member).where(member.c.workspace == workspace, member.c.user == user)
    if lock:
        query = query.with_for_update()
    row = (await connection.execute(query)).mappings().one_or_none()
    return member_from(row) if row else None


async def _change(
    db: Database, who: Member, now: datetime, values: dict[str, Any], *, reschedule: bool = False
) -> Member:
    async with db.write() as connection:
        await _set(connection, who, values)
        if reschedule:
            return await _reschedule(connection, who.workspace, who.user, now)
        found = await _find(connection, who.workspace, who.user)
        assert found is not None  # noqa: S101 — the update above has just touched the row
        return found


async def _set(connection: AsyncConnection, who: Member, values: dict[str, Any]) -> None:
    changed = await connection.execute(sa.update(member).where(member.c.id == who.id).values(values))
    if changed.rowcount != 1:
        raise LookupError("no such member any more")


async def _reschedule(
    connection: AsyncConnection, workspace: str, user: str, now: datetime, *, drop_overdue: bool = False
) -> Member:
    """Computes the next due moments anew, after `now` and never on a local date that has its row already.

    A moment that has come but is not planned yet stays, unless `drop_overdue`: planning it finds what follows.
    """
    who = await _find(connection, workspace, user)
    if who is None:
        raise LookupError("no such member any more")
    if not who.active:
        return who
    values: dict[str, datetime] = {}
    standing = {"next_nudge_at": who.next_nudge_at, "next_check_in_at": who.next_check_in_at}
    for kind, column in ((Kind.NUDGE, "next_nudge_at"), (Kind.CHECK_IN, "next_check_in_at")):
        was = standing[column]
        if was is not None and was <= now and not drop_overdue:
            values[column] = was
            continue
        last = await connection.scalar(
            sa.select(sa.func.max(delivery.c.local_date)).where(delivery.c.member_id == who.id, delivery.c.kind == kind)
        )
        values[column] = next_due(kind, who.rhythm, who.zone, after=now, after_date=last).at
    await connection.execute(sa.update(member).where(member.c.id == who.id).values(values))
    found = await _find(connection, workspace, user)
    assert found is not None  # noqa: S101 — read inside the same transaction
    return found
