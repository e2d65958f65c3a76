"""One workspace as tests handle it: its people, its scopes, the app in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.events import Events
from sandbox.people import Person
from sandbox.world import Installation, Team, User, World


class Workspace:
    """One workspace: its token, and the people in it."""

    def __init__(self, team: Team, world: World, events: Events, person: Callable[[str], Person]) -> None:
        self._team = team
        self._world = world
        self._events = events
        self._person = person

    @property
    def id(self) -> str:
        """The team's id."""
        return self._team.id

    @property
    def state(self) -> Team:
        """Everything kept of it."""
        return self._team

    @property
    def installation(self) -> Installation:
        """The app in it. LookupError if it was never installed."""
        if self._team.installation is None:
            raise LookupError(f"the app is not in {self._team.id}")
        return self._team.installation

    @property
    def bot_token(self) -> str:
        """The token of the bot in this workspace."""
        return self.installation.token

    def person(self, who: str) -> Person:
        """Someone by name or user id; the same Person every time. LookupError for nobody."""
        return self._person(who)

    def add_person(self, name: str, *, tz: str = "Europe/London", user_id: str | None = None, **more: Any) -> Person:
        """Someone new. `more` are fields of User, such as `deleted` or `locale`."""
        real_name = more.pop("real_name", name.title())
        user = User(user_id or self._world.new_id("U"), self._team.id, name, real_name, tz, **more)
        self._world.add_user(user)
        return self.person(user.id)

    async def joins(self, name: str, *, tz: str = "Europe/London", **more: Any) -> Person:
        """Someone new, of whom the app is told if it subscribed to `team_join`."""
        person = self.add_person(name, tz=tz, **more)
        await self._events.team_join(self._team, person.id)
        return person

    async def change_user(self, who: str, **changes: Any) -> None:
        """Change someone's profile and send `user_change`."""
        person = self.person(who)
        self._world.change_user(self._team.id, person.id, **changes)
        await self._events.user_change(self._team, person.id)

    def grant_scope(self, *scopes: str) -> None:
        """Give the app scopes."""
        self._world.set_installation(self._team.id, scopes=self.installation.scopes | set(scopes))

    def revoke_scope(self, *scopes: str) -> None:
        """Take scopes from the app."""
        self._world.set_installation(self._team.id, scopes=self.installation.scopes - set(scopes))

    def invite_bot(self, channel: str = "general") -> None:
        """Make the bot a member of a channel."""
        found = next(c for c in self._team.channels.values() if channel in (c.id, c.name))
        self._team.channels[found.id] = replace(found, members=found.members | {self.installation.bot_user})

    def install(self) -> Installation:
        """Put the app into this workspace (again)."""
        return self._world.install(self._team.id)

    async def uninstall(self, *, tokens_first: bool = False) -> None:
        """Remove the app; sends `app_uninstalled` and `tokens_revoked`, in this order unless `tokens_first`."""
        order = ("tokens_revoked", "app_uninstalled") if tokens_first else ("app_uninstalled", "tokens_revoked")
        await self._events.uninstall(self._team, order)

    async def revoke_tokens(self) -> None:
        """Revoke the bot's token; sends `tokens_revoked`."""
        await self._events.revoke_tokens(self._team)
