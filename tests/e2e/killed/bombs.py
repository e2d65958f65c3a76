"""When a worker dies, and the mark that it leaves."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from bot.model import State
from bot.storage.database import async_url
from bot.storage.tables import delivery, lease

STEPS = (
    "planning", "planned", "leasing", "leased", "claiming", "claimed", "asking", "writing", "answered", "recording",
    "recorded", "looked", "settling", "settled", "releasing", "released",
)  # fmt: skip
"""Where a worker can be told to die. `…ing` is just before a commit, `…ed` just after it. `asking` is before a request
to post is begun, `writing` when nothing is left but to hand its bytes to the socket, `answered` right after its answer;
`looked` right after a DM's history came."""

AT_SLACK = ("unkept", "kept")
"""While a request stands open: Slack has read it but kept nothing; Slack has kept the message but not answered."""

ANYWHERE = "anywhere"
"""Any of these steps, and before any statement to the database."""


@dataclass(frozen=True)
class Bomb:
    """Goes off in the first process that comes to `step` for the `after`-th time, once all before it have."""

    step: str
    after: int = 1
    signal: int = signal.SIGKILL


@dataclass(frozen=True)
class Mark:
    """What was true when a bomb went off: committed rows as (kind, state) by id; whether somebody held the lease."""

    step: str
    pid: int
    at: float
    rows: dict[str, tuple[str, str]]
    held: bool

    def ids(self, *states: State) -> set[str]:
        """Deliveries that stood in one of these states."""
        return {id_ for id_, (_, state) in self.rows.items() if state in states}


def leave_mark(file: Path, step: str, pid: int, url: str) -> bool:
    """Writes down how things stand, for others to read. False when somebody else has left this mark before."""
    mark = Mark(step, pid, time.time(), *_standing(url))
    part = file.with_name(f"{file.name}.{os.getpid()}")
    part.write_text(json.dumps(asdict(mark)))
    try:
        os.link(part, file)  # whole or not at all, and once
    except FileExistsError:
        return False
    return True


def read_mark(file: Path) -> Mark:
    """A mark that was left."""
    return Mark(**json.loads(file.read_text()))


def _standing(url: str) -> tuple[dict[str, tuple[str, str]], bool]:
    asked = async_url(url)
    engine = sa.create_engine(asked.set(drivername=asked.drivername.replace("+aiosqlite", "")), poolclass=sa.NullPool)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(delivery.c.id, delivery.c.kind, delivery.c.state)).all()
        until = connection.scalar(sa.select(sa.func.max(lease.c.until)))
    return {row.id: (row.kind, row.state) for row in rows}, bool(until)


class Fuse:
    """Counts the steps of this process and lights what is due."""

    def __init__(self, bombs: tuple[Bomb, ...], marks: Path, url: str) -> None:
        self._bombs, self._url = bombs, url
        self._marks = [marks / str(number) for number in range(len(bombs))]
        self._passed = [0] * len(bombs)

    def at(self, step: str, *, named: bool = True) -> None:
        """This process is at `step` now; steps that are not `named` only count as anywhere."""
        for number, (bomb, mark) in enumerate(zip(self._bombs, self._marks, strict=True)):
            if mark.exists():
                continue
            if (named and bomb.step == step) or bomb.step == ANYWHERE:
                self._passed[number] += 1
                if self._passed[number] == bomb.after and leave_mark(mark, step, os.getpid(), self._url):
                    os.kill(os.getpid(), bomb.signal)
            return
