"""Answers to commands and presses: the response_url, and what stands in an acknowledgement.

"Handling user interaction in your Slack apps" and "Implementing slash commands" in Slack's docs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.chat import POST_CHARACTERS, message_content
from sandbox.errors import PersonError, SlackError
from sandbox.world import (
    RESPONSE_URL_LIVES,
    RESPONSE_URL_USES,
    Channel,
    Installation,
    JsonObject,
    Message,
    ResponseUrl,
    Team,
    World,
)


class Responses:
    """Hands out response_urls and takes what is sent there. `refused` lists what an app sent there, or in an
    acknowledgement, that Slack would refuse, where it shows a person trouble at most."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.base_url = ""
        self.refused: list[str] = []

    def new_url(self, kind: str, team: Team, user_id: str, channel: Channel, message: Message | None = None) -> str:
        """A response_url for a `commands` or `actions` payload; `message` is what was pressed in."""
        allowed = ResponseUrl(
            team.id,
            channel.id,
            user_id,
            self._world.clock.now() + RESPONSE_URL_LIVES,
            message.ts if message else None,
            bool(message and message.ephemeral_to),
        )
        return self.base_url + self._world.new_response_url(kind, allowed)

    def respond(self, path: str, body: Any) -> tuple[int, JsonObject | str]:
        """A post to a response_url: the HTTP status and body Slack answers."""
        allowed = self._world.response_urls.get(path)
        if allowed is None:
            return 404, {"ok": False, "error": "invalid_url"}
        if self._world.clock.now() >= allowed.expires_at:
            return 404, {"ok": False, "error": "expired_url"}
        if allowed.uses >= RESPONSE_URL_USES:
            return 404, {"ok": False, "error": "used_url"}
        team = self._world.teams[allowed.team_id]
        if team.installation is None or team.installation.standing != "active":
            return 404, {"ok": False, "error": "invalid_url"}
        if not isinstance(body, dict):
            return 400, {"ok": False, "error": "invalid_payload"}
        channel = team.channels[allowed.channel]
        original = (
            self._world.find_ephemeral(team, allowed.user, allowed.message_ts)
            if allowed.ephemeral
            else self._world.find_message(team, channel.id, allowed.message_ts)
        )
        try:
            self.show(team, allowed.user, channel, body, "response_url", original, allowed)
        except SlackError as error:
            self.refuse("a response_url", error)
            return 400, error.answer()
        self._world.response_urls[path] = replace(allowed, uses=allowed.uses + 1)
        return 200, "ok"

    def show(
        self,
        team: Team,
        user_id: str,
        channel: Channel,
        body: JsonObject,
        source: str,
        original: Message | None = None,
        allowed: ResponseUrl | None = None,
    ) -> None:
        """Do what an answer says: show it to one or all, replace or delete the original. Raises SlackError."""
        kind = body.get("response_type", "ephemeral")
        if kind not in ("ephemeral", "in_channel"):
            raise SlackError("invalid_response_type")
        if body.get("delete_original") is True:
            if original is not None:
                self._world.change_message(original, None)
            return
        text, blocks = message_content(self._world, body, POST_CHARACTERS)
        if body.get("replace_original") is True and allowed is not None and allowed.message_ts is not None:
            if original is not None:
                edited = None if blocks or original.ephemeral_to else self._world.new_ts()
                new = replace(original, text=text, blocks=blocks, edited_ts=edited)
                self._world.change_message(original, new)
            return
        installation = installed(team)
        self._world.keep(
            Message(
                team.id,
                channel.id,
                self._world.new_ts(),
                installation.bot_user,
                text,
                blocks,
                bot_id=installation.bot_id,
                thread_ts=body.get("thread_ts"),
                ephemeral_to=user_id if kind == "ephemeral" else None,
                source=source,
            )
        )

    def refuse(self, what: str, error: SlackError) -> None:
        """Note something that Slack refuses without the app being told."""
        messages = error.extra.get("response_metadata", {}).get("messages", [])
        self.refused.append(": ".join([what, error.code, *messages]))


def is_installed(team: Team) -> bool:
    """Whether the app is in the workspace (its token may be dead)."""
    return team.installation is not None and team.installation.standing != "uninstalled"


def installed(team: Team) -> Installation:
    """The app in the workspace; PersonError if it is not there."""
    if team.installation is None:
        raise PersonError("the app is not in this workspace")
    return team.installation
