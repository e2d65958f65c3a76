"""The words a browser may say to the server, one method each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sandbox.page.deeds import Place
from sandbox.page.session import Session
from sandbox.transport import Ack
from sandbox.world import JsonObject

if TYPE_CHECKING:
    from sandbox.page.doors import Page

TOLD = ("home", "messages")  # "app_home_opened": the tabs that an app hears of
LONGEST = 12_000  # characters of one message; Slack cuts there


class Asked:
    """What one browser asks for: `{"id": 7, "do": "press", …}`."""

    def __init__(self, page: Page, session: Session, wake: asyncio.Event) -> None:
        self._page = page
        self._session = session
        self._wake = wake

    async def do(self, asked: JsonObject) -> Any:
        """Do it. LookupError for a word that is none, PersonError for what cannot be done."""
        words = {
            "look": self._look,
            "state": self._state,
            "reload": self._reload,
            "say": self._say,
            "keep": self._keep,
            "press": self._press,
            "submit": self._submit,
            "close": self._close,
            "clock": self._clock,
            "mood": self._mood,
        }
        return await words[asked["do"]](asked)

    async def _look(self, asked: JsonObject) -> Any:
        moved = self._session.look(asked["who"], asked["where"], asked.get("thread"))
        self._session.ready = True
        self._wake.set()
        if moved and self._session.looking.where in TOLD:
            await self._session.deeds.open_tab(self._session.looking.where)
        return None

    async def _state(self, asked: JsonObject) -> Any:
        """Whether the page is in view, and whether the inspector is open."""
        self._session.visible = bool(asked["visible"])
        self._session.inspecting = bool(asked["inspecting"])
        self._wake.set()

    async def _reload(self, asked: JsonObject) -> Any:
        self._session.deeds.reload()

    async def _say(self, asked: JsonObject) -> Any:
        text, thread = str(asked["text"])[:LONGEST], asked.get("thread")
        return _told(await self._session.deeds.say(self._session.channel, text, thread))

    async def _keep(self, asked: JsonObject) -> Any:
        """What stands in a modal's fields, before the browser looks elsewhere."""
        self._session.deeds.keep(asked["view"], asked.get("values") or {})

    async def _press(self, asked: JsonObject) -> Any:
        place = Place(asked.get("message"), asked.get("view"))
        if place.view_id is not None:
            self._session.deeds.keep(place.view_id, asked.get("values") or {})
        return _told(await self._session.deeds.press(place, asked["block"], asked["action"], asked.get("value")))

    async def _submit(self, asked: JsonObject) -> Any:
        return _told(await self._session.deeds.submit(asked["view"], asked.get("values") or {}))

    async def _close(self, asked: JsonObject) -> Any:
        return _told(await self._session.deeds.close(asked["view"], everything=bool(asked.get("everything"))))

    async def _clock(self, asked: JsonObject) -> Any:
        await self._page.moves.go(asked["to"], self._session.zone)

    async def _mood(self, asked: JsonObject) -> Any:
        await self._page.mood.set(asked["name"])


def _told(ack: Ack | None) -> JsonObject | None:
    return None if ack is None else {"error": ack.error, "ms": round(ack.seconds * 1000)}
