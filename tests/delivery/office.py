"""A post office to test with: a database, the sandbox as Slack, and couriers between them."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import sqlalchemy as sa
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.flush import Flusher
from bot.delivery.means import Means
from bot.delivery.send import Courier
from bot.model import Kind, Member, Parcel, Rhythm
from bot.observe import Metrics
from bot.storage.database import Database
from bot.storage.leases import release_lease
from bot.storage.ledger import deliveries
from bot.storage.members import join
from bot.storage.planning import plan_due
from bot.storage.tables import delivery
from bot.views.blocks import Message, section
from sandbox import Person as Someone
from sandbox import Slack
from tests.claiming import claim
from tests.storage.people import CATCH_UP, claim_some, hold, install, one_row, person

QUICK = 400.0
"""Messages a second: as good as unlimited, for tests that are not about pace."""


def plain_message(parcel: Parcel) -> Message:
    """A message as short as can be, with the delivery's id as `block_id`."""
    return Message("Listen first.", [section("Listen first.", block_id=parcel.id)])


@dataclass
class Office:
    """Members of one workspace, their deliveries, and whoever carries these."""

    db: Database
    slack: Slack
    session: aiohttp.ClientSession
    means: Means
    people: dict[str, Member] = field(default_factory=dict)
    rendered: list[Parcel] = field(default_factory=list)

    @property
    def team(self) -> str:
        return self.slack.team().id

    def client(self, token: str | None = None) -> AsyncWebClient:
        """A client that does not retry by itself."""
        return AsyncWebClient(
            token or self.slack.bot_token, self.slack.api_url, session=self.session, retry_handlers=[]
        )

    async def open(self, rate: float | None = QUICK) -> None:
        """Ally is installed, and its last holder left the lease at `rate`."""
        await install(self.db, self.team, self.means.clock(), self.slack.bot_token)
        if rate is not None:
            await self.leave_pace(rate)

    async def leave_pace(self, rate: float, not_before: datetime | None = None) -> None:
        """What an earlier holder noted on the lease."""
        held = await hold(self.db, "before", self.team)
        await claim(
            self.db, held, [], want=0, now=self.means.clock(), catch_up=CATCH_UP, lease_s=30, rate=rate,
            not_before=not_before,
        )  # fmt: skip
        await release_lease(self.db, held)

    async def member(self, name: str, *, dm: bool = True) -> Someone:
        """Somebody of the sandbox, who joined in time to be due at half past nine."""
        someone = self._someone(name)
        self.people[name] = await join(
            self.db, person(someone.id, team=self.team), Rhythm(), someone.dm_id if dm else None,
            self.means.clock() - timedelta(minutes=30),
        )  # fmt: skip
        return someone

    def _someone(self, name: str) -> Someone:
        try:
            return self.slack.person(name)
        except LookupError:
            return self.slack.team().add_person(name)

    async def plan(self) -> int:
        """A planned nudge for everybody who is due."""
        return await plan_due(self.db, Kind.NUDGE, self.means.clock(), 500, one_row)

    async def due(self, *names: str, dm: bool = True) -> list[Someone]:
        """Members with a planned delivery each."""
        people = [await self.member(name, dm=dm) for name in names]
        await self.plan()
        return people

    def courier(self, token: str | None = None, **changes: Any) -> Courier:
        """A courier for the workspace."""
        means = replace(self.means, **({"render": self._render} | changes))
        return Courier(means, Flusher(means), self.team, self.client(token))

    async def deliver(self, **changes: Any) -> None:
        """One courier's round, from lease to release."""
        await self.courier(**changes).run()

    async def fates(self) -> dict[str, tuple[str, str | None]]:
        """By Slack user: state and reason of the delivery."""
        return {row.user: (str(row.state), row.reason) for row in await deliveries(self.db)}

    async def fate(self) -> tuple[str, str | None]:
        """State and reason of the only delivery."""
        (found,) = (await self.fates()).values()
        return found

    async def column(self, name: str) -> Any:
        """A column of the only delivery."""
        async with self.db.read() as connection:
            return (await connection.scalars(sa.select(delivery.c[name]))).one()

    async def orphan(self, name: str = "mina", *, dm: bool = True, arrived: bool = False) -> Someone:
        """A delivery whose sender died in mid-post, with (`arrived`) or without the message in the DM."""
        (someone,) = await self.due(name, dm=dm)
        held = await hold(self.db, "dead", self.team)
        (parcel,) = await claim_some(self.db, held, 1, self.means.clock())
        if arrived:
            await self.client().chat_postMessage(
                channel=someone.id, text="Listen first.", blocks=plain_message(parcel).blocks
            )
        await release_lease(self.db, held)
        return someone

    async def leave_sending(self) -> None:
        """Every planned delivery was claimed by a sender that died before it wrote a request."""
        held = await hold(self.db, "dead", self.team)
        await claim_some(self.db, held, 100, self.means.clock())
        await release_lease(self.db, held)

    def quick_means(self) -> Means:
        """Means whose renderings this office counts."""
        return replace(self.means, render=self._render)

    def opened(self) -> int:
        """How many deliveries were claimed for sending so far, by this office's renderings."""
        return len(self.rendered)

    def _render(self, parcel: Parcel) -> Message:
        self.rendered.append(parcel)
        return plain_message(parcel)

    def posts(self) -> int:
        """How many posts Slack answered, well or badly."""
        return len(self.slack.calls("chat.postMessage"))


def means_for(db: Database, slack: Slack) -> Means:
    """Means with the sandbox's clock and a lease of 30 seconds."""
    return Means(
        db=db, clock=slack.clock.now, boottime=time.monotonic, rng=random.Random(1),  # noqa: S311
        render=plain_message,
        metrics=Metrics(), holder="me", sole=False, catch_up=CATCH_UP,
    )  # fmt: skip
