"""Pace: as fast as Slack takes it, never above the ceiling, never before `Retry-After`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.pace import FIELD_RATE, Pace, lateness, rate_now

WINDOW_S = 0.02


def test_it_begins_gently_and_rises() -> None:
    """Without knowing better it starts at two a second, and every accepted message makes it quicker."""
    pace = Pace(None, 0, None, 0)
    assert pace.rate == 2
    before = pace.rate
    for _ in range(50):
        pace.accepted()
        assert pace.rate > before
        before = pace.rate
    assert before > 100


def test_it_goes_on_where_its_predecessor_stopped() -> None:
    """A rate found before is kept, and approached gently from there."""
    pace = Pace(4.0, 0, None, 0)
    pace.accepted()
    assert 4 < pace.rate < 4.1


def test_a_burst_of_refusals_halves_once() -> None:
    """Twenty posts in flight may all come back with 429: that is one refusal, and the longest wait counts."""
    pace = Pace(40.0, 0, None, 0)
    for at in range(20):
        pace.refused(at / 100, 3)
    assert pace.rate == 20
    assert pace.hold_s(0.19) == pytest.approx(3)
    pace.refused(0.2, 1)
    assert pace.hold_s(0.2) == pytest.approx(2.99)
    pace.refused(10, 1)
    assert pace.rate == 10


def test_it_never_stops_altogether() -> None:
    """However often Slack refuses, one message in five seconds is still tried."""
    pace = Pace(None, 0, None, 0)
    for turn in range(100):
        pace.refused(turn * 10, 1)
    assert pace.rate == pytest.approx(0.2)


def test_after_the_first_refusal_it_rises_gently() -> None:
    """The limit is near once it was met."""
    pace = Pace(None, 0, None, 0)
    pace.refused(0, 1)
    before = pace.rate
    pace.accepted()
    assert pace.rate - before < 0.05


def test_nothing_before_retry_after_is_over() -> None:
    """Not a millisecond before the moment Slack named, also at the edge; at it, one."""
    pace = Pace(100.0, 0, None, 0)
    pace.refused(0, 5)
    assert pace.wait_s(0) == 5
    assert pace.allowance(4.999, WINDOW_S) == 0
    assert pace.allowance(5, WINDOW_S) >= 1


def test_a_hold_is_inherited() -> None:
    """What the last holder was told is waited for; a moment long past is none."""
    pace = Pace(10.0, 7, None, 100)
    assert pace.allowance(106.99, WINDOW_S) == 0
    assert pace.hold_s(103) == pytest.approx(4)
    assert pace.allowance(107, WINDOW_S) >= 1
    assert Pace(10.0, -7, None, 100).allowance(100, WINDOW_S) >= 1


@pytest.mark.parametrize("ceiling", [0.05, 1.0, 30.0])
def test_the_ceiling_holds_from_the_start(ceiling: float) -> None:
    """Neither an inherited rate nor any number of accepted messages lifts it above the ceiling."""
    pace = Pace(500.0, 0, ceiling, 0)
    assert pace.rate == ceiling
    for _ in range(50):
        pace.accepted()
    pace.refused(0, 1)
    assert pace.rate <= ceiling


EVENTS = st.lists(
    st.tuples(
        st.floats(0, 2, allow_nan=False),
        st.sampled_from(["look", "look", "look", "accepted", "refused"]),
        st.integers(0, 30),
    ),
    max_size=80,
)


@given(EVENTS, st.one_of(st.none(), st.floats(0.2, 300)), st.one_of(st.none(), st.floats(0.1, 60)), st.floats(0, 9))
@settings(max_examples=100, deadline=None)
def test_the_promises_hold_whatever_slack_answers(
    events: list[tuple[float, str, int]], rate: float | None, ceiling: float | None, hold: float
) -> None:
    """Never above the ceiling over any span, never inside a `Retry-After`, and always a next time."""
    pace = Pace(rate, hold, ceiling, 0.0)
    now, quiet_until = 0.0, hold
    started: list[tuple[float, int]] = []
    for passed, what, seconds in events:
        now += passed
        if what == "accepted":
            pace.accepted()
        elif what == "refused":
            pace.refused(now, float(seconds))
            quiet_until = max(quiet_until, now + seconds)
        else:
            count = pace.allowance(now, WINDOW_S)
            assert count >= 0
            assert count == 0 or now >= quiet_until
            pace.started(count, now)
            started.append((now, count))
        assert 0 < pace.rate <= (ceiling or 1000)
        assert pace.allowance(now + pace.wait_s(now) + 1e-6, WINDOW_S) >= 1
    if ceiling is None:
        return
    for index, (begin, _) in enumerate(started):
        total = 0
        for at, count in started[index:]:
            total += count
            assert total <= ceiling * (at - begin + 2 * WINDOW_S) + 2 + 1e-6


def test_how_late_a_cohort_will_be() -> None:
    """One after the other at the pace; a gap between cohorts lets the queue run empty."""
    half_past, ten = datetime(2026, 11, 23, 9, 30, tzinfo=UTC), datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    late = list(lateness([ten, *[half_past] * 4], 2.0))
    assert late == [timedelta(seconds=half / 2) for half in range(4)] + [timedelta(0)]
    everybody = list(lateness([half_past] * 10_000, FIELD_RATE))
    assert timedelta(minutes=43) < everybody[-1] < timedelta(minutes=44)


@pytest.mark.parametrize(
    ("noted", "ceiling", "rate"), [(None, None, FIELD_RATE), (8.0, None, 8.0), (8.0, 1.0, 1.0), (None, 1.0, 1.0)]
)
def test_the_rate_to_reckon_with(noted: float | None, ceiling: float | None, rate: float) -> None:
    """What the last holder noted, else what Slack was seen to take; never above the ceiling."""
    assert rate_now(noted, ceiling) == rate
