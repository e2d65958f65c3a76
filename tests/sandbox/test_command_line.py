"""`python -m sandbox` and its control endpoints, from another process."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import http_server

Process = asyncio.subprocess.Process


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    """The command, running; killed at the end if it still is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def first_line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 10)).decode()


async def control(first: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    """Post to a control endpoint; the answer has to be ok."""
    async with aiohttp.ClientSession() as http, http.post(f"{first['control_url']}{what}", json=body) as answer:
        said: dict[str, Any] = await answer.json()
        assert said["ok"], said
        return said


async def test_the_first_line_says_all_a_bot_needs_and_control_does_the_rest() -> None:
    """JSON, flushed; a bot in this process, the Slack in another, over signed HTTP; SIGTERM ends it with 0."""
    came: list[str] = []

    async def bot(request: web.Request) -> web.StreamResponse:
        came.append(text := await request.text())
        if "url_verification" in text:
            return web.json_response({"challenge": json.loads(text)["challenge"]})
        return web.json_response({"text": "heard you"})

    async with http_server(bot) as url, started("--port", "0", "--json", "--events-url", url) as process:
        first = json.loads(await first_line(process))
        assert len(first["users"]) == 3
        client = AsyncWebClient(first["bot_token"], base_url=first["api_url"])
        zones = [(await client.users_info(user=user))["user"]["tz"] for user in first["users"]]
        assert len(set(zones)) == 3
        done = await control(first, "person", who="mina", do="command", args=["/ally join"])
        assert (done["error"], done["appeared"]) == (None, ["heard you"])
        assert (await control(first, "see", who="mina", text="heard"))["text"] == "heard you"
        assert (await control(first, "screen", who="mina"))["ephemerals"][0]["reads"] == "heard you"
        await control(first, "clock", advance_s=3600)
        await control(first, "faults", add={"method": "chat.postMessage", "error": "fatal_error", "times": 1})
        counted = await control(first, "calls", method="users.info")
        assert counted["count"] == 3
        await control(first, "user", who="mina", changes={"tz": "Asia/Tokyo"})
        assert '"user_change"' in came[-1]
        await control(first, "scopes", revoke=["im:history"])
        await control(first, "uninstall")
        async with aiohttp.ClientSession() as http:
            async with http.post(f"{first['control_url']}person", json={"who": "nobody", "do": "submit"}) as answer:
                assert answer.status == 400
            async with http.post(f"{first['control_url']}nothing") as answer:
                assert answer.status == 404
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0


async def test_without_json_it_speaks_to_a_person_and_a_taken_port_is_one_line() -> None:
    """Exit 2, nothing on standard output, no traceback."""
    async with started() as process:
        said = await first_line(process)
        assert "http://127.0.0.1:" in said
        port = said.split("127.0.0.1:")[1].split(",")[0]
        async with started("--port", port) as second:
            out, err = await asyncio.wait_for(second.communicate(), 10)
            assert (second.returncode, out) == (2, b"")
            assert err.decode().count("\n") == 1
            assert port in err.decode()
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 5) == 0
