"""chat.*: posting, updating and deleting messages, with Slack's rules for what may stand where."""

from __future__ import annotations

import json
from dataclasses import replace

from sandbox import blockkit, shapes
from sandbox.callers import Caller, check_reachable, team_of
from sandbox.errors import SlackError
from sandbox.world import Channel, Installation, JsonObject, Message, Team, World

POST_CHARACTERS = 40_000  # "chat.postMessage": the text field cannot exceed 40,000 characters
UPDATE_CHARACTERS = 4_000  # "chat.update": longer text is refused with msg_too_long


class Chat:
    """What the bot says."""

    def __init__(self, world: World) -> None:
        self.world = world

    def _channel_to_post(self, team: Team, installation: Installation, named: str) -> Channel:
        if named[:1] in ("U", "W"):
            # "chat.postMessage": a user id as `channel` posts to that person's DM
            check_reachable(team, named, unknown="channel_not_found")
            self._messages_tab()
            return self.world.dm(team, named)
        by_name = (c for c in team.channels.values() if not c.is_im and named in (c.name, f"#{c.name}"))
        channel = team.channels.get(named) or next(by_name, None)
        if channel is None:
            raise SlackError("channel_not_found")
        if channel.is_im:
            self._messages_tab()
            if team.users[channel.user].deleted:
                # Slack has been seen to take such a message and show it to nobody; the stricter answer is safer
                raise SlackError("user_disabled")
        elif installation.bot_user not in channel.members and "chat:write.public" not in installation.scopes:
            raise SlackError("not_in_channel")
        return channel

    def _messages_tab(self) -> None:
        if not self.world.app.messages_tab:
            raise SlackError("messages_tab_disabled")

    def _thread(self, team: Team, channel: Channel, args: JsonObject) -> str | None:
        thread_ts = args.get("thread_ts")
        if not thread_ts:
            return None
        parent = self.world.find_message(team, channel.id, str(thread_ts))
        if parent is None:
            raise SlackError("thread_not_found")
        if parent.thread_ts and parent.thread_ts != parent.ts:
            raise SlackError("cannot_reply_to_message")
        return parent.ts

    def post_message(self, caller: Caller, args: JsonObject) -> JsonObject:
        """chat.postMessage: a message in a channel, or in the DM of the person named."""
        team, installation = team_of(self.world, caller)
        channel = self._channel_to_post(team, installation, str(args["channel"]))
        text, blocks = message_content(self.world, args, POST_CHARACTERS)
        message = Message(
            team.id,
            channel.id,
            self.world.new_ts(),
            installation.bot_user,
            text,
            blocks,
            bot_id=installation.bot_id,
            thread_ts=self._thread(team, channel, args),
            metadata=_metadata(args),
        )
        self.world.keep(message)
        return {"channel": channel.id, "ts": message.ts, "message": shapes.message_json(self.world, message)}

    def post_ephemeral(self, caller: Caller, args: JsonObject) -> JsonObject:
        """chat.postEphemeral: a message that one person sees and nobody keeps."""
        team, installation = team_of(self.world, caller)
        named = str(args["channel"])
        channel = team.channels.get(named)
        if channel is None:
            raise SlackError("channel_not_found")
        user = team.users.get(str(args["user"]))
        if user is None or user.deleted:
            raise SlackError("user_not_in_channel")
        if channel.is_im:
            self._messages_tab()
            members = {channel.user, installation.bot_user}
        else:
            members = set(channel.members)
        if installation.bot_user not in members:
            raise SlackError("not_in_channel")
        if user.id not in members:
            raise SlackError("user_not_in_channel")
        text, blocks = message_content(self.world, args, POST_CHARACTERS)
        thread_ts = self._thread(team, channel, args)
        message = Message(
            team.id,
            channel.id,
            self.world.new_ts(),
            installation.bot_user,
            text,
            blocks,
            bot_id=installation.bot_id,
            thread_ts=thread_ts,
            ephemeral_to=user.id,
            source="chat.postEphemeral",
        )
        self.world.keep(message)
        return {"message_ts": message.ts}

    def _own_message(self, caller: Caller, args: JsonObject, refusal: str) -> tuple[Team, Installation, Message]:
        team, installation = team_of(self.world, caller)
        channel = team.channels.get(str(args["channel"]))
        if channel is None:
            raise SlackError("channel_not_found")
        message = self.world.find_message(team, channel.id, str(args["ts"]))
        if message is None:
            raise SlackError("message_not_found")
        if message.bot_id != installation.bot_id:
            raise SlackError(refusal)
        return team, installation, message

    def update(self, caller: Caller, args: JsonObject) -> JsonObject:
        """chat.update: another text or other blocks for a message of its own."""
        _, _, old = self._own_message(caller, args, "cant_update_message")
        # "chat.update": blocks stay only where neither blocks nor text is given; text alone takes them away
        given = {key: args[key] for key in ("text", "blocks", "attachments") if args.get(key) is not None}
        if not given:
            given = {"text": old.text, "blocks": list(old.blocks)} if args.get("metadata") else {}
        text, blocks = message_content(self.world, given, UPDATE_CHARACTERS)
        new = replace(
            old,
            text=text,
            blocks=blocks,
            edited_ts=None if blocks else self.world.new_ts(),  # no "(edited)" where blocks are used
            metadata=_metadata(args) if "metadata" in args else old.metadata,
        )
        self.world.change_message(old, new)
        shown = shapes.message_json(self.world, new, ts=False)
        return {"channel": new.channel, "ts": new.ts, "text": new.text, "message": shown}

    def delete(self, caller: Caller, args: JsonObject) -> JsonObject:
        """chat.delete: takes a message of its own away."""
        _, _, old = self._own_message(caller, args, "cant_delete_message")
        self.world.change_message(old, None)
        return {"channel": old.channel, "ts": old.ts}


def message_content(world: World, args: JsonObject, most: int) -> tuple[str, tuple[JsonObject, ...]]:
    """The text and blocks of a message that is to be kept, checked."""
    text = args.get("text")
    if text is not None and not isinstance(text, str):
        raise SlackError("invalid_arguments", "must provide a string [json-pointer:/text]")
    if args.get("attachments") not in (None, [], "[]", ""):
        raise SlackError("invalid_attachments")  # legacy; the sandbox knows blocks only
    blocks = args.get("blocks")
    kept = blockkit.check_message_blocks(blocks, world.rng) if blocks not in (None, "") else []
    if not kept and not (text or "").strip():
        raise SlackError("no_text")
    if len(text or "") > most:
        raise SlackError("msg_too_long")
    return text or "", tuple(kept)


def _metadata(args: JsonObject) -> JsonObject | None:
    given = args.get("metadata")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise SlackError("invalid_metadata_format") from None
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    return given
