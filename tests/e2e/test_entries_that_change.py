"""An entry is revised, retired or deleted while people have it in their hands: their messages and history stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import House
from bot.storage.histories import history_of
from bot.storage.ledger import deliveries
from bot.storage.members import find_member
from sandbox import Person, Slack
from sandbox.slack import TEAM
from tests.e2e.conftest import Open
from tests.libraries import library_text, more_nudges, save

OLD = "Say whose idea it was."
KEPT = more_nudges(("bring-in-02", "Ask one person who has not spoken."))
OTHER = library_text(("bring-in-02", "Ask one person who has not spoken."))
CHANGES = {
    "revised": library_text(("bring-in-01", "Name who had the idea first.")) + "    rev: 2\n",
    "retired": library_text(("bring-in-01", OLD), status="retired") + KEPT,
    "deleted": OTHER,
}


@pytest.fixture
async def house(open_house: Open, tmp_path: Path) -> House:
    """`ally run` with one nudge."""
    content = save(tmp_path / "content", library_text(("bring-in-01", OLD))).parent
    return await open_house(f"sqlite:///{tmp_path}/ally.db", ALLY_CONTENT=str(content))


@pytest.fixture
async def mina(slack: Slack, house: House) -> Person:
    """A member."""
    person = slack.person("mina")
    await person.command("/ally join")
    return person


async def _nudged(slack: Slack, house: House, mina: Person) -> None:
    """The day's nudge has come, and the ledger has it."""
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.sees("Did it")
    await house.worker.idle()


async def _change(house: House, how: str) -> None:
    save(house.shelf.folder, CHANGES[how])
    await house.librarian.look(5)
    assert house.shelf.refused == ()


async def _history(house: House, mina: Person) -> list[tuple[str, object]]:
    who = await find_member(house.db, TEAM, mina.id)
    assert who is not None
    return [(past.nudge, past.answer) for past in (await history_of(house.db, who)).past]


@pytest.mark.parametrize("how", CHANGES)
async def test_an_old_message_works_on(slack: Slack, house: House, mina: Person, how: str) -> None:
    """It keeps its words; the buttons answer, may be undone, and count; nothing says that something went wrong."""
    await _nudged(slack, house, mina)
    before = mina.dm_messages[0]
    await _change(house, how)
    await mina.press("Did it")
    await mina.sees("Noted.")
    assert (mina.dm_messages[0].text, mina.dm_messages[0].blocks[0]) == (before.text, before.blocks[0])
    await mina.press("Undo", where="dm")
    await mina.sees_no_more("Noted.")
    assert [block["type"] for block in mina.dm_messages[0].blocks] == ["section", "actions"]
    await mina.press("Not for me")
    await mina.sees("This one will not come again.")
    assert await _history(house, mina) == [("bring-in-01", "not_for_me")]
    for choice in ("Why this one?", "An easier way"):
        heard = len(mina.ephemerals)
        await mina.choose("nudge.more", choice)
        await mina.until(lambda count=heard: len(mina.ephemerals) > count, f"hears about {choice}")  # type: ignore[misc]
    mina.does_not_see("could not save")


@pytest.mark.parametrize("how", CHANGES)
async def test_history_goes_on(slack: Slack, house: House, mina: Person, how: str) -> None:
    """What was seen stays seen: the revised or retired one does not come the next day; what is there does."""
    await _nudged(slack, house, mina)
    await _change(house, how)
    slack.clock.advance(timedelta(days=1))
    if how == "revised":
        await house.worker.plan()
        states = [(row.state, row.reason) for row in await deliveries(house.db)]
        assert states == [("sent", None), ("skipped", "nothing_fits")]
    else:
        await mina.sees("Ask one person who has not spoken.")
    assert (await _history(house, mina))[0] == ("bring-in-01", None)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("revised", "Quiet people often wait to be asked."),
        ("retired", "Quiet people often wait to be asked."),
        ("deleted", "no longer in the library"),
    ],
)
async def test_why_goes_on(slack: Slack, house: House, mina: Person, how: str, said: str) -> None:
    """`/ally why` gives the reason for what came, as far as there still is one; and how it was chosen."""
    await _nudged(slack, house, mina)
    await _change(house, how)
    answer = (await mina.command("/ally why")).text
    assert said in answer
    assert "It is a step forward." in answer
    assert "No nudge has come yet" not in answer


@pytest.mark.parametrize("how", ["revised", "retired"])
async def test_planned_before_sent_after(slack: Slack, house: House, mina: Person, how: str) -> None:
    """What was planned under the old library goes out: in the new words, or retired in the meantime."""
    slack.faults.add("chat.postMessage", error="not_in_channel", times=1)
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.until(lambda: slack.calls("chat.postMessage"), "is written to")
    await house.worker.idle()
    await _change(house, how)
    slack.clock.advance(timedelta(minutes=1))
    await mina.sees("Name who had the idea first." if how == "revised" else OLD)


async def test_planned_before_deleted_after(slack: Slack, house: House, mina: Person) -> None:
    """One row, with a true reason, in the ledger and in words; the next day's nudge comes."""
    slack.faults.add("chat.postMessage", error="not_in_channel", times=1)
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.until(lambda: slack.calls("chat.postMessage"), "is written to")
    await house.worker.idle()
    await _change(house, "deleted")
    for _ in range(8):
        slack.clock.advance(timedelta(minutes=2))
        await house.worker.deliver()
        await house.worker.idle()
    (row,) = await deliveries(house.db)
    assert (row.state, row.reason) == ("failed", "not_in_library")
    assert "not sent: it was taken out of the library" in (await mina.command("/ally why")).text
    slack.clock.advance(timedelta(days=1))
    await mina.sees("Ask one person who has not spoken.")
    assert len(mina.dm_messages) == 1
