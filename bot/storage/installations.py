"""The workspaces Ally is installed in, and the tokens it speaks with there. Tokens are sealed."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.model import Installation
from bot.storage.database import Database, insert_into
from bot.storage.tables import event_seen, installation, member, workspace
from bot.storage.vault import NAME_BYTES, Vault

_OWNER = "installation"
_CLOCKS_DIFFER = timedelta(seconds=2)


async def remember_installation(db: Database, found: Installation, now: datetime) -> None:
    """Keeps, or replaces, what Ally may do in a workspace; the workspace is active from here on."""
    wrapped, box = db.vault.new_box(found.workspace, _OWNER)
    about = {"name": found.name, "state": "active", "since": now}
    rights = {
        "key": wrapped,
        "token_sealed": box.seal("installation", found.workspace, found.token),
        "bot_user": found.bot_user,
        "bot_id": found.bot_id,
        "app_id": found.app_id,
        "scopes": ",".join(sorted(found.scopes)),
        "installed_at": now,
    }
    async with db.write() as connection:
        await connection.execute(
            insert_into(connection, workspace)
            .values(id=found.workspace, **about)
            .on_conflict_do_update(index_elements=[workspace.c.id], set_=about)
        )
        await connection.execute(
            insert_into(connection, installation)
            .values(workspace=found.workspace, **rights)
            .on_conflict_do_update(index_elements=[installation.c.workspace], set_=rights)
        )


async def installation_of(db: Database, team: str) -> Installation | None:
    """How Ally speaks in a workspace; None where it is not, or no longer, installed."""
    query = sa.select(installation, workspace.c.name, workspace.c.state).join(workspace)
    async with db.read() as connection:
        row = (await connection.execute(query.where(workspace.c.id == team))).one_or_none()
    if row is None or row.state != "active":
        return None
    box = db.vault.box(row.key, team, _OWNER)
    return Installation(
        workspace=team,
        name=row.name,
        token=box.open("installation", team, row.token_sealed),
        bot_user=row.bot_user,
        bot_id=row.bot_id,
        app_id=row.app_id,
        scopes=frozenset(row.scopes.split(",")) - {""},
    )


async def workspace_with_token(db: Database, token: str) -> str | None:
    """The workspace that was last installed with this very token; None where there is none."""
    async with db.read() as connection:
        rows = (await connection.execute(sa.select(installation).order_by(installation.c.installed_at.desc()))).all()
    for row in rows:
        if db.vault.knows(row.key):
            box = db.vault.box(row.key, row.workspace, _OWNER)
            if box.open("installation", row.workspace, row.token_sealed) == token:
                return str(row.workspace)
    return None


async def stop_workspace(
    db: Database, team: str, state: str, now: datetime, *, token: str | None = None, said_at: datetime | None = None
) -> bool:
    """`state` is `revoked` (its token no longer works) or `gone` (Ally was removed): nothing is sent any more.

    `token` is the one that Slack refused, `said_at` the moment at which it spoke of an end: where Ally was installed
    anew meanwhile, with another token or later than that, nothing changes. Says whether nothing is sent there now.
    """
    async with db.write() as connection:
        # The workspace first, as `remember_installation` does: what it is installing right now is seen below.
        stands = await connection.scalar(sa.select(workspace.c.id).where(workspace.c.id == team).with_for_update())
        if (token is not None or said_at is not None) and stands is not None:
            row = (await connection.execute(sa.select(installation).where(installation.c.workspace == team))).one()
            if said_at is not None and row.installed_at > said_at + _CLOCKS_DIFFER:
                return False
            box = db.vault.box(row.key, team, _OWNER)
            if token is not None and box.open("installation", team, row.token_sealed) != token:
                return False
        change = sa.update(workspace).where(workspace.c.id == team, workspace.c.state != "gone")
        await connection.execute(change.values(state=state, since=now))
    return True


async def forget_workspaces(db: Database, gone_before: datetime) -> int:
    """Deletes every workspace from which Ally was removed before that moment, with all that was kept there."""
    overdue = (workspace.c.state == "gone") & (workspace.c.since <= gone_before)
    async with db.write() as connection:
        theirs = sa.select(workspace.c.id).where(overdue)
        await connection.execute(sa.update(member).where(member.c.workspace.in_(theirs)).values(key=b""))
        return (await connection.execute(sa.delete(workspace).where(overdue))).rowcount


async def first_sight(db: Database, event_id: str, now: datetime) -> bool:
    """Whether this event is met for the first time; Slack may deliver one up to four times."""
    async with db.write() as connection:
        mark = insert_into(connection, event_seen).values(id=event_id, at=now)
        # RETURNING rather than the count of rows: for an INSERT that is not dependable across drivers.
        added = await connection.scalar(mark.on_conflict_do_nothing().returning(event_seen.c.id))
        return added is not None


async def forget_events(db: Database, before: datetime) -> None:
    """Drops the marks of events that Slack will no longer repeat."""
    async with db.write() as connection:
        await connection.execute(sa.delete(event_seen).where(event_seen.c.at < before))


async def keys_that_open_nothing(db: Database, vault: Vault) -> int:
    """How many members and installations are wrapped by a key that `vault` does not have."""
    lost = 0
    async with db.read() as connection:
        for table in (member, installation):
            # Counted there: a million keys are no thing to hold here. What names the operator's key stands in front.
            name = sa.func.substr(table.c.key, 1, NAME_BYTES, type_=sa.LargeBinary)
            counted = await connection.execute(sa.select(name, sa.func.count()).group_by(name))
            lost += sum(count for key, count in counted if not vault.knows(key))
    return lost
