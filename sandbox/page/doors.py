"""What the page is served from: the files, the fragments' styles, and the WebSocket that keeps it live."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from bot.views.html import stylesheet
from sandbox import keeping
from sandbox.errors import PersonError
from sandbox.page import manifest
from sandbox.page.asked import Asked
from sandbox.page.drawing import fragments
from sandbox.page.mood import Mood
from sandbox.page.moves import Absent, Bot, Moves
from sandbox.page.scenes import Scenes
from sandbox.page.session import Session
from sandbox.page.traffic import Traffic
from sandbox.world import Change, Channel, JsonObject

if TYPE_CHECKING:
    from sandbox.slack import Slack

HERE = Path(__file__).parent
FILES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_TOGETHER_S = 0.02  # changes that come this close are drawn once
_LOOK_AGAIN_S = 2.0
_SAVE_AFTER_S = 0.5


class Page:
    """The page of one Slack. Give `routes` to `Slack.start`, and `run()` it while Slack is up."""

    def __init__(self, file: Path | None = None) -> None:
        """`file`: where the world is kept from one run to the next, if it is."""
        self._file = file
        self.kept = file is not None
        self.run_id = uuid.uuid4().hex
        self.manifest = manifest.read()
        self.fragments = fragments()
        self._reads: dict[str, str] = {}
        self._wakes: set[asyncio.Event] = set()
        self._sessions: set[Session] = set()
        self._changed = asyncio.Event()
        self.slack: Slack
        self.moves: Moves
        self.mood: Mood
        self.traffic: Traffic

    def routes(self, slack: Slack) -> Iterable[web.AbstractRouteDef]:
        """What to serve. Puts back what was kept. Raises keeping.CannotRead."""
        self.slack, self.world = slack, slack.world
        self.mood, self.traffic = Mood(slack), Traffic(slack.world)
        self.moves = Moves(slack.clock, Absent(slack.clock), self._time_passed)
        if self._file is not None and self._file.exists():
            self._reads = keeping.restore(self._file, self.world).get("reads", {})
        else:
            for user in slack.people:  # what was said before anybody came is nothing new
                for channel in slack.team().state.channels.values():
                    self.mark_read(Scenes(self.world, slack.team().state, user.id), channel)
        slack.world.listen(self._on_change)
        return [
            web.get("/", self._index),
            web.get("/page/ws", self._socket),
            web.get("/page/{name}", self._asset),
        ]

    @contextlib.asynccontextmanager
    async def run(self) -> Any:
        """Keeps the world on disk while it lasts, and once more at the end."""
        saving = asyncio.create_task(self._keep()) if self._file is not None else None
        try:
            yield self
        finally:
            if saving is not None:
                saving.cancel()
                await asyncio.gather(saving, return_exceptions=True)
                if self._changed.is_set():  # else there is nothing new, and another demo may be at work there
                    self._save()

    def beside(self, bot: Bot) -> None:
        """A bot in this process, which the clock asks what is due."""
        self.moves.bot = bot

    # -- what sessions ask ---------------------------------------------------------------------------------------

    @property
    def bot_connected(self) -> bool:
        """Whether anything of Slack's can reach the bot now."""
        return bool(self.slack.socket_mode.connections or self.slack.dispatcher.http)

    def clock_state(self) -> JsonObject:
        """The clock, as the page needs it to tick by itself. Whole seconds drift, so only `ahead` is compared."""
        return {"ahead": self.slack.clock.ahead.total_seconds(), "moving": self.moves.moving}

    def read_ts(self, user_id: str, channel_id: str) -> str:
        """Up to where a person has read a channel."""
        return self._reads.get(f"{user_id} {channel_id}", "0")

    def mark_read(self, scenes: Scenes, channel: Channel) -> None:
        """A person has read all of a channel; other browsers see it."""
        messages = scenes.team.messages.get(channel.id)
        key = f"{scenes.user_id} {channel.id}"
        if messages and self._reads.get(key) != messages[-1].ts:
            self._reads[key] = messages[-1].ts
            self._changed.set()
            self.wake()

    def wake(self) -> None:
        """Have every open page look whether it shows what is."""
        for waiting in self._wakes:
            waiting.set()

    def _time_passed(self) -> None:
        self._changed.set()
        self.wake()

    def _on_change(self, change: Change) -> None:
        self.traffic.note(change)
        for session in self._sessions:
            session.hear(change)
        self._changed.set()
        self.wake()

    # -- files ---------------------------------------------------------------------------------------------------

    async def _index(self, request: web.Request) -> web.StreamResponse:
        self._check_host(request)
        return web.Response(text=_read("index.html"), content_type="text/html", headers=HEADERS)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        self._check_host(request)
        name = request.match_info["name"]
        if name == "blocks.css":
            return web.Response(text=stylesheet(), content_type="text/css", headers=HEADERS)
        kind = FILES.get(name.rpartition(".")[2])
        if kind is None or "/" in name or not (HERE / name).is_file():
            raise web.HTTPNotFound
        return web.Response(text=_read(name), content_type=kind, headers=HEADERS)

    def _check_host(self, request: web.Request) -> None:
        """Only by the names of this machine: another name that leads here is somebody's trick (DNS rebinding)."""
        if urlsplit(f"//{request.host}").hostname not in ("127.0.0.1", "localhost", "::1"):
            raise web.HTTPForbidden(text="This page answers to 127.0.0.1 and localhost only.")

    # -- the WebSocket -------------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self._check_host(request)
        if request.headers.get("Origin") != f"http://{request.host}":
            raise web.HTTPForbidden(text="Only this page may connect here.")
        socket = web.WebSocketResponse(heartbeat=20.0, timeout=1.0)
        await socket.prepare(request)
        session, wake = Session(self, self.slack.people[0].user.name), asyncio.Event()
        asked = Asked(self, session, wake)
        self._sessions.add(session)
        drawing = asyncio.create_task(self._draw(socket, session, wake))
        doing: set[asyncio.Task[None]] = set()
        try:
            await socket.send_json(self._hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    task = asyncio.create_task(_answer(socket, asked.do, message.data))
                    doing.add(task)
                    task.add_done_callback(doing.discard)
        finally:
            self._sessions.discard(session)
            for task in (drawing, *doing):
                task.cancel()
            await asyncio.gather(drawing, *doing, return_exceptions=True)
        return socket

    def _hello(self) -> JsonObject:
        return {
            "hello": self.run_id,
            "kept": self.kept,
            "now": self.slack.clock.timestamp(),
            "people": [person.user.name for person in self.slack.people],
            "commands": [
                {"name": c.name, "description": c.description, "hint": c.hint, "words": c.words}
                for c in self.manifest.commands
            ],
        }

    async def _draw(self, socket: web.WebSocketResponse, session: Session, wake: asyncio.Event) -> None:
        """Sends what has changed, whenever something has; now and then looks by itself (connections, late Homes)."""
        self._wakes.add(wake)
        try:
            while not socket.closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN_S):
                        await wake.wait()
                await asyncio.sleep(_TOGETHER_S)
                wake.clear()
                if session.ready and (changed := session.draw()):
                    if "clock" in changed:
                        changed["now"] = self.slack.clock.timestamp()
                    await socket.send_json(changed)
        except (ConnectionError, RuntimeError):
            return  # the browser has gone; whoever reads from it ends the rest
        finally:
            self._wakes.discard(wake)

    # -- keeping -------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(_SAVE_AFTER_S)
            self._save()
            self._changed.clear()

    def _save(self) -> None:
        if self._file is not None:
            keeping.save(self._file, self.world, {"reads": self._reads})


async def _answer(socket: web.WebSocketResponse, do: Callable[[JsonObject], Awaitable[Any]], text: str) -> None:
    """Do what a browser asks and say what came of it. What cannot be done is told in words."""
    answer: JsonObject = {}
    try:
        asked = json.loads(text)
        answer = {"answer": asked["id"], "error": None}
        answer["result"] = await do(asked)
    except PersonError as error:
        answer["error"] = str(error)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        answer["error"] = f"The page asked for something odd ({type(error).__name__})."
    if answer.get("answer") is not None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            await socket.send_json(answer)


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
