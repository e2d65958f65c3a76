"""Processes of Ally that die where they are told to.

`python -m tests.e2e.killed.doomed` is a nursery. It imports Ally once and forks one real worker for each order on its
standard input: an interpreter that starts from nothing would cost each of them a second of CPU. The other end of the
pipes is `nursery`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import structlog

import bot.app
from bot.app import House, Role, Tempo, serve
from bot.config import Settings, load
from bot.observe import configure_logs
from bot.start import CannotStart
from bot.storage.vault import new_key
from tests.e2e.killed.bombs import Bomb, Fuse
from tests.e2e.killed.watching import watch
from tests.libraries import library_text, save


@dataclass(frozen=True)
class Order:
    """One worker to be born. `marks` is a folder that all workers share; each spent bomb leaves a file there."""

    environ: dict[str, str]
    log: str
    marks: str
    bombs: tuple[Bomb, ...] = ()
    look_s: float = 0.2
    lease_s: float = 1.5


def live(order: Order) -> int:
    """One life of `ally worker`: until SIGTERM, or a bomb."""

    def build(settings: Settings, role: Role) -> House:
        house = House(settings, role, tempo=Tempo(order.look_s, order.lease_s))
        watch(house, Fuse(order.bombs, Path(order.marks), order.environ["DATABASE_URL"]))
        return house

    configure_logs("json")
    try:
        with mock.patch.object(bot.app, "House", build):
            asyncio.run(serve(load(order.environ, dotenv=None), Role.WORKER))
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def rehearse() -> None:
    """A short life beside nobody, so that what is done only once in a process is done before the first fork."""

    async def begin_and_end(folder: str) -> None:
        library = save(Path(folder) / "content", library_text(("bring-in-01", "Ask who is missing.")))
        environ = {
            "SLACK_BOT_TOKEN": "xoxb-0", "SLACK_APP_TOKEN": "xapp-0", "SLACK_API_URL": "http://127.0.0.1:1/",
            "ALLY_ENCRYPTION_KEYS": new_key(), "DATABASE_URL": f"sqlite:///{folder}/ally.db",
            "ALLY_CONTENT": str(library.parent),
        }  # fmt: skip
        house = House(load(environ, dotenv=None), Role.WORKER)
        await house.check()
        await house.start()
        await house.stop()

    logging.disable()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(begin_and_end(folder))
    structlog.reset_defaults()
    logging.disable(logging.NOTSET)


def nurse() -> None:
    """Forks for each order (`{"order": …}` → `{"pid": …}`), and says of a pid whether, or once, it has ended
    (`{"pid": …, "wait": …}` → `{"ended": …}`, with null or an exit code, negative for a signal)."""
    rehearse()
    ended: dict[int, int] = {}
    born: list[int] = []
    for line in sys.stdin:
        asked = json.loads(line)
        if "order" in asked:
            given = asked["order"] | {"bombs": tuple(Bomb(**one) for one in asked["order"]["bombs"])}
            pid = _fork(Order(**given))
            born.append(pid)
            answer: dict[str, int | None] = {"pid": pid}
        else:
            pid = asked["pid"]
            if pid not in ended:
                found, status = os.waitpid(pid, 0 if asked["wait"] else os.WNOHANG)
                if found:
                    ended[pid] = os.waitstatus_to_exitcode(status)
            answer = {"ended": ended.get(pid)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in set(born) - set(ended):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _fork(order: Order) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        with open(os.devnull, "r+b") as nothing, open(order.log, "ab") as log:
            for number, file in ((0, nothing), (1, nothing), (2, log)):
                os.dup2(file.fileno(), number)
        code = live(order)
    except BaseException:  # noqa: BLE001 — nothing may get out of here into a second nursery
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    nurse()
