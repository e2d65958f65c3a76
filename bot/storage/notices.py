"""Notices to admins: one row for each admin and broken version of the library, kept like a delivery. Claimed before it
is posted, so that no second worker, and no restart, posts it again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.model import State
from bot.storage.database import Database, insert_into
from bot.storage.tables import notice


@dataclass(frozen=True, slots=True)
class Notice:
    """One that is ours to send until `until`. Not `fresh`: whoever had it before may have sent it."""

    workspace: str
    user: str
    version: str
    id: str
    claimed_at: datetime
    until: datetime
    fresh: bool


async def untold(
    db: Database,
    version: str,
    admins: Collection[tuple[str, str]],
    now: datetime,
    also_called: Collection[str] = (),
) -> list[tuple[str, str]]:
    """Which of `admins` (workspace and user) have yet to hear of `version`, and may be written to at `now`.

    Whoever has a notice of the same thing under one of the names it is `also_called` is another worker's to tell.
    """
    query = sa.select(notice.c.workspace, notice.c.user, notice.c.version, notice.c.ready_at)
    async with db.read() as connection:
        found = (await connection.execute(query.where(notice.c.version.in_([version, *also_called])))).all()
    others = {(row.workspace, row.user) for row in found if row.version != version}
    rows = {(row.workspace, row.user): row.ready_at for row in found if row.version == version}
    left = [one for one in admins if one in rows or one not in others]
    return sorted(one for one in left if one not in rows or ((at := rows[one]) is not None and at <= now))


async def claim_notice(
    db: Database, who: tuple[str, str], version: str, id_: str, now: datetime, hold: timedelta
) -> Notice | None:
    """Takes the notice of `version` to `who` in hand for as long as `hold`; None where somebody else has, or its fate
    is known. `id_` names it where it is a new one. The workspace has to be installed."""
    until = now + hold
    key = {"workspace": who[0], "user": who[1], "version": version}
    mine = sa.and_(*(notice.c[name] == value for name, value in key.items()))
    async with db.write() as connection:
        fresh = insert_into(connection, notice).values(
            **key, id=id_, claimed_at=now, state=State.SENDING, ready_at=until
        )
        if await connection.scalar(fresh.on_conflict_do_nothing().returning(notice.c.id)) is not None:
            return Notice(*who, version, id_, now, until, fresh=True)
        row = (await connection.execute(sa.select(notice).where(mine))).one()
        if row.ready_at is None or row.ready_at > now:
            return None
        taken = await connection.execute(
            sa.update(notice)
            .where(mine, notice.c.state == row.state, notice.c.ready_at == row.ready_at)
            .values(state=State.SENDING, reason=None, ready_at=until)
        )
        if taken.rowcount != 1:
            return None
        return Notice(*who, version, row.id, row.claimed_at, until, fresh=row.state == State.PLANNED)


async def record_notice(
    db: Database, held: Notice, state: State, reason: str | None = None, ready_at: datetime | None = None
) -> None:
    """Writes what became of it, unless another worker has taken it in hand meanwhile. `ready_at` only where it is to
    be tried again (`planned`) or looked up (`sending`)."""
    async with db.write() as connection:
        await connection.execute(
            sa.update(notice)
            .where(notice.c.workspace == held.workspace, notice.c.user == held.user, notice.c.version == held.version)
            .where(notice.c.state == State.SENDING, notice.c.ready_at == held.until)
            .values(state=state, reason=reason, ready_at=ready_at)
        )
