"""`/ally admin …`: what admins see and do in Slack, and what nobody else learns of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from bot.app import House, Role
from bot.model import Installation
from bot.storage.installations import remember_installation
from bot.storage.tables import audit, metadata
from sandbox import Person, Slack
from sandbox.slack import TEAM
from tests.conftest import MONDAY
from tests.e2e.conftest import Open, opened
from tests.libraries import BROKEN, library_text, more_nudges, save

DEEDS = ("admin", "admin library", "admin preview bring-in-01", "admin reload", "admin pulse", "admin announce")
GOOD = library_text(("bring-in-01", "Say whose idea it was."), ("bring-in-02", "Ask one person who has not spoken."))
REFUSAL = "That is for the people who look after Ally here, so nothing was done."


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A library of two nudges."""
    return save(tmp_path / "content", GOOD).parent


@pytest.fixture
async def house(open_house: Open, slack: Slack, tmp_path: Path, content: Path) -> House:
    """`ally run` with that library and Asha for an admin."""
    asha = slack.person("asha").id
    return await open_house(f"sqlite:///{tmp_path}/ally.db", ALLY_CONTENT=str(content), ALLY_ADMINS=asha)


@pytest.fixture
def asha(slack: Slack, house: House) -> Person:
    """The admin, who is no member. In Kolkata."""
    return slack.person("asha")


async def _rows(house: House) -> dict[str, int]:
    async with house.db.read() as connection:
        return {
            name: await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in metadata.tables.items()
            if table is not audit
        }


async def test_how_the_library_stands(asha: Person, content: Path) -> None:
    """Since when on the admin's own clock, from where, how many of each, and that nothing is wrong."""
    answer = (await asha.command("/ally admin library")).text
    assert f"loaded on Monday 23 November, 13:30 (Asia/Kolkata time), from {content}." in answer
    for said in ("Nudges: 2 live, 0 draft, 0 retired", "Practices: 1", "Nothing is wrong with it."):
        assert said in answer


async def test_seasons_open_today_are_named(asha: Person, content: Path) -> None:
    """By their labels, as of the admin's own date."""
    seasons = """\
seasons:
  - {id: hiring, label: Hiring, active: true}
  - {id: carers, label: Carers week, from: 2026-11-24, to: 2026-11-30, active: true}
"""
    save(content, seasons, "seasons.yaml")
    await asha.command("/ally admin reload")
    assert "Seasons: 2; open today: Hiring" in (await asha.command("/ally admin library")).text


async def test_a_refused_edit_stands_first_then_warnings(asha: Person, content: Path) -> None:
    """Errors of what was refused before warnings of what is in use; ten in all, and how many more."""
    for number in range(3):
        (content / f"extra{number}.yml").write_text("not read")
    await asha.command("/ally admin reload")
    warned = (await asha.command("/ally admin library")).text
    assert warned.count("is not read: only names in .yaml are") == 3
    save(content, GOOD + "".join(f"  - {{id: bring-in-{number:02}}}\n" for number in range(3, 9)))
    answer = (await asha.command("/ally admin reload")).text
    assert "This cannot be used" in answer
    answer = (await asha.command("/ally admin library")).text
    assert "An edit since then cannot be used." in answer
    assert len([line for line in answer.splitlines() if line.startswith("• nudges.yaml:")]) == 10
    assert answer.index("cannot be used") < answer.index("Worth a look")
    assert "more." in answer
    assert "Worth a look in the library in use:\n3 findings." in answer


async def test_reload_says_what_changed_or_what_is_wrong(asha: Person, house: House, content: Path) -> None:
    """At once, in this process."""
    assert "Nothing has changed." in (await asha.command("/ally admin reload")).text
    save(content, library_text(("bring-in-01", "Name who had the idea first."), ("bring-in-03", "Ask who is missing.")))
    answer = (await asha.command("/ally admin reload")).text
    assert "new: 1; changed: 1; gone: 1" in answer
    assert "others follow within seconds" in answer
    save(content, BROKEN)
    assert "nudges.yaml:11:4:" in (await asha.command("/ally admin reload")).text
    assert "nudges.yaml:11:4:" in (await asha.command("/ally admin reload")).text
    assert await house.readiness() == "degraded"
    save(content, GOOD)
    assert "Loaded." in (await asha.command("/ally admin reload")).text
    assert await house.readiness() == "ok"


async def test_admin_alone_says_what_there_is(asha: Person) -> None:
    """And a word that is none names the one meant."""
    answer = (await asha.command("/ally admin")).text
    for word in ("library", "preview ID", "reload", "pulse", "announce"):
        assert f"/ally admin {word}" in answer
    assert "Did you mean /ally admin library?" in (await asha.command("/ally admin libary")).text
    assert "I don't know that word." in (await asha.command("/ally admin xyzzy")).text
    assert "Did you mean /ally admin reload? Nothing was done." in (await asha.command("/ally admin reload now")).text
    for word in ("pulse", "announce"):
        assert "comes soon" in (await asha.command(f"/ally admin {word}")).text


async def test_a_preview_is_what_a_member_gets(slack: Slack, asha: Person) -> None:
    """The same text, the same blocks but for the id they carry; for real, in the admin's own DM, and nowhere else."""
    assert "Sent to your direct messages" in (await asha.command("/ally admin preview bring-in-01")).text
    assert "Sent to your direct messages" in (await asha.command("/ally admin preview BRING-IN-02")).text
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.sees("Did it")
    (real,) = mina.dm_messages
    (same,) = [message for message in asha.dm_messages if message.text == real.text]
    own, theirs = real.blocks[0]["block_id"], same.blocks[0]["block_id"]
    assert str(same.blocks).replace(theirs, own) == str(real.blocks)
    assert len(asha.dm_messages) == 2
    assert len(mina.dm_messages) == 1


@pytest.mark.parametrize(("status", "said"), [("draft", "It is a draft"), ("retired", "It is retired")])
async def test_drafts_and_retired_ones_can_be_previewed(asha: Person, content: Path, status: str, said: str) -> None:
    """And the answer says which it is."""
    save(content, GOOD + more_nudges(("bring-in-09", "Invite the person who did the work."), status=status))
    assert "Loaded." in (await asha.command("/ally admin reload")).text
    assert said in (await asha.command("/ally admin preview bring-in-09")).text
    await asha.sees("Invite the person who did the work.")


async def test_a_preview_of_nothing_names_the_nearest(asha: Person, content: Path) -> None:
    """And says so when the file has it, but could not be used."""
    assert "Did you mean bring-in-01?" in (await asha.command("/ally admin preview brin-in-01")).text
    assert "There is no <!channel>" in (await asha.command("/ally admin preview <!channel>")).text.replace(
        "&lt;", "<").replace("&gt;", ">")  # fmt: skip
    assert "Name the entry" in (await asha.command("/ally admin preview")).text
    save(content, BROKEN)
    await asha.command("/ally admin reload")
    assert "library before it" in (await asha.command("/ally admin preview bring-in-07")).text
    assert asha.dm_messages == []


async def test_presses_under_a_preview_do_nothing_and_say_so(asha: Person, house: House) -> None:
    """Every button and every choice, for an admin who is a member too: no row is written, no modal opens."""
    await asha.command("/ally join")
    await asha.command("/ally admin preview bring-in-01")
    message, before = asha.dm_messages[0], await _rows(house)
    labels = [element["text"]["text"] for element in message.blocks[1]["elements"]]
    choices = [choice["text"]["text"] for choice in message.blocks[0]["accessory"]["options"]]
    assert (len(labels), len(choices)) == (3, 5)
    for number, label in enumerate([*labels, *choices], start=1):
        await asha.press(label, where="dm")
        await asha.until(lambda count=number: len(_previews(asha)) == count, f"hears about {label}")  # type: ignore[misc]
    assert asha.modal is None
    assert asha.dm_messages == [message]
    assert await _rows(house) == before


def _previews(person: Person) -> list[str]:
    return [one.text for one in person.ephemerals if one.text.startswith("This is a preview")]


async def test_a_line_like_a_preview_is_a_line(asha: Person) -> None:
    """What somebody typed may begin as previews do; it can be kept all the same."""
    await asha.command("/ally join")
    await asha.command("/ally preview-bring-in-01 read well")
    await asha.press("Save as a reflection")
    await asha.sees("Kept.")


async def test_a_preview_in_ones_own_language(slack: Slack, asha: Person, content: Path) -> None:
    """As a member with that language gets it."""
    german = """\
nudges:
  - id: bring-in-01
    do: Sag zuerst, wessen Idee es war.
    when: Bevor du eine Runde schließt
    why: Wer still ist, wartet oft auf eine Frage.
    ask: Wer sprach danach?
    rev: 1
"""
    save(content, german, "nudges.de.yaml")
    await asha.command("/ally admin reload")
    assert "Translations: German" in (await asha.command("/ally admin library")).text
    await slack.change_user("asha", locale="de-DE")
    await asha.command("/ally admin preview bring-in-01")
    await asha.sees("Sag zuerst, wessen Idee es war.")


async def test_slack_that_does_not_take_the_preview(slack: Slack, asha: Person) -> None:
    """Said in words, in time, with the code; to be tried again only where that may help."""
    slack.faults.add("chat.postMessage", status=500, times=1)
    answer = await asha.command("/ally admin preview bring-in-01")
    assert answer.error is None
    assert "Slack did not answer as it should (http_500)." in answer.text
    slack.faults.add("chat.postMessage", error="messages_tab_disabled", times=1)
    answer = await asha.command("/ally admin preview bring-in-01")
    assert "says why: messages_tab_disabled. Nothing was sent." in answer.text


@pytest.mark.parametrize("joined", [False, True])
async def test_everybody_else_hears_the_same_no(slack: Slack, house: House, content: Path, joined: bool) -> None:
    """Whatever stands behind `admin`, and whatever state the library is in: not one letter of difference, but that
    what is no deed is shown back."""
    mina = slack.person("mina")
    if joined:
        await mina.command("/ally join")
        await mina.until(lambda: mina.home, "finds Home drawn")
    before = len(slack.calls("chat.postMessage"))
    for text in (GOOD, BROKEN):
        save(content, text)
        await house.librarian.look(5)
        for typed in (*DEEDS, "admin preview", "ADMIN library", "admin preview nothing-at-all"):
            assert (await mina.command(f"/ally {typed}")).text == REFUSAL
        for typed in ("admin xyzzy", "admin libary", "admin library now", "Admin preview bring-in-01 please"):
            text = f"{REFUSAL}\n{typed}\n[Save as a reflection]\n[Show help]"
            assert (await mina.command(f"/ally {typed}")).text == text
    assert [call for call in slack.calls("chat.postMessage")[before:] if call.args["channel"] == mina.id] == []
    async with house.db.read() as connection:
        assert (await connection.execute(sa.select(audit))).all() == []


LINES = (
    "Admin work went to Sam again",
    "admin is thankless",
    "admin library talk: I stepped back",
    "admin preview of the new rota shared with all",
    "admin announce that it was her idea",
    "admin " + "x" * 2900,
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("who", ["mina", "asha"])
async def test_a_line_that_begins_with_admin_is_not_lost(slack: Slack, house: House, who: str, line: str) -> None:
    """At any length, whole and with its capitals: shown back beside the no, and beside an admin's help; it may be
    kept."""
    person = slack.person(who)
    await person.command("/ally join")
    await person.until(lambda: person.home, "finds Home drawn")
    answer = (await person.command(f"/ally {line}")).text
    assert answer.startswith(REFUSAL) == (who == "mina")
    await person.press("Save as a reflection")
    await person.sees("Kept.")
    assert line in (await person.command("/ally journal")).text


@pytest.mark.parametrize("who", ["mina", "asha"])
@pytest.mark.parametrize("typed", ["admin " + "y" * 3500, "admin preview " + "x" * 3000, "admin preview " + "<" * 1500])
async def test_whatever_the_length_slack_takes_the_answer(slack: Slack, house: House, who: str, typed: str) -> None:
    """And all of it is shown back to admins."""
    answer = await slack.person(who).command(f"/ally {typed}")
    assert answer.error is None
    assert "could not save" not in answer.text
    if who == "asha":
        assert typed.split()[-1] in answer.text.replace("&lt;", "<").replace("\n", "")


async def test_sixty_open_seasons_fit(asha: Person, content: Path) -> None:
    """Their labels are shortened."""
    label = "The weeks in which we look for people to join us"
    seasons = "".join(f'  - {{id: s{at}, label: "{label} {at}", active: true}}\n' for at in range(60))
    save(content, f"seasons:\n{seasons}", "seasons.yaml")
    assert "Loaded." in (await asha.command("/ally admin reload")).text
    answer = await asha.command("/ally admin library")
    assert answer.error is None
    assert f"Seasons: 60; open today: {label} 0" in answer.text


async def test_a_repair_card_is_shown(asha: Person, content: Path) -> None:
    """As `/ally repair` shows it; cards never come as messages, so nothing is sent."""
    card = """\
repairs:
  - id: froze-01
    kind: froze
    own: You saw it and said nothing.
    repair: Tell them today that you saw it.
    change: Keep one sentence ready for the next time.
    say: I saw that, and I was too slow.
    source: [chambers]
"""
    save(content, card, "repairs.yaml")
    assert "Loaded." in (await asha.command("/ally admin reload")).text
    answer = (await asha.command("/ally admin preview froze-01")).text
    for said in ("I froze", "You saw it and said nothing.", "I saw that, and I was too slow."):
        assert said in answer
    assert asha.dm_messages == []


async def test_the_first_word_is_the_id(asha: Person) -> None:
    """`preview bring-in-01 please` is clear enough."""
    assert "Sent to your direct messages" in (await asha.command("/ally admin preview bring-in-01 please")).text
    assert len(asha.dm_messages) == 1


async def test_a_practice_may_be_called_preview(asha: Person, content: Path) -> None:
    """The buttons under its nudges work."""
    text = GOOD.replace("id: bring-in\n", "id: preview-first\n").replace(
        "practice: bring-in", "practice: preview-first"
    )
    save(content, text.replace("- id: bring-in-0", "- id: preview-first-0"))
    assert "Loaded." in (await asha.command("/ally admin reload")).text
    await asha.command("/ally join")
    await asha.command("/ally nudge")
    await asha.press("Write a reflection")
    await asha.until(lambda: asha.modal, "gets a modal")


async def test_a_database_that_takes_no_writes(slack: Slack, asha: Person, house: House) -> None:
    """What admins need then most goes on; the log has what the audit has not."""
    async with house.db.write() as connection:
        await connection.execute(
            sa.text("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'disk full'); END")
        )
    with structlog.testing.capture_logs() as said:
        assert "Nothing is wrong with it." in (await asha.command("/ally admin library")).text
        assert "Nothing has changed." in (await asha.command("/ally admin reload")).text
    assert [one["what"] for one in said if one["event"] == "deed_not_noted"] == ["admin.library", "admin.reload"]
    assert {one["log_level"] for one in said if one["event"] == "deed_not_noted"} == {"error"}


async def test_a_database_that_is_locked(asha: Person, house: House) -> None:
    """The answer comes in time all the same."""
    async with house.db.write():
        assert "Nothing is wrong with it." in (await asha.command("/ally admin library")).text
        assert "Nothing has changed." in (await asha.command("/ally admin reload")).text


async def test_slack_that_does_not_say_who_asks(slack: Slack, asha: Person) -> None:
    """In English and in UTC then."""
    slack.faults.add("users.info", error="internal_error")
    answer = (await asha.command("/ally admin library")).text
    assert "loaded on Monday 23 November, 08:00 (UTC time)" in answer
    assert "Nothing has changed." in (await asha.command("/ally admin reload")).text


async def test_admins_are_known_while_slack_is_away(
    slack: Slack, encryption_key: str, small_content: Path, tmp_path: Path
) -> None:
    """After a restart, before Slack has said which workspace the token is of: it was the same token before."""
    joel = slack.person("joel")
    settings: dict[str, Any] = {"ALLY_ADMINS": joel.id, "ALLY_CONTENT": str(small_content)}
    one = partial(opened, slack, f"sqlite:///{tmp_path}/ally.db", encryption_key, "http", Role.RUN, **settings)
    async with one():
        pass
    slack.faults.add("auth.test", status=503)
    async with one() as house:
        assert not house.connections.introduced
        assert "The library in use" in (await joel.command("/ally admin library")).text


@pytest.mark.parametrize("typed", ["admni", "admi", "addmin", "help", ""])
async def test_nothing_advertises_admin(slack: Slack, house: House, typed: str) -> None:
    """Neither help nor a near miss."""
    assert "/ally admin" not in (await slack.person("mina").command(f"/ally {typed}")).text


async def test_what_admins_did_is_noted_without_content(slack: Slack, asha: Person, house: House) -> None:
    """What, when, who."""
    for typed in DEEDS:
        await asha.command(f"/ally {typed}")
    async with house.db.read() as connection:
        rows = (await connection.execute(sa.select(audit.c.workspace, audit.c.who, audit.c.what, audit.c.at))).all()
    assert rows == [(TEAM, asha.id, f"admin.{what}", MONDAY) for what in ("library", "preview", "reload")]


@pytest.fixture
async def elsewhere(slack: Slack, house: House) -> Person:
    """Somebody in another workspace with the admin's very id."""
    id_ = slack.person("asha").id
    other = slack.add_team("T0OTHER0002", "Other", people=[(id_, "asha", "Asha Elsewhere", "Europe/London", "en-GB")])
    found = Installation(other.id, "Other", other.bot_token, other.installation.bot_user, "B2", "A2", frozenset())
    await remember_installation(house.db, found, slack.clock.now())
    return other.person(id_)


async def test_the_same_id_in_another_workspace_is_no_admin(elsewhere: Person) -> None:
    """An id alone counts in the workspace of SLACK_BOT_TOKEN; `T…:U…` names another."""
    assert (await elsewhere.command("/ally admin library")).text == REFUSAL


async def test_an_admin_of_another_workspace(slack: Slack, open_house: Open, tmp_path: Path, content: Path) -> None:
    """Named with its workspace: an admin there, and not here."""
    mina = slack.person("mina")
    other = slack.add_team("T0OTHER0002", "Other", people=[(mina.id, "mina", "Mina", "Europe/London", "en-GB")])
    house = await open_house(
        f"sqlite:///{tmp_path}/ally.db", ALLY_CONTENT=str(content), ALLY_ADMINS=f"{other.id}:{mina.id}"
    )
    found = Installation(other.id, "Other", other.bot_token, other.installation.bot_user, "B2", "A2", frozenset())
    await remember_installation(house.db, found, slack.clock.now())
    assert "The library in use" in (await other.person(mina.id).command("/ally admin library")).text
    assert (await mina.command("/ally admin library")).text == REFUSAL
    save(content, BROKEN)
    await other.person(mina.id).sees("cannot be used")
    assert mina.dm_messages == []
