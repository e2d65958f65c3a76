"""The yardstick: the least that Bolt can do, a command acknowledged with a text. `python -m bench.bare_bolt`.

Prints its port, then serves until it is stopped.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult


async def _authorize(team_id: str) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=team_id, bot_token="xoxb-bare", bot_id="B1", bot_user_id="U1")


async def _answer(ack: Any) -> None:
    await ack("Help is on its way.")


async def _serve() -> None:
    app = AsyncApp(signing_secret=os.environ["SLACK_SIGNING_SECRET"], authorize=_authorize)
    app.command("/ally")(_answer)
    runner = web.AppRunner(app.web_app(path="/slack/events", port=0), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
