"""The tests' end of `tests.e2e.killed.doomed`: orders workers, and hears how they ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.e2e.killed.doomed import Order
from tests.processes import environment


class Nursery:
    """Close it at the end; whoever still lives then dies with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.killed.doomed"], cwd=Path(__file__).parents[3], env=environment({}),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def bear(self, order: Order) -> Life:
        """A worker, born now."""
        return Life(self, self.ask(order=asdict(order))["pid"], Path(order.log))

    def ask(self, **question: Any) -> dict[str, Any]:
        """One line there, one line back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def reap(self, pid: int) -> int:
        """Waits for the end of a process that was sent SIGKILL, and stops the world meanwhile."""
        return int(self.ask(pid=pid, wait=True)["ended"])

    def close(self) -> None:
        self._process.communicate(timeout=10)  # closes its standard input, which ends it


class Life:
    """One worker."""

    def __init__(self, nursery: Nursery, pid: int, log: Path) -> None:
        self._nursery, self.pid, self._log = nursery, pid, log
        self._code: int | None = None

    @property
    def ended(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        if self._code is None:
            self._code = self._nursery.ask(pid=self.pid, wait=False)["ended"]
        return self._code

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text() if self._log.exists() else ""

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        os.kill(self.pid, number)

    async def end(self, timeout_s: float = 20) -> int:
        """Waits until it has ended; its exit code."""
        async with asyncio.timeout(timeout_s):
            while (code := self.ended) is None:  # noqa: ASYNC110 — another process's child rings no bell of ours
                await asyncio.sleep(0.02)
        return code
