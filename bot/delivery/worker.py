"""The worker: steps that say whether they did something. The scheduler only says "look now"."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.flush import Flusher
from bot.delivery.means import Means
from bot.delivery.pace import rate_now
from bot.delivery.plan import Rules, plan_step
from bot.delivery.send import LINGER, Courier
from bot.model import State
from bot.storage.claims import end_waiting
from bot.storage.installations import forget_events, forget_workspaces
from bot.storage.leases import workspaces_with_work
from bot.storage.ledger import queues
from bot.storage.members import ERASED_AFTER, erase_overdue

log = structlog.get_logger()

_EVENTS_KEPT = timedelta(days=1)
_AT_ONCE = 200  # most of them wait for Slack; each is a task
_SHIFT_S = 10.0
_REMEMBERED_S = 3600.0


class _Out(NamedTuple):
    """A courier on its round, and when it set off."""

    courier: Courier
    task: asyncio.Task[None]
    since: float


class Worker:
    """Plans and sends. `plan`, `deliver` and `tidy` are safe to call at any time, by any number of workers."""

    def __init__(
        self,
        means: Means,
        rules: Callable[[], Rules],
        client_for: Callable[[str], Awaitable[AsyncWebClient | None]],
    ) -> None:
        """`rules` is asked anew for each step, for the library may change; `client_for` knows a workspace's token."""
        self._means, self._rules, self._client_for = means, rules, client_for
        self._flusher = Flusher(means)
        self._out: dict[str, _Out] = {}
        self._home: dict[str, float] = {}
        """When a courier last came home from a workspace, by `boottime`: whoever was served longest ago is next."""
        self._stopping = False

    async def plan(self) -> int:
        """Plans everybody due now; says how many."""
        total = 0
        while not self._stopping:
            rules, began = self._rules(), self._means.boottime()
            count = await plan_step(self._means.db, rules, self._means.clock())
            total += count
            if count == 0:
                break
            if rules.gently:  # as much time for whoever waits for an answer as a batch took
                await asyncio.sleep(self._means.boottime() - began)
        return total

    async def deliver(self) -> int:
        """Sends a courier into each workspace with work and none in it yet; says how many set off."""
        now = self._means.boottime()
        self._home |= {team: now for team, out in self._out.items() if out.task.done()}
        self._home = {team: at for team, at in self._home.items() if now - at < _REMEMBERED_S}
        self._out = {team: out for team, out in self._out.items() if not out.task.done()}
        if self._stopping:
            return 0
        waiting = await workspaces_with_work(
            self._means.db, self._means.clock(), self._means.holder, besides=self._out, sole=self._means.sole,
            linger=LINGER,
        )  # fmt: skip
        waiting.sort(key=lambda team: self._home.get(team, 0.0))
        room = _AT_ONCE - len(self._out)
        self._relieve(len(waiting) - room, now)
        free = waiting[:room]
        for team in free:
            try:
                client = await self._client_for(team)
                if client is None:
                    await end_waiting(self._means.db, team, self._means.clock(), self._means.metrics.delivery)
            except Exception:
                log.exception("workspace_not_served", workspace=team)  # a token that does not open; the others go on
                continue
            if client is not None and not self._stopping:
                courier = Courier(self._means, self._flusher, team, client)
                self._out[team] = _Out(courier, asyncio.create_task(self._run(courier, team)), now)
        return len(free)

    def _relieve(self, waiting: int, now: float) -> None:
        """Where more workspaces wait than there are couriers, those out for long come home: a queue of an hour in
        some must not keep the others waiting for an hour."""
        longest = sorted((out for out in self._out.values() if now - out.since >= _SHIFT_S), key=lambda out: out.since)
        for out in longest[: max(waiting, 0)]:
            out.courier.stop()

    async def measure(self) -> None:
        """Says in the metrics how long the queues are, and how late that will make the last one."""
        now, metrics = self._means.clock(), self._means.metrics
        found = await queues(self._means.db, now)
        metrics.queue.labels(State.PLANNED).set(sum(queue.planned for queue in found))
        metrics.queue.labels(State.SENDING).set(sum(queue.sending for queue in found))
        waited = [(now - queue.oldest).total_seconds() for queue in found]
        metrics.oldest_s.set(max(waited, default=0))
        rates = [rate_now(queue.rate, self._means.ceiling) for queue in found]
        ahead = [seconds + queue.planned / rate for seconds, queue, rate in zip(waited, found, rates, strict=True)]
        metrics.last_late_s.set(max(ahead, default=0))

    async def tidy(self) -> None:
        """Erases whoever is due to be erased, and drops marks that no longer serve."""
        now = self._means.clock()
        erased = await erase_overdue(self._means.db, now)
        forgotten = await forget_workspaces(self._means.db, now - ERASED_AFTER)
        await forget_events(self._means.db, now - _EVENTS_KEPT)
        if erased or forgotten:
            log.info("erased", members=erased, workspaces=forgotten)

    async def idle(self) -> None:
        """Returns once every courier that is out has come back."""
        tasks = [out.task for out in self._out.values()]
        try:
            if tasks:
                await asyncio.wait(tasks)
        finally:
            if self._stopping:  # nobody waits for them any longer
                for task in tasks:
                    task.cancel()

    def close(self) -> None:
        """Claims nothing more; `idle` returns once what is in flight has come back."""
        self._stopping = True
        for out in self._out.values():
            out.courier.stop()

    async def _run(self, courier: Courier, team: str) -> None:
        try:
            await courier.run()
        except Exception:
            log.exception("courier_failed", workspace=team)
