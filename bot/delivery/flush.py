"""Flush: one transaction for all couriers of a process that come to the counter at about the same time.

Their turns begin at the same moments (`until_turn_s`), so at Slack's real pace, where each has one nudge in hand,
dozens of workspaces share a commit; and no writers queue up behind each other.
"""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
import structlog

from bot.delivery.means import Means
from bot.model import Parcel
from bot.storage.claims import Order, exchange
from bot.storage.leases import LeaseLost

log = structlog.get_logger()

TURN_S = 0.04
"""Turns begin at multiples of this: what comes back meanwhile is written in one go."""

_GATHER_S = 0.001
_MOST = 32  # SQLite has one writer: people's answers must get in between
_THIS_ONE_ONLY = frozenset({"55P03", "40P01", "40001"})  # PostgreSQL: a lock not had in time, a deadlock, a conflict

_Waiting = tuple[Order, asyncio.Future[list[Parcel]]]


def until_turn_s(now: float) -> float:
    """How long until the next turn begins; `now` in seconds of a clock that all couriers share."""
    return TURN_S - now % TURN_S


class Flusher:
    """Takes orders and answers them, one transaction at a time."""

    def __init__(self, means: Means) -> None:
        self._m = means
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def exchange(self, order: Order) -> list[Parcel]:
        """What may be sent now (see `bot.storage.claims.exchange`). Raises LeaseLost, the fates written; and what the
        database raises, when neither is known to be written."""
        answer: asyncio.Future[list[Parcel]] = asyncio.get_running_loop().create_future()
        self._waiting.append((order, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(_GATHER_S)
            batch = [(order, answer) for order, answer in self._waiting[:_MOST] if not answer.done()]
            del self._waiting[:_MOST]
            if batch:
                await self._flush(batch)

    async def _flush(self, batch: list[_Waiting]) -> None:
        try:
            answers = await exchange(
                self._m.db,
                [order for order, _ in batch],
                now=self._m.clock(),
                catch_up=self._m.catch_up,
                lease_s=self._m.lease_s,
                note=self._m.metrics.delivery,
            )
        except Exception as error:  # noqa: BLE001 — whatever it is, it belongs to those who wait
            if len(batch) > 1 and _may_be_one_only(error):
                log.warning("flushed_one_by_one", orders=len(batch), error=type(error).__name__)
                for one in batch:
                    await self._flush([one])
                return
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), parcels in zip(batch, answers, strict=True):
            if not answer.done():
                if parcels is None:
                    answer.set_exception(LeaseLost())
                else:
                    answer.set_result(parcels)


def _may_be_one_only(error: Exception) -> bool:
    """Whether the rest of the batch may well succeed without the order that failed: a row nobody can read, one that
    somebody else holds. Not so where the database is away, full or locked."""
    if isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "sqlstate", None) in _THIS_ONE_ONLY:
        return True
    return not isinstance(
        error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError | OSError | TimeoutError
    )
