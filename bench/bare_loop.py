"""The yardstick of a fan-out: renders and posts the messages and keeps nothing. `python -m bench.bare_loop URL …`.

As good as a loop can be: one shared session, no retries, a fixed number in flight. Prints its CPU seconds as JSON.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Annotated

import aiohttp
import typer
from slack_sdk.web.async_client import AsyncWebClient

from bench.databases import team_id, token_of
from bot.config import content_folder
from bot.delivery.render import render
from bot.model import DeliveryId, Kind, Library, Parcel
from bot.nudges.library import load
from bot.observe import configure_logs


def _parcels(library: Library, messages: int, teams: int) -> Iterator[Parcel]:
    now = datetime.now(UTC)
    for number, nudge in enumerate(islice(cycle(library.nudges), messages)):
        yield Parcel(
            DeliveryId(uuid.uuid4().hex), team_id(number % teams), f"U{number:07}", f"D{number:07}", "en-GB",
            Kind.NUDGE, now.date(), now, nudge, None, 0,
        )  # fmt: skip


async def _fan_out(url: str, messages: int, teams: int, in_flight: int) -> float:
    library = load(content_folder())
    parcels = list(_parcels(library, messages, teams))
    timeout, connector = aiohttp.ClientTimeout(total=10), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        clients = {
            team: AsyncWebClient(token_of(team), url, session=session, retry_handlers=[])
            for team in {parcel.workspace for parcel in parcels}
        }
        left = iter(parcels)

        async def one_after_another() -> None:
            for parcel in left:
                message = render(library, parcel)
                await clients[parcel.workspace].chat_postMessage(
                    channel=parcel.dm or parcel.user, unfurl_links=False, **message.arguments()
                )

        began = time.process_time()
        await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
        return time.process_time() - began


def main(
    url: str,
    messages: Annotated[int, typer.Option()],
    teams: Annotated[int, typer.Option()] = 1,
    in_flight: Annotated[int, typer.Option()] = 20,
) -> None:
    """Posts `messages` to `url`, so many in flight at once."""
    configure_logs("json")  # as the bot does: slack_sdk formats every body for its debug log otherwise
    print(json.dumps({"cpu_s": asyncio.run(_fan_out(url, messages, teams, in_flight))}))


if __name__ == "__main__":
    typer.run(main)
