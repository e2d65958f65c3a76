"""The herald: each admin hears of each broken version once, whatever Slack and the process do."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery import notice as module
from bot.delivery.notice import Herald
from bot.nudges.shelf import Shelf, read
from bot.storage.installations import installation_of
from bot.storage.notices import claim_notice
from bot.storage.tables import notice
from sandbox import Person, Slack
from tests.conftest import MONDAY
from tests.delivery.office import Office
from tests.libraries import BROKEN, BROKEN_LINE, library_text, save

GOOD = library_text(("bring-in-01", "Say whose idea it was."))
HOLD = timedelta(minutes=1)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A good library in use, and a broken edit since."""
    shelf = Shelf(tmp_path / "content")
    edit(shelf, GOOD)
    edit(shelf, BROKEN)
    return shelf


@pytest.fixture
def mina(slack: Slack) -> Person:
    """An admin."""
    return slack.person("mina")


def edit(shelf: Shelf, text: str) -> None:
    """Saves, and has it looked at."""
    save(shelf.folder, text)
    reading = read(shelf.folder, shelf.known)
    assert reading is not None
    shelf.put(reading, MONDAY)


def clients(office: Office) -> Callable[[str], Awaitable[AsyncWebClient | None]]:
    """Clients as the installations say."""

    async def client_for(team: str) -> AsyncWebClient | None:
        kept = await installation_of(office.db, team)
        return office.client(kept.token) if kept else None

    return client_for


def herald(office: Office, shelf: Shelf, *people: Person) -> Herald:
    """One worker's herald."""

    return Herald(office.means, shelf, lambda: [(one.team_id, one.id) for one in people], clients(office))


async def told(one: Herald) -> int:
    """Two looks: it has to be broken at both."""
    return await one.tell() + await one.tell()


async def fates(office: Office) -> list[tuple[str, str | None]]:
    """State and reason of every notice."""
    async with office.db.read() as connection:
        return [(row.state, row.reason) for row in await connection.execute(sa.select(notice))]


async def test_file_line_and_reason(office: Office, shelf: Shelf, mina: Person) -> None:
    """The text alone says it all: what broke, where, why, that the old one goes on, and how to stop such messages."""
    assert await told(herald(office, shelf, mina)) == 1
    (message,) = mina.dm_messages
    assert f"nudges.yaml:{BROKEN_LINE}:4: this line is not lined up" in message.text
    assert str(shelf.folder) not in message.text
    for said in ("cannot be used", "goes on", "Mend it and save", "ALLY_ADMINS"):
        assert said in message.text
    assert await fates(office) == [("sent", None)]


async def test_five_findings_and_how_many_more(office: Office, shelf: Shelf, mina: Person) -> None:
    """Nobody reads a hundred lines in a message; warnings are left out."""
    edit(shelf, GOOD + "".join(f"  - {{id: bring-in-{number:02}}}\n" for number in range(2, 9)))
    assert len([finding for finding in shelf.refused if finding.level == "error"]) > 6
    await told(herald(office, shelf, mina))
    lines = mina.dm_messages[0].text.splitlines()
    assert len([line for line in lines if line.startswith("• nudges.yaml:")]) == 5
    assert any(line.startswith("And ") and line.endswith(" more.") for line in lines)


async def test_once_across_looks_workers_and_restarts(office: Office, slack: Slack, shelf: Shelf, mina: Person) -> None:
    """However often it is looked at, and by whom."""
    joel = slack.person("joel")
    two = [herald(office, shelf, mina, joel) for _ in range(2)]
    await asyncio.gather(*(told(one) for one in two))
    await asyncio.gather(*(told(one) for one in two))
    slack.clock.advance(timedelta(days=1))
    assert await told(herald(office, shelf, mina, joel)) == 0
    assert len(mina.dm_messages) == len(joel.dm_messages) == 1


async def test_each_broken_version_once(office: Office, shelf: Shelf, mina: Person) -> None:
    """Another break is told; the mend is not; the first break come back is known already."""
    one = herald(office, shelf, mina)
    assert await told(one) == 1
    edit(shelf, BROKEN + "# and more\n")
    assert await told(one) == 1
    edit(shelf, GOOD)
    assert await told(one) == 0
    edit(shelf, BROKEN)
    assert await told(one) == 0
    assert len(mina.dm_messages) == 2


async def test_broken_for_a_moment_is_not_told(office: Office, shelf: Shelf, mina: Person) -> None:
    """A save that was finished or mended by the next look."""
    one = herald(office, shelf, mina)
    assert await one.tell() == 0
    edit(shelf, BROKEN + "# half way\n")
    assert await one.tell() == 0
    edit(shelf, GOOD)
    assert await one.tell() == 0
    assert mina.dm_messages == []


async def test_one_admin_who_is_gone_keeps_it_from_nobody(
    office: Office, slack: Slack, shelf: Shelf, mina: Person
) -> None:
    """Tried once, and not for ever."""
    await slack.change_user("asha", deleted=True)
    one = herald(office, shelf, slack.person("asha"), mina)
    assert await told(one) == 1
    assert len(mina.dm_messages) == 1
    slack.clock.advance(timedelta(hours=1))
    before = office.posts()
    await told(one)
    assert office.posts() == before


async def test_slack_asks_to_wait(office: Office, slack: Slack, shelf: Shelf, mina: Person) -> None:
    """Not before the moment it names; then once."""
    slack.faults.add("chat.postMessage", status=503, times=1)
    slack.faults.add("chat.postMessage", error="ratelimited", times=1)
    one = herald(office, shelf, mina)
    for _ in range(4):
        assert await told(one) == 0
        slack.clock.advance(timedelta(seconds=5))
    for _ in range(4):
        slack.clock.advance(HOLD)
        await told(one)
    assert len(mina.dm_messages) == 1


@pytest.mark.parametrize("arrived", [False, True])
async def test_a_lost_answer_is_looked_up(
    office: Office, slack: Slack, shelf: Shelf, mina: Person, arrived: bool
) -> None:
    """Neither lost nor doubled."""
    slack.faults.add("chat.postMessage", cut=True, after=arrived, times=1)
    one = herald(office, shelf, mina)
    assert await told(one) == 0
    assert len(mina.dm_messages) == int(arrived)
    for _ in range(3):
        slack.clock.advance(HOLD)
        await told(one)
    assert len(mina.dm_messages) == 1


async def test_a_process_that_died_before_it_posted(office: Office, slack: Slack, shelf: Shelf, mina: Person) -> None:
    """Its claim is taken over once it ends, and not before."""
    await claim_notice(office.db, (mina.team_id, mina.id), shelf.refused_version, "dead", office.means.clock(), HOLD)
    one = herald(office, shelf, mina)
    assert await told(one) == 0
    slack.clock.advance(HOLD)
    assert await told(one) == 1
    assert len(mina.dm_messages) == 1


@pytest.mark.parametrize("arrived", [False, True])
async def test_where_ally_may_not_look_an_unknown_fate_stays_so(
    office: Office, slack: Slack, shelf: Shelf, mina: Person, arrived: bool
) -> None:
    """Without `im:history` nothing is sent a second time; the log says so, and the row."""
    slack.revoke_scope("im:history")
    slack.faults.add("chat.postMessage", cut=True, after=arrived, times=1)
    one = herald(office, shelf, mina)
    await told(one)
    with structlog.testing.capture_logs() as said:
        for _ in range(3):
            slack.clock.advance(HOLD)
            await told(one)
    assert len(mina.dm_messages) == int(arrived)
    assert [entry["event"] for entry in said] == ["notice_fate_unknown"]
    assert await fates(office) == [("failed", "unknown")]


async def test_an_admin_of_a_workspace_without_ally(office: Office, shelf: Shelf, mina: Person) -> None:
    """Nothing happens there, and the others hear."""
    admins = [("T0NOWHERE", "U1"), (mina.team_id, mina.id)]
    assert await told(Herald(office.means, shelf, lambda: admins, clients(office))) == 1


async def test_mended_in_the_last_moment(office: Office, shelf: Shelf, mina: Person) -> None:
    """Between the look and the post: nobody is told what is no longer so."""

    async def client_for(team: str) -> AsyncWebClient | None:
        edit(shelf, GOOD)
        return await clients(office)(team)

    assert await told(Herald(office.means, shelf, lambda: [(mina.team_id, mina.id)], client_for)) == 0
    assert mina.dm_messages == []


async def test_a_nap_between_claim_and_post(office: Office, shelf: Shelf, mina: Person) -> None:
    """Whoever slept past their hold posts nothing: somebody else may have by now. The next look does."""
    naps = iter([0.0, 61.0])
    napping = replace(office.means, boottime=lambda: next(naps))
    assert await told(Herald(napping, shelf, lambda: [(mina.team_id, mina.id)], clients(office))) == 0
    assert mina.dm_messages == []
    assert await told(herald(office, shelf, mina)) == 1


async def test_a_token_that_is_revoked(office: Office, slack: Slack, shelf: Shelf, mina: Person) -> None:
    """Tried again much later, without a storm; told once Ally is back."""
    one = herald(office, shelf, mina)
    slack.faults.add("chat.postMessage", error="token_revoked", times=1)
    assert await told(one) == 0
    before = office.posts()
    await told(one)
    assert office.posts() == before
    slack.clock.advance(timedelta(minutes=15))
    assert await told(one) == 1


def outage(shelf: Shelf, at: datetime) -> None:
    """The folder vanishes, and it is looked at."""
    shutil.rmtree(shelf.folder)
    reading = read(shelf.folder, shelf.known)
    assert reading is not None
    shelf.put(reading, at)


async def test_each_outage_is_told(office: Office, shelf: Shelf, mina: Person) -> None:
    """A folder that vanishes, comes back and vanishes again: one message each time."""
    one = herald(office, shelf, mina)
    for minute in (0, 10):
        edit(shelf, GOOD)
        outage(shelf, MONDAY + timedelta(minutes=minute))
        assert await told(one) == 1
        assert await told(one) == 0
    assert len(mina.dm_messages) == 2


async def test_workers_that_see_an_outage_begin_in_two_minutes_tell_once(
    office: Office, shelf: Shelf, mina: Person, tmp_path: Path
) -> None:
    """One looked a second before the full minute, the other a second after."""
    other = Shelf(tmp_path / "content")
    edit(shelf, GOOD)
    edit(other, GOOD)
    outage(shelf, MONDAY - timedelta(seconds=1))
    shelf.folder.mkdir()
    edit(other, GOOD)
    outage(other, MONDAY + timedelta(seconds=1))
    assert other.refused_version != shelf.refused_version
    assert await told(herald(office, other, mina)) == 1
    assert await told(herald(office, shelf, mina)) == 0
    assert len(mina.dm_messages) == 1


async def test_trouble_is_logged_once_while_it_lasts(
    office: Office, shelf: Shelf, mina: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that takes no writes for an hour is one line in the log, and not one each three seconds."""
    one, errors = herald(office, shelf, mina), [OSError(), OSError(), TimeoutError(), TimeoutError()]

    async def refused(*_: object) -> None:
        raise errors.pop(0)

    with structlog.testing.capture_logs() as said:
        monkeypatch.setattr(module, "claim_notice", refused)
        await one.tell()
        for _ in range(4):
            await one.tell()
        monkeypatch.undo()
        assert await one.tell() == 1
    failed = [entry["error"] for entry in said if entry["event"] == "notice_failed"]
    assert failed == ["OSError", "TimeoutError"]
