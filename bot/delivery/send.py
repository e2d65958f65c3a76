"""Send: one courier holds one workspace and writes to its people, a few at a time, as fast as Slack likes.

Order of things, so that a kill at any moment neither loses nor doubles: a row becomes `sending` and is committed
under the fence of our lease; then the request is written; then the fate is committed. What was in between when the
process died is settled by a look into the DM (`settle`).
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.flush import TURN_S, Flusher, until_turn_s
from bot.delivery.last_look import last_look
from bot.delivery.means import Means
from bot.delivery.pace import Pace
from bot.delivery.settle import settle
from bot.delivery.verdict import Meaning, verdict_on
from bot.model import DeliveryId, Parcel, State
from bot.nudges.schedule import TURNS
from bot.storage.claims import Fate, Order, end_waiting
from bot.storage.installations import stop_workspace
from bot.storage.leases import LONGEST_REST, Lease, LeaseLost, Noted, release_lease, take_lease

log = structlog.get_logger()

IN_FLIGHT = 20
"""How many requests may be open at once in one workspace."""

LINGER = timedelta(seconds=5)
"""How long a courier waits where Slack wants to be left alone; for longer, it leaves and another sets off in time."""

_AGAIN_S = 0.5
_SAME_RATE = 1.1
_SAME_REST = timedelta(seconds=1)
_GIVE_UP_AFTER = 5
_FIRST_RETRY = timedelta(seconds=5)
_LONGEST_RETRY = timedelta(minutes=15)
_CHANNEL_GAP_S = 1.0
_REMEMBERED = 2000
_AHEAD = 16


class Courier:
    """Sends what is due in one workspace, until nothing is left, Slack wants a long rest, or it is told to stop."""

    def __init__(self, means: Means, flusher: Flusher, team: str, client: AsyncWebClient) -> None:
        """`client` must not retry by itself (`retry_handlers=[]`): retries are rows."""
        self._m, self._flusher, self._team, self._client = means, flusher, team, client
        self._stopping = asyncio.Event()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._in_flight: dict[asyncio.Task[Fate], Parcel] = {}
        self._fates: list[Fate] = []
        self._last_post: dict[str, float] = {}
        self._deadline = 0.0
        self._settle_next = 0.0
        self._dead: str | None = None
        self._noted: Noted | None = None

    def stop(self) -> None:
        """Claims nothing more; `run` returns once what is in flight has come back."""
        self._stopping.set()

    async def run(self) -> None:
        """Holds the workspace while there is work in it. Returns at once while another worker holds it."""
        held = await self._take()
        if held is None:
            return
        hold = held.not_before - self._m.clock() if held.not_before else timedelta(0)
        pace = Pace(held.rate, min(hold, LONGEST_REST).total_seconds(), self._m.ceiling, self._m.boottime())
        self._m.metrics.leases.inc()
        try:
            while await self._turn(held, pace):
                pass
        except LeaseLost:
            log.warning("lease_lost", workspace=self._team, in_flight=len(self._in_flight))
            await self._come_home(held, pace)
        finally:
            self._m.metrics.leases.dec()
            for task in self._in_flight:
                task.cancel()
        if self._dead is not None:
            await self._stop_workspace(self._dead)
        await release_lease(self._m.db, held, self._pace_to_note(pace))

    @property
    def in_flight(self) -> frozenset[DeliveryId]:
        """Deliveries whose request is open, or whose answer is not written down yet."""
        return frozenset(parcel.id for parcel in self._in_flight.values()) | {fate.id for fate in self._fates}

    async def _stop_workspace(self, code: str) -> None:
        """The token we set off with is refused: that ends the workspace, unless it has a new one since."""
        now = self._m.clock()
        if await stop_workspace(self._m.db, self._team, "revoked", now, token=self._client.token):
            log.error("workspace_stopped", workspace=self._team, error=code)
            await end_waiting(self._m.db, self._team, now, self._m.metrics.delivery)
        else:
            log.info("token_was_replaced", workspace=self._team, error=code)

    async def _take(self) -> Lease | None:
        asked_at = self._m.boottime()
        held = await take_lease(self._m.db, self._team, self._m.holder, self._m.lease_s, sole=self._m.sole)
        self._deadline = asked_at + self._m.lease_s
        return held

    async def _turn(self, held: Lease, pace: Pace) -> bool:
        """Writes down what came back, claims what may go, starts it. False when nothing is left to do."""
        await self._settle(held)
        closed = self._stopping.is_set() or self._dead is not None
        # What Slack takes during one turn is read ahead, lest slots stand empty until the next turn: sixteen
        # rows where Slack sets no limit, none at its real pace. More would make the last look at a pause an old one.
        most = IN_FLIGHT + min(_AHEAD, int(pace.rate * TURN_S))
        room = 0 if closed else min(most - len(self._in_flight), pace.allowance(self._m.boottime(), TURN_S))
        parcels = await self._exchange(held, pace, max(room, 0))
        if parcels is None:
            await self._wait(_AGAIN_S)
            return True
        for parcel in parcels:
            self._in_flight[asyncio.create_task(self._deliver(parcel, pace))] = parcel
        if parcels:
            pace.started(len(parcels), self._m.boottime())
        resting = pace.hold_s(self._m.boottime()) > LINGER.total_seconds()  # others may be served meanwhile
        if not self._in_flight and (closed or room > 0 or resting):
            return False
        limit = self._m.lease_s / 3
        if not closed and len(self._in_flight) < most:
            # Where fewer came than were asked for, nothing is waiting: asking again at once would only keep us busy.
            limit = min(limit, max(pace.wait_s(self._m.boottime()), TURN_S if len(parcels) == room else _AGAIN_S))
        await self._wait(limit)
        return True

    async def _settle(self, held: Lease) -> None:
        """Now and then looks up fates that nobody knows; for a third of the lease at most, so that it stays ours."""
        if self._stopping.is_set() or (began := self._m.boottime()) < self._settle_next:
            return
        self._settle_next = began + self._m.lease_s

        def go_on() -> bool:
            return not self._stopping.is_set() and self._m.boottime() < began + self._m.lease_s / 3

        try:
            if not await settle(self._m.db, held, self._client, self._m.clock, self.in_flight, self._m.metrics, go_on):
                self._settle_next = began
        except Exception:
            log.exception("settling_failed", workspace=self._team)

    async def _exchange(self, held: Lease, pace: Pace, want: int) -> list[Parcel] | None:
        """Hands in the fates and claims up to `want` parcels.

        None where the database does not answer while fates are, or will be, in our hands: they are kept for the next
        try, for as long as this process lives. Raises LeaseLost, the fates written.
        """
        asked_at, noted = self._m.boottime(), self._pace_to_note(pace)
        fates, self._fates = self._fates, []
        try:
            parcels = await self._flusher.exchange(Order(held, fates, want, noted))
        except LeaseLost:
            raise
        except Exception as error:
            self._fates = fates + self._fates
            if not self._fates and not self._in_flight:
                raise
            log.error("fates_not_written_yet", workspace=self._team, error=type(error).__name__)
            return None
        self._deadline = asked_at + self._m.lease_s
        self._noted = noted or self._noted
        return parcels

    def _pace_to_note(self, pace: Pace) -> Noted | None:
        """The pace, where a successor would do worse by what stands on the lease."""
        hold_s = pace.hold_s(self._m.boottime())
        new = Noted(pace.rate, self._m.clock() + timedelta(seconds=hold_s) if hold_s else None)
        old = self._noted
        if old is None or (old.not_before is None) != (new.not_before is None):
            return new
        longer = new.not_before and old.not_before and new.not_before - old.not_before > _SAME_REST
        return new if longer or not 1 / _SAME_RATE < new.rate / old.rate < _SAME_RATE else None

    async def _wait(self, limit_s: float) -> None:
        """Until an answer is there, we are told to stop, or `limit_s` has passed."""
        stopping = self._stopping.is_set()
        waiting: set[asyncio.Task[object]] = {*self._in_flight}
        ring = None if stopping else asyncio.create_task(self._stopping.wait())
        if ring is not None:
            waiting.add(ring)
        try:
            if waiting:
                sleep_s = max(limit_s - TURN_S, 0)  # the pace lets a turn begin what falls into it
                await asyncio.wait(waiting, timeout=sleep_s, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(min(limit_s, _AGAIN_S))  # only the database keeps us, or the news that we stop
        finally:
            if ring is not None:
                ring.cancel()
        if not self._stopping.is_set():
            await asyncio.sleep(until_turn_s(self._m.boottime()))
        self._collect()

    def _collect(self) -> None:
        for task in [task for task in self._in_flight if task.done()]:
            parcel = self._in_flight.pop(task)
            if task.exception() is None:
                self._fates.append(task.result())
            else:
                # A mistake of ours after the request may have left: a look into the DM will tell.
                log.error("delivery_raised", delivery=parcel.id, error=type(task.exception()).__name__)
                self._fates.append(self._unknown(parcel, "error"))

    async def _come_home(self, held: Lease, pace: Pace) -> None:
        """The lease is lost: send nothing more, but write down what Slack still answers; it is true."""
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=self._m.lease_s)
            self._collect()
        while self._fates:
            try:
                if await self._exchange(held, pace, 0) is None:
                    await asyncio.sleep(_AGAIN_S)
            except LeaseLost:
                pass

    async def _deliver(self, parcel: Parcel, pace: Pace) -> Fate:
        """Renders and posts one parcel. Never raises: one member's trouble must not stop the next."""
        try:
            message = self._m.render(parcel)
        except KeyError:
            # Deleted since it was planned; or planned by a worker that has a newer library, which comes here too soon.
            log.warning("delivery_not_in_library", delivery=parcel.id, nudge=parcel.nudge)
            return self._postponed(parcel, "not_in_library", final=parcel.attempts + 1 >= _GIVE_UP_AFTER)
        except Exception:
            log.exception("delivery_does_not_render", delivery=parcel.id)
            return self._postponed(parcel, "error", final=parcel.attempts + 1 >= _GIVE_UP_AFTER)
        async with self._slots:
            await self._keep_channel_gap(parcel.user)
            if (reason := self._kept_back(pace)) is not None:
                return Fate(parcel.id, State.PLANNED, reason, ready_at=parcel.due_at - TURNS)
            started = self._m.boottime()
            with last_look(lambda: self._m.boottime() < self._deadline) as look:
                try:
                    answer = await self._client.chat_postMessage(
                        channel=parcel.dm or parcel.user, unfurl_links=False, **message.arguments()
                    )
                except Exception as error:  # noqa: BLE001 — `verdict_on` reads every kind, and says unknown when unsure
                    if look.forbade:
                        return Fate(parcel.id, State.PLANNED, "lease", ready_at=parcel.due_at - TURNS)
                    return self._refused(parcel, pace, error)
                finally:
                    self._m.metrics.slack_seconds.labels("chat.postMessage").observe(self._m.boottime() - started)
        pace.accepted()
        now = self._m.clock()
        self._m.metrics.slack_answers.labels("chat.postMessage", "ok").inc()
        self._m.metrics.delivery(parcel.kind, State.SENT)
        self._m.metrics.lateness.labels(parcel.kind).observe(max(0.0, (now - parcel.due_at).total_seconds()))
        learned = str(answer["channel"]) if parcel.dm is None else None
        return Fate(parcel.id, State.SENT, sent_at=now, message_ts=str(answer["ts"]), dm=learned)

    def _kept_back(self, pace: Pace) -> str | None:
        """Why a parcel that was read ahead stays here after all: what changed while it waited for its slot."""
        now = self._m.boottime()
        if now >= self._deadline:
            return "lease"
        if pace.hold_s(now):
            return "ratelimited"
        return "stopped" if self._stopping.is_set() or self._dead is not None else None

    def _refused(self, parcel: Parcel, pace: Pace, error: Exception) -> Fate:
        verdict, now = verdict_on(error), self._m.clock()
        self._m.metrics.slack_answers.labels("chat.postMessage", verdict.code).inc()
        log.warning("delivery_refused", delivery=parcel.id, code=verdict.code, meaning=verdict.meaning.name)
        match verdict.meaning:
            case Meaning.PERSON:
                self._m.metrics.delivery(parcel.kind, State.FAILED, verdict.code)
                return Fate(parcel.id, State.FAILED, verdict.code)
            case Meaning.WORKSPACE:
                self._dead = verdict.code
                return Fate(parcel.id, State.PLANNED, verdict.code, ready_at=now)
            case Meaning.UNKNOWN:
                # An answer that was lost may still be on its way into the DM: look there one lease from now.
                return self._unknown(parcel, verdict.code)
            case Meaning.LATER if verdict.retry_after is not None:
                pace.refused(self._m.boottime(), verdict.retry_after.total_seconds())
                # The pace waits, for everybody; who was turned away has waited already and goes first then. But not
                # for ever: were it this row alone that Slack turns away, it would stand in everybody's way.
                first_again = parcel.attempts < _GIVE_UP_AFTER
                ready_at = parcel.due_at - TURNS if first_again else now + verdict.retry_after
                return Fate(parcel.id, State.PLANNED, verdict.code, ready_at=ready_at)
            case Meaning.LATER:
                return self._postponed(parcel, verdict.code)

    def _unknown(self, parcel: Parcel, code: str) -> Fate:
        return Fate(parcel.id, State.SENDING, code, ready_at=self._m.clock() + timedelta(seconds=self._m.lease_s))

    def _postponed(self, parcel: Parcel, code: str, *, final: bool = False) -> Fate:
        if final:
            self._m.metrics.delivery(parcel.kind, State.FAILED, code)
            return Fate(parcel.id, State.FAILED, code)
        back_off = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(parcel.attempts, 10)) * self._m.rng.uniform(0.5, 1.5)
        return Fate(parcel.id, State.PLANNED, code, ready_at=self._m.clock() + back_off)

    async def _keep_channel_gap(self, user: str) -> None:
        """Slack takes one message a second in a channel: a nudge and a check-in due together go one after the other."""
        now = self._m.boottime()
        at = max(now, self._last_post.get(user, now - _CHANNEL_GAP_S) + _CHANNEL_GAP_S)
        if len(self._last_post) > _REMEMBERED:
            self._last_post = {who: when for who, when in self._last_post.items() if when > now - _CHANNEL_GAP_S}
        self._last_post[user] = at
        if at > now:
            await asyncio.sleep(at - now)
