"""What a person does in Slack: the payloads that leave, and what the acknowledgement then changes on their screen."""

from __future__ import annotations

import html
import uuid
from dataclasses import replace
from typing import Any

from sandbox import blockkit, shapes
from sandbox.dispatch import Dispatcher
from sandbox.errors import PersonError, SlackError
from sandbox.modals import TROUBLE, Modals
from sandbox.responses import Responses, is_installed
from sandbox.transport import Ack
from sandbox.views import Views
from sandbox.world import (
    SLACKBOT,
    Channel,
    JsonObject,
    Message,
    Team,
    View,
    World,
)


class Interactions:
    """Acts for people, all over the wire."""

    def __init__(self, world: World, views: Views, dispatcher: Dispatcher, responses: Responses) -> None:
        self._world = world
        self._dispatcher = dispatcher
        self._responses = responses
        self.modals = Modals(world, views, dispatcher, responses)

    # -- commands ------------------------------------------------------------------------------------------------

    async def command(self, team: Team, user_id: str, channel: Channel, line: str) -> Ack:
        """A slash command typed into a channel. The answer of the acknowledgement is shown, or Slack's error."""
        word, _, text = line.partition(" ")
        if word not in self._world.app.commands or not is_installed(team):
            self._from_slackbot(team, user_id, channel, f"{word} is not a valid command.")
            return Ack(error="invalid_command")
        payload = {
            "token": self._world.app.verification_token,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": user_id,
            "user_name": team.users[user_id].name,
            "command": word,
            "text": text.strip(),
            "api_app_id": self._world.app.id,
            "is_enterprise_install": False,
            "response_url": self._responses.new_url("commands", team, user_id, channel),
            "trigger_id": self._world.new_trigger(team.id, user_id),
        }
        ack = await self._dispatcher.send("command", payload)
        if ack.error:
            self._from_slackbot(team, user_id, channel, f'{word} failed with the error "{ack.error}"')
        elif ack.body:
            body = ack.body if isinstance(ack.body, dict) else {"text": str(ack.body)}
            try:
                self._responses.show(team, user_id, channel, body, "command")
            except SlackError as error:
                self._responses.refuse(f"the acknowledgement of {word}", error)
                self._from_slackbot(team, user_id, channel, f'{word} failed with the error "{error.code}"')
        return ack

    def _from_slackbot(self, team: Team, user_id: str, channel: Channel, text: str) -> None:
        self._world.keep(
            Message(
                team.id,
                channel.id,
                self._world.new_ts(),
                SLACKBOT,
                text,
                ephemeral_to=user_id,
                source="slackbot",
            )
        )

    # -- presses -------------------------------------------------------------------------------------------------

    async def press(
        self, team: Team, user_id: str, where: Message | View, block: JsonObject, element: JsonObject, value: Any = None
    ) -> Ack:
        """A press on, or a choice in, an interactive element. `value` is what was chosen or typed; None for a
        button. The element may be one that an older version of the message showed."""
        chosen = _chosen(element, value)
        stateful = blockkit.is_stateful(element)
        if stateful:
            self._set_value(team, user_id, where, block, element, chosen)
        payload = shapes.interaction_json(self._world, "block_actions", team, user_id)
        if isinstance(where, View):
            view = team.views.get(where.id)
            if view is None:
                raise PersonError("that view is closed")
            payload |= {
                "container": {"type": "view", "view_id": view.id},
                "trigger_id": self._world.new_trigger(team.id, user_id, view.id if view.type == "modal" else None),
                "view": shapes.view_json(self._world, view),
            }
        else:
            channel = team.channels[where.channel]
            payload |= {
                "container": {
                    "type": "message",
                    "message_ts": where.ts,
                    "channel_id": channel.id,
                    "is_ephemeral": bool(where.ephemeral_to),
                },
                "trigger_id": self._world.new_trigger(team.id, user_id),
                "channel": {"id": channel.id, "name": channel.name},
                "state": {"values": self._message_state(team, user_id, where)},
                "response_url": self._responses.new_url("actions", team, user_id, channel, where),
            }
            if where.thread_ts:
                payload["container"]["thread_ts"] = where.thread_ts
            kept = self._world.find_message(team, channel.id, where.ts)
            if kept is not None:  # of an ephemeral message Slack keeps nothing to send along
                payload["message"] = shapes.message_json(self._world, kept)
        payload["actions"] = [self._action(block, element, chosen)]
        if not is_installed(team):
            self._world.notice(team, user_id, TROUBLE)
            return Ack(error="app_not_installed")
        ack = await self._dispatcher.send("interactive", payload)
        if ack.error:
            self._world.notice(team, user_id, TROUBLE)
        return ack

    def _action(self, block: JsonObject, element: JsonObject, chosen: JsonObject) -> JsonObject:
        keys = ("type", "action_id", "text", "value", "style", "placeholder", "confirm", "initial_option")
        more = ("initial_date", "initial_time", "initial_user", "initial_channel", "initial_conversation")
        shown = {key: element[key] for key in (*keys, *more) if key in element}
        return {**shown, "block_id": block["block_id"], **chosen, "action_ts": self._world.new_ts()}

    def _message_state(self, team: Team, user_id: str, message: Message) -> JsonObject:
        before = team.message_state.get((message.ts, user_id), {})
        return blockkit.carried_state(list(message.blocks), before)

    def _set_value(
        self,
        team: Team,
        user_id: str,
        where: Message | View,
        block: JsonObject,
        element: JsonObject,
        chosen: JsonObject,
    ) -> None:
        entry = {"type": element["type"], **chosen}
        if isinstance(where, View):
            view = team.views.get(where.id)
            if view is None:
                raise PersonError("that view is closed")
            values = {block_id: dict(actions) for block_id, actions in view.values.items()}
            values.setdefault(block["block_id"], {})[element["action_id"]] = entry
            errors = {k: v for k, v in view.errors.items() if k != block["block_id"]}
            self._world.put_view(replace(view, values=values, errors=errors))
        else:
            values = self._message_state(team, user_id, where)
            values.setdefault(block["block_id"], {})[element["action_id"]] = entry
            team.message_state[(where.ts, user_id)] = values

    def enter(
        self, team: Team, user_id: str, where: Message | View, block: JsonObject, element: JsonObject, value: Any
    ) -> None:
        """Type or choose in an input block that sends nothing until it is submitted."""
        self._set_value(team, user_id, where, block, element, _chosen(element, value))

    # -- Home, messages ------------------------------------------------------------------------------------------

    async def open_tab(self, team: Team, user_id: str, tab: str) -> Ack | None:
        """Look at the app's Home (`home`) or Messages (`messages`) tab."""
        channel = self._world.dm(team, user_id)
        event: JsonObject = {
            "type": "app_home_opened",
            "user": user_id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self._world.new_ts(),
        }
        home = self._world.home(team, user_id)
        if tab == "home" and home is not None:
            event["view"] = shapes.view_json(self._world, home)
        return await self._dispatcher.event("app_home_opened", team, event)

    async def say(self, team: Team, user_id: str, channel: Channel, text: str, thread_ts: str | None) -> Message:
        """Type a message; in a DM the app hears it (`message.im`) if it may."""
        if channel.is_im and not self._world.app.messages_tab:
            raise PersonError("Sending messages to this app has been turned off.")
        ts = self._world.new_ts()
        rich = {
            "type": "rich_text",
            "block_id": self._world.new_word(5),
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
        }
        message = self._world.keep(
            Message(
                team.id,
                channel.id,
                ts,
                user_id,
                html.escape(text, quote=False),  # "Formatting text": &, < and > come as entities
                (rich,),
                thread_ts=thread_ts,
                client_msg_id=str(uuid.UUID(int=self._world.rng.getrandbits(128), version=4)),
                source="person",
            )
        )
        if channel.is_im:
            event = shapes.message_json(self._world, message)
            event |= {"channel": channel.id, "event_ts": ts, "channel_type": "im"}
            await self._dispatcher.event("message.im", team, event)
        return message


def _chosen(element: JsonObject, value: Any) -> JsonObject:
    """A choice as payloads and `state.values` carry it."""
    kind = element["type"]
    if kind == "button":
        return {}
    if kind == "overflow":
        return {"selected_option": value}
    return {blockkit.state_key(element): value}
