"""How this Slack behaves towards the bot: well, slow, rate-limited, broken or down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.limits import SLACK_TIERS, Limits, Rate
from sandbox.world import Change

if TYPE_CHECKING:
    from sandbox.slack import Slack

MOODS = ("well", "slow", "limited", "broken", "down")
_SLOW_S = 2.0  # of the three within which Slack wants an acknowledgement
_SCARCE = Rate(4, 2)


class Mood:
    """The switch."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self.name = "well"

    async def set(self, name: str) -> None:
        """Behave like that from now on. LookupError for a mood that is none."""
        if name not in MOODS:
            raise LookupError(f"no mood is called {name}")
        self._slack.come_back()
        self._slack.set_limits(Limits())
        self.name = name
        if name == "slow":
            self._slack.faults.add(delay_s=_SLOW_S)
        elif name == "limited":
            self._slack.set_limits(Limits(dict.fromkeys(SLACK_TIERS, _SCARCE), post_per_team=_SCARCE))
        elif name == "broken":
            self._slack.faults.add(status=500)
        elif name == "down":
            await self._slack.go_down()
        self._slack.world.tell(Change("mood"))
