"""Members by the dozen in a house of this very process, time moved by hand, and the count at the end.

Real processes that are killed are in `killed/`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta

from bot.app import House, Tempo
from bot.model import Member, Rhythm
from bot.model import Person as Profile
from bot.storage.database import Database
from bot.storage.leases import release_lease, take_lease
from bot.storage.ledger import deliveries
from bot.storage.members import join
from sandbox import Person, Slack
from sandbox.workspace import Workspace
from tests.claiming import claim

BY_HAND = Tempo(look_s=3600.0, lease_s=2.0)
"""A house whose scheduler looks once; after that a test calls the steps."""

FAST = 1000.0
"""Messages a second: as good as unlimited."""

EVERY_DAY = frozenset(range(7))
SENT = ("sent", None)

Fate = tuple[str, str | None]


async def crowd(
    slack: Slack,
    db: Database,
    now: datetime,
    count: int,
    *,
    rate: float = FAST,
    at: time = time(9, 30),
    team: Workspace | None = None,
) -> list[Person]:
    """So many members since `now` (UTC), due at `at` London time every day; `rate` messages a second is what the
    workspace was seen to bear before. Ally has to be installed there."""
    space = team or slack.team()
    people = [space.add_person(f"p{number}") for number in range(count)]
    for person in people:
        await enrol(db, person, now, at)
    await bears(db, space.id, now, rate)
    return people


async def bears(db: Database, team: str, now: datetime, rate: float = FAST) -> None:
    """So many messages a second a workspace was seen to bear, as an earlier holder noted on the lease."""
    held = await take_lease(db, team, "before", 30, sole=True)
    assert held is not None
    await claim(db, held, [], want=0, now=now, catch_up=timedelta(), lease_s=30, rate=rate, not_before=None)
    await release_lease(db, held)


async def enrol(db: Database, person: Person, now: datetime, at: time = time(9, 30)) -> Member:
    """Opts somebody in, without the words that `/ally join` brings."""
    profile = Profile(person.team_id, person.id, person.user.tz, "en-GB")
    return await join(db, profile, Rhythm(at, EVERY_DAY), person.dm_id, now)


async def step(house: House) -> None:
    """One look of the worker, from planning to everybody home again. For houses that look `BY_HAND`."""
    async with asyncio.timeout(20):
        await house.worker.plan()
        await house.worker.deliver()
        await house.worker.idle()


async def fates(db: Database) -> Counter[Fate]:
    """State and reason of every row of the ledger, counted."""
    return Counter((str(row.state), row.reason) for row in await deliveries(db))


async def settled(slack: Slack, house: House, every: timedelta = timedelta(seconds=5), steps: int = 200) -> None:
    """Lets time pass, a look after each bit of it, until no row waits any more."""
    for _ in range(steps):
        await step(house)
        if not await waiting(house.db):
            return
        slack.clock.advance(every)
    raise AssertionError(f"still waiting: {await fates(house.db)}")


async def waiting(db: Database) -> int:
    """How many rows have no fate yet."""
    return sum(count for (state, _), count in (await fates(db)).items() if state in ("planned", "sending"))


async def until(look: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Waits for what happens in the house, or in another process: nothing here is told of it."""
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def messages(people: Sequence[Person]) -> Counter[int]:
    """How many people have how many messages."""
    return Counter(len(person.dm_messages) for person in people)
