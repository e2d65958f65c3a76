"""The composition root: the only place that builds an engine, a client, a clock, a scheduler."""

from __future__ import annotations

import asyncio
import gc
import random
import secrets
import signal
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import aiohttp
import filelock
import sqlalchemy as sa
import structlog
from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.config import Settings, content_folder
from bot.connections import Connections
from bot.delivery.last_look import looking
from bot.delivery.means import Means
from bot.delivery.notice import Herald
from bot.delivery.plan import Rules
from bot.delivery.render import render
from bot.delivery.worker import Worker
from bot.handlers.context import Ally
from bot.handlers.desk import Desk
from bot.handlers.http import web_app
from bot.model import DeliveryId, Rhythm
from bot.nudges.days_off import holiday_calendar
from bot.nudges.shelf import Shelf, Turn, read
from bot.nudges.watch import Librarian
from bot.observe import Metrics
from bot.start import (
    CannotStart,
    check_database,
    check_library_and_port,
    check_port,
    lock_worker,
    open_database,
)

log = structlog.get_logger()

DEFAULT_PORT = 3000
_SLACK_TIMEOUT_S = 10
_STOP_WITHIN_S = 8


class Role(StrEnum):
    """What one process does: answer people, plan and send, or both."""

    RUN = "run"
    WEB = "web"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        return self is not Role.WORKER

    @property
    def sends(self) -> bool:
        return self is not Role.WEB


@dataclass(frozen=True, slots=True)
class Tempo:
    """How often the scheduler says "look now", and how long a lease holds; tests shorten both."""

    look_s: float = 1.0
    lease_s: float = 30.0


def utc_now() -> datetime:
    return datetime.now(UTC)


def boottime() -> float:
    """Seconds that also pass while the machine sleeps or the process is stopped: a lease must not outlive a nap."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(clock) if clock is not None else time.monotonic()


def new_delivery_id() -> DeliveryId:
    """Nobody guesses it; it begins with the time, so that what is planned together lies together in the index."""
    return DeliveryId(f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}")


class House:
    """One process of Ally. `check` what could be wrong, `start`, and `stop` within seconds."""

    def __init__(
        self,
        settings: Settings,
        role: Role,
        *,
        clock: Callable[[], datetime] = utc_now,
        rng: random.Random | None = None,
        tempo: Tempo = Tempo(),
    ) -> None:
        self.settings, self.role, self.clock, self.tempo = settings, role, clock, tempo
        self.rng = rng or random.SystemRandom()
        self.metrics = Metrics()
        self.db = open_database(settings)
        self.shelf = Shelf(content_folder(settings))
        self.librarian = Librarian(self.shelf, clock, self._library_turned)
        self._is_holiday = holiday_calendar(settings.ally_holidays)
        self.scheduler = AsyncIOScheduler(timezone=UTC)
        self.port: int | None = None
        self._lock: filelock.FileLock | None = None
        self._steps: dict[asyncio.Task[Any], str] = {}

    async def check(self) -> None:
        """Everything that would keep this process from its work, in one go. Raises CannotStart."""
        problems = self._read_library()
        problems += await check_database(self.db)
        if self.role.sends:
            self._lock, taken = lock_worker(self.db)
            problems += taken
        problems += check_port(self.settings.host, self._wanted_port())
        if problems:
            await self.db.close()
            self._unlock()
            raise CannotStart(problems)

    async def start(self) -> None:
        """Opens the doors: HTTP, Socket Mode, scheduler. Raises CannotStart when Slack refuses the token."""
        timeout = aiohttp.ClientTimeout(total=_SLACK_TIMEOUT_S)  # a shared session ignores slack_sdk's own `timeout=`
        # No ceiling on connections: people's answers must not queue behind a fan-out.
        connector = aiohttp.TCPConnector(limit=0)
        self.session = aiohttp.ClientSession(timeout=timeout, connector=connector, trace_configs=[looking()])
        self.connections = Connections(self.settings, self.db, self.clock, self.session)
        self.bolt = self._bolt()
        means = self._means()
        self.worker = Worker(means, self._rules, self.connections.sending_client)
        self.herald = Herald(means, self.shelf, self.admins, self.connections.sending_client)
        try:
            await self._serve()
        except OSError as error:  # somebody took the port since `check` looked
            await self.stop()
            raise CannotStart([f"PORT: the port cannot be used ({error.strerror}); set PORT to a free one"]) from None
        self._schedule()
        self.scheduler.start()
        self._watching = [asyncio.create_task(self.librarian.watch()), asyncio.create_task(self._heed_the_clock())]
        log.info("ally_starts", role=self.role, port=self.port)
        try:
            await self.introduce()  # last: while Slack is away, everything else runs already
        except CannotStart:
            await self.stop()
            raise
        log.info("ally_runs", role=self.role, port=self.port, socket_mode=self.settings.over_socket)

    async def stop(self) -> None:
        """Stops claiming, lets what is in flight finish, closes everything."""
        if (worker := getattr(self, "worker", None)) is not None:
            worker.close()
        if self.scheduler.running:
            self.scheduler.pause()
        self.librarian.close()
        for task in (watching := getattr(self, "_watching", [])):
            task.cancel()
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                await self._finish(worker)
        except TimeoutError:
            log.warning("stopped_with_work_open")  # posts in flight stand as `sending`; the next worker settles them
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)
        if watching:
            await asyncio.wait(watching)
        await self.session.close()
        await self.db.close()
        self._unlock()

    async def _finish(self, worker: Worker | None) -> None:
        for task, name in self._steps.items():
            if name == "introduce":
                task.cancel()  # it waits for Slack, and holds nothing that is worth waiting for
        await self.desk.finish()  # first, while its acknowledgements still have a way out
        await self.connections.close_sockets()
        if (runner := getattr(self, "_runner", None)) is not None:
            await runner.cleanup()
        await self.desk.finish()
        if self._steps:
            await asyncio.wait(self._steps)
        if worker is not None:
            await worker.idle()

    async def readiness(self) -> str:
        """`ok`, `degraded`, or what is missing altogether."""
        try:
            async with asyncio.timeout(2), self.db.read() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except Exception:  # noqa: BLE001 — whatever it is, the database cannot be used
            self.metrics.ready.set(0)
            return "database"
        if not self.shelf.library.nudges:
            self.metrics.ready.set(0)
            return "library"
        status = "ok" if self.connections.introduced and not self.shelf.refused else "degraded"
        self.metrics.ready.set(1 if status == "ok" else 0.5)
        return status

    def _wanted_port(self) -> int | None:
        if self.role.answers and not self.settings.over_socket:
            return DEFAULT_PORT if self.settings.port is None else self.settings.port
        return self.settings.port

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # The library, and who looks after it

    def admins(self) -> frozenset[tuple[str, str]]:
        """ALLY_ADMINS as workspaces and users. An id alone is of SLACK_BOT_TOKEN's workspace: ids repeat in others."""
        found = set()
        for one in self.settings.ally_admins:
            team, _, user = one.rpartition(":")
            if home := team or self.connections.home:
                found.add((home, user))
        return frozenset(found)

    def _read_library(self) -> list[str]:
        """The first look; afterwards the librarian looks. Says what is wrong."""
        reading = read(self.shelf.folder)
        if reading is None:
            return [f"{self.shelf.folder}: the files of the library change while they are read; start again"]
        self.shelf.put(reading, self.clock())
        return [str(finding) for finding in self.shelf.refused if finding.level == "error"]

    def _library_turned(self, turn: Turn) -> None:
        shelf = self.shelf
        self.metrics.library_refused.set(bool(shelf.refused))
        if turn is Turn.REFUSED:
            errors = [finding for finding in shelf.refused if finding.level == "error"]
            first, version = str(errors[0]), shelf.refused_version[:12]
            log.error("library_refused", errors=len(errors), first=first, version=version)
            return
        event = "library_loaded" if turn is Turn.LOADED else "library_mended"
        log.info(event, nudges=len(shelf.library.nudges), warnings=len(shelf.findings), version=shelf.version[:12])

    # What the house is made of

    def _bolt(self) -> AsyncApp:
        async def authorize(team_id: str | None) -> AuthorizeResult | None:
            return await self.connections.authorize(team_id)  # Bolt reads argument names, and trips over a method's

        # `handlers.http` checks signatures; over Socket Mode nothing is signed.
        app = AsyncApp(
            client=self.connections.client(),
            authorize=authorize,  # type: ignore[arg-type]  # None is Bolt's word for "not installed"
            signing_secret="-",  # noqa: S106
            request_verification_enabled=False,
        )
        ally = Ally(
            db=self.db,
            clock=self.clock,
            rng=self.rng,
            shelf=self.shelf,
            look=self.librarian.look,
            is_admin=lambda team, user: (team, user) in self.admins(),
            rules=self._rules,
            note=self.metrics.delivery,
            rhythm=Rhythm(self.settings.ally_nudge_time, frozenset(range(5)), *self.settings.ally_check_in),
            support_links=self.settings.ally_support_links,
            client_changed=self.connections.forget,
        )
        self.desk = Desk(ally, self.metrics)
        self.desk.register(app)
        return app

    async def introduce(self) -> None:
        """Asks Slack who we are, if that is not known yet; the scheduler does so until it is."""
        await self.connections.introduce(self.bolt, answers=self.role.answers)

    def _means(self) -> Means:
        rate = self.settings.ally_send_rate
        return Means(
            db=self.db,
            clock=self.clock,
            boottime=boottime,
            rng=self.rng,
            render=lambda parcel: render(self.shelf.library, parcel),
            metrics=self.metrics,
            holder=uuid.uuid4().hex,
            sole=self._lock is not None,
            catch_up=self.settings.ally_catch_up,
            lease_s=self.tempo.lease_s,
            ceiling=rate / 60 if rate is not None else None,
        )

    def _rules(self) -> Rules:
        return Rules(
            library=self.shelf.library,
            catch_up=self.settings.ally_catch_up,
            is_holiday=self._is_holiday,
            new_id=new_delivery_id,
            note=self.metrics.delivery,
            gently=self.role.answers,
        )

    # Time and doors

    def _schedule(self) -> None:
        steps: list[tuple[str, Callable[[], Awaitable[Any]], float]] = [("introduce", self.introduce, 10.0)]
        if self.role.sends:
            steps += [
                ("plan", self.worker.plan, self.tempo.look_s),
                ("deliver", self.worker.deliver, self.tempo.look_s),
                ("tell", self.herald.tell, 3 * self.tempo.look_s),
                ("measure", self.worker.measure, 30 * self.tempo.look_s),
                ("tidy", self.worker.tidy, 3600.0),
            ]
        for name, step, seconds in steps:
            wait_s = seconds if name == "introduce" else 0  # `start` has just asked
            self.scheduler.add_job(
                self._guarded(name, step), "interval", seconds=seconds, id=name, coalesce=True, max_instances=1,
                misfire_grace_time=None, next_run_time=utc_now() + timedelta(seconds=wait_s),
            )  # fmt: skip

    async def _heed_the_clock(self) -> None:
        """APScheduler waits by the time of day: with the machine's clock set back, every step would wait until the
        old time has come again. This counts by a clock that never goes back, and wakes them."""
        last = utc_now()
        while True:
            await asyncio.sleep(self.tempo.look_s)
            if (now := utc_now()) < last and self.scheduler.running:
                log.warning("clock_set_back", seconds=round((last - now).total_seconds()))
                for job in self.scheduler.get_jobs():
                    job.modify(next_run_time=now)
            last = now

    def _guarded(self, name: str, step: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 — a scheduler's job runs in a task
            self._steps[task] = name
            task.add_done_callback(lambda done: self._steps.pop(done, None))
            try:
                await step()
                self.metrics.steps.labels(name, "ok").inc()
            except asyncio.CancelledError:
                return  # we stop; the scheduler would log it as a failure
            except Exception as error:  # noqa: BLE001 — the next look starts again from the rows
                self.metrics.steps.labels(name, "failed").inc()
                log.error("step_failed", step=name, error=type(error).__name__)

        return run

    async def _serve(self) -> None:
        port = self._wanted_port()
        if port is None:
            return
        secret = self.settings.slack_signing_secret
        over_http = self.role.answers and not self.settings.over_socket
        app = web_app(
            metrics=self.metrics,
            readiness=self.readiness,
            bolt=self.bolt if over_http else None,
            signing_secret=secret.get_secret_value() if secret else None,
            # Slack stamps its requests with the time of day, whatever time the house lives in.
            clock=utc_now,
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=3)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.settings.host, port)
        await site.start()
        self.port = self._runner.addresses[0][1]


async def serve(settings: Settings, role: Role) -> None:
    """Runs until SIGTERM or SIGINT. Raises CannotStart."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    try:
        house = House(settings, role)
    except CannotStart as error:
        more = check_library_and_port(content_folder(settings), settings.host, settings.port)
        raise CannotStart(error.problems + more) from None
    await house.check()
    starting, told_to_stop = asyncio.create_task(house.start()), asyncio.create_task(ended.wait())
    await asyncio.wait({starting, told_to_stop}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.wait({starting})
    elif starting.exception() is not None:
        told_to_stop.cancel()
        starting.result()
    # What is there by now stays: to look through it for garbage again and again took 6% of a fan-out's CPU.
    gc.collect()
    gc.freeze()
    await told_to_stop
    await house.stop()
