"""`python -m sandbox --with-bot`, as `make demo` runs it: Ally is in it, and it ends at once and cleanly."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

ROOT = Path(__file__).parents[2]
Process = asyncio.subprocess.Process


@asynccontextmanager
async def started(folder: Path, *arguments: str, **environ: str) -> AsyncIterator[Process]:
    """The command, run in a folder of its own; killed at the end if it still is there."""
    command = [sys.executable, "-m", "sandbox", "--with-bot", *arguments]
    pipe = asyncio.subprocess.PIPE
    env = {**os.environ, "PYTHONPATH": str(ROOT), "KEEP": "", **environ}
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=env, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def address(process: Process) -> str:
    """Where it says that the page is."""
    assert process.stdout is not None
    async with asyncio.timeout(30):
        async for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line.decode()):
                return found[0]
    raise AssertionError("it ended without an address")


async def control(url: str, what: str, **body: Any) -> Any:
    """One of the endpoints for other processes."""
    async with aiohttp.ClientSession() as http, http.post(f"{url}/sandbox/{what}", json=body) as answer:
        return await answer.json()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_is_ready_with_ally_in_it_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """The page is there and Ally answers; a signal ends all of it with 0, no traceback, and no file left behind."""
    async with started(tmp_path, "--port", "0") as process:
        url = await address(process)
        async with aiohttp.ClientSession() as http, http.get(url) as page:
            assert page.status == 200
        done = await control(url, "person", who="mina", do="command", args=["/ally join"])
        assert done["error"] is None
        assert "You're in" in done["appeared"][0]
        process.send_signal(number)
        _, errors = await asyncio.wait_for(process.communicate(), 5)
        assert (process.returncode, errors) == (0, b"")
    assert os.listdir(tmp_path) == []


@pytest.mark.waits
async def test_with_keep_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """What Mina kept is there the next time, and the key that opens it is nobody else's to read."""
    async with started(tmp_path, "--port", "0", KEEP="1") as process:
        url = await address(process)
        await control(url, "person", who="mina", do="command", args=["/ally join"])
        await control(url, "person", who="mina", do="command", args=["/ally log I asked who was missing."])
        async with started(tmp_path, "--port", "0", KEEP="1") as second:
            _, errors = await asyncio.wait_for(second.communicate(), 30)
            assert (second.returncode, errors.count(b"\n")) == (2, 1)
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 5)
    assert (tmp_path / "demo-data" / "key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "demo-data").stat().st_mode & 0o077 == 0
    async with started(tmp_path, "--port", "0", KEEP="1") as process:
        url = await address(process)
        found = await control(url, "person", who="mina", do="command", args=["/ally journal"])
        assert "I asked who was missing." in found["appeared"][0]


async def test_it_serves_this_machine_only(tmp_path: Path) -> None:
    """Another address is refused in one line."""
    async with started(tmp_path, "--host", "0.0.0.0") as process:  # noqa: S104  # which is the point
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, errors.count(b"\n")) == (2, 1)
