"""Real processes of Ally, as an operator starts them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

_BARE = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "COVERAGE_PROCESS_START")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Only what a process needs to run, and what a test sets: no setting leaks in from outside."""
    return {name: os.environ[name] for name in _BARE if name in os.environ} | dict(given)


async def ally(*words: str, environ: Mapping[str, str], cwd: Path, timeout_s: float = 30) -> tuple[int, str, str]:
    """Runs `ally …` to its end; exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, env=_with_path(environ), cwd=cwd,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), timeout_s)
    return process.returncode or 0, out.decode(), err.decode()


class Running:
    """A process of Ally that goes on until it is stopped or killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log: list[str] = []

    async def says(self, what: str, timeout_s: float = 20) -> None:
        """Waits for a line of its log."""
        assert self.process.stderr is not None
        async with asyncio.timeout(timeout_s):
            while not any(what in line for line in self.log):
                line = await self.process.stderr.readline()
                if not line:
                    raise AssertionError(f"ended before it said {what!r}:\n{''.join(self.log)}")
                self.log.append(line.decode())

    async def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        await self.process.wait()

    async def terminate(self, timeout_s: float = 10) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        _, rest = await asyncio.wait_for(self.process.communicate(), timeout_s)
        self.log.append(rest.decode())
        return self.process.returncode or 0


@asynccontextmanager
async def running(*words: str, environ: Mapping[str, str], cwd: Path) -> AsyncIterator[Running]:
    """Starts `ally …`; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, env=_with_path(environ), cwd=cwd,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def _with_path(environ: Mapping[str, str]) -> dict[str, str]:
    return environment({"PYTHONPATH": str(Path(__file__).parent.parent)} | dict(environ))
