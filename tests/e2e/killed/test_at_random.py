"""Killed at any statement, at any moment: 0 lost, 0 doubled. ALLY_SEED repeats a run, as far as time lets it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import suppress

import pytest

from tests.e2e.killed.bombs import ANYWHERE, Bomb
from tests.e2e.killed.fanout import PLACES, Fanout, Place

_STEPS_OF_A_ROUND = 40
"""A worker comes to about so many steps while it serves the few members of one round."""
_A_ROUND_S = 0.6
_PATIENCE_S = 20.0


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_a_few_random_kills(fanout: Fanout, place: Place) -> None:
    """Four in each place."""
    await _kill(fanout, place, 4)


@pytest.mark.soak
@pytest.mark.parametrize(("place", "kills"), [(PLACES[0], 200), (PLACES[1], 150), (PLACES[2], 150)], ids=str)
async def test_500_random_kills(fanout: Fanout, place: Place, kills: int) -> None:
    """A day of bad luck."""
    await _kill(fanout, place, kills)


async def _kill(fanout: Fanout, place: Place, kills: int) -> None:
    seed = int(os.environ.get("ALLY_SEED") or random.SystemRandom().randrange(10**6))
    print(f"{place}: {kills} kills, ALLY_SEED={seed}")  # noqa: T201
    rng = random.Random(seed)  # noqa: S311
    fanout.plant(*(Bomb(ANYWHERE, rng.randint(1, _STEPS_OF_A_ROUND)) for _ in range(kills)))
    for _ in range(kills):
        await fanout.invite(rng.randint(1, 4), every_nth_checks_in=4)
        while len(fanout.alive) < place.workers:
            fanout.bear()
        # Most die at a step of their own making, so that no step is too short to be met; some at any moment.
        patience_s = _PATIENCE_S if rng.random() < 2 / 3 else rng.uniform(0, _A_ROUND_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while len(fanout.alive) == place.workers:  # noqa: ASYNC110 — other processes ring no bell of ours
                    await asyncio.sleep(0.01)
        if len(fanout.alive) == place.workers:
            victim = rng.choice(fanout.alive)
            victim.send(signal.SIGKILL)
            await victim.end()
    ended = [life.ended for life in fanout.lives if life.ended is not None]
    assert len(ended) >= kills
    assert set(ended) == {-signal.SIGKILL}, fanout.logs()
    fanout.plant()
    fanout.bear()
    await fanout.settled()
    await fanout.go_home()
    assert await fanout.count() == [], f"ALLY_SEED={seed}"
