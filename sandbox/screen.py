"""What one person has on their screen, and where on it the things to press are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox import blockkit, reading
from sandbox.errors import PersonError
from sandbox.world import Channel, JsonObject, Message, Team, View, World

Where = str | Message | View | None


@dataclass(frozen=True)
class Spot:
    """Something to press: where, in which block, which element, and the option if it is one."""

    where: Message | View
    block: JsonObject
    element: JsonObject
    option: JsonObject | None = None

    @property
    def sends(self) -> bool:
        """Whether Slack sends something at once: always, but in an input block only where it says so."""
        return self.block["type"] != "input" or bool(self.block.get("dispatch_action"))


class Screen:
    """A person's view of their workspace. `at_home` says that they are looking at the Home tab."""

    def __init__(self, world: World, team: Team, user_id: str) -> None:
        self._world = world
        self._team = team
        self._user_id = user_id
        self.at_home = False

    @property
    def name(self) -> str:
        """Whose screen it is."""
        return self._team.users[self._user_id].name

    @property
    def home(self) -> View | None:
        """What is published on their Home tab."""
        return self._world.home(self._team, self._user_id)

    def text(self) -> str:
        """Everything they can see, for a failing test to show."""
        return "\n".join(f"--- {title}\n{text}" for title, text in self.surfaces()) or "(nothing)"

    def is_mine(self, message: Message) -> bool:
        """Whether they can see that message."""
        if message.team_id != self._team.id:
            return False
        if message.ephemeral_to:
            return message.ephemeral_to == self._user_id
        channel = self._team.channels[message.channel]
        return channel.user == self._user_id or self._user_id in channel.members

    def _is_dm(self, message: Message) -> bool:
        return self._team.channels[message.channel].is_im

    def channel(self, name: str) -> Channel:
        """A channel the person can see, by name or id. PersonError if there is none."""
        for channel in self._team.channels.values():
            if name in (channel.id, channel.name, f"#{channel.name}") and (
                not channel.is_im or channel.user == self._user_id
            ):
                return channel
        raise PersonError(f"{self.name} has no channel {name}")

    def messages(self) -> list[Message]:
        """Every message the person sees, oldest first: their channels, the DM, ephemeral ones."""
        mine = [
            message
            for channel_id, messages in self._team.messages.items()
            if self._user_id in (channel := self._team.channels[channel_id]).members or channel.user == self._user_id
            for message in messages
        ]
        return sorted([*mine, *self._team.ephemerals.get(self._user_id, [])], key=lambda m: float(m.ts))

    def surfaces(self) -> Iterator[tuple[str, str]]:
        """Everything on the screen as (title, text)."""
        for message in self.messages():
            channel = self._team.channels[message.channel]
            kind = "ephemeral" if message.ephemeral_to else "message"
            by = self._team.users[message.user].name
            where = "the DM" if channel.is_im else f"#{channel.name}"
            yield f"{kind} in {where} by {by}", reading.message_text(message)
        for notice in self._team.notices.get(self._user_id, []):
            yield "error", notice
        if self.home:
            yield "Home", reading.view_text(self.home)
        for modal in self._world.stack(self._team, self._user_id):
            yield "modal", reading.view_text(modal)

    def where_seen(self, text: str) -> str | None:
        """The whole text of the first surface that shows `text`, with or without its mark-up."""
        for _, whole in self.surfaces():
            if text in whole or text in reading.spoken(whole):
                return whole
        return None

    def places(self, where: Where) -> list[Message | View]:
        """Where to look for something to press, in order."""
        if isinstance(where, View):
            return [self._team.views.get(where.id, where)]
        if isinstance(where, Message):
            return [next((m for m in self.messages() if m.ts == where.ts), where)]
        messages: list[Message | View] = [*reversed(self.messages())]
        home: list[Message | View] = [home_view] if (home_view := self.home) else []
        modal: list[Message | View] = [*self._world.stack(self._team, self._user_id)[-1:]]
        kinds: dict[str | None, list[Message | View]] = {
            "modal": modal,
            "home": home,
            "dm": [m for m in messages if isinstance(m, Message) and not m.ephemeral_to and self._is_dm(m)],
            "ephemeral": [m for m in messages if isinstance(m, Message) and m.ephemeral_to],
            "channel": [m for m in messages if isinstance(m, Message) and not m.ephemeral_to and not self._is_dm(m)],
            # a modal covers everything else
            None: modal or ([*home, *messages] if self.at_home else [*messages, *home]),
        }
        if where not in kinds:
            raise PersonError(f"where is {where!r}?")
        return kinds[where]

    def spots(self, place: Message | View) -> Iterator[Spot]:
        """Everything interactive in one place."""
        blocks = list(place.blocks) if isinstance(place, Message) else place.content["blocks"]
        for block in blocks:
            for element in blockkit.elements_of(block):
                yield Spot(place, block, element)

    def find(self, label: str, where: Where, stale: Message | None = None) -> Spot:
        """The first button or option with that label. AssertionError with the screen if there is none.
        `stale` is an older version of a message to look in instead."""
        for exactly in (True, False):
            for place in [stale] if stale else self.places(where):
                for spot in self.spots(place):
                    if spot.element["type"] == "button" and _says(spot.element["text"], label, exactly):
                        return spot
                    for option in reading.options_of(spot.element):
                        if _says(option["text"], label, exactly):
                            return Spot(place, spot.block, spot.element, option)
        raise AssertionError(f"{self.name} finds nothing to press that says {label!r}\n{self.text()}")

    def named(self, what: str, where: Where) -> Spot:
        """The first field by label, block_id, action_id, placeholder or text. AssertionError if there is none."""
        for exactly in (True, False):
            for place in self.places(where):
                for spot in self.spots(place):
                    if spot.element["type"] == "button":
                        continue
                    names = [
                        spot.block["block_id"],
                        spot.element["action_id"],
                        reading.read_text(spot.block.get("label")),
                        reading.read_text(spot.element.get("placeholder")),
                        reading.read_text(spot.block.get("text")),
                    ]
                    if what in names if exactly else any(what in name for name in names if name):
                        return spot
        raise AssertionError(f"{self.name} finds no field {what!r}\n{self.text()}")

    def chosen(self, spot: Spot) -> list[Any]:
        """What is chosen now in checkboxes or a multi-select."""
        key = blockkit.state_key(spot.element)
        if isinstance(spot.where, View):
            values = spot.where.values
        else:
            kept = self._team.message_state.get((spot.where.ts, self._user_id), {})
            values = blockkit.carried_state(list(spot.where.blocks), kept)
        entry = values.get(spot.block["block_id"], {}).get(spot.element["action_id"], {})
        return list(entry.get(key) or [])

    def with_option(self, spot: Spot) -> Any:
        """The value after a press on an option: boxes toggle, the rest change to it."""
        if spot.element["type"] in ("checkboxes", "multi_static_select"):
            chosen = self.chosen(spot)
            rest = [o for o in chosen if o["value"] != (spot.option or {}).get("value")]
            return rest if len(rest) < len(chosen) else [*chosen, spot.option]
        return spot.option

    def value(self, spot: Spot, options: tuple[str, ...]) -> Any:
        """The value after choosing these."""
        kind = spot.element["type"]
        if reading.options_of(spot.element):
            found = [self.option(spot, option) for option in options]
            if kind in ("checkboxes", "multi_static_select"):
                values = {option["value"] for option in found}
                return [*[o for o in self.chosen(spot) if o["value"] not in values], *found]
            return found[0]
        if kind.startswith("multi_"):
            return list(dict.fromkeys([*self.chosen(spot), *options]))
        return int(options[0]) if kind == "datetimepicker" else options[0]

    def option(self, spot: Spot, wanted: str) -> JsonObject:
        """One option by value or text."""
        for exactly in (True, False):
            for option in reading.options_of(spot.element):
                if option["value"] == wanted or _says(option["text"], wanted, exactly):
                    return option
        raise AssertionError(f"there is no option {wanted!r}\n{self.text()}")


def _says(text: JsonObject, label: str, exactly: bool) -> bool:
    said = reading.read_text(text)
    return label in (said, reading.spoken(said)) if exactly else label in said


def is_one_of(option: Any, wanted: tuple[str, ...]) -> bool:
    """Whether an option (or a plain choice) is named by its value or text."""
    if isinstance(option, dict):
        return option["value"] in wanted or reading.read_text(option["text"]) in wanted
    return option in wanted
