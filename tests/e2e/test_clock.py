"""The clock is set forward and back: at most one for each local date, none missed, and the ledger says why."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine

from bot.app import House, Role, utc_now
from bot.model import Kind
from bot.storage.ledger import deliveries
from sandbox import Slack
from tests.conftest import MONDAY
from tests.e2e.conftest import Open, opened
from tests.e2e.crowd import BY_HAND, SENT, bears, crowd, enrol, fates, messages, settled, step, waiting

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
DUE = timedelta(hours=1, minutes=30)


class Watch:
    """The house's own clock: Slack's, and by how much it was set."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self.off = timedelta()

    def now(self) -> datetime:
        """What it shows (UTC)."""
        return self._slack.clock.now() + self.off


@pytest.fixture
def watch(slack: Slack) -> Watch:
    """It is right, to begin with."""
    return Watch(slack)


Build = Callable[..., Awaitable[House]]


@pytest.fixture
def worker(open_house: Open, tmp_path: Path, watch: Watch) -> Build:
    """Opens `ally worker` on SQLite with a clock of its own, that looks when it is told to."""

    async def build(catch_up: str = "3h") -> House:
        url = f"sqlite:///{tmp_path}/ally.db"
        return await open_house(url, role=Role.WORKER, tempo=BY_HAND, clock=watch.now, ALLY_CATCH_UP=catch_up)

    return build


MON, TUE, WED = (date(2026, 11, day) for day in (23, 24, 25))

MORNING, MIDNIGHT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
HALF = 2 * QUARTER

Jumps = dict[datetime, timedelta]
"""By how much the clock is set when a clock that was never touched shows that moment."""


@pytest.mark.parametrize(
    ("jumps", "catch_up"),
    [
        pytest.param({MORNING - QUARTER: HOUR}, "3h", id="forward over the due moment"),
        pytest.param({MORNING - QUARTER: HOUR}, "20m", id="forward over the due moment, and too late"),
        pytest.param({MORNING: HOUR}, "20m", id="forward at the due moment, and too late"),
        pytest.param({MORNING: -HOUR}, "3h", id="back at the due moment"),
        pytest.param({MORNING + HALF: -HOUR}, "20m", id="back over the due moment"),
        pytest.param({MIDNIGHT - HALF: HOUR}, "3h", id="forward over midnight"),
        pytest.param({MIDNIGHT - HALF: HOUR}, "20m", id="forward over midnight, and too late"),
        pytest.param({MIDNIGHT + HALF: -HOUR}, "3h", id="back over midnight"),
        pytest.param({MIDNIGHT: -HOUR}, "20m", id="back at midnight"),
        pytest.param({MORNING - QUARTER: HOUR, MORNING: -HOUR}, "3h", id="forward and back again"),
        pytest.param({MORNING + QUARTER: -HOUR, MIDNIGHT - QUARTER: HOUR}, "20m", id="back and forward again"),
    ],
)
async def test_an_hour_in_the_middle_of_the_day(
    slack: Slack, watch: Watch, worker: Build, jumps: Jumps, catch_up: str
) -> None:
    """Two days of looking every quarter of an hour: each due moment that the clock has shown is one row, at its own
    wall time, sent unless the clock jumped further past it than the catch-up window; each `sent` is one message."""
    house = await worker(catch_up)
    team = slack.team()
    people = {
        team.add_person("morning"): time(9, 30),
        team.add_person("night"): time(23, 45),
        team.add_person("small-hours"): time(0, 15),
        team.add_person("kolkata", tz="Asia/Kolkata"): time(15, 0),
    }
    for person, at in people.items():
        await enrol(house.db, person, house.clock(), at)
    await bears(house.db, team.id, house.clock())
    looks: list[datetime] = []
    while slack.clock.now() < datetime(2026, 11, 25, 2, tzinfo=UTC):
        if slack.clock.now().hour in (0, 1, 8, 9, 10, 11, 22, 23):  # in between nothing is due, whatever the clock says
            looks.append(watch.now())
            if await house.worker.plan() or await waiting(house.db):
                await step(house)
        slack.clock.advance(QUARTER)
        watch.off += jumps.get(slack.clock.now(), timedelta())
    window = timedelta(hours=3) if catch_up == "3h" else timedelta(minutes=20)
    ledger = [row for row in await deliveries(house.db) if row.kind is Kind.NUDGE]
    for person, at in people.items():
        rows = {row.local_date: row for row in ledger if row.user == person.id}
        moments = {
            day: datetime.combine(day, at, tzinfo=ZoneInfo(person.user.tz)).astimezone(UTC) for day in (MON, TUE, WED)
        }
        passed = {day: moment for day, moment in moments.items() if MONDAY < moment <= max(looks)}
        assert {day: row.due_at for day, row in rows.items()} == passed
        for day, moment in passed.items():
            noticed = next(look for look in looks if look >= moment)
            late = noticed - moment > window
            assert (str(rows[day].state), rows[day].reason) == (("skipped", "late") if late else SENT)
        assert len(person.dm_messages) == sum(row.state == "sent" for row in rows.values())


@pytest.mark.parametrize(
    ("by", "catch_up", "rest"),
    [(-HOUR, "3h", SENT), (HOUR, "3h", SENT), (HOUR, "30m", ("skipped", "late"))],
)
async def test_amid_a_fan_out(
    slack: Slack, watch: Watch, worker: Build, by: timedelta, catch_up: str, rest: tuple[str, str | None]
) -> None:
    """Set back, the rest waits till the clock shows the moment again; set forward, it is late, or too late."""
    house = await worker(catch_up)
    people = await crowd(slack, house.db, house.clock(), 20, rate=20)
    slack.clock.advance(DUE)
    fan_out = asyncio.create_task(step(house))
    await people[0].until(lambda: messages(people)[1] >= 5, "sees a fan-out begin")
    watch.off = by
    await fan_out
    reached = messages(people)[1]
    assert (reached < 20) == (by < timedelta() or rest != SENT)
    slack.clock.advance(HOUR + timedelta(minutes=1))
    await settled(slack, house)
    assert await fates(house.db) == Counter([SENT] * reached + [rest] * (20 - reached))
    assert messages(people) == ({1: 20} if rest == SENT else {1: reached, 0: 20 - reached})


@pytest.mark.parametrize("ahead", [HOUR + timedelta(seconds=5), timedelta(days=2)])
async def test_a_lost_answer_while_slack_has_another_time(
    slack: Slack, watch: Watch, worker: Build, ahead: timedelta
) -> None:
    """The house's clock is far ahead of Slack's: a message that arrived is found all the same, and not sent again."""
    house = await worker()
    watch.off = ahead
    people = await crowd(slack, house.db, house.clock(), 3, at=(house.clock() + QUARTER).time())
    slack.faults.add("chat.postMessage", cut=True, after=True, times=3)
    slack.clock.advance(QUARTER)
    await settled(slack, house)
    assert messages(people) == {1: 3}
    assert await fates(house.db) == {SENT: 3}


async def test_the_system_clock_is_set_back(encryption_key: str, small_content: Path, tmp_path: Path) -> None:
    """The house goes on looking: what falls due by the clock as it now stands comes then, and not an hour later."""
    with time_machine.travel(MONDAY, tick=True) as traveller:
        async with (
            Slack.start(wait_s=10) as slack,
            opened(
                slack, f"sqlite:///{tmp_path}/ally.db", encryption_key, "socket mode", Role.WORKER, clock=utc_now,
                ALLY_CONTENT=str(small_content),
            ) as house,
        ):  # fmt: skip
            mina, asha = slack.person("mina"), slack.person("asha")
            await enrol(house.db, mina, utc_now(), time(9, 30))
            traveller.shift(DUE)
            await mina.until(lambda: mina.dm_messages, "gets her nudge")
            traveller.shift(-HOUR)
            await enrol(house.db, asha, utc_now(), time(14, 5))  # Kolkata; 08:35 in London
            traveller.shift(timedelta(minutes=5))
            await asha.until(lambda: asha.dm_messages, "gets hers")
            traveller.shift(HOUR)
            await house.worker.idle()
            assert await fates(house.db) == {SENT: 2}
            assert messages([mina, asha]) == {1: 2}
