"""One browser: whom it acts as, where it looks, and what it was last sent. It is sent only what has changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.page.deeds import Deeds
from sandbox.page.drawing import APP_TABS, Drawing, Looking
from sandbox.page.scenes import Scenes
from sandbox.world import Change, Channel, JsonObject, Message

if TYPE_CHECKING:
    from sandbox.page.doors import Page

_HOME_LATE_S = 5.0


class Session:
    """One open page. `draw()` gives what has changed since it was last asked."""

    def __init__(self, page: Page, who: str) -> None:
        self._page = page
        self._sent: JsonObject = {}
        self._known: dict[str, tuple[str, dict[str, str]]] = {}
        self._spoken: list[str] = []
        self._looked_at = 0.0
        self._notices_shown = 0
        self._traffic_sent = 0
        self.looking = Looking()
        self.visible = True
        self.inspecting = False
        self.ready = False  # until the browser has said where it looks
        self._become(who)

    @property
    def zone(self) -> ZoneInfo:
        """Where the person lives whom it acts as."""
        return self.scenes.zone

    @property
    def channel(self) -> Channel:
        """Where its message box writes: the channel looked at, or the DM with the bot."""
        return self._drawing.channel(self.looking)

    def look(self, who: str, where: str, thread: str | None) -> bool:
        """Act as someone and look somewhere; whether that is another place than before. LookupError for nobody."""
        moved = who != self.scenes.user.name or where != self.looking.where
        if who != self.scenes.user.name:
            self._become(who)
        known = {*APP_TABS, *(channel.name for channel in self.scenes.channels)}
        before = self.looking
        self.looking = Looking(where if where in known else "home")
        if thread and self._page.world.find_message(self.scenes.team, self.channel.id, thread):
            self.looking.thread = thread
        if not moved:
            self.looking.new_from = before.new_from
            return False
        self._looked_at = asyncio.get_running_loop().time()
        unread = self.scenes.unread(self.channel, self._page.read_ts(self.scenes.user_id, self.channel.id))
        self.looking.new_from = unread[0].ts if unread and self.looking.shows_messages else None
        return True

    def _become(self, who: str) -> None:
        person = self._page.slack.person(who)
        world = self._page.world
        self.scenes = Scenes(world, world.teams[person.team_id], person.id)
        self.deeds = Deeds(world, self._page.slack.interactions, self.scenes)
        self._drawing = Drawing(self._page, self.scenes)
        self._notices_shown = len(self.scenes.team.notices.get(person.id, []))

    def hear(self, change: Change) -> None:
        """Remember what a screen reader should say of a change."""
        message, mine = change.what, (None, self.scenes.user_id)
        if not isinstance(message, Message) or change.before is not None or message.team_id != self.scenes.team.id:
            return
        if message.user == self.scenes.user_id or message.ephemeral_to not in mine:
            return
        if message.channel == self.channel.id and self.looking.shows_messages:
            self._spoken.append(self.scenes.spoken(message))
        elif message.channel == self.scenes.dm().id:
            self._spoken.append(f"New message from {self.scenes.author(message.user).name}")

    def draw(self) -> JsonObject:
        """The parts that differ from what was sent before."""
        if self.looking.shows_messages and self.visible:
            self._page.mark_read(self.scenes, self.channel)
        self.looking.home_is_late = asyncio.get_running_loop().time() - self._looked_at > _HOME_LATE_S
        now = self._drawing.everything(self.looking)
        changed = {name: part for name, part in now.items() if name not in self._sent or self._sent[name] != part}
        self._sent = now
        for name in ("messages", "thread"):
            if changed.get(name):
                changed[name] = self._only_new(name, changed[name])
        return changed | self._news()

    def _news(self) -> JsonObject:
        """What is told once: words for a screen reader, Slack's error lines, traffic."""
        news: dict[str, Any] = {}
        if self._spoken:
            news["say"], self._spoken = self._spoken, []
        notices = self.scenes.team.notices.get(self.scenes.user_id, [])
        if len(notices) > self._notices_shown:
            news["notices"] = notices[self._notices_shown :]
        self._notices_shown = len(notices)
        if self.inspecting and (entries := self._page.traffic.since(self._traffic_sent)):
            news["traffic"] = entries
            self._traffic_sent = self._page.traffic.last
        return news

    def _only_new(self, name: str, part: JsonObject) -> JsonObject:
        """A list without the HTML of entries that the browser has already."""
        of, known = self._known.get(name, ("", {}))
        fresh = {key: html for key, html in part["html"].items() if of != part["of"] or known.get(key) != html}
        self._known[name] = (part["of"], part["html"])
        return {**part, "html": fresh}
