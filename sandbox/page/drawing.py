"""The parts of the page for one person, as HTML and JSON. What is drawn once is kept until what it shows changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sandbox.page.scenes import Author, Line, Scenes, text_of
from sandbox.world import Channel, JsonObject, Message, View

if TYPE_CHECKING:
    from sandbox.page.doors import Page

APP_TABS = {"home": "Home", "messages": "Messages", "about": "About"}


def fragments() -> Any:
    """The macros of fragments.html; everything in them is escaped."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("fragments.html").module


@dataclass
class Looking:
    """Where somebody looks: a tab of the app or a channel's name; a thread; from where on it was new to them."""

    where: str = ""
    thread: str | None = None
    new_from: str | None = None
    home_is_late: bool = False

    @property
    def at_app(self) -> bool:
        """Whether that is the app, and not a channel."""
        return self.where in APP_TABS

    @property
    def shows_messages(self) -> bool:
        """Whether there are messages to be seen there."""
        return self.where not in ("", "home", "about")


class Drawing:
    """Draws for one person."""

    def __init__(self, page: Page, scenes: Scenes) -> None:
        self._page = page
        self._scenes = scenes
        self._parts = page.fragments
        self._drawn: dict[str, tuple[Any, str]] = {}

    def everything(self, looking: Looking) -> JsonObject:
        """Every part, by the name under which the browser knows it."""
        scenes, world = self._scenes, self._page.world
        self._app = scenes.author(self._bot_user())
        in_dm = self._unread(scenes, scenes.dm())
        in_channels = {channel.name: self._unread(scenes, channel) for channel in scenes.channels}
        title = world.app.name if looking.at_app else looking.where
        return {
            "people": str(self._parts.people(list(self._people()))),
            "sidebar": self._sidebar(looking, in_channels, in_dm),
            "heading": self._heading(looking, title, in_dm),
            "pane": self._pane(looking),
            "messages": self._messages(looking),
            "thread": self._thread(looking),
            "modal": self._modal(),
            "here": {
                "who": scenes.user.name,
                "where": looking.where,
                "thread": looking.thread,
                "title": title,
                "unread": in_dm + sum(in_channels.values()),
                "workspace": scenes.team.name,
                "placeholder": f"Message {world.app.name if looking.at_app else '#' + looking.where}",
            },
            "mood": self._page.mood.name,
            "clock": self._page.clock_state(),
        }

    def channel(self, looking: Looking) -> Channel:
        """The channel looked at, or the DM with the bot."""
        named = (c for c in self._scenes.channels if c.name == looking.where)
        return next(named, None) or self._scenes.dm()

    # -- the frame -----------------------------------------------------------------------------------------------

    def _people(self) -> Iterator[JsonObject]:
        for person in self._page.slack.people:
            scenes = Scenes(self._page.world, self._scenes.team, person.id)
            first, _, rest = person.user.real_name.partition(" ")
            yield {
                "name": person.user.name,
                "first": first,
                "rest": rest,
                "zone": person.user.tz,
                "city": person.user.tz.rpartition("/")[2].replace("_", " "),
                "locale": person.user.locale,
                "author": scenes.author(person.id),
                "acting": person.id == self._scenes.user_id,
                "unread": sum(self._unread(scenes, channel) for channel in [*scenes.channels, scenes.dm()]),
            }

    def _sidebar(self, looking: Looking, in_channels: dict[str, int], in_dm: int) -> str:
        channels = [
            {"where": name, "name": name, "unread": unread, "current": looking.where == name, "is_app": False}
            for name, unread in in_channels.items()
        ]
        app = {"name": self._page.world.app.name, "unread": in_dm, "current": looking.at_app, "is_app": True}
        app["where"] = "messages" if in_dm else "home"
        places = [("Channels", channels), ("Apps", [app])]
        return str(self._parts.sidebar(self._scenes.team.name, places, not self._page.bot_connected, self._app))

    def _heading(self, looking: Looking, title: str, in_dm: int) -> str:
        tabs = [
            {"where": where, "name": name, "current": looking.where == where, "unread": in_dm * (where == "messages")}
            for where, name in APP_TABS.items()
        ]
        members = [] if looking.at_app else sorted(self.channel(looking).members)
        faces = [self._scenes.author(member) for member in members]
        away = not self._page.bot_connected
        return str(self._parts.heading(title, looking.at_app, tabs * looking.at_app, faces, self._app, away))

    def _pane(self, looking: Looking) -> str | None:
        if looking.where == "about":
            return str(self._parts.about(self._page.manifest, self._app))
        if looking.where != "home":
            return None
        home = self._page.world.home(self._scenes.team, self._scenes.user_id)
        if home is None:
            return str(self._parts.home_waiting(looking.home_is_late))
        return self._once("home", home, lambda: self._parts.home(self._scenes.draw_view(home), home.id))

    # -- messages ------------------------------------------------------------------------------------------------

    def _messages(self, looking: Looking) -> JsonObject | None:
        if not looking.shows_messages:
            return None
        channel = self.channel(looking)
        items = self._items(self._scenes.messages(channel), "m", looking.new_from)
        *others, last = [person.user.real_name.split()[0] for person in self._page.slack.people]
        here = " and ".join(filter(None, [", ".join(others), last]))
        name = self._page.world.app.name if channel.is_im else channel.name
        items = {"beginning": str(self._parts.beginning(channel.is_im, name, self._app, here)), **items}
        return {"of": f"{self._scenes.user_id} {channel.id}", "order": list(items), "html": items}

    def _thread(self, looking: Looking) -> JsonObject | None:
        if not looking.shows_messages or looking.thread is None:
            return None
        items = self._items(self._scenes.thread(self.channel(looking), looking.thread), "t", None)
        return {"of": f"{self._scenes.user_id} {looking.thread}", "order": list(items), "html": items}

    def _items(self, messages: list[Message], scope: str, new_from: str | None) -> dict[str, str]:
        drawn = {}
        for line in self._scenes.lines(messages, new_from, in_thread=scope == "t"):
            drawn[line.key] = self._once(f"{scope} {line.key}", line, lambda line=line: self._line(line, scope))
        return drawn

    def _line(self, line: Line, scope: str) -> str:
        return str(self._parts.line(line, self._scenes.draw(line, scope), scope == "m"))

    def _modal(self) -> JsonObject | None:
        stack = self._page.world.stack(self._scenes.team, self._scenes.user_id)
        if not stack:
            return None
        view, pushed = stack[-1], len(stack) > 1
        html = self._once("modal", (view, pushed), lambda: self._draw_modal(view, pushed, self._app))
        return {"id": view.id, "errors": bool(view.errors), "html": html}

    def _draw_modal(self, view: View, pushed: bool, app: Author) -> Markup:
        title, submit, close = (text_of(view.content.get(key)) for key in ("title", "submit", "close"))
        body = self._scenes.draw_view(view)
        drawn: Markup = self._parts.modal(view, title, body, submit, close, pushed, app)
        return drawn

    # -- inside --------------------------------------------------------------------------------------------------

    def _once(self, key: str, made_of: Any, make: Any) -> str:
        kept = self._drawn.get(key)
        if kept is None or kept[0] != made_of:
            kept = self._drawn[key] = (made_of, str(make()))
        return kept[1]

    def _unread(self, scenes: Scenes, channel: Channel) -> int:
        return len(scenes.unread(channel, self._page.read_ts(scenes.user_id, channel.id)))

    def _bot_user(self) -> str:
        team = self._scenes.team
        return team.installation.bot_user if team.installation else next(u.id for u in team.users.values() if u.is_bot)
