"""Sees from outside which step of a delivery a worker is at.

By SQLAlchemy's events (statements as objects, never as text) and around the two calls to Slack: nothing in `bot/`
knows of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any
from unittest import mock

import aiohttp
import sqlalchemy as sa
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import House
from bot.model import State
from bot.storage.tables import delivery, lease
from tests.e2e.killed.bombs import Fuse

_AFTER = {
    "planning": "planned", "leasing": "leased", "claiming": "claimed", "recording": "recorded", "settling": "settled",
    "releasing": "released",
}  # fmt: skip


def watch(house: House, fuse: Fuse) -> None:
    """Tells `fuse` of each step of a house that has not started yet."""
    engine = house.db.engine.sync_engine

    @sa.event.listens_for(engine, "checkout")
    def _checkout(_connection: Any, record: Any, _proxy: Any) -> None:
        record.info["deeds"], record.info["committed"] = set(), False

    @sa.event.listens_for(engine, "before_execute")
    def _execute(
        connection: sa.Connection, statement: Any, many: Sequence[dict[str, Any]], one: dict[str, Any], _options: Any
    ) -> None:
        fuse.at("statement", named=False)
        connection.info["deeds"] |= set(_deeds(connection, statement, [*many, one]))

    @sa.event.listens_for(engine, "commit")
    def _commit(connection: sa.Connection) -> None:
        for step in _steps(connection.info["deeds"]):
            fuse.at(step)
        connection.info["committed"] = True

    @sa.event.listens_for(engine, "checkin")  # right after the commit, before any other line of Ally's runs
    def _checkin(_connection: Any, record: Any) -> None:
        if record.info["committed"]:
            for step in _steps(record.info["deeds"]):
                fuse.at(_AFTER[step])

    post, look = AsyncWebClient.chat_postMessage, AsyncWebClient.conversations_history

    async def _post(client: AsyncWebClient, **arguments: Any) -> Any:
        fuse.at("asking")
        answer = await post(client, **arguments, sender=os.getpid())  # Slack ignores what it does not know
        fuse.at("answered")
        return answer

    async def _look(client: AsyncWebClient, **arguments: Any) -> Any:
        try:
            return await look(client, **arguments)
        finally:
            fuse.at("looked")

    async def _write(_session: Any, _context: Any, chunk: aiohttp.TraceRequestChunkSentParams) -> None:
        if chunk.url.path.endswith("/chat.postMessage"):
            fuse.at("writing")

    trace = aiohttp.TraceConfig()
    trace.on_request_chunk_sent.append(_write)
    made = aiohttp.ClientSession.__init__

    def _make(session: aiohttp.ClientSession, *, trace_configs: Sequence[aiohttp.TraceConfig] = (), **how: Any) -> None:
        made(session, trace_configs=[*trace_configs, trace], **how)  # the last to be told, right before the write

    mock.patch.object(aiohttp.ClientSession, "__init__", _make).start()
    mock.patch.object(AsyncWebClient, "chat_postMessage", _post).start()
    mock.patch.object(AsyncWebClient, "conversations_history", _look).start()


def _deeds(connection: sa.Connection, statement: Any, parameters: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What a statement does, in a word each."""
    if not isinstance(statement, sa.Insert | sa.Update):
        return
    insert = isinstance(statement, sa.Insert)
    if statement.table is delivery and insert:
        yield "rows"
    elif statement.table is delivery:
        given = [statement.compile(dialect=connection.dialect).params, *parameters]
        yield from (f"to {values[key]}" for values in given for key in ("state", "new_state") if values.get(key))
        # PostgreSQL gets the fates as an array for each column.
        arrays = (value for values in given for value in values.values() if isinstance(value, list))
        yield from (f"to {state}" for array in arrays for state in set(State) & set(array))
    elif statement.table is lease and insert:
        yield "lease taken"
    elif statement.table is lease:
        gone = statement.compile(dialect=connection.dialect).params.get("until") == 0
        yield "lease given back" if gone else "lease renewed"


def _steps(deeds: set[str]) -> list[str]:
    """The steps that a transaction is, by its deeds: one may write down fates and claim more."""
    moved, ours = {deed for deed in deeds if deed.startswith("to ")}, "lease renewed" in deeds
    found = {
        "planning": "rows" in deeds,
        "leasing": "lease taken" in deeds,
        "claiming": ours and f"to {State.SENDING}" in moved,
        "recording": ours and f"to {State.SENT}" in moved,
        "settling": bool(moved) and not ours,
        "releasing": "lease given back" in deeds,
    }
    return [step for step, is_so in found.items() if is_so]
