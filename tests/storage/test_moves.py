"""Every move that a row of the ledger may make is made by something, and no other is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.model import BIRTHS, MOVES, CheckIn, Kind, Skip, State
from bot.storage.check_ins import keep_check_in
from bot.storage.claims import Fate, end_waiting, record_settled, settle_as_sent
from bot.storage.database import Database
from bot.storage.installations import stop_workspace
from bot.storage.ledger import deliveries
from bot.storage.members import leave
from bot.storage.planning import DueMember, NewRow, Plan, plan_due
from bot.storage.tables import member
from tests.claiming import claim
from tests.storage.people import (
    CATCH_UP,
    HALF_PAST_NINE,
    TEAM,
    claim_some,
    hold,
    install,
    new_id,
    one_row,
    opted_in,
    plan_nudges,
)

_SPY = """
CREATE TRIGGER born AFTER INSERT ON delivery BEGIN INSERT INTO moved VALUES ('', new.state); END;
CREATE TRIGGER moved AFTER UPDATE OF state ON delivery WHEN old.state <> new.state
BEGIN INSERT INTO moved VALUES (old.state, new.state); END
"""


@pytest.fixture
def url_with_tables(sqlite_with_tables: object, request: pytest.FixtureRequest) -> str:
    """SQLite alone: a trigger looks on."""
    import shutil

    file = request.getfixturevalue("tmp_path") / "ally.db"
    shutil.copy(str(sqlite_with_tables), file)
    return f"sqlite:///{file}"


async def test_the_moves(db: Database) -> None:
    """A life of every kind, watched by the database: the births and moves seen are those of the model."""
    async with db.write() as connection:
        await connection.execute(sa.text("CREATE TABLE moved (was TEXT, became TEXT)"))
        born, moved = _SPY.split(";\nCREATE")
        for trigger in (born, "CREATE" + moved):
            await connection.execute(sa.text(trigger.strip()))
    await install(db)
    people = [await opted_in(db, f"U{number}") for number in range(9)]
    await plan_nudges(db)
    held = await hold(db)
    await leave(db, people[0], HALF_PAST_NINE)
    parcels = await claim_some(db, held, 9)
    ends = [
        Fate(parcels[0].id, State.SENT, sent_at=HALF_PAST_NINE, message_ts="1.1"),
        Fate(parcels[1].id, State.PLANNED, "ratelimited", ready_at=HALF_PAST_NINE),
        Fate(parcels[2].id, State.FAILED, "user_not_found"),
        Fate(parcels[3].id, State.SENDING, "no_answer", ready_at=HALF_PAST_NINE),
    ]
    await claim(
        db, held, ends, want=0, now=HALF_PAST_NINE, catch_up=CATCH_UP, lease_s=30, rate=2, not_before=None
    )  # fmt: skip
    await record_settled(db, held, Fate(parcels[3].id, State.SKIPPED, Skip.UNKNOWN))
    by_user = {who.user: who for who in people}
    await settle_as_sent(db, by_user[parcels[4].user], parcels[4].id, "1.2", HALF_PAST_NINE)
    friday = HALF_PAST_NINE + timedelta(days=4)
    async with db.write() as connection:
        some = sa.update(member).where(member.c.user == "U8").values(next_check_in_at=friday)
        await connection.execute(some)
    await plan_due(db, Kind.CHECK_IN, friday, 1, one_row)
    monday = friday.date() - timedelta(days=4)
    await keep_check_in(db, by_user["U8"], CheckIn(monday, frozenset(), "", ""), friday)

    def swallowed(due: DueMember) -> Plan:
        ends = {"skip": Skip.HOLIDAY} if due.member.user == "U1" else {"failed": "error"}
        row = NewRow(new_id(), due.due_at.date(), due.due_at, **ends)
        return Plan((row,), due.due_at + timedelta(days=9))

    await plan_due(db, Kind.NUDGE, HALF_PAST_NINE + timedelta(days=1), 9, swallowed)
    await stop_workspace(db, TEAM, "revoked", friday)
    await end_waiting(db, TEAM, friday)
    assert not {row.state for row in await deliveries(db)} & {State.PLANNED, State.SENDING}
    async with db.read() as connection:
        seen = {(was, became) for was, became in await connection.execute(sa.text("SELECT was, became FROM moved"))}
    assert seen == {("", state) for state in BIRTHS} | {(one, to) for one, tos in MOVES.items() for to in tos}
