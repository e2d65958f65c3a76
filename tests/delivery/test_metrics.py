"""The metrics agree with the ledger: every row planned and every end is counted once, by whatever path it came."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from bot.delivery.plan import plan_step
from bot.model import State
from bot.storage.ledger import deliveries
from bot.storage.members import leave, pause
from sandbox import Slack
from tests.delivery.office import Office
from tests.delivery.test_plan import LIBRARY, rules
from tests.delivery.test_worker import round_of, second_team, worker


def counted(office: Office, *states: State) -> Counter[tuple[str, str | None]]:
    """What `ally_deliveries_total` says, by state and reason."""
    found: Counter[tuple[str, str | None]] = Counter()
    for family in office.means.metrics.registry.collect():
        for sample in family.samples:
            if sample.name == "ally_deliveries_total" and sample.labels["state"] in states:
                found[sample.labels["state"], sample.labels["reason"] or None] += int(sample.value)
    return found


def value(office: Office, name: str, **labels: str) -> float | None:
    """A gauge."""
    return office.means.metrics.registry.get_sample_value(name, labels)


async def test_every_end_is_counted_once(office: Office, slack: Slack) -> None:
    """Swallowed at planning and at the last look, sent, failed, settled, revoked: the counts are the ledger's."""
    for name in ("mina", "joel", "asha", "paused", "leaver"):
        await office.member(name)
    await pause(office.db, office.people["paused"], None, office.means.clock())
    noting = rules(LIBRARY)
    noting = type(noting)(
        noting.library, noting.catch_up, noting.is_holiday, noting.new_id, office.means.metrics.delivery
    )
    assert await plan_step(office.db, noting, office.means.clock()) == 5
    assert counted(office, State.PLANNED) == {("planned", None): 4}
    await leave(office.db, office.people["leaver"], office.means.clock())
    slack.faults.add("chat.postMessage", error="user_not_found", times=1)
    slack.faults.add("chat.postMessage", status=500, after=True, times=1)
    await round_of(worker(office))
    slack.clock.advance(timedelta(seconds=31))
    await round_of(worker(office))
    await second_team(office, slack, token="xoxb-revoked")
    await round_of(worker(office))
    rows = Counter((str(row.state), row.reason) for row in await deliveries(office.db))
    assert counted(office, State.SENT, State.SKIPPED, State.FAILED) == rows
    assert {reason for _, reason in rows} == {None, "paused", "left", "user_not_found", "revoked"}


async def test_the_queue_is_measured(office: Office, slack: Slack) -> None:
    """How many wait, since when, and how late the last will be at this pace; nought once all is sent."""
    await office.due(*(f"p{number}" for number in range(6)))
    await office.leave_pace(2.0)
    slack.clock.advance(timedelta(seconds=30))
    one = worker(office)
    await one.measure()
    assert value(office, "ally_queue", state="planned") == 6
    assert value(office, "ally_queue", state="sending") == 0
    assert 30 <= (value(office, "ally_queue_oldest_seconds") or 0) <= 31
    assert 33 <= (value(office, "ally_queue_last_late_seconds") or 0) <= 34
    await office.leave_pace(400.0)
    await round_of(one)
    await one.measure()
    for name in ("ally_queue_oldest_seconds", "ally_queue_last_late_seconds", "ally_leases"):
        assert value(office, name) == 0
    assert value(office, "ally_queue", state="planned") == 0
