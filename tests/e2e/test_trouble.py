"""Slack in trouble: nobody missed, nobody twice, and one row for each due moment with the reason that is true."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from bot.app import House, Role, utc_now
from bot.delivery.render import render
from bot.model import Library, Parcel
from bot.storage.ledger import deliveries
from bot.storage.tables import delivery, member
from bot.views.blocks import Message
from sandbox import Clock, Slack
from sandbox.server import Call
from sandbox.slack import TEAM
from tests.conftest import MONDAY
from tests.e2e.conftest import Open, opened
from tests.e2e.crowd import BY_HAND, SENT, crowd, fates, messages, settled, step, until, waiting
from tests.storage.people import install

DUE = timedelta(hours=1, minutes=30)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
async def worker(open_house: Open, tmp_path: Path) -> House:
    """`ally worker` on SQLite, that looks when it is told to."""
    return await open_house(f"sqlite:///{tmp_path}/ally.db", role=Role.WORKER, tempo=BY_HAND)


@pytest.mark.parametrize(("catch_up", "fate"), [("3h", SENT), ("30m", ("skipped", "late"))])
async def test_slack_is_down_for_an_hour(
    slack: Slack, open_house: Open, tmp_path: Path, catch_up: str, fate: tuple[str, str | None]
) -> None:
    """Inside the catch-up window all arrive late, once; outside of it none does, and the ledger says `late`."""
    url = f"sqlite:///{tmp_path}/ally.db"
    house = await open_house(url, role=Role.WORKER, tempo=BY_HAND, ALLY_CATCH_UP=catch_up)
    people = await crowd(slack, house.db, house.clock(), 12)
    slack.clock.advance(DUE)
    await slack.go_down()
    for _ in range(12):
        await step(house)
        slack.clock.advance(5 * MINUTE)
    assert messages(people) == {0: 12}
    slack.come_back()
    await settled(slack, house, MINUTE)
    assert await fates(house.db) == {fate: 12}
    assert messages(people) == {int(fate == SENT): 12}


@pytest.mark.parametrize("may_look", [True, False])
async def test_a_third_of_the_answers_is_cut(slack: Slack, worker: House, may_look: bool) -> None:
    """Slack kept the message and the answer was lost: with `im:history` nobody is missed and nobody gets two;
    without it nobody gets two, and each whose fate is unknown stands as `unknown` in the ledger."""
    if not may_look:
        slack.revoke_scope("im:history")
    slack.faults.add("chat.postMessage", cut=True, after=True, share=0.3)
    people = await crowd(slack, worker.db, worker.clock(), 60)
    slack.clock.advance(DUE)
    await settled(slack, worker)
    cut = sum(call.status == 0 for call in slack.calls("chat.postMessage"))
    assert 8 < cut < 30
    assert messages(people) == {1: 60}
    assert await fates(worker.db) == ({SENT: 60} if may_look else {SENT: 60 - cut, ("skipped", "unknown"): cut})


@pytest.mark.parametrize("may_look", [True, False])
async def test_a_third_of_the_posts_never_arrives(slack: Slack, worker: House, may_look: bool) -> None:
    """Nobody can tell that from a lost answer: with `im:history` it is found out and sent; without, never guessed."""
    if not may_look:
        slack.revoke_scope("im:history")
    slack.faults.add("chat.postMessage", cut=True, share=0.3)
    people = await crowd(slack, worker.db, worker.clock(), 60)
    slack.clock.advance(DUE)
    await settled(slack, worker)
    cut = sum(call.status == 0 for call in slack.calls("chat.postMessage"))
    assert cut > 8
    assert messages(people) == ({1: 60} if may_look else {1: 60 - cut, 0: cut})
    assert await fates(worker.db) == ({SENT: 60} if may_look else {SENT: 60 - cut, ("skipped", "unknown"): cut})


class Bad(NamedTuple):
    """One way in which a post goes wrong: the fault, and what the row says right afterwards."""

    fault: dict[str, Any]
    state: str
    reason: str

    @property
    def arrived(self) -> bool:
        return bool(self.fault.get("after"))


BAD_NEWS = [
    Bad({"status": 500}, "sending", "http_500"),
    Bad({"status": 500, "after": True}, "sending", "http_500"),
    Bad({"status": 503, "html": True}, "sending", "http_503"),
    Bad({"html": True}, "sending", "http_200"),
    Bad({"html": True, "after": True}, "sending", "http_200"),
    Bad({"cut": True}, "sending", "no_answer"),
    Bad({"cut": True, "after": True}, "sending", "no_answer"),
    Bad({"delay_s": 1.5, "jitter": 0, "error": "team_added_to_org"}, "sending", "no_answer"),
    Bad({"delay_s": 1.5, "jitter": 0, "error": "fatal_error", "after": True}, "sending", "no_answer"),
    Bad({"error": "internal_error"}, "sending", "internal_error"),
    Bad({"error": "internal_error", "after": True}, "sending", "internal_error"),
    Bad({"error": "service_unavailable"}, "sending", "service_unavailable"),
    Bad({"error": "team_added_to_org"}, "planned", "team_added_to_org"),
    Bad({"error": "ratelimited"}, "planned", "ratelimited"),
]


@pytest.mark.parametrize("may_look", [True, False])
async def test_every_kind_of_bad_news(
    slack: Slack, open_house: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may_look: bool
) -> None:
    """5xx, web pages, cut connections, time-outs, Slack's own errors, each before and after the message was kept:
    what may have arrived is looked up and never guessed, what surely did not is tried again when Slack says so."""
    monkeypatch.setattr("bot.app._SLACK_TIMEOUT_S", 0.5)
    monkeypatch.setattr("bot.app.boottime", lambda: time.monotonic() + slack.clock.ahead.total_seconds())
    worker = await open_house(f"sqlite:///{tmp_path}/ally.db", role=Role.WORKER, tempo=BY_HAND)
    if not may_look:
        slack.revoke_scope("im:history")
    for bad in BAD_NEWS:
        slack.faults.add("chat.postMessage", times=1, **bad.fault)
    people = await crowd(slack, worker.db, worker.clock(), len(BAD_NEWS) + 1, rate=30)
    slack.clock.advance(DUE)
    fan_out = asyncio.create_task(step(worker))
    right_away = Counter([("planned", None), *((bad.state, bad.reason) for bad in BAD_NEWS)])

    async def all_answered() -> bool:
        return len(slack.calls("chat.postMessage")) == len(BAD_NEWS) and await fates(worker.db) == right_away

    await until(all_answered)
    assert len(people) - messages(people)[0] == sum(bad.arrived for bad in BAD_NEWS)
    slack.clock.advance(timedelta(seconds=31))  # half a minute is what "ratelimited" means where it names no time
    await fan_out
    await settled(slack, worker)
    unknown = 0 if may_look else sum(bad.state == "sending" for bad in BAD_NEWS)
    missed = 0 if may_look else sum(bad.state == "sending" and not bad.arrived for bad in BAD_NEWS)
    assert await fates(worker.db) == +Counter({SENT: len(people) - unknown, ("skipped", "unknown"): unknown})
    assert messages(people) == +Counter({1: len(people) - missed, 0: missed})


async def test_quiet_when_slack_asks_for_it_and_who_stops_meanwhile(
    encryption_key: str, small_content: Path, tmp_path: Path
) -> None:
    """A 429 amid a fan-out: nothing goes out before `Retry-After` has passed, to the second; then everybody has theirs,
    once, but those who left or paused meanwhile: nothing comes after they were told so."""
    shift = MONDAY - utc_now()
    async with (
        Slack.start(clock=Clock(lambda: utc_now() + shift), wait_s=10) as slack,
        opened(
            slack, f"sqlite:///{tmp_path}/ally.db", encryption_key, "socket mode", Role.RUN,
            ALLY_CONTENT=str(small_content),
        ) as house,
    ):  # fmt: skip
        people = await crowd(slack, house.db, house.clock(), 16, rate=20)
        slack.clock.advance(DUE)
        await people[0].until(lambda: messages(people)[1] >= 4, "sees a fan-out begin")
        slack.faults.add("chat.postMessage", times=1, status=429, retry_after_s=3)
        await people[0].until(lambda: [call for call in posts(slack) if call.status == 429], "is kept waiting")
        leaver, pauser, *_ = [person for person in people if not person.dm_messages]
        assert "You've left." in (await leaver.command("/ally leave")).text
        assert "Paused." in (await pauser.command("/ally pause")).text
        await house.worker.idle()
        refused = next(at for at, call in enumerate(posts(slack)) if call.status == 429)
        quiet = posts(slack)[refused + 1].at - posts(slack)[refused].at
        assert timedelta(seconds=3) <= quiet < timedelta(seconds=4)
        assert await fates(house.db) == {SENT: 14, ("skipped", "left"): 1, ("skipped", "paused"): 1}
        assert messages(people) == {1: 14, 0: 2}
        assert leaver.dm_messages == pauser.dm_messages == []


def posts(slack: Slack) -> list[Call]:
    """Every post so far."""
    return slack.calls("chat.postMessage")


async def test_a_token_revoked_amid_a_fan_out_and_a_new_one(slack: Slack, worker: House) -> None:
    """The workspace stops; its ledger says `revoked` for as long as it lasts, and `unknown` where an answer was lost
    that nobody can look for now. The other one notices nothing. Installed again, it goes on with the next due moment;
    nothing is made up for."""
    other = slack.add_team("T0OTHER0002", "Other")
    await install(worker.db, other.id, worker.clock(), other.bot_token)
    here, there = (
        await crowd(slack, worker.db, worker.clock(), 10),
        await crowd(slack, worker.db, worker.clock(), 10, rate=20, team=other),
    )
    slack.clock.advance(DUE)
    fan_out = asyncio.create_task(step(worker))
    await there[0].until(lambda: messages(there)[1] >= 3 and messages(here) == {1: 10}, "sees a fan-out begin")
    slack.faults.add("chat.postMessage", cut=True, after=True, times=1)
    await there[0].until(lambda: not slack.faults.current, "sees an answer lost")
    slack.world.set_installation(other.id, standing="revoked")  # without a word: events are best effort
    await fan_out
    reached = messages(there)[1]
    slack.clock.advance(timedelta(days=1))
    await settled(slack, worker)
    slack.world.install(other.id)
    await install(worker.db, other.id, worker.clock(), other.bot_token)
    await settled(slack, worker)
    assert messages(there) == +Counter({1: reached, 0: 10 - reached})
    slack.clock.advance(timedelta(days=1))
    await settled(slack, worker)
    assert messages(there) == +Counter({2: reached, 1: 10 - reached})
    assert messages(here) == {3: 10}
    rows = Counter((row.workspace, str(row.state), row.reason) for row in await deliveries(worker.db))
    assert rows == {
        (TEAM, "sent", None): 30,
        (other.id, "sent", None): reached - 1 + 10,
        (other.id, "skipped", "unknown"): 1,
        (other.id, "skipped", "revoked"): 20 - reached,
    }


async def test_a_token_replaced_amid_a_fan_out(slack: Slack, worker: House) -> None:
    """Ally is removed and installed again while nudges go out: the refusal of the old token ends nothing, for there is
    a new one; everybody has theirs, once."""
    people = await crowd(slack, worker.db, worker.clock(), 12, rate=20)
    slack.clock.advance(DUE)
    fan_out = asyncio.create_task(step(worker))
    await people[0].until(lambda: messages(people)[1] >= 3, "sees a fan-out begin")
    slack.world.set_installation(TEAM, standing="revoked")
    slack.world.install(TEAM)
    await install(worker.db, TEAM, worker.clock(), slack.bot_token)
    await fan_out
    await settled(slack, worker)
    assert await fates(worker.db) == {SENT: 12}
    assert messages(people) == {1: 12}


async def test_poison_in_the_queue(slack: Slack, worker: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nudge that left the library, a message that cannot be built, a box that does not open: each is tried some more,
    or fails at once where nothing can change, and stands in the ledger; the others have theirs right away."""
    people = await crowd(slack, worker.db, worker.clock(), 8)
    lost, broken, sealed, *others = people

    def explosive(library: Library, parcel: Parcel) -> Message:
        if parcel.user == broken.id:
            raise ValueError("no such message")
        return render(library, parcel)

    monkeypatch.setattr("bot.app.render", explosive)
    async with worker.db.write() as connection:
        await connection.execute(sa.update(member).where(member.c.user == sealed.id).values(key=b"x"))
    slack.clock.advance(DUE)
    await worker.worker.plan()
    async with worker.db.write() as connection:
        theirs = sa.select(member.c.id).where(member.c.user == lost.id).scalar_subquery()
        await connection.execute(sa.update(delivery).where(delivery.c.member_id == theirs).values(nudge="gone-01"))
    await step(worker)
    assert messages(others) == {1: 5}
    assert await fates(worker.db) == {
        SENT: 5, ("planned", "not_in_library"): 1, ("planned", "error"): 1, ("failed", "error"): 1,
    }  # fmt: skip
    tries = 1
    while await waiting(worker.db):
        slack.clock.advance(5 * MINUTE)
        await step(worker)
        tries += 1
    assert 4 <= tries <= 8
    assert await fates(worker.db) == {SENT: 5, ("failed", "not_in_library"): 1, ("failed", "error"): 2}
    assert messages(people) == {1: 5, 0: 3}
