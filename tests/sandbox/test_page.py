"""The page without a browser: what is served and to whom, what goes over its WebSocket, the clock, what is kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Clock, Slack
from sandbox.keeping import CannotRead
from sandbox.page import Page
from sandbox.page import manifest as manifests
from sandbox.page.doors import FILES, HERE
from sandbox.page.moves import Moves, next_at
from tests.sandbox.conftest import over_socket_mode

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@asynccontextmanager
async def served(file: Path | None = None, *, at: datetime = MONDAY) -> AsyncIterator[tuple[Slack, Page]]:
    """A Slack with its page, its clock standing still."""
    page = Page(file)
    async with Slack.start(clock=Clock.frozen_at(at), routes=page.routes) as slack, page.run():
        yield slack, page


class Tab:
    """What a browser has of the page: everything it was sent, put together."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0
        self.parts: dict[str, Any] = {}
        self.html: dict[str, str] = {}
        self.answers: dict[int, Any] = {}

    async def ask(self, what: str, **more: Any) -> Any:
        """Ask, wait for the answer and return the result. AssertionError where it is an error."""
        self._count += 1
        mine = self._count
        await self._socket.send_json({"id": mine, "do": what, **more})
        await self.until(lambda: mine in self.answers)
        answer = self.answers[mine]
        assert answer["error"] is None, answer["error"]
        return answer["result"]

    async def until(self, seen: Any) -> None:
        """Read until it is so."""
        async with asyncio.timeout(10):
            while not seen():
                message = await self._socket.receive_json()
                if "answer" in message:
                    self.answers[message["answer"]] = message
                for name in ("messages", "thread"):
                    self.html |= (message.get(name) or {}).get("html", {})
                self.parts |= message

    async def sees(self, text: str) -> None:
        """Read until it stands in any part."""
        await self.until(lambda: text in str(self.parts) or any(text in html for html in self.html.values()))


@asynccontextmanager
async def tab(slack: Slack, who: str = "mina", where: str = "messages", **headers: str) -> AsyncIterator[Tab]:
    """The page, opened as someone."""
    headers = {"Origin": slack.url} | headers
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{slack.url}/page/ws", headers=headers) as socket:
        opened = Tab(socket)
        await opened.until(lambda: "hello" in opened.parts)
        await opened.ask("look", who=who, where=where)
        await opened.until(lambda: "here" in opened.parts)
        yield opened


async def test_what_is_served_holds_itself_to_its_own_files() -> None:
    """Every file comes, with a policy that lets nothing else in; nothing names another address; no file but those."""
    async with served() as (slack, _), aiohttp.ClientSession(slack.url) as http:
        names = [file.name for file in HERE.iterdir() if file.suffix.lstrip(".") in FILES]
        for path in ["/", "/page/blocks.css", *(f"/page/{name}" for name in names)]:
            async with http.get(path) as answer:
                assert answer.status == 200, path
                assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
                text = await answer.text()
                assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}, path
        for path in ("/page/doors.py", "/page/..%2fworld.py", "/page/fragments.html", "/page/nothing.js"):
            async with http.get(path) as answer:
                assert answer.status == 404, path


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}],
    ids=["another site", "a file", "another port"],
)
async def test_only_the_page_itself_may_connect(headers: dict[str, str]) -> None:
    """A page of somebody else's in the same browser gets no WebSocket and nothing done."""
    async with served() as (slack, _), aiohttp.ClientSession(slack.url) as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect("/page/ws", headers=headers)
        assert refused.value.status == 403
        async with http.post("/sandbox/clock", json={"advance_s": 60}, headers=headers) as answer:
            assert answer.status == 403
        assert slack.clock.now() == MONDAY


async def test_a_name_that_somebody_points_here_is_refused() -> None:
    """DNS rebinding: the page answers to this machine's own names only."""
    async with served() as (slack, _), aiohttp.ClientSession(slack.url) as http:
        for path in ("/", "/page/main.js", "/page/ws"):
            async with http.get(path, headers={"Host": "evil.example"}) as answer:
                assert answer.status == 403


async def test_a_command_goes_out_and_the_answer_is_drawn() -> None:
    """From the composer to the app and back, ephemeral and marked as such, and all of it in the inspector."""

    def setup(app: AsyncApp) -> None:
        @app.command("/ally")
        async def answers(ack: Any) -> None:
            await ack(text="*You* & <@U0JOEL00002>")

    async with served() as (slack, _), over_socket_mode(slack, setup), tab(slack) as mina:
        await mina.ask("state", visible=True, inspecting=True)
        result = await mina.ask("say", text="/ally join", thread=None)
        assert result["error"] is None
        await mina.sees("Only visible to you")
        await mina.sees("Joel Rivera")
        await mina.until(lambda: "traffic" in mina.parts)
        entry = next(one for one in mina.parts["traffic"] if one["title"] == "/ally join")
        assert (entry["way"], entry["status"], entry["who"]) == ("out", "acknowledged", "Mina Okafor")
        assert entry["parts"]["payload"]["text"] == "join"
        assert entry["parts"]["acknowledgement"]["text"].startswith("*You*")


async def test_a_bot_that_does_not_answer_shows_as_slack_shows_it() -> None:
    """The command's time-out and the button's, in Slack's words."""

    def setup(app: AsyncApp) -> None:
        @app.command("/ally")
        async def is_silent() -> None:
            return

    page = Page()
    async with (
        Slack.start(clock=Clock.frozen_at(MONDAY), ack_within_s=0.05, routes=page.routes) as slack,
        over_socket_mode(slack, setup),
        tab(slack) as mina,
    ):
        assert (await mina.ask("say", text="/ally", thread=None))["error"] == "operation_timeout"
        await mina.sees("/ally failed with the error &#34;operation_timeout&#34;")
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        element = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
        blocks = [{"type": "actions", "block_id": "row", "elements": [element]}]
        posted = await client.chat_postMessage(channel=slack.person("mina").id, text="Go", blocks=blocks)
        await mina.ask("press", message=posted["ts"], block="row", action="go")
        await mina.until(lambda: mina.parts.get("notices") == ["We had some trouble connecting. Try again?"])


async def test_what_cannot_be_done_is_said_in_words() -> None:
    """A button that is gone, a word that is none: an answer, never an end of the connection."""
    async with served() as (slack, _), tab(slack) as mina:
        with pytest.raises(AssertionError, match="That message is gone"):
            await mina.ask("press", message="1.0", block="b", action="a")
        with pytest.raises(AssertionError, match="That window is closed already"):
            await mina.ask("submit", view="V1", values={})
        with pytest.raises(AssertionError, match="something odd"):
            await mina.ask("dance")
        with pytest.raises(AssertionError, match="something odd"):
            await mina.ask("look", who="nobody", where="home")
        await mina.ask("say", text="still here", thread=None)
        await mina.sees("still here")


async def test_only_what_has_changed_is_sent_again() -> None:
    """A second message does not bring the first one's HTML along."""
    async with served() as (slack, _), tab(slack, where="general") as mina:
        await mina.ask("say", text="first", thread=None)
        await mina.sees("first")
        await mina.ask("say", text="second", thread=None)
        await mina.sees("second")
        assert not any("first" in html for html in mina.parts["messages"]["html"].values())
        assert len(mina.parts["messages"]["order"]) == 4  # the beginning, a day, two messages


async def test_unread_marks_are_each_persons_own() -> None:
    """Mina's words are new for Joel and Asha; Joel reads them; Asha has not."""
    async with served() as (slack, page), tab(slack, where="general") as mina:
        await mina.ask("say", text="Good morning", thread=None)
        general = mina_channel = next(c for c in slack.team().state.channels.values() if c.name == "general")
        async with tab(slack, "joel", "general") as joel:
            await joel.sees("Good morning")
            await joel.sees("New")
        reads = {who.user.name: page.read_ts(who.id, general.id) for who in slack.people}
        assert reads["mina"] == reads["joel"] == slack.team().state.messages[mina_channel.id][0].ts
        assert reads["asha"] == "0"


async def test_hostile_words_are_escaped_wherever_they_are_drawn() -> None:
    """In a message, in a name, in a thread and in a modal's fields."""
    evil = "<img src=x onerror=alert(1)>"
    async with served() as (slack, _):
        await slack.change_user("mina", real_name=f"{evil} Okafor")
        async with tab(slack, where="general") as mina:
            await mina.ask("say", text=evil, thread=None)
            await mina.sees("&lt;img")
            everything = str(mina.parts) + "".join(mina.html.values())
            assert "<img" not in everything


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("hour", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        ("morning", datetime(2026, 11, 23, 9, 35, tzinfo=UTC)),
        ("check_in", datetime(2026, 11, 27, 15, 5, tzinfo=UTC)),
        ("week", datetime(2026, 11, 30, 8, 0, tzinfo=UTC)),
    ],
)
async def test_the_clock_goes_where_its_button_says(name: str, reached: datetime) -> None:
    """For someone in London, from a Monday at eight; and other pages are told."""
    async with served() as (slack, _), tab(slack) as mina:
        await mina.ask("clock", to=name)
        assert slack.clock.now() == reached
        await mina.until(lambda: mina.parts.get("now") == reached.timestamp())


@pytest.mark.parametrize("who", ["Europe/London", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("hours", [0, 5, 27, 101, 150])
def test_next_morning_is_a_working_day_there(who: str, hours: int) -> None:
    """After now, at that time of that zone, Monday to Friday, and no such moment lies between."""
    zone, now = ZoneInfo(who), MONDAY + timedelta(hours=hours)
    at = datetime(2026, 1, 1, 9, 35).time()  # noqa: DTZ001  # a time of day
    found = next_at(now, zone, at, lambda weekday: weekday < 5)
    assert found > now
    local = found.astimezone(zone)
    assert (local.time(), local.weekday() < 5) == (at, True)
    assert found - now <= timedelta(days=3)


class SlowBot:
    """A bot that is due at given moments and may never come to an end with one."""

    def __init__(self, clock: Clock, due: list[datetime], *, stuck: bool = False) -> None:
        self._clock, self._due, self._stuck = clock, due, stuck
        self.turns: list[datetime] = []

    async def next_due(self) -> datetime | None:
        return min(self._due, default=None)

    async def take_turn(self) -> None:
        now = self._clock.now()
        self.turns.append(now)
        if self._stuck:
            await asyncio.Event().wait()
        self._due = [moment for moment in self._due if moment > now]


async def test_time_stops_at_every_due_moment_and_never_goes_back() -> None:
    """A week with three nudges: the bot has its turn a second after each, and at the end."""
    clock = Clock.frozen_at(MONDAY)
    due = [MONDAY + timedelta(hours=hours) for hours in (1.5, 25.5, 49.5, 500)]
    bot = SlowBot(clock, due)
    await Moves(clock, bot, lambda: None).go("week", ZoneInfo("UTC"))
    second = timedelta(seconds=1)
    assert bot.turns == [*(moment + second for moment in due[:3]), MONDAY + timedelta(days=7)]


async def test_a_bot_that_is_stuck_does_not_stop_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was due is offered again and again, at ever the same small distance, and the hour still passes."""
    monkeypatch.setattr("sandbox.page.moves._TURN_S", 0.02)
    monkeypatch.setattr("sandbox.page.moves._IMPATIENT_S", 0.001)
    clock = Clock.frozen_at(MONDAY)
    bot = SlowBot(clock, [MONDAY], stuck=True)
    assert await Moves(clock, bot, lambda: None).go("hour", ZoneInfo("UTC")) == MONDAY + timedelta(hours=1)
    assert len(bot.turns) == 4


async def test_the_mood_reaches_the_bots_calls() -> None:
    """Broken, limited, down and well again, as the bot's own client meets them."""
    async with served() as (slack, _), tab(slack) as mina, aiohttp.ClientSession(slack.api_url) as http:

        async def status() -> int:
            async with http.post("users.list", headers={"Authorization": f"Bearer {slack.bot_token}"}) as answer:
                return answer.status

        assert await status() == 200
        for name, expected in (("broken", 500), ("down", 503), ("well", 200), ("limited", 200)):
            await mina.ask("mood", name=name)
            assert await status() == expected, name
        assert [await status() for _ in range(3)][-1] == 429
        with pytest.raises(AssertionError, match="something odd"):
            await mina.ask("mood", name="sulking")


async def test_what_slack_keeps_is_there_again(tmp_path: Path) -> None:
    """Messages, Home, read marks, the clock and the token come back; what Slack forgets on a reload does not."""
    file = tmp_path / "slack.json"
    async with served(file) as (slack, _):
        token = slack.bot_token
        client = AsyncWebClient(token, base_url=slack.api_url)
        mina = slack.person("mina")
        posted = await client.chat_postMessage(channel=mina.id, text="Kept")
        await client.chat_postEphemeral(channel=mina.dm_id, user=mina.id, text="Not kept")
        text = {"type": "plain_text", "text": "My Home"}
        await client.views_publish(user_id=mina.id, view={"type": "home", "blocks": [{"type": "header", "text": text}]})
        async with tab(slack) as page:
            await page.sees("Kept")
        slack.clock.advance(timedelta(days=2))
    async with served(file) as (slack, again):
        mina = slack.person("mina")
        assert slack.bot_token == token
        assert slack.clock.now() == MONDAY + timedelta(days=2)
        assert [message.text for message in mina.dm_messages] == ["Kept"]
        assert mina.ephemerals == []
        assert "My Home" in mina.home_text()
        assert again.read_ts(mina.id, mina.dm_id) == posted["ts"]
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        second = await client.chat_postMessage(channel=mina.id, text="Later")
        assert float(second["ts"]) > float(posted["ts"])


@pytest.mark.parametrize("found", ["", "{}", '{"version": 0}', '{"version": 1, "teams": 3}', "[]"])
async def test_what_was_kept_by_another_version_is_refused_whole(tmp_path: Path, found: str) -> None:
    """Never half of it."""
    file = tmp_path / "slack.json"
    file.write_text(found)
    with pytest.raises(CannotRead):
        async with served(file):
            raise AssertionError("it was taken")
    assert file.read_text() == found


def test_hints_come_from_the_manifest() -> None:
    """`/ally` and the words its usage hint names, each with what may follow it."""
    found = manifests.read()
    ally = found.commands[0]
    assert ally.name == "/ally"
    assert ("join", "") in ally.words
    assert ("log", "TEXT") in ally.words
    assert all(re.fullmatch(r"[a-z]+", word) for word, _ in ally.words)
