"""Events that no press of a person's causes: changed profiles, newcomers, the app removed."""

from __future__ import annotations

from sandbox import shapes
from sandbox.dispatch import Dispatcher
from sandbox.responses import installed
from sandbox.transport import Ack
from sandbox.world import JsonObject, Team, World


class Events:
    """Tells the app of what happened in a workspace."""

    def __init__(self, world: World, dispatcher: Dispatcher) -> None:
        self._world = world
        self._dispatcher = dispatcher

    async def user_change(self, team: Team, user_id: str) -> Ack | None:
        """Tell the app that somebody's profile changed."""
        user = shapes.user_json(team.users[user_id], self._world.clock.now(), locale=True)
        event = {"type": "user_change", "user": user, "cache_ts": int(self._world.clock.timestamp())}
        return await self._dispatcher.event("user_change", team, event)

    async def team_join(self, team: Team, user_id: str) -> Ack | None:
        """Tell the app that somebody joined the workspace, if it subscribed to that."""
        user = shapes.user_json(team.users[user_id], self._world.clock.now(), locale=True)
        event = {"type": "team_join", "user": user}
        return await self._dispatcher.event("team_join", team, event)

    async def uninstall(self, team: Team, order: tuple[str, ...] = ("app_uninstalled", "tokens_revoked")) -> None:
        """Remove the app from a workspace; Slack sends the two events in either order."""
        installation = installed(team)
        self._world.set_installation(team.id, standing="uninstalled")
        for name in order:
            event: JsonObject = {"type": name}
            if name == "tokens_revoked":
                event["tokens"] = {"oauth": [], "bot": [installation.bot_user]}
            await self._dispatcher.event(name, team, event)

    async def revoke_tokens(self, team: Team) -> Ack | None:
        """Revoke the bot's token alone."""
        installation = self._world.set_installation(team.id, standing="revoked")
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [installation.bot_user]}}
        return await self._dispatcher.event("tokens_revoked", team, event)
