"""A member reads the library in their own language, wherever its words are shown; everybody else reads the base."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from gettext import NullTranslations
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.app import House, Role
from bot.views import words
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


class German(NullTranslations):
    """A catalogue that marks what went through it."""

    def gettext(self, message: str) -> str:
        return f"de: {message}"


@pytest.fixture
def german_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ally's own words in German, too."""
    monkeypatch.setattr(words, "_catalogues", lambda: {"de": German()})
    words.words_for.cache_clear()
    yield
    words.words_for.cache_clear()


@pytest.mark.usefixtures("house", "german_words")
@pytest.mark.parametrize("typed", ["", "help", "repair", "xyzzy", "lgo a line", "admin library", "privacy"])
async def test_answers_that_keep_nothing_are_in_ones_own_language(slack: Slack, typed: str) -> None:
    """Help, what comes soon, what was not understood, the no: for members in theirs, for others in English."""
    mina, joel = slack.person("mina"), slack.person("joel")
    await mina.command("/ally join")
    assert "de: " in (await mina.command(f"/ally {typed}")).text
    assert "de: " not in (await joel.command(f"/ally {typed}")).text


@pytest.mark.usefixtures("german_words")
async def test_help_follows_a_change_of_language(slack: Slack, house: House) -> None:
    """What was remembered of somebody ends with joining, and when Slack says that they speak another language."""
    mina, joel = slack.person("mina"), slack.person("joel")
    assert "de: " not in (await mina.command("/ally help")).text
    await mina.command("/ally join")
    assert "de: " in (await mina.command("/ally help")).text
    await joel.command("/ally join")
    assert "de: " not in (await joel.command("/ally help")).text
    await slack.change_user("joel", locale="de-DE")
    await house.desk.finish()
    assert "de: " in (await joel.command("/ally help")).text


@pytest.mark.usefixtures("german_words")
async def test_help_needs_no_database(slack: Slack, house: House) -> None:
    """Where it is away, help comes in English, and in time."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await house.desk.finish()  # App Home is drawn after the answer
    async with house.db.write() as connection:
        await connection.execute(sa.text("ALTER TABLE member RENAME TO gone"))
    answer = (await mina.command("/ally help")).text
    assert "Ally helps you practise allyship" in answer
    assert "de: " not in answer


@pytest.mark.usefixtures("house", "german_words")
async def test_a_modal_that_cannot_open_is_said_in_ones_own_language(slack: Slack) -> None:
    """Slack is what failed, so Ally can look up who it speaks with."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.faults.add("views.open", status=500, times=1)
    await mina.command("/ally week")
    await mina.sees("de: That did not work just now")


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
