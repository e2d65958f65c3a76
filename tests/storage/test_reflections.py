"""Lines that members keep."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.model import Member
from bot.storage.database import Database
from bot.storage.members import erase
from bot.storage.reflections import keep_reflection, reflections_of, take_back
from bot.storage.tables import reflection
from bot.storage.vault import SealBroken
from tests.conftest import MONDAY
from tests.storage.people import install, opted_in

LINE = "I asked Zoë to finish her point 🙂"


@pytest.fixture
async def mina(db: Database) -> Member:
    """A member."""
    await install(db)
    return await opted_in(db, "U1")


async def test_kept_and_found_again(db: Database, mina: Member) -> None:
    """Lines come back as they were written, newest first."""
    for minute, text in enumerate([LINE, "second", ""]):
        await keep_reflection(db, mina, text, MONDAY + timedelta(minutes=minute), f"k{minute}")
    assert [line.text for line in await reflections_of(db, mina)] == ["", "second", LINE]
    assert (await reflections_of(db, mina))[-1].written_at == MONDAY


async def test_on_disk_it_cannot_be_read(db: Database, mina: Member) -> None:
    """What stands in the table is sealed."""
    await keep_reflection(db, mina, LINE, MONDAY, "k")
    async with db.read() as connection:
        sealed = await connection.scalar(sa.select(reflection.c.text_sealed))
    assert sealed is not None
    assert LINE.encode() not in sealed


async def test_a_line_moved_to_another_member_does_not_open(db: Database, mina: Member) -> None:
    """Whoever can write the database still cannot make one member read another's line."""
    other = await opted_in(db, "U2")
    await keep_reflection(db, mina, LINE, MONDAY, "k")
    async with db.write() as connection:
        await connection.execute(sa.update(reflection).values(member_id=other.id))
    with pytest.raises(SealBroken):
        await reflections_of(db, other)


async def test_the_same_submission_again_keeps_nothing_more(db: Database, mina: Member) -> None:
    """A double click, one after the other or at the same moment, keeps one line; another member's key is another."""
    other = await opted_in(db, "U2")
    await keep_reflection(db, mina, LINE, MONDAY, "k")
    await asyncio.gather(*(keep_reflection(db, mina, LINE, MONDAY, "k") for _ in range(4)))
    await asyncio.gather(*(keep_reflection(db, other, LINE, MONDAY, "k") for _ in range(4)))
    assert len(await reflections_of(db, mina)) == len(await reflections_of(db, other)) == 1


@pytest.mark.parametrize(("word", "found"), [("zoë", 1), ("ZOË", 1), ("%", 0), ("", 2), ("straße", 1), ("STRASSE", 1)])
async def test_search(db: Database, mina: Member, word: str, found: int) -> None:
    """A word is found whatever its case, and is not a pattern."""
    await keep_reflection(db, mina, LINE, MONDAY, "k1")
    await keep_reflection(db, mina, "auf der Straße", MONDAY, "k2")
    assert len(await reflections_of(db, mina, word)) == found


async def test_taking_back(db: Database, mina: Member) -> None:
    """`undo` takes the newest, or the one that is named; never somebody else's; then there is none."""
    other = await opted_in(db, "U2")
    theirs = await keep_reflection(db, other, "theirs", MONDAY + timedelta(days=1), "k")
    kept = [await keep_reflection(db, mina, str(at), MONDAY + timedelta(minutes=at), f"k{at}") for at in range(3)]
    assert await take_back(db, mina, theirs.id) is None
    assert await take_back(db, mina, kept[0].id) == kept[0]
    assert await take_back(db, mina) == kept[2]
    assert await take_back(db, mina) == kept[1]
    assert await take_back(db, mina) is None
    assert await reflections_of(db, other) == [theirs]


async def test_nobody_writes_for_somebody_erased(db: Database, mina: Member) -> None:
    """Keeping a line for a member erased meanwhile raises, and keeps nothing."""
    await erase(db, mina)
    with pytest.raises(LookupError):
        await keep_reflection(db, mina, LINE, MONDAY, "k")
