"""Processes of `ally` without the second that Python needs to import it.

`python -m tests.forge` imports once, and forks for each command on its standard input: one JSON document a line, and
the exit code as the answer. The other end of the pipes is `processes.ally`.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import bot.app
import bot.cli  # noqa: F401


def main() -> None:
    """Forks until its standard input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(_live(asked))
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _live(asked: dict[str, Any]) -> int:
    """One command, in the folder, with the environment and on the files it was given; its exit code."""
    try:
        signal.setitimer(signal.ITIMER_REAL, asked["timeout_s"])  # nobody handles it, so it is the end
        for number, file in enumerate((os.devnull, asked["out"], asked["err"])):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), number)
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["environ"])
        encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
        sys.stdin = io.TextIOWrapper(io.FileIO(0), "utf-8")
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), encoding)
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w")), encoding, "backslashreplace")
        sys.argv = [str(Path(__file__).parent.parent / "bot" / "__main__.py"), *asked["words"]]
        code = 0
        try:
            runpy.run_module("bot", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        return code
    except BaseException:  # noqa: BLE001 — nothing may get out of here into the loop above
        traceback.print_exc()
        sys.stderr.flush()
        return 1


if __name__ == "__main__":
    main()
