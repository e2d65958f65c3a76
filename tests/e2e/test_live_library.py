"""The library is edited while Ally sends: old words before, new words after, nobody missed, nobody twice."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from bot.app import House, utc_now
from bot.model import Person as Someone
from bot.model import Rhythm
from bot.storage.database import Database
from bot.storage.ledger import deliveries
from bot.storage.members import join
from bot.storage.schema import upgrade_schema
from bot.storage.vault import Vault, new_key, read_key
from sandbox import Person, Slack
from sandbox.slack import TEAM
from tests.conftest import fresh_postgres
from tests.e2e.conftest import Open
from tests.libraries import BROKEN, library_text, save
from tests.processes import Running, ally, running
from tests.storage.people import install

OLD, NEW, NEWEST = "Say whose idea it was.", "Name who had the idea first.", "Tell the room whose idea it is."
COUNT = 100
RATE, SLOW_RATE = "900", "360"  # a minute: the fan-out takes long enough to edit in the middle of it


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A library of one nudge, so that words tell which library it came from."""
    return save(tmp_path / "content", library_text(("bring-in-01", OLD))).parent


def said(slack: Slack, person: Person | None = None) -> list[str]:
    """Which words went out so far, in order; to one person, or to all."""
    texts = [str(call.args["text"]) for call in slack.calls("chat.postMessage") if call.ok]
    if person is not None:
        texts = [message.text for message in person.dm_messages]
    return [words for text in texts for words in (OLD, NEW, NEWEST) if words in text]


async def _until(look: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what happens in another process, or in a thread: nothing here is told of it."""
    async with asyncio.timeout(30):
        while not await look():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _edits_amid(slack: Slack, content: Path, admin: Person, are: Callable[[str], Awaitable[bool]]) -> None:
    """A good, a broken and a mended save, each while nudges go out."""
    await admin.until(lambda: len(said(slack)) >= 5, "sees a fan-out begin", 30)
    save(content, library_text(("bring-in-01", NEW)))
    await admin.until(lambda: NEW in said(slack), "sees new words", 30)
    save(content, BROKEN)
    await _until(lambda: are("degraded"))
    at = len(said(slack))
    await admin.until(lambda: len(said(slack)) > at + 3, "sees the fan-out go on", 30)
    assert set(said(slack)[at:]) == {NEW}
    await admin.until(lambda: admin.dm_messages, "is told", 30)
    save(content, library_text(("bring-in-01", NEWEST)))
    await _until(lambda: are("ok"))


def _whole(slack: Slack, people: list[Person], admin: Person) -> None:
    """Everybody once, the three libraries one after the other, one notice."""
    assert [len(person.dm_messages) for person in people] == [1] * COUNT
    words = said(slack)
    assert Counter(words).keys() == {OLD, NEW, NEWEST}
    assert (words[0], words[-1], len(words)) == (OLD, NEWEST, COUNT)
    assert OLD not in words[words.index(NEWEST) :]
    (told,) = admin.dm_messages
    assert "nudges.yaml:11:4:" in told.text


async def test_edits_amid_a_fan_out(slack: Slack, open_house: Open, database_url: str, content: Path) -> None:
    """One process, both databases, to the last row and metric: never an error."""
    asha = slack.person("asha")
    house = await open_house(database_url, ALLY_CONTENT=str(content), ALLY_ADMINS=asha.id, ALLY_SEND_RATE=RATE)
    people = [slack.team().add_person(f"p{number}") for number in range(COUNT)]
    for person in people:
        await join(house.db, Someone(TEAM, person.id, "Europe/London", "en-GB"), Rhythm(), None, slack.clock.now())
    slack.clock.advance(timedelta(hours=1, minutes=30))

    async def is_(status: str) -> bool:
        return await house.readiness() == status

    await _edits_amid(slack, content, asha, is_)
    await asha.until(lambda: len(said(slack)) == COUNT, "sees the fan-out end", 30)
    await house.worker.idle()
    _whole(slack, people, asha)
    assert {(row.state, row.reason) for row in await deliveries(house.db)} == {("sent", None)}
    assert _failed_steps(house) == 0


def _failed_steps(house: House) -> float:
    samples = [one for family in house.metrics.registry.collect() for one in family.samples]
    return sum(one.value for one in samples if one.name == "ally_steps_total" and one.labels["result"] == "failed")


async def test_refused_shows_in_metrics_and_log(slack: Slack, open_house: Open, tmp_path: Path, content: Path) -> None:
    """`ally_library_refused` is 1 while it lasts."""
    house = await open_house(f"sqlite:///{tmp_path}/ally.db", ALLY_CONTENT=str(content))
    for text, value in ((BROKEN, 1), (library_text(("bring-in-01", OLD)), 0)):
        save(content, text)
        await house.librarian.look(5)
        assert house.metrics.registry.get_sample_value("ally_library_refused") == value


# -- real processes ------------------------------------------------------------------------------------------


@pytest.fixture
async def now_slack() -> AsyncIterator[Slack]:
    """A Slack that lives in the present, as a process does."""
    async with Slack.start(wait_s=20.0) as served:
        yield served


def _environ(slack: Slack, url: str, content: Path, admin: Person) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": url,
        "ALLY_ENCRYPTION_KEYS": new_key(),
        "ALLY_CONTENT": str(content),
        "ALLY_ADMINS": admin.id,
        "ALLY_SEND_RATE": SLOW_RATE,
        "ALLY_LOG": "json",
        "HOST": "127.0.0.1",
        "PORT": "0",
    }


async def _everybody_due(slack: Slack, environ: dict[str, str]) -> list[Person]:
    """People who joined an hour ago and were due a minute ago."""
    db = Database(environ["DATABASE_URL"], Vault([read_key(environ["ALLY_ENCRYPTION_KEYS"])]))
    await upgrade_schema(db)
    now = utc_now()
    await install(db, TEAM, now, slack.bot_token)
    due = (now - timedelta(minutes=1)).astimezone(ZoneInfo("Europe/London"))
    rhythm = Rhythm(due.time().replace(second=0, microsecond=0), frozenset(range(7)))
    people = [slack.team().add_person(f"p{number}") for number in range(COUNT)]
    for person in people:
        who = Someone(TEAM, person.id, "Europe/London", "en-GB")
        await join(db, who, rhythm, None, now - timedelta(hours=1))
    await db.close()
    return people


async def _port(process: Running) -> int:
    await process.says("ally_runs")
    return next(int(json.loads(line)["port"]) for line in process.log if '"ally_runs"' in line)


async def _are(status: str, *ports: int) -> bool:
    async with aiohttp.ClientSession() as session:
        for port in ports:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                if (await answer.json())["status"] != status:
                    return False
    return True


async def _ledger(environ: dict[str, str], cwd: Path) -> set[tuple[str, str | None]]:
    _, out, _ = await ally("ledger", "--json", environ=environ, cwd=cwd)
    rows = json.loads(out)["deliveries"]
    return {(row["state"], row["reason"]) for row in rows if row["kind"] == "nudge"}


async def _done(environ: dict[str, str], cwd: Path) -> None:
    async def all_sent() -> bool:
        return await _ledger(environ, cwd) == {("sent", None)}

    await _until(all_sent)


@pytest.mark.waits
async def test_ally_run_picks_edits_up(now_slack: Slack, tmp_path: Path, content: Path) -> None:
    """A real process on SQLite: a good, a broken and a mended save amid a fan-out; no error in its log."""
    asha = now_slack.person("asha")
    environ = _environ(now_slack, f"sqlite:///{tmp_path}/ally.db", content, asha)
    people = await _everybody_due(now_slack, environ)
    async with running("run", environ=environ, cwd=tmp_path) as process:
        port = await _port(process)

        await _edits_amid(now_slack, content, asha, lambda status: _are(status, port))
        await asha.until(lambda: len(said(now_slack)) == COUNT, "sees the fan-out end", 60)
        await _done(environ, tmp_path)
        assert await _are("ok", port)
        assert await process.terminate() == 0
    _whole(now_slack, people, asha)
    errors = [json.loads(line) for line in "".join(process.log).splitlines() if '"level": "error"' in line]
    assert {one["event"] for one in errors} == {"library_refused"}


@pytest.mark.waits
async def test_web_and_two_workers_pick_edits_up(
    now_slack: Slack, postgres_server: str, tmp_path: Path, content: Path
) -> None:
    """On PostgreSQL: each by itself, the admin told once by all of them together, also after kill -9 and restart."""
    asha = now_slack.person("asha")
    environ = _environ(now_slack, fresh_postgres(postgres_server), content, asha)
    people = await _everybody_due(now_slack, environ)
    async with AsyncExitStack() as stack:
        web, one, two = [
            await stack.enter_async_context(running(role, environ=environ, cwd=tmp_path))
            for role in ("web", "worker", "worker")
        ]
        ports = [await _port(process) for process in (web, one, two)]

        await _edits_amid(now_slack, content, asha, lambda status: _are(status, *ports))
        await asha.until(lambda: len(said(now_slack)) == COUNT, "sees the fan-out end", 60)
        await _done(environ, tmp_path)
        _whole(now_slack, people, asha)
        assert await _are("ok", *ports)

        assert "Sent to your" in (await asha.command("/ally admin preview bring-in-01")).text
        assert NEWEST in asha.dm_messages[-1].text

        await one.kill()
        await two.kill()
        again = await stack.enter_async_context(running("worker", environ=environ, cwd=tmp_path))
        port = await _port(again)
        save(content, BROKEN + "# another break\n")
        await asha.until(lambda: len(asha.dm_messages) == 3, "is told of the other break", 30)
        save(content, library_text(("bring-in-01", NEWEST)))
        await _until(lambda: _are("ok", port))
        save(content, BROKEN)  # the first one again
        await _until(lambda: _are("degraded", port))
        save(content, BROKEN + "# and a third\n")
        await asha.until(lambda: len(asha.dm_messages) == 4, "is told of the third", 30)
    assert len([message for message in asha.dm_messages if "cannot be used" in message.text]) == 3
