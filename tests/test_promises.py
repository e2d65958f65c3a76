"""The privacy promises of this first version, each with a test of its own name."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from prometheus_client import generate_latest

from bot.app import House, Role
from bot.storage.vault import new_key
from sandbox import Clock, Person, Slack
from tests.conftest import MONDAY
from tests.e2e.conftest import opened

SECRET = "I froze when he mocked her accent"


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack on a frozen Monday."""
    async with Slack.start(clock=Clock.frozen_at(MONDAY), wait_s=8.0) as served:
        yield served


@pytest.fixture
async def house(slack: Slack, tmp_path: Path) -> AsyncIterator[House]:
    """`ally run` on SQLite."""
    async with opened(slack, f"sqlite:///{tmp_path}/ally.db", new_key(), "socket mode", Role.RUN) as one:
        yield one


async def _a_week(slack: Slack) -> Person:
    """A week in which somebody says secret things wherever they can be said."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command(f"/ally log {SECRET} once")
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.sees("Did it")
    await mina.press("Did it")
    await mina.sees("[Write a line]")
    await mina.press("Write a line")
    await mina.until(lambda: mina.modal, "gets a modal")
    await mina.fill("Your line", f"{SECRET} twice")
    await mina.submit()
    await mina.sees("You can find it in the Home tab")
    await mina.close()
    await mina.command(f"/ally {SECRET} thrice")
    await mina.press("Save as a reflection")
    slack.clock.advance(timedelta(days=4, hours=5, minutes=45))
    await mina.sees("How was your week?")
    await mina.press("Answer", where="dm")
    await mina.sees("Tick any.")
    await mina.choose("This week, where did you step?", "Held back")
    await mina.fill("One line, if you like", f"{SECRET} again")
    await mina.submit()
    await mina.sees("Saved.")
    await mina.close()
    await mina.command("/ally journal")
    await mina.command("/ally why")
    await mina.command("/ally undo")
    return mina


async def test_no_nudge_or_check_in_before_opting_in(slack: Slack, house: House) -> None:
    """Opening App Home, typing, asking for help, looking at *Join* enrol nobody."""
    mina = slack.person("mina")
    await mina.open_home()
    await mina.sees("[Join]")
    for typed in ("", "help", "log a line", "week", "nudge", "settings", "privacy", "nonsense"):
        await mina.command(f"/ally {typed}".strip())
    await mina.types("hello")
    await mina.press("Join", where="home")
    await mina.sees("What comes")
    await mina.close()
    slack.clock.advance(timedelta(days=7))
    await house.worker.plan()
    assert slack.calls("chat.postMessage") == []


async def test_a_stop_on_every_message(slack: Slack, house: House) -> None:
    """Whatever is sent unasked carries *Stop Ally*, and pressing it leaves at once."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.sees("Did it")
    slack.clock.advance(timedelta(days=4, hours=5, minutes=45))
    await mina.sees("How was your week?")
    for message in mina.dm_messages:
        assert "Stop Ally" in json.dumps(message.blocks)
    await mina.choose("week.more", "Stop Ally")
    await mina.sees("You've left.")


async def test_reflections_and_answers_never_travel_through_post_or_update(slack: Slack, house: House) -> None:
    """They come in by command or modal and go out by ephemeral reply, modal or App Home."""
    await _a_week(slack)
    written = [*slack.calls("chat.postMessage"), *slack.calls("chat.update")]
    assert written
    for call in written:
        assert SECRET not in json.dumps(call.args)
        assert "held_back" not in json.dumps(call.args).lower()


async def test_what_a_press_meant_is_not_written_into_the_dm(slack: Slack, house: House) -> None:
    """After any of the three buttons the message is the same to the last character."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.sees("Did it")
    later = mina.dm_messages[0].blocks[1]["elements"][1]["text"]["text"]
    shown = []
    for label in ("Did it", later, "Not for me"):
        await mina.press(label, where="dm")
        await mina.sees("Noted.")
        shown.append((mina.dm_messages[0].text, mina.dm_messages[0].blocks))
        await mina.press("Undo", where="dm")
        await mina.sees_no_more("Noted.")
    assert shown[0] == shown[1] == shown[2]


async def test_reflections_and_answers_never_reach_a_log_or_a_metric(
    slack: Slack, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Also not at DEBUG level, where libraries like to print bodies, for Ally's own logger and root."""
    with caplog.at_level(logging.INFO), structlog.testing.capture_logs() as own:
        await _a_week(slack)
    assert SECRET not in caplog.text
    assert SECRET not in str(own)
    assert "held_back" not in caplog.text + str(own)
    shown = generate_latest(house.metrics.registry).decode()
    assert SECRET not in shown
    for what in ("did_it", "not_for_me", "not_today", "undo_answer"):
        assert what not in shown + caplog.text + str(own)


async def test_reflections_and_answers_are_not_in_the_database_in_clear(
    slack: Slack, house: House, tmp_path: Path
) -> None:
    """Neither in a row nor anywhere in its files."""
    await _a_week(slack)
    async with house.db.read() as connection:
        rows = await connection.execute(sa.text("SELECT * FROM reflection, check_in, feedback"))
        assert SECRET not in str(rows.all())
    for file in sorted(tmp_path.glob("ally.db*")):  # noqa: ASYNC240 — nothing else runs in this loop
        raw = file.read_bytes()
        assert SECRET.encode() not in raw, file
        assert b"held_back" not in raw, file
        assert b"did_it" not in raw, file
        assert slack.bot_token.encode() not in raw, file


async def test_in_slack_nobody_else_sees_who_takes_part(slack: Slack, house: House) -> None:
    """A whole week of one member leaves no trace on another person's screen or in a channel."""
    joel = slack.person("joel")
    before = joel.screen()
    await _a_week(slack)
    assert joel.screen() == before


async def test_we_never_say_only_you(slack: Slack, house: House) -> None:
    """Who could read it is said exactly, wherever it is said."""
    mina = await _a_week(slack)
    await mina.command("/ally privacy")
    assert "only you" not in mina.screen().lower()
    assert "hold the key" in mina.screen()
