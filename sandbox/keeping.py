"""Keeping a Slack between two runs: everything that Slack itself would keep, as one JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.world import Channel, Installation, JsonObject, Message, Team, User, View, World

VERSION = 1


class CannotRead(Exception):
    """What was kept does not fit this version; delete the folder to start anew."""


def save(file: Path, world: World, more: JsonObject) -> None:
    """Write the world, its time and `more`. Whole or not at all: a crash leaves the file of before."""
    whole = {
        "version": VERSION,
        "ahead_s": world.clock.ahead.total_seconds(),
        "count": world.count,
        "last_ts": world.last_ts,
        "teams": [_team_json(team) for team in world.teams.values()],
        "more": more,
    }
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    os.replace(draft, file)


def restore(file: Path, world: World) -> JsonObject:
    """Put back what was saved and return `more`. What Slack forgets on a reload (ephemeral messages, open modals)
    stays forgotten, as do response_urls and triggers. Raises CannotRead."""
    try:
        whole = json.loads(file.read_text(encoding="utf-8"))
        if whole["version"] != VERSION:
            raise CannotRead
        teams = [_team(one) for one in whole["teams"]]
        ahead, more = timedelta(seconds=whole["ahead_s"]), dict(whole["more"])
        world.count, world.last_ts = int(whole["count"]), int(whole["last_ts"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CannotRead from error
    world.teams.clear()
    world.teams.update({team.id: team for team in teams})
    world.rng.seed()  # the first run's words and ids must not come a second time
    if ahead > world.clock.ahead:
        world.clock.advance(ahead - world.clock.ahead)
    return more


def _team_json(team: Team) -> JsonObject:
    homes = set(team.homes.values())
    return {
        "id": team.id,
        "name": team.name,
        "domain": team.domain,
        "users": [asdict(user) for user in team.users.values()],
        "channels": [{**asdict(c), "members": sorted(c.members)} for c in team.channels.values()],
        "messages": {channel: [asdict(m) for m in messages] for channel, messages in team.messages.items()},
        "views": [asdict(view) for view in team.views.values() if view.id in homes],
        "homes": team.homes,
        "dms": team.dms,
        "message_state": [[ts, user, state] for (ts, user), state in team.message_state.items()],
        "installation": _installation_json(team.installation),
    }


def _installation_json(installation: Installation | None) -> JsonObject | None:
    return None if installation is None else {**asdict(installation), "scopes": sorted(installation.scopes)}


def _team(kept: Any) -> Team:
    team = Team(kept["id"], kept["name"], kept["domain"])
    team.users = {one["id"]: User(**one) for one in kept["users"]}
    team.channels = {one["id"]: Channel(**{**one, "members": frozenset(one["members"])}) for one in kept["channels"]}
    team.messages = {
        channel: [Message(**{**one, "blocks": tuple(one["blocks"])}) for one in messages]
        for channel, messages in kept["messages"].items()
    }
    team.views = {one["id"]: View(**one) for one in kept["views"]}
    team.homes, team.dms = dict(kept["homes"]), dict(kept["dms"])
    team.message_state = {(ts, user): state for ts, user, state in kept["message_state"]}
    if (found := kept["installation"]) is not None:
        team.installation = Installation(**{**found, "scopes": frozenset(found["scopes"])})
    return team
