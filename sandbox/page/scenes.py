"""What a person sees, as data for the fragments: their channels, messages, threads, modals, Home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from markupsafe import Markup

from bot.views.html import Look, render_blocks, render_text_only
from sandbox import blockkit, reading
from sandbox.world import SLACKBOT, Channel, JsonObject, Message, Team, User, View, World

_TOGETHER = timedelta(minutes=5)  # messages of one person that close follow each other under one name
TONES = 6


@dataclass(frozen=True)
class Author:
    """Who a message is by, as the list shows it."""

    name: str
    initials: str
    tone: str
    is_app: bool = False  # Slackbot is no app: it is Slack itself


@dataclass(frozen=True)
class Line:
    """One entry of a message list: a day, the mark of what is new, or a message."""

    key: str
    kind: str
    label: str = ""
    message: Message | None = None
    author: Author | None = None
    together: bool = False
    at: str = ""
    at_full: str = ""
    replies: int = 0
    last_reply: str = ""
    state: JsonObject = field(default_factory=dict)


class Scenes:
    """One person's view of their workspace."""

    def __init__(self, world: World, team: Team, user_id: str) -> None:
        self._world = world
        self.team = team
        self.user_id = user_id

    @property
    def user(self) -> User:
        """Whose view it is."""
        return self.team.users[self.user_id]

    @property
    def zone(self) -> ZoneInfo:
        """Where they live."""
        return ZoneInfo(self.user.tz)

    @property
    def channels(self) -> list[Channel]:
        """The channels they are in, without the DM."""
        return [c for c in self.team.channels.values() if not c.is_im and self.user_id in c.members]

    def dm(self) -> Channel:
        """Their DM with the bot."""
        return self._world.dm(self.team, self.user_id)

    # -- reading -------------------------------------------------------------------------------------------------

    def messages(self, channel: Channel) -> list[Message]:
        """What stands in a channel itself, oldest first: kept messages and those only they can see; no replies."""
        return [m for m in self._everything(channel) if m.thread_ts in (None, m.ts)]

    def thread(self, channel: Channel, ts: str) -> list[Message]:
        """A thread: its first message and the replies."""
        return [m for m in self._everything(channel) if ts in (m.ts, m.thread_ts)]

    def unread(self, channel: Channel, read_ts: str) -> list[Message]:
        """What came since, from others, and is kept."""
        kept = self.team.messages.get(channel.id, [])
        return [
            m for m in kept if float(m.ts) > float(read_ts) and m.user != self.user_id and m.thread_ts in (None, m.ts)
        ]

    def _everything(self, channel: Channel) -> list[Message]:
        mine = [m for m in self.team.ephemerals.get(self.user_id, []) if m.channel == channel.id]
        return sorted([*self.team.messages.get(channel.id, []), *mine], key=lambda m: float(m.ts))

    # -- drawing -------------------------------------------------------------------------------------------------

    def lines(self, messages: list[Message], new_from: str | None, *, in_thread: bool = False) -> Iterator[Line]:
        """Messages with their days and the mark of what is new between them."""
        before: Message | None = None
        for message in messages:
            day = self._local(message.ts).date()
            first = before is None or self._local(before.ts).date() != day
            if first and not in_thread:
                yield Line(f"day {day.isoformat()}", "day", self.day_name(day))
            is_new = new_from is not None and message.ts == new_from
            if is_new:
                yield Line("new", "new", "New")
            close = not first and not is_new and before is not None and self._follows(before, message)
            yield self._line(message, together=close and not in_thread, in_thread=in_thread)
            before = message

    def _line(self, message: Message, *, together: bool, in_thread: bool) -> Line:
        replies = [m for m in self.team.messages.get(message.channel, []) if m.thread_ts == message.ts != m.ts]
        kept = self.team.message_state.get((message.ts, self.user_id), {})
        local = self._local(message.ts)
        return Line(
            f"message {message.ts}",
            "message",
            message=message,
            author=self.author(message.user),
            together=together,
            at=self.time(local),
            at_full=f"{self.day_name(local.date(), exact=True)}, {self.time(local)}",
            replies=0 if in_thread or message.ephemeral_to else len(replies),
            last_reply=self.time(self._local(replies[-1].ts)) if replies else "",
            state=blockkit.carried_state(list(message.blocks), kept) if message.blocks else {},
        )

    def draw(self, line: Line, scope: str) -> Markup:
        """What stands in a message."""
        message = line.message
        if message is None:
            return Markup()
        look = self.look(f"{scope}{message.ts.replace('.', '-')}", line.state)
        return render_blocks(list(message.blocks), look) if message.blocks else render_text_only(message.text, look)

    def draw_view(self, view: View) -> Markup:
        """What stands in a modal or on Home."""
        return render_blocks(list(view.content["blocks"]), self.look(view.id, view.values, view.errors))

    def look(self, scope: str, values: JsonObject, errors: dict[str, str] | None = None) -> Look:
        """How blocks look to this person."""
        names = {user.id: user.real_name for user in self.team.users.values()}
        names |= {channel.id: channel.name for channel in self.team.channels.values()}
        return Look(names=names, zone=self.zone, values=values, errors=errors or {}, scope=scope)

    def spoken(self, message: Message) -> str:
        """A message for a screen reader."""
        words = reading.spoken(message.text or reading.message_text(message))
        return f"{self.author(message.user).name}: {words}"

    # -- people and times ----------------------------------------------------------------------------------------

    def author(self, user_id: str) -> Author:
        """A person, the app or Slackbot as the author of a message."""
        user = self.team.users[user_id]
        initials = "".join(part[0] for part in user.real_name.split()[:2]).upper()
        if user.is_bot:
            return Author(self._world.app.name, initials, "app", is_app=True)
        if user.id == SLACKBOT:
            return Author(user.real_name, initials, "slackbot")
        people = [u.id for u in self.team.users.values() if not u.is_bot and u.id != SLACKBOT]
        return Author(user.real_name, initials, f"tone-{people.index(user.id) % TONES}")

    def time(self, local: datetime) -> str:
        """A time of day as this person writes it."""
        return format_time(local, "short", locale=self._locale)

    def day_name(self, day: date, *, exact: bool = False) -> str:
        """A day as Slack names it: today and yesterday by these words."""
        today = self._world.clock.now().astimezone(self.zone).date()
        if not exact and day in (today, today - timedelta(days=1)):
            return "Today" if day == today else "Yesterday"
        american = self.user.locale == "en-US"
        pattern = "EEEE, MMMM d" if american else "EEEE d MMMM"
        if day.year != today.year:
            pattern += ", y" if american else " y"
        return format_date(day, pattern, locale=self._locale)

    @property
    def _locale(self) -> str:
        return self.user.locale.replace("-", "_")

    def _local(self, ts: str) -> datetime:
        return datetime.fromtimestamp(float(ts), self.zone)

    @staticmethod
    def _follows(before: Message, message: Message) -> bool:
        same = before.user == message.user and bool(before.ephemeral_to) == bool(message.ephemeral_to)
        return same and float(message.ts) - float(before.ts) < _TOGETHER.total_seconds()


def text_of(value: Any) -> str:
    """The words of a text object, or nothing."""
    return reading.read_text(value)
