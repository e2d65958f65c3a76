"""Planning a cohort with Ally against what bots of this kind do: a job for each person.

Ally turns due moments into ledger rows, choosing included. APScheduler fires and reschedules one job for each member
from its SQL job store. procrastinate defers as many jobs and finishes them on the same PostgreSQL; the jobs are empty.
"""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bench.databases import Crowd, Engine, Place, place, seed
from bench.growth import house_of
from bench.processes import stand_in
from bench.report import Line, Report

_HISTORY = 10
_fired = threading.Semaphore(0)


async def measure(quick: bool) -> Report:
    """At 10,000 people."""
    people = 1_000 if quick else 10_000
    notes, lines = [], []
    ours: dict[Engine, float] = {}
    with place(Engine.SQLITE) as where:
        ours[Engine.SQLITE] = await _ally(where, people)
    added, fired = await asyncio.to_thread(_apscheduler, people)
    figures = {"Ally, members/s": ours[Engine.SQLITE], "the other, jobs/s": fired, "jobs added/s": added}
    lines.append(
        Line(f"Ally over APScheduler, {people:,} jobs on SQLite", ours[Engine.SQLITE] / fired, figures=figures)
    )
    with place(Engine.POSTGRES) as where:
        ours[Engine.POSTGRES] = await _ally(where, people)
        if importlib.util.find_spec("procrastinate") is None:
            notes.append("procrastinate is not installed (it is not among the locked dependencies): not measured.")
        else:
            done = await _procrastinate(where, people)
            figures = {"Ally, members/s": ours[Engine.POSTGRES], "the other, jobs/s": done}
            ratio = ours[Engine.POSTGRES] / done
            lines.append(Line(f"Ally over procrastinate, {people:,} jobs on PostgreSQL", ratio, figures=figures))
    return Report("Planning, over a job for each person", lines, notes)


async def _ally(where: Place, people: int) -> float:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await seed(where, Crowd(people, 1, people, tomorrow, _HISTORY))
    moment = [datetime.now(UTC)]
    async with stand_in() as slack, house_of(where, slack, moment) as house:
        moment[0] += timedelta(days=1, minutes=5)
        began = time.perf_counter()
        count = await house.worker.plan()
        assert count == people
        return people / (time.perf_counter() - began)


def fire() -> None:
    """A job that does nothing; by name, for the job store pickles a reference to it."""
    _fired.release()


def _apscheduler(people: int) -> tuple[float, float]:
    """Jobs added a second, and fired and rescheduled a second."""
    with tempfile.TemporaryDirectory() as folder:
        store = SQLAlchemyJobStore(url=f"sqlite:///{folder}/jobs.db")
        scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
        scheduler.start(paused=True)
        began = time.perf_counter()
        due = datetime.now(UTC) - timedelta(seconds=1)
        for number in range(people):
            scheduler.add_job(
                fire, "cron", hour=9, minute=30, id=str(number), next_run_time=due, misfire_grace_time=None
            )
        added = people / (time.perf_counter() - began)
        began = time.perf_counter()
        scheduler.resume()
        for _ in range(people):
            _fired.acquire()
        # A job is handed over first and rescheduled then: the round is over when the first is no longer due.
        while scheduler.get_jobs() and min(job.next_run_time for job in scheduler.get_jobs()) <= due:
            time.sleep(0.05)
        fired = people / (time.perf_counter() - began)
        scheduler.shutdown()
        return added, fired


async def _procrastinate(where: Place, people: int) -> float:
    """Jobs deferred and finished a second, 20 at a time."""
    procrastinate: Any = importlib.import_module("procrastinate")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=where.url, max_size=10))

    @app.task(name="nothing")  # type: ignore[untyped-decorator]
    async def nothing(member: int) -> None:
        pass

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        began = time.perf_counter()
        await nothing.batch_defer_async(*({"member": number} for number in range(people)))
        await app.run_worker_async(wait=False, concurrency=20, install_signal_handlers=False, listen_notify=False)
        return people / (time.perf_counter() - began)
