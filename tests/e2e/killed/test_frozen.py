"""A worker that stands still past its lease (SIGSTOP), and goes on (SIGCONT) when another has its work."""

from __future__ import annotations

import signal
import time

import pytest

from tests.e2e.killed.bombs import Bomb, read_mark
from tests.e2e.killed.fanout import LEASE_S, PLACES, Fanout, Place

_LOOK_S = 0.2
_START_S = 2.0  # a busy machine


@pytest.mark.parametrize("place", [Place("postgresql", 2)], ids=str)
@pytest.mark.parametrize(("step", "late_at_most"), [("asking", 0), ("writing", 1)])
async def test_a_frozen_worker_sends_only_what_it_was_writing(
    fanout: Fanout, place: Place, step: str, late_at_most: int
) -> None:
    """Stopped past its lease, while another takes over within one lease: nothing that was not on its way to the socket
    is written after it wakes; where it was stopped in the middle of a write, that one request is."""
    fanout.plant(Bomb(step, 7, signal.SIGSTOP))
    for _ in range(place.workers):
        fanout.bear()
    file = fanout.folder / "marks" / "0"
    await fanout.until(file.exists, "nobody came to the seventh request")
    mark = read_mark(file)
    await fanout.settled()
    takeover_s = min(post.at for post in fanout.posts if post.sender != mark.pid) - mark.at
    assert takeover_s < LEASE_S + _LOOK_S + _START_S or fanout.starved
    (frozen,) = [life for life in fanout.alive if life.pid == mark.pid]
    fanout.slack.faults.clear()  # what it writes now is seen at once
    woken = time.time()
    frozen.send(signal.SIGCONT)
    await fanout.until(lambda: "lease_lost" in frozen.log, "it did not notice")
    await fanout.go_home()
    late = [post for post in fanout.posts if post.sender == mark.pid and post.at > woken]
    gap_s = max((post.at for post in late), default=woken) - woken
    print(f"takeover {takeover_s:.2f} s; {len(late)} written late, within {1000 * gap_s:.0f} ms of waking")  # noqa: T201
    assert {id_ for id_, times in fanout.arrived().items() if times > 1} <= {post.delivery for post in late}
    assert len(late) <= late_at_most


@pytest.mark.parametrize("place", PLACES[:1], ids=str)
async def test_a_frozen_worker_on_sqlite_keeps_others_out_until_it_is_killed(fanout: Fanout, place: Place) -> None:
    """The lock is the operating system's: it outlasts sleep, and dies with its process."""
    fanout.plant(Bomb("asking", 3, signal.SIGSTOP))
    frozen = fanout.bear()
    await fanout.until((fanout.folder / "marks" / "0").exists, "nobody came to the third request")
    second = fanout.bear()
    assert await second.end() == 2
    assert "on SQLite there can be one" in second.log
    frozen.send(signal.SIGKILL)
    assert await frozen.end() == -signal.SIGKILL
    fanout.bear()
    await fanout.settled()
    await fanout.go_home()
    assert await fanout.count() == []
