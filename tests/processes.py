"""Real processes of Ally, as an operator starts them."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

_BARE = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "COVERAGE_PROCESS_START")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Only what a process needs to run, and what a test sets: no setting leaks in from outside."""
    return {name: os.environ[name] for name in _BARE if name in os.environ} | dict(given)


async def ally(*words: str, environ: Mapping[str, str], cwd: Path, timeout_s: float = 30) -> tuple[int, str, str]:
    """Runs `ally …` to its end in a process of its own; exit code, standard output, standard error."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        order = {"words": words, "environ": environment(environ), "cwd": str(cwd), "out": str(out), "err": str(err)}
        code = await asyncio.to_thread(_forged, order | {"timeout_s": timeout_s})
        assert code != -signal.SIGALRM, f"ally {words} took more than {timeout_s} s: {err.read_text()}"
        return code, out.read_text(), err.read_text()


_one_at_a_time = Lock()


def _forged(order: dict[str, object]) -> int:
    with _one_at_a_time:
        forge = _forge()
        assert forge.stdin is not None
        assert forge.stdout is not None
        forge.stdin.write(json.dumps(order) + "\n")
        forge.stdin.flush()
        return int(forge.stdout.readline())


@cache
def _forge() -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", "tests.forge"], subprocess.PIPE
    forge = subprocess.Popen(command, env=_with_path({}), stdin=pipe, stdout=pipe, text=True)
    atexit.register(forge.communicate)  # the end of its input ends it
    return forge


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
