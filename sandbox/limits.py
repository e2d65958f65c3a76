"""Slack's rate limits, following the clock: https://docs.slack.dev/apis/web-api/rate-limits ("Rate limits")."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.clock import Clock


@dataclass(frozen=True)
class Rate:
    """So many a minute, and at most `burst` at one moment."""

    per_minute: float
    burst: int = 1


TIER_1, TIER_2, TIER_3, TIER_4 = Rate(1, 1), Rate(20, 20), Rate(50, 50), Rate(100, 100)

# Each method's tier is on its own reference page. apps.connections.open and views.* as measured by their tiers.
SLACK_TIERS: Mapping[str, Rate] = {
    "apps.connections.open": Rate(60, 20),
    "auth.test": Rate(600, 100),
    "chat.delete": TIER_3,
    "chat.postEphemeral": TIER_4,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.open": TIER_3,
    "oauth.v2.access": Rate(600, 100),
    "team.info": TIER_3,
    "users.info": TIER_4,
    "users.list": TIER_2,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.push": TIER_4,
    "views.update": TIER_4,
}


@dataclass(frozen=True)
class Limits:
    """What is limited, and how. `Limits()` limits nothing; `Limits.slack()` is as strict as Slack."""

    methods: Mapping[str, Rate] = field(default_factory=dict)
    post_per_channel: Rate | None = None
    post_per_team: Rate | None = None
    history_page: int | None = None

    @classmethod
    def slack(cls, *, posts_a_minute: float = 240, distributed: bool = False) -> Limits:
        """Slack's own: a message a second in a channel with short bursts, `posts_a_minute` ("several hundred") in
        a workspace, tiers for the rest. `distributed`: an app outside the Marketplace, which may read history
        once a minute, 15 messages at a time."""
        methods = dict(SLACK_TIERS)
        if distributed:
            methods["conversations.history"] = TIER_1
        return cls(
            methods,
            post_per_channel=Rate(60, 3),
            post_per_team=Rate(posts_a_minute, max(1, round(posts_a_minute / 60) * 2)),
            history_page=15 if distributed else None,
        )


class Meter:
    """Counts calls against limits. A refused call does not count."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._empty_at: dict[tuple[str, ...], float] = {}

    def retry_after(self, method: str, team_id: str, channel: str | None = None) -> int | None:
        """None and counted, or the whole seconds to wait (at least 1) as `Retry-After` says them."""
        wanted: list[tuple[tuple[str, ...], Rate]] = []
        if method == "chat.postMessage":
            if self.limits.post_per_channel and channel:
                wanted.append((("post", team_id, channel), self.limits.post_per_channel))
            if self.limits.post_per_team:
                wanted.append((("post", team_id), self.limits.post_per_team))
        elif method in self.limits.methods:
            wanted.append(((method, team_id), self.limits.methods[method]))
        now = self._clock.timestamp()
        after: dict[tuple[str, ...], float] = {}
        wait = 0.0
        for key, rate in wanted:
            each = 60 / rate.per_minute
            empty_at = max(self._empty_at.get(key, 0.0), now)
            wait = max(wait, empty_at - now - each * (rate.burst - 1))
            after[key] = empty_at + each
        if wait > 1e-9:
            return max(1, math.ceil(wait))
        self._empty_at.update(after)
        return None
