"""The worker: steps that say whether they did something. The scheduler only says "look now"."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.plan import Rules, plan_step
from bot.delivery.send import Courier, Means
from bot.storage.installations import forget_events, forget_workspaces
from bot.storage.leases import workspaces_with_work
from bot.storage.ledger import end_waiting
from bot.storage.members import ERASED_AFTER, erase_overdue

log = structlog.get_logger()

_EVENTS_KEPT = timedelta(days=1)
_AT_ONCE = 32


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
        self._couriers: dict[str, tuple[Courier, asyncio.Task[None]]] = {}
        self._stopping = False

    async def plan(self) -> int:
        """Plans everybody due now; says how many."""
        total = 0
        while not self._stopping:
            count = await plan_step(self._means.db, self._rules(), self._means.clock())
            total += count
            if count == 0:
                break
        return total

    async def deliver(self) -> int:
        """Sends a courier into each workspace with work and none in it yet; says how many set off."""
        self._couriers = {team: held for team, held in self._couriers.items() if not held[1].done()}
        if self._stopping:
            return 0
        free = await workspaces_with_work(
            self._means.db, self._means.clock(), self._means.holder, besides=self._couriers, sole=self._means.sole
        )
        free = free[: _AT_ONCE - len(self._couriers)]
        for team in free:
            try:
                client = await self._client_for(team)
                if client is None:
                    await end_waiting(self._means.db, team, self._means.clock())
            except Exception:
                log.exception("workspace_not_served", workspace=team)  # a token that does not open; the others go on
                continue
            if client is not None and not self._stopping:
                courier = Courier(self._means, team, client)
                self._couriers[team] = (courier, asyncio.create_task(self._run(courier, team)))
        return len(free)

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
        tasks = [task for _, task in self._couriers.values()]
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
        for courier, _ in self._couriers.values():
            courier.stop()

    async def _run(self, courier: Courier, team: str) -> None:
        try:
            await courier.run()
        except Exception:
            log.exception("courier_failed", workspace=team)
