"""What admins did: what, when and who, never content."""

from __future__ import annotations

from datetime import datetime

from bot.storage.database import Database
from bot.storage.tables import audit


async def note_deed(db: Database, workspace: str, who: str, what: str, now: datetime) -> None:
    """An admin did `what`, such as `library.preview`."""
    async with db.write() as connection:
        await connection.execute(audit.insert().values(workspace=workspace, at=now, what=what, who=who))
