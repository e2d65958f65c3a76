"""Who calls a Web API method, and what that lets them do."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import SlackError
from sandbox.world import SLACKBOT, Installation, Team, World


@dataclass(frozen=True)
class Caller:
    """Whose token it was. `installation` is None for the app's own (xapp) token and where none is needed."""

    installation: Installation | None = None
    basic: tuple[str, str] | None = None


def identify(world: World, token: str | None) -> Caller:
    """Whose token this is. Raises SlackError `not_authed`, `invalid_auth`, `token_revoked`, `account_inactive`."""
    if not token:
        raise SlackError("not_authed")
    if token == world.app.app_token:
        return Caller()
    for team in world.teams.values():
        if team.installation and team.installation.token == token:
            if team.installation.standing == "revoked":
                raise SlackError("token_revoked")
            if team.installation.standing == "uninstalled":
                raise SlackError("account_inactive")
            return Caller(team.installation)
    raise SlackError(world.dead_tokens.get(token, "invalid_auth"))


def team_of(world: World, caller: Caller) -> tuple[Team, Installation]:
    """The workspace a bot token is for."""
    if caller.installation is None:
        raise SlackError("not_allowed_token_type")
    return world.teams[caller.installation.team_id], caller.installation


def provided(installation: Installation | None) -> str:
    """The scopes granted, as Slack lists them."""
    return ",".join(sorted(installation.scopes)) if installation else ""


def missing_scope(needed: str, installation: Installation | None) -> SlackError:
    """Slack's answer where a scope was not granted."""
    return SlackError("missing_scope", needed=needed, provided=provided(installation))


def check_reachable(team: Team, user_id: str, unknown: str = "user_not_found") -> None:
    """Whether the bot can have a DM with that person; `unknown` is the error for nobody."""
    user = team.users.get(user_id)
    if user is None:
        raise SlackError(unknown)
    if user.is_bot or user.id == SLACKBOT:
        raise SlackError("cannot_dm_bot")
    if user.deleted:
        raise SlackError("user_disabled")
