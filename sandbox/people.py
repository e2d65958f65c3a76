"""The face for tests: a person in a workspace, what they do and what they see. Everything goes over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox import reading
from sandbox.interactions import Interactions
from sandbox.screen import Screen, Spot, Where, is_one_of
from sandbox.transport import Ack
from sandbox.world import Change, Message, Team, User, View, World

WAIT_S = 5.0
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What came back at once: Slack's error if any, and what appeared to the person by the time of the ack."""

    ack: Ack | None
    appeared: tuple[str, ...] = ()

    @property
    def error(self) -> str | None:
        """None if the app acknowledged (or needed not); else `operation_timeout`, `dispatch_failed`, …"""
        return self.ack.error if self.ack else None

    @property
    def text(self) -> str:
        """All that appeared, as lines, just as the app wrote it; `reading.spoken` resolves mark-up."""
        return "\n".join(self.appeared)


class Person:
    """Someone in one workspace. Doing waits for the app's acknowledgement; `sees` waits for what comes after."""

    def __init__(self, world: World, interactions: Interactions, team: Team, user_id: str, wait_s: float) -> None:
        self._world = world
        self._act = interactions
        self._team = team
        self._wait_s = wait_s
        self._screen = Screen(world, team, user_id)
        self.id = user_id

    # -- who and what is kept -----------------------------------------------------------------------------------

    @property
    def user(self) -> User:
        """Their profile now."""
        return self._team.users[self.id]

    @property
    def team_id(self) -> str:
        """Their workspace."""
        return self._team.id

    @property
    def dm_id(self) -> str:
        """The id of their DM with the bot (made if need be)."""
        return self._world.dm(self._team, self.id).id

    @property
    def dm_messages(self) -> list[Message]:
        """Everything kept in the DM with the bot, threads too, oldest first."""
        channel = World.find_dm(self._team, self.id)
        return list(self._team.messages.get(channel.id, [])) if channel else []

    @property
    def ephemerals(self) -> list[Message]:
        """The ephemeral messages still on their screen, oldest first."""
        return list(self._team.ephemerals.get(self.id, []))

    @property
    def modal(self) -> View | None:
        """The modal on top, if one is open."""
        stack = self._world.stack(self._team, self.id)
        return stack[-1] if stack else None

    @property
    def modals(self) -> list[View]:
        """All open modals, the top one last."""
        return self._world.stack(self._team, self.id)

    @property
    def home(self) -> View | None:
        """What is published on their Home tab."""
        return self._world.home(self._team, self.id)

    @property
    def notices(self) -> list[str]:
        """Slack's own error lines that they were shown."""
        return list(self._team.notices.get(self.id, []))

    def channel(self, name: str = "general") -> list[Message]:
        """What is kept in a channel, by name or id."""
        return list(self._team.messages.get(self._screen.channel(name).id, []))

    def home_text(self) -> str:
        """What stands on their Home tab, as the app wrote it; empty before anything was published."""
        return reading.view_text(self.home) if self.home else ""

    def modal_text(self) -> str:
        """What stands in the modal on top, as the app wrote it; empty if none is open."""
        return reading.view_text(self.modal) if self.modal else ""

    def screen(self) -> str:
        """Everything they can see, for a failing test to show."""
        return self._screen.text()

    # -- doing ---------------------------------------------------------------------------------------------------

    async def command(self, line: str, channel: str | None = None) -> Answer:
        """Type a slash command into the DM with the bot, or another channel. Waits for the acknowledgement."""
        self._screen.at_home = False
        where = self._screen.channel(channel) if channel else self._world.dm(self._team, self.id)
        return await self._doing(lambda: self._act.command(self._team, self.id, where, line))

    async def types(self, text: str, thread: Message | str | None = None, channel: str | None = None) -> Message:
        """Write a message into the DM (or a thread of it, or a channel). Waits till the app has the event."""
        self._screen.at_home = False
        where = self._screen.channel(channel) if channel else self._world.dm(self._team, self.id)
        thread_ts = (thread.thread_ts or thread.ts) if isinstance(thread, Message) else thread
        return await self._act.say(self._team, self.id, where, text, thread_ts)

    async def open_home(self) -> Answer:
        """Look at the app's Home tab."""
        self._screen.at_home = True
        return await self._doing(lambda: self._act.open_tab(self._team, self.id, "home"))

    async def open_messages(self) -> Answer:
        """Look at the app's Messages tab."""
        self._screen.at_home = False
        return await self._doing(lambda: self._act.open_tab(self._team, self.id, "messages"))

    async def press(self, label: str, where: Where = None, *, message: Message | None = None) -> Answer:
        """Press the newest button, or choose the newest option, with that label.

        Looked for in the modal on top, then (if they are looking at Home) on Home, then in messages, newest
        first, then on Home. `where` narrows it: "modal", "home", "dm", "ephemeral", "channel", or a message or
        view. `message` presses in an older version of a message, whatever stands there now. A modal's submit and
        close buttons are pressed like any other.
        """
        modal = self.modal
        if modal is not None and message is None and where in (None, "modal"):
            if label == reading.read_text(modal.content.get("submit")):
                return await self.submit()
            if label == reading.read_text(modal.content.get("close")):
                return await self.close()
        spot = self._screen.find(label, where, message)
        value = self._screen.with_option(spot) if spot.option is not None else None
        return await self._enter(spot, value)

    async def choose(self, what: str, *options: str, where: Where = None) -> Answer:
        """Choose in a select, overflow, radio group, checkboxes or a picker found by label, block_id or action_id.

        Options go by their text; dates, times, users and channels as Slack writes them. Checkboxes and
        multi-selects keep what was chosen before; `unchoose` takes away.
        """
        spot = self._screen.named(what, where)
        return await self._enter(spot, self._screen.value(spot, options))

    async def unchoose(self, what: str, *options: str, where: Where = None) -> Answer:
        """Take options away from checkboxes or a multi-select; without options, all."""
        spot = self._screen.named(what, where)
        kept = [o for o in self._screen.chosen(spot) if options and not is_one_of(o, options)]
        return await self._enter(spot, kept)

    async def fill(self, what: str, text: str, where: Where = None) -> Answer:
        """Type into a text field found by label, block_id, action_id or placeholder. Empty text empties it."""
        return await self._enter(self._screen.named(what, where), text or None)

    async def submit(self) -> Answer:
        """Press submit on the modal on top. An Answer without ack: the person has to mend something first."""
        return await self._doing(lambda: self._act.modals.submit(self._team, self.id))

    async def close(self, *, everything: bool = False) -> Answer:
        """Close the modal on top, or all."""
        return await self._doing(lambda: self._act.modals.close(self._team, self.id, everything=everything))

    def reload(self) -> None:
        """Reload Slack: ephemeral messages, modals and error lines are gone."""
        self._team.ephemerals[self.id] = []
        self._team.notices[self.id] = []
        self._world.set_stack(self._team, self.id, [])

    # -- seeing --------------------------------------------------------------------------------------------------

    async def sees(self, text: str, timeout_s: float | None = None) -> str:
        """Wait until `text` stands somewhere on their screen (DM, ephemeral, channel, modal, Home, error), as the app
        wrote it or with mark-up resolved; gives the surface's whole text. AssertionError with the whole screen if
        it does not in time."""
        return await self.until(lambda: self._screen.where_seen(text), f"sees {text!r}", timeout_s)

    async def sees_no_more(self, text: str, timeout_s: float | None = None) -> None:
        """Wait until `text` stands nowhere any more."""
        await self.until(lambda: self._screen.where_seen(text) is None, f"no longer sees {text!r}", timeout_s)

    def does_not_see(self, text: str) -> None:
        """AssertionError if `text` stands anywhere on their screen now."""
        seen = self._screen.where_seen(text)
        if seen is not None:
            raise AssertionError(f"{self.user.name} sees {text!r}\n{self.screen()}")

    async def until(self, look: Callable[[], T | None], what: str, timeout_s: float | None = None) -> T:
        """Wait until `look()` is truthy and give that; asked again after every change in this Slack."""
        changed = asyncio.Event()
        stop = self._world.listen(lambda _: changed.set())
        try:
            async with asyncio.timeout(self._wait_s if timeout_s is None else timeout_s):
                while not (found := look()):
                    changed.clear()
                    await changed.wait()
                return found
        except TimeoutError:
            raise AssertionError(f"{self.user.name} never {what}\n{self.screen()}") from None
        finally:
            stop()

    # -- inside --------------------------------------------------------------------------------------------------

    async def _doing(self, do: Callable[[], Any]) -> Answer:
        appeared: list[str] = []

        def note(change: Change) -> None:
            if isinstance(change.what, Message) and self._screen.is_mine(change.what):
                appeared.append(reading.message_text(change.what))
            elif isinstance(change.what, View) and change.user == self.id:
                appeared.append(reading.view_text(change.what))

        stop = self._world.listen(note)
        try:
            ack = await do()
        finally:
            stop()
        return Answer(ack, tuple(appeared))

    async def _enter(self, spot: Spot, value: Any) -> Answer:
        if spot.sends:
            return await self._doing(
                lambda: self._act.press(self._team, self.id, spot.where, spot.block, spot.element, value)
            )
        self._act.enter(self._team, self.id, spot.where, spot.block, spot.element, value)
        return Answer(None)
