"""Ally beside this Slack, in the same process and on the same clock: what `--with-bot` adds.

The only module here that knows the bot from within: it asks the ledger what is due, so that the clock can stop there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import House, Role, Tempo
from bot.config import BadSettings, load
from bot.observe import configure_logs
from bot.start import CannotStart
from bot.storage.ledger import deliveries, due_members
from bot.storage.vault import new_key

if TYPE_CHECKING:
    from sandbox.slack import Slack

KEPT_IN = Path("demo-data")
ADMIN = "asha"
_LOOK_S = 0.5
_LEASE_S = 5.0
_AGAIN = timedelta(minutes=15)  # how long something still open is left alone before the clock stops for it again


class Beside:
    """The bot, as the clock sees it."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def next_due(self) -> datetime | None:
        """The next nudge or check-in of anybody; soon, where one is under way; None where nobody has joined."""
        moments = [
            moment
            for who in await due_members(self._house.db)
            for moment in (who.next_nudge_at, who.next_check_in_at)
            if moment is not None
        ]
        now = self._house.clock()
        if any(one.state in ("planned", "sending") for one in await deliveries(self._house.db)):
            moments.append(now + _AGAIN)
        return min(moments, default=None)

    async def take_turn(self) -> None:
        """Plans and sends all that is due now, and erases what has to be."""
        worker = self._house.worker
        await worker.plan()
        await worker.deliver()
        await worker.idle()
        await worker.tidy()


@contextmanager
def data_folder(*, keep: bool) -> Iterator[Path]:
    """Where the demo keeps its things: `demo-data/` here, or a folder that is gone with the demo."""
    if keep:
        KEPT_IN.mkdir(mode=0o700, exist_ok=True)
        yield KEPT_IN.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="ally-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def log_into(folder: Path) -> None:
    """Ally's log goes to `ally.log` there, for the rest of this process: the terminal belongs to the reader."""
    configure_logs("text", (folder / "ally.log").open("a", encoding="utf-8", buffering=1))


@asynccontextmanager
async def bot_beside(slack: Slack, folder: Path) -> AsyncIterator[Beside]:
    """Ally over Socket Mode, on SQLite in that folder. An ExceptionGroup of every reason where it cannot start."""
    try:
        house = await _started(slack, folder)
    except (CannotStart, BadSettings) as error:
        raise ExceptionGroup("Ally cannot start", [ValueError(problem) for problem in error.problems]) from None
    try:
        await slack.connected(1)
        yield Beside(house)
    finally:
        slack.come_back()  # a Slack that was made slow must not make the end slow
        await house.stop()


async def _started(slack: Slack, folder: Path) -> House:
    settings = load(
        {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "DATABASE_URL": f"sqlite:///{folder}/ally.db",
            "ALLY_ENCRYPTION_KEYS": _key_in(folder),
            "ALLY_ADMINS": slack.person(ADMIN).id,
            "ALLY_SUPPORT_LINKS": "Speak up=https://example.org/speak-up",
        },
        dotenv=None,  # an operator's own settings have no business in a demo
    )
    house = House(settings, Role.RUN, clock=slack.clock.now, tempo=Tempo(look_s=_LOOK_S, lease_s=_LEASE_S))
    await house.check()
    await house.start()
    return house


def _key_in(folder: Path) -> str:
    """The demo's own encryption key, made on the first start; without it what was kept could not be read again."""
    file = folder / "key"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(new_key())
    return file.read_text(encoding="utf-8").strip()
