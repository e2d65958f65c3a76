"""A member reads the library in their own language, wherever its words are shown; everybody else reads the base."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import House, Role
from sandbox import Clock, Slack
from tests.conftest import MONDAY
from tests.e2e.conftest import opened
from tests.nudges.test_library import GOOD, written
from tests.nudges.test_translating import GERMAN

PEOPLE = (
    ("U0MINA00001", "mina", "Mina Okafor", "Europe/London", "de-DE"),
    ("U0JOEL00002", "joel", "Joel Rivera", "Europe/London", "en-GB"),
)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack in which Mina reads German and Joel English."""
    async with Slack.start(clock=Clock.frozen_at(MONDAY), wait_s=8.0, people=PEOPLE) as served:
        yield served
        assert served.refused == []


@pytest.fixture
async def house(slack: Slack, encryption_key: str, tmp_path: Path) -> AsyncIterator[House]:
    """Ally with a library of one nudge and one question, both in German too."""
    content = tmp_path / "content"
    written(content, GOOD.replace("settings: [chat, document]", "settings: [any]").replace("    season: hiring\n", ""))
    written(content, GERMAN, "nudges.de.yaml")
    url = f"sqlite:///{tmp_path}/ally.db"
    async with opened(slack, url, encryption_key, "socket mode", Role.RUN, ALLY_CONTENT=str(content)) as one:
        yield one


@pytest.mark.usefixtures("house")
async def test_each_member_reads_their_own_language(slack: Slack) -> None:
    """The message, why, the easier way, the question afterwards and beside the line, and the next one by hand."""
    mina, joel = slack.person("mina"), slack.person("joel")
    for person in (mina, joel):
        await person.command("/ally join")
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await joel.sees("Share the main question early.")
    await mina.sees("Teile die Frage früh.")
    assert "Vor einer Besprechung" in mina.dm_messages[0].text
    await mina.choose("nudge.more", "Why this one?")
    await mina.sees("Du hörst auch die, die sich gern vorbereiten.")
    await mina.choose("nudge.more", "An easier way")
    await mina.sees("Schick eine Zeile.")
    await mina.press("Did it")
    await mina.sees("Was kam dabei heraus?")
    await mina.command("/ally why")
    await mina.until(lambda: "Du hörst auch" in mina.ephemerals[-1].text, "reads in German why it came")
    await mina.command("/ally nudge")
    await mina.sees("Wo standest du?")
    await joel.press("Did it")
    await joel.sees("What came up?")
    everything = " ".join([message.text for message in (*mina.dm_messages, *mina.ephemerals)])
    assert "question early" not in everything
    assert "What came up" not in everything
