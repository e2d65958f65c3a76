"""What a browser asks for, done by a person of this Slack: everything goes the way a real press would."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox import blockkit, reading
from sandbox.errors import PersonError
from sandbox.page.scenes import Scenes
from sandbox.transport import Ack
from sandbox.world import SLACKBOT, Channel, JsonObject, Message, View, World

if TYPE_CHECKING:
    from sandbox.interactions import Interactions

_MANY = ("checkboxes", "multi_static_select")


@dataclass(frozen=True)
class Place:
    """Where something was pressed: in a message or in a view."""

    message_ts: str | None = None
    view_id: str | None = None


class Deeds:
    """One person's doing. Each deed waits for the app's acknowledgement and returns it."""

    def __init__(self, world: World, act: Interactions, scenes: Scenes) -> None:
        self._world = world
        self._act = act
        self._scenes = scenes
        self._team = scenes.team
        self._user = scenes.user_id

    async def say(self, channel: Channel, text: str, thread_ts: str | None) -> Ack | None:
        """What Enter does in a composer: a message, or a command where it begins with a slash."""
        if not text.strip():
            return None
        if not text.startswith("/"):
            await self._act.say(self._team, self._user, channel, text, thread_ts)
            return None
        if thread_ts:
            word = text.split()[0]
            self._slackbot(channel, thread_ts, f"{word} is not supported in threads. Sorry!")
            return None
        return await self._act.command(self._team, self._user, channel, text.strip())

    def _slackbot(self, channel: Channel, thread_ts: str, text: str) -> None:
        self._world.keep(
            Message(
                self._team.id, channel.id, self._world.new_ts(), SLACKBOT, text,
                thread_ts=thread_ts, ephemeral_to=self._user, source="slackbot",
            )
        )  # fmt: skip

    async def open_tab(self, tab: str) -> Ack | None:
        """Look at a tab of the app, of which it is told."""
        return await self._act.open_tab(self._team, self._user, tab)

    async def press(self, place: Place, block_id: str, action_id: str, raw: Any) -> Ack | None:
        """Press or choose. PersonError where it no longer stands there."""
        where = self._place(place)
        blocks = where.content["blocks"] if isinstance(where, View) else list(where.blocks)
        block, element = _find(blocks, block_id, action_id)
        value = chosen(element, raw, self._scenes.zone)
        if block["type"] == "input" and not block.get("dispatch_action"):
            self._act.enter(self._team, self._user, where, block, element, value)
            return None
        return await self._act.press(self._team, self._user, where, block, element, value)

    def keep(self, view_id: str, values: JsonObject) -> None:
        """What stands in the fields of a view that is open; what does not fit is left as it was."""
        view = self._team.views.get(view_id)
        if view is None or view.user != self._user:
            return
        kept = {block_id: dict(actions) for block_id, actions in view.values.items()}
        for block in view.content["blocks"]:
            for element in blockkit.elements_of(block):
                given = values.get(block["block_id"], {})
                if element.get("action_id") in given and blockkit.is_stateful(element):
                    value = chosen(element, given[element["action_id"]], self._scenes.zone)
                    entry = {"type": element["type"], blockkit.state_key(element): value}
                    kept.setdefault(block["block_id"], {})[element["action_id"]] = entry
        if kept != view.values:
            self._world.put_view(replace(view, values=kept))

    async def submit(self, view_id: str, values: JsonObject) -> Ack | None:
        """Press the submit button of the modal on top."""
        self._on_top(view_id)
        self.keep(view_id, values)
        return await self._act.modals.submit(self._team, self._user)

    async def close(self, view_id: str, *, everything: bool) -> Ack | None:
        """Close the modal on top, or all of them."""
        self._on_top(view_id)
        return await self._act.modals.close(self._team, self._user, everything=everything)

    def reload(self) -> None:
        """What a reload of Slack takes away: messages only they could see, open modals, error lines."""
        self._team.ephemerals[self._user] = []
        self._team.notices[self._user] = []
        self._world.set_stack(self._team, self._user, [])

    def _on_top(self, view_id: str) -> None:
        stack = self._world.stack(self._team, self._user)
        if not stack or stack[-1].id != view_id:
            raise PersonError("That window is closed already.")

    def _place(self, place: Place) -> Message | View:
        if place.view_id is not None:
            view = self._team.views.get(place.view_id)
            if view is None or view.user != self._user:
                raise PersonError("That window is closed already.")
            return view
        found = self._world.find_ephemeral(self._team, self._user, place.message_ts)
        for channel in [*self._scenes.channels, self._scenes.dm()]:
            found = found or self._world.find_message(self._team, channel.id, place.message_ts)
        if found is None:
            raise PersonError("That message is gone.")
        return found


def _find(blocks: list[JsonObject], block_id: str, action_id: str) -> tuple[JsonObject, JsonObject]:
    for block in blocks:
        if block.get("block_id") == block_id:
            for element in blockkit.elements_of(block):
                if element.get("action_id") == action_id:
                    return block, element
    raise PersonError("That button is no longer there.")


def chosen(element: JsonObject, raw: Any, zone: ZoneInfo) -> Any:
    """What a browser sent for an element, as payloads carry it. PersonError for what cannot be chosen there."""
    kind = element["type"]
    if kind == "button":
        return None
    if options := {option["value"]: option for option in reading.options_of(element)}:
        if kind in _MANY:
            return [options[value] for value in raw or [] if value in options]
        if raw in (None, "") and kind != "overflow":
            return None
        if raw not in options:
            raise PersonError("That choice is no longer there.")
        return options[raw]
    if kind.startswith("multi_"):
        return list(raw or [])
    if raw in (None, ""):
        return None
    if kind == "datetimepicker":
        return int(datetime.fromisoformat(str(raw)).replace(tzinfo=zone).timestamp())
    return str(raw)
