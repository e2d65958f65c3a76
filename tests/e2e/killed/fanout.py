"""A fan-out that real workers die in: members due at once, a Slack that lives in the present, and the count at the end.

Whatever happens, the count is the same: one row in the ledger for each due moment, one message for each row that is
`sent`. `Fanout.count` makes it from what Slack keeps.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot.app import utc_now
from bot.model import Delivery, Kind, Person, Rhythm, Skip, State
from bot.storage.database import Database
from bot.storage.leases import release_lease
from bot.storage.ledger import deliveries
from bot.storage.members import join
from bot.storage.tables import workspace
from bot.storage.vault import Vault, read_key
from sandbox import Slack
from tests.claiming import claim
from tests.e2e.killed.bombs import ANYWHERE, AT_SLACK, Bomb, Mark, leave_mark, read_mark
from tests.e2e.killed.doomed import Order
from tests.e2e.killed.nursery import Life, Nursery
from tests.libraries import library_text, save
from tests.storage.people import CATCH_UP, hold, install

LEASE_S = 2.0
_QUICK = 100.0  # messages a second, as the last holder left it: several go together
_SLOW_S = 0.05  # how long Slack takes to read a post: some are under way whenever a worker dies
_PATIENCE_S = 30.0
_FINAL = {State.SENT, State.SKIPPED, State.FAILED}


class Place(NamedTuple):
    """Where it happens: which database, and how many workers."""

    database: str
    workers: int

    def __str__(self) -> str:
        return f"{self.database}-{self.workers}"


PLACES = (Place("sqlite", 1), Place("postgresql", 1), Place("postgresql", 3))


class Post(NamedTuple):
    """A request to post, as Slack read it: when (seconds since the epoch), from which process, for which delivery."""

    at: float
    sender: int
    delivery: str


@dataclass
class Fanout:
    """One workspace, its members, and the workers that serve it."""

    slack: Slack
    db: Database
    url: str
    key: str
    folder: Path
    nursery: Nursery
    bombs: tuple[Bomb, ...] = ()
    lives: list[Life] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    expected: Counter[tuple[str, str]] = field(default_factory=Counter)

    # -- before ---------------------------------------------------------------------------------------------------

    async def invite(self, count: int, *, every_nth_checks_in: int = 5) -> None:
        """So many new members, each with a nudge due a moment ago, and some of them with a check-in too."""
        due = (utc_now() - timedelta(minutes=2)).replace(second=0, microsecond=0)
        team, today = self.slack.team(), due.weekday()
        for number in range(len(self.expected), len(self.expected) + count):
            someone = team.add_person(f"member{number}", tz="UTC")
            both = number % every_nth_checks_in == 0
            rhythm = Rhythm(due.time(), frozenset(range(7)), today if both else (today + 3) % 7, due.time())
            dm = someone.dm_id if number % 2 else None
            who = Person(team.id, someone.id, "UTC", "en-GB", gone=False)
            await join(self.db, who, rhythm, dm, due - timedelta(minutes=10))
            for kind in (Kind.NUDGE, Kind.CHECK_IN) if both else (Kind.NUDGE,):
                self.expected[someone.id, kind] += 1

    def plant(self, *bombs: Bomb) -> None:
        """These bombs will go off one after the other, each in whichever worker comes to its step first."""
        self.bombs = bombs

    # -- meanwhile ------------------------------------------------------------------------------------------------

    def bear(self) -> Life:
        """One more worker, with the bombs that were planted."""
        environ = {
            "SLACK_BOT_TOKEN": self.slack.bot_token, "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url, "DATABASE_URL": self.url, "ALLY_ENCRYPTION_KEYS": self.key,
            "ALLY_CONTENT": str(self.folder / "content"),
        }  # fmt: skip
        log = self.folder / f"worker-{len(self.lives)}.log"
        order = Order(environ, str(log), str(self.folder / "marks"), self.bombs, lease_s=LEASE_S)
        self.lives.append(self.nursery.bear(order))
        return self.lives[-1]

    async def death(self, number: int = 0) -> Mark:
        """Waits for a bomb to go off; how things stood then. The process is dead, by SIGKILL."""
        file = self.folder / "marks" / str(number)
        await self.until(file.exists, f"{self.bombs[number].step} was never reached")
        mark = read_mark(file)
        (dead,) = [life for life in self.lives if life.pid == mark.pid]
        assert await dead.end() == -signal.SIGKILL
        assert self.bombs[number].step in (mark.step, ANYWHERE)
        return mark

    async def until(self, true: Callable[[], bool], otherwise: str, timeout_s: float = _PATIENCE_S) -> None:
        """Waits until something is true; fails with the logs of all workers."""
        try:
            async with asyncio.timeout(timeout_s):
                while not true():  # noqa: ASYNC110 — other processes ring no bell of ours
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{otherwise}\n{self.logs()}") from None

    async def settled(self, timeout_s: float = _PATIENCE_S) -> None:
        """Waits until every due moment has its row, and every row its fate."""
        rows: list[Delivery] = []
        try:
            async with asyncio.timeout(timeout_s):
                while len(rows) < self.expected.total() or any(row.state not in _FINAL for row in rows):
                    await asyncio.sleep(0.1)
                    rows = await deliveries(self.db)
        except TimeoutError:
            open_ = [(row.id, row.user, str(row.kind), str(row.state), row.reason) for row in rows]
            raise AssertionError(
                f"not settled: {[row for row in open_ if row[3] not in _FINAL]}\n{self.logs()}"
            ) from None

    @property
    def alive(self) -> list[Life]:
        """The workers that live."""
        return [life for life in self.lives if life.ended is None]

    async def go_home(self) -> None:
        """Ends every worker that lives, as an operator would."""
        alive = self.alive
        for life in alive:
            life.send(signal.SIGTERM)
        for life in alive:
            assert await life.end() == 0

    # -- after ----------------------------------------------------------------------------------------------------

    def logs(self) -> str:
        """What all workers said."""
        return "\n".join(f"--- worker {number} ({life.pid}), ended {life.ended}\n{life.log}"
                         for number, life in enumerate(self.lives))  # fmt: skip

    @property
    def starved(self) -> bool:
        """Whether a worker lost its lease although nobody stopped it: on a machine that busy only the count is sure."""
        return any("lease_lost" in life.log for life in self.lives)

    def arrived(self, before: float = float("inf")) -> Counter[str]:
        """How often each delivery stands in somebody's DM; of those kept before a moment (seconds since the epoch)."""
        return Counter(
            block["block_id"]
            for person in self.slack.people
            for message in person.dm_messages
            if float(message.ts) < before
            for block in message.blocks
            if len(block.get("block_id", "")) == 32
        )

    async def count(self) -> list[Delivery]:
        """Nobody missed, nobody twice, one row each and the truth in it. Returns the rows that are `unknown`."""
        rows, arrived = await deliveries(self.db), self.arrived()
        twice = [id_ for id_, times in arrived.items() if times > 1]
        assert not twice, f"twice: {twice}\n{self.logs()}"
        assert Counter((row.user, row.kind) for row in rows) == self.expected
        unknown = [row for row in rows if (row.state, row.reason) == (State.SKIPPED, Skip.UNKNOWN)]
        others = [row for row in rows if row not in unknown]
        assert {(row.state, row.reason) for row in others} <= {(State.SENT, None)}, self.logs()
        missed = [row.user for row in others if row.id not in arrived]
        assert not missed, f"missed: {missed}\n{self.logs()}"
        kept = sum(len(person.dm_messages) for person in self.slack.people)
        assert kept == arrived.total(), "a message that belongs to no delivery"
        assert arrived.keys() <= {row.id for row in rows}
        return unknown

    def count_posts(self) -> None:
        """Notes each request to post; and where the next bomb is one of Slack's, the sender of one dies by it."""
        posting = self.slack.api.methods["chat.postMessage"]

        def post(caller: Any, arguments: dict[str, Any]) -> dict[str, Any]:
            sender = int(arguments["sender"])
            (id_,) = {block["block_id"] for block in arguments["blocks"] if len(block.get("block_id", "")) == 32}
            self.posts.append(Post(time.time(), sender, id_))
            marks = [self.folder / "marks" / str(number) for number in range(len(self.bombs))]
            number, file = next(((at, one) for at, one in enumerate(marks) if not one.exists()), (0, None))
            if file is None or self.bombs[number].step not in AT_SLACK:
                return posting.run(caller, arguments)
            step = self.bombs[number].step
            answer = posting.run(caller, arguments) if step == "kept" else {}
            os.kill(sender, signal.SIGKILL)
            self.nursery.reap(sender)  # dead before anything is answered
            leave_mark(file, step, sender, self.url)
            return answer

        self.slack.api.methods["chat.postMessage"] = replace(posting, run=post)


@asynccontextmanager
async def a_fanout(url: str, key: str, folder: Path, nursery: Nursery) -> AsyncIterator[Fanout]:
    """Ally installed and at speed, nobody there yet. Every worker is dead afterwards."""
    (folder / "marks").mkdir()
    save(folder / "content", library_text(("bring-in-01", "Ask who is missing."), ("bring-in-02", "Thank somebody.")))
    db = Database(url, Vault([read_key(key)]))
    async with db.write() as connection:
        await connection.execute(sa.delete(workspace))  # whatever an earlier test left; all else hangs on it
    async with Slack.start() as slack:
        slack.faults.add("chat.postMessage", delay_s=_SLOW_S)
        fanout = Fanout(slack, db, url, key, folder, nursery)
        fanout.count_posts()
        await install(db, slack.team().id, datetime.now(UTC), slack.bot_token)
        held = await hold(db, "before", slack.team().id)
        await claim(
            db, held, [], want=0, now=utc_now(), catch_up=CATCH_UP, lease_s=1, rate=_QUICK, not_before=None
        )  # fmt: skip
        await release_lease(db, held)
        try:
            yield fanout
        finally:
            for life in fanout.alive:
                life.send(signal.SIGKILL)
                nursery.reap(life.pid)
            await db.close()
