"""Killed with SIGKILL at every step of a delivery: nobody is missed, nobody gets anything twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.model import Kind, State
from tests.e2e.killed.bombs import AT_SLACK, STEPS, Bomb, Mark
from tests.e2e.killed.fanout import PLACES, Fanout, Place

PLANNED, SENDING, SENT = State.PLANNED, State.SENDING, State.SENT


@dataclass(frozen=True)
class Moment:
    """How things stood when a worker died: its mark, what had arrived by then, what earlier deaths left in flight."""

    mark: Mark
    arrived: frozenset[str]
    orphans: frozenset[str]

    def none(self, *states: State) -> bool:
        return not self.mark.ids(*states)

    def some(self, state: State) -> bool:
        return bool(self.mark.ids(state))


IMPLIED: dict[str, Callable[[Moment], bool]] = {
    "planning": lambda at: not any(kind == Kind.NUDGE for kind, _ in at.mark.rows.values()),
    "planned": lambda at: at.some(PLANNED) and at.none(SENT),
    "leasing": lambda at: not at.mark.held and at.some(PLANNED) and at.none(SENDING, SENT),
    "leased": lambda at: at.mark.held and at.some(PLANNED) and at.none(SENDING, SENT),
    "claiming": lambda at: at.mark.held and at.some(PLANNED) and at.none(SENDING, SENT),
    "claimed": lambda at: at.mark.held and at.some(SENDING) and at.none(SENT) and not at.arrived,
    "asking": lambda at: at.mark.held and at.some(SENDING) and at.none(SENT) and not at.arrived,
    "writing": lambda at: at.mark.held and at.some(SENDING) and at.none(SENT) and not at.arrived,
    "unkept": lambda at: at.mark.held and at.some(SENDING) and at.none(SENT) and not at.arrived,
    "kept": lambda at: at.mark.held and at.none(SENT) and len(at.arrived & at.mark.ids(SENDING)) == 1,
    "answered": lambda at: at.mark.held and at.none(SENT) and bool(at.arrived & at.mark.ids(SENDING)),
    "recording": lambda at: at.mark.held and at.none(SENT) and bool(at.arrived & at.mark.ids(SENDING)),
    "recorded": lambda at: at.some(SENT) and at.mark.ids(SENT) <= at.arrived,
    "looked": lambda at: at.orphans <= at.mark.ids(SENDING),
    "settling": lambda at: at.orphans <= at.mark.ids(SENDING),
    "settled": lambda at: not at.orphans <= at.mark.ids(SENDING),
    "releasing": lambda at: at.mark.held and at.some(SENT) and at.mark.ids(SENDING) <= at.orphans,
    "released": lambda at: not at.mark.held and at.some(SENT) and at.mark.ids(SENDING) <= at.orphans,
}
"""What each step implies for the rows, and for what stands in the DMs, when a worker dies there."""

CHAINS = (
    ("planning", "planned", "leasing", "leased", "claiming", "claimed"),
    ("asking", "writing"),
    ("unkept",),
    ("kept", "looked", "settling", "settled"),
    ("answered",),
    ("recording", "released"),
    ("recorded", "releasing"),
)
"""Deaths in turn: in one chain each leaves behind what the next one's `IMPLIED` allows."""


def test_every_step_has_its_death() -> None:
    """A step that is added is died at, too."""
    assert set(IMPLIED) == {*STEPS, *AT_SLACK}
    assert sorted(step for chain in CHAINS for step in chain) == sorted(IMPLIED)


_QUICKLY = {(PLACES[0], True), (PLACES[0], False), (PLACES[2], True)}
"""What `make test` has time for; `make soak` dies in all the others, too."""

CELLS = [
    pytest.param(place, scope, marks=() if (place, scope) in _QUICKLY else pytest.mark.soak, id=f"{place}-{name}")
    for place in PLACES
    for scope, name in ((True, "history"), (False, "no history"))
]


@pytest.mark.parametrize(("place", "scope"), CELLS)
@pytest.mark.parametrize("steps", CHAINS, ids=" ".join)
async def test_killed_at(fanout: Fanout, place: Place, steps: tuple[str, ...], scope: bool) -> None:
    """With `im:history` all is sent, once. Without it, what was in flight is `unknown`, and all else is sent, once."""
    if not scope:
        fanout.slack.revoke_scope("im:history")
    fanout.plant(*map(Bomb, steps))
    for _ in range(place.workers):
        fanout.bear()
    in_flight: set[str] = set()
    for number, step in enumerate(steps):
        mark = await fanout.death(number)
        moment = Moment(mark, frozenset(fanout.arrived(before=mark.at)), frozenset(in_flight))
        assert IMPLIED[step](moment) or fanout.starved, f"died at {step}, but {moment}\n{fanout.logs()}"
        in_flight |= mark.ids(SENDING)
        fanout.bear()
    await fanout.settled()
    await fanout.go_home()
    unknown = await fanout.count()
    if scope:
        assert unknown == []
    else:
        assert {row.id for row in unknown} == in_flight or fanout.starved, fanout.logs()
