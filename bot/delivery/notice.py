"""Tells admins that an edit of the library was refused: one direct message for each broken version and admin.

Claimed in a row, posted, settled like a delivery: what a crash or a lost answer left unknown is looked up in the DM
(`im:history`); where Ally may not look, it is left at that and logged, for twice is worse than `/ally admin library`.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.last_look import last_look
from bot.delivery.means import Means
from bot.delivery.settle import find_message
from bot.delivery.verdict import Meaning, verdict_on
from bot.model import State
from bot.nudges.shelf import Shelf
from bot.storage.notices import Notice, claim_notice, record_notice, untold
from bot.views.admin import broken_notice
from bot.views.words import words_for

log = structlog.get_logger()

_HOLD = timedelta(minutes=1)  # far longer than a post takes
_AGAIN = timedelta(minutes=1)
_NO_HURRY = timedelta(minutes=15)
_LOCALE = "en-GB"  # the findings are in English, too


class Herald:
    """`tell` is safe to call at any time, by any number of workers."""

    def __init__(
        self,
        means: Means,
        shelf: Shelf,
        admins: Callable[[], Collection[tuple[str, str]]],
        client_for: Callable[[str], Awaitable[AsyncWebClient | None]],
    ) -> None:
        """`admins` are workspaces and users; asked anew each time, for which workspace is ours shows late."""
        self._m, self._shelf, self._admins, self._client_for = means, shelf, admins, client_for
        self._seen = ""
        self._trouble: dict[tuple[str, str], str] = {}

    async def tell(self) -> int:
        """Tells whoever has to hear of the version that is broken now; says how many were told.

        Only of what was broken at the last call too: a save that was finished or mended meanwhile is no news.
        """
        version, before = self._shelf.refused_version, self._seen
        self._seen = version
        if not version or version != before:
            return 0
        told, also_called = 0, self._shelf.refused_elsewhere
        for who in await untold(self._m.db, version, self._admins(), self._m.clock(), also_called):
            try:
                told += await self._tell(who, version)
            except Exception as error:  # noqa: BLE001 — one admin's trouble must not keep it from the next
                self._failed(who, type(error).__name__)
            else:
                self._trouble.pop(who, None)
        return told

    def _failed(self, who: tuple[str, str], error: str) -> None:
        """Logs it unless it is what it was at the last look, which was seconds ago."""
        if self._trouble.get(who) != error:
            log.error("notice_failed", workspace=who[0], error=error)
        self._trouble[who] = error

    async def _tell(self, who: tuple[str, str], version: str) -> bool:
        client = await self._client_for(who[0])
        if client is None:  # Ally is not, or no longer, installed there
            return False
        deadline = self._m.boottime() + _HOLD.total_seconds()
        held = await claim_notice(self._m.db, who, version, uuid.uuid4().hex, self._m.clock(), _HOLD)
        if held is None:
            return False
        if not held.fresh and not await self._certainly_unsent(held, client):
            return False
        words, findings = words_for(_LOCALE), self._shelf.refused
        if self._shelf.refused_version != version or self._m.boottime() >= deadline:  # mended, or a nap too long
            await record_notice(self._m.db, held, State.PLANNED, ready_at=self._m.clock())
            return False
        message = broken_notice(words, findings, self._shelf.folder, held.id)
        with last_look(lambda: self._m.boottime() < deadline) as look:
            try:
                await client.chat_postMessage(channel=held.user, unfurl_links=False, **message.arguments())
            except Exception as error:  # noqa: BLE001 — `verdict_on` reads every kind, and says unknown when unsure
                if look.forbade:
                    await record_notice(self._m.db, held, State.PLANNED, ready_at=self._m.clock())
                else:
                    await self._refused(held, error)
                return False
        self._m.metrics.slack_answers.labels("chat.postMessage", "ok").inc()
        await record_notice(self._m.db, held, State.SENT)
        log.info("admin_told", workspace=held.workspace, version=version[:12])
        return True

    async def _refused(self, held: Notice, error: Exception) -> None:
        verdict, now = verdict_on(error), self._m.clock()
        self._m.metrics.slack_answers.labels("chat.postMessage", verdict.code).inc()
        log.warning("notice_refused", workspace=held.workspace, code=verdict.code, meaning=verdict.meaning.name)
        match verdict.meaning:
            case Meaning.PERSON:
                await record_notice(self._m.db, held, State.FAILED, verdict.code)
            case Meaning.WORKSPACE:
                await record_notice(self._m.db, held, State.PLANNED, verdict.code, now + _NO_HURRY)
            case Meaning.LATER:
                wait = verdict.retry_after or _AGAIN
                await record_notice(self._m.db, held, State.PLANNED, verdict.code, now + wait)
            case Meaning.UNKNOWN:
                await record_notice(self._m.db, held, State.SENDING, verdict.code, now + _HOLD)

    async def _certainly_unsent(self, held: Notice, client: AsyncWebClient) -> bool:
        """Looks for a notice whose fate nobody knows; writes down what it was, unless it was surely never sent."""
        try:
            channel = str((await client.conversations_open(users=held.user))["channel"]["id"])
            found = await find_message(client, channel, held.id, held.claimed_at)
        except Exception as error:  # noqa: BLE001 — as above
            verdict = verdict_on(error)
            if verdict.code != "missing_scope" and verdict.meaning in (Meaning.LATER, Meaning.UNKNOWN):
                again = self._m.clock() + (verdict.retry_after or _AGAIN)
                await record_notice(self._m.db, held, State.SENDING, verdict.code, again)
                return False
            found = False
        if found is True:
            return True
        if found is False:
            log.error("notice_fate_unknown", workspace=held.workspace, version=held.version[:12])
            await record_notice(self._m.db, held, State.FAILED, "unknown")
        else:
            await record_notice(self._m.db, held, State.SENT)
        return False
