"""Lines that members keep. Text is sealed under the member's own key; search opens them one by one."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa

from bot.model import Member, Reflection
from bot.storage.database import Database, insert_into
from bot.storage.members import open_box
from bot.storage.tables import reflection

_NAMES = uuid.UUID("7b0f6a0e-3d51-4b0e-9d0c-5f4b1c2f9a11")


async def keep_reflection(db: Database, who: Member, text: str, now: datetime, key: str) -> Reflection:
    """Keeps one line. When this returns, it is on disk. The same `key` and text again keep nothing more."""
    kept = Reflection(uuid.uuid5(_NAMES, f"{who.workspace}/{who.user}/{key}/{text}").hex, now, text)
    async with db.write() as connection:
        box = await open_box(db, connection, who)
        await connection.execute(
            insert_into(connection, reflection)
            .values(
                id=kept.id,
                member_id=who.id,
                written_at=now,
                text_sealed=box.seal("reflection", kept.id, text),
            )
            .on_conflict_do_nothing()
        )
    return kept


async def take_back(db: Database, who: Member, which: str | None = None) -> Reflection | None:
    """Removes one line, the newest unless `which` names one, and returns it; None where there is none."""
    async with db.write() as connection:
        query = sa.select(reflection).where(reflection.c.member_id == who.id)
        if which is not None:
            query = query.where(reflection.c.id == which)
        query = query.order_by(reflection.c.written_at.desc(), reflection.c.id).limit(1)
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        box = await open_box(db, connection, who)
        await connection.execute(sa.delete(reflection).where(reflection.c.id == row.id))
        return Reflection(row.id, row.written_at, box.open("reflection", row.id, row.text_sealed))


async def reflections_of(db: Database, who: Member, word: str = "") -> list[Reflection]:
    """A member's own lines, newest first; with `word` only those that hold it, whatever the case."""
    query = (
        sa.select(reflection)
        .where(reflection.c.member_id == who.id)
        .order_by(reflection.c.written_at.desc(), reflection.c.id)
    )
    async with db.read() as connection:
        box = await open_box(db, connection, who)
        rows = (await connection.execute(query)).all()
    lines = (Reflection(row.id, row.written_at, box.open("reflection", row.id, row.text_sealed)) for row in rows)
    return [line for line in lines if word.casefold() in line.text.casefold()]
