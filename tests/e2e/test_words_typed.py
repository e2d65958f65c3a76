"""What people type: every word, near misses, things that are no word, and the DM itself."""

from __future__ import annotations

import pytest

from bot.app import House
from sandbox import Person, Slack


def _shown_plain(person: Person, text: str) -> bool:
    """Whether the newest ephemeral answer holds exactly this text, as plain text and not as mark-up."""
    return {"type": "plain_text", "text": text, "emoji": False} in [
        block.get("text") for block in person.ephemerals[-1].blocks
    ]


async def test_ally_alone_and_help_show_what_it_can_do_as_buttons(slack: Slack, simple_house: House) -> None:
    """Nobody needs to know a word: each thing Ally does has a button."""
    mina = slack.person("mina")
    for typed in ("/ally", "/ally help", "/ally HELP"):
        await mina.command(typed)
        for label in (
            "Join",
            "Give me one now",
            "My week",
            "My lines",
            "It went wrong",
            "Settings",
            "Pause",
            "Privacy",
            "Leave",
        ):
            await mina.sees(f"[{label}]")
        mina.reload()


@pytest.mark.parametrize(
    "label",
    ["My week", "My lines", "Why this nudge?", "It went wrong", "Settings", "Pause", "Privacy", "Give me one now"],
)
async def test_each_button_of_help_does_something(slack: Slack, simple_house: House, label: str) -> None:
    """A button under help answers like its word."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    mina.reload()
    await mina.command("/ally")
    before = len(mina.ephemerals)
    await mina.press(label)
    await mina.until(lambda: mina.modal is not None or len(mina.ephemerals) > before, f"gets an answer to {label}")
    mina.does_not_see("Something went wrong")
    mina.does_not_see("could not save anything")


@pytest.mark.parametrize("word", ["export", "forget"])
async def test_words_that_come_later_say_so(slack: Slack, simple_house: House, word: str) -> None:
    """A word of the outer surface that does nothing yet is not an unknown word."""
    answer = await slack.person("mina").command(f"/ally {word}")
    assert "comes soon" in answer.text


async def test_an_unknown_word_is_shown_back_and_may_be_kept(slack: Slack, simple_house: House) -> None:
    """Nothing typed is lost: the text comes back, and *Save as a reflection* keeps it whole."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    text = "Today I asked <@U1> & co. what they *thought* <!channel>"
    await mina.command(f"/ally {text}")
    assert _shown_plain(mina, text)
    await mina.press("Save as a reflection")
    await mina.sees("Kept.")
    await mina.command("/ally journal")
    assert _shown_plain(mina, text)


async def test_saving_twice_keeps_one_line(slack: Slack, simple_house: House) -> None:
    """A double click counts once."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally something worth keeping")
    await mina.press("Save as a reflection")
    await mina.press("Save as a reflection")
    answer = await mina.command("/ally journal")
    assert "1 to 1 of 1" in answer.text


async def test_a_long_text_is_kept_whole(slack: Slack, simple_house: House) -> None:
    """2,999 characters are more than a button holds, and still come back and are kept to the last one."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    text = "Zeile " + "x" * 2990 + "end"
    answer = await mina.command(f"/ally {text}")
    assert any(block.get("element", {}).get("initial_value") == text for block in mina.ephemerals[-1].blocks)
    assert "don't know that word" in answer.text
    await mina.press("Save as a reflection")
    await mina.sees("Kept.")
    assert text in (await mina.command("/ally journal")).text


@pytest.mark.parametrize("start", ["/ally log ", "/ally "])
async def test_a_text_too_long_is_shown_back_with_the_limit(slack: Slack, simple_house: House, start: str) -> None:
    """Over 3,000 characters nothing is kept, nothing is lost, and the limit is named."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    text = "y" * 3500
    answer = await mina.command(start + text)
    assert "500 characters too long" in answer.text
    assert "3000" in answer.text
    assert text in answer.text.replace("\n", "")


@pytest.mark.parametrize(
    ("typed", "meant"), [("lgo", "log"), ("pasue", "pause"), ("jurnal", "journal"), ("stettings", "settings")]
)
async def test_a_near_miss_names_the_word_meant(slack: Slack, simple_house: House, typed: str, meant: str) -> None:
    """`/ally lgo` asks whether `log` was meant, and shows the text back all the same."""
    answer = await slack.person("mina").command(f"/ally {typed} I said her name")
    assert f"/ally {meant}" in answer.text
    assert f"{typed} I said her name" in answer.text


async def test_what_is_typed_in_the_dm_is_answered_in_private_and_not_kept(slack: Slack, simple_house: House) -> None:
    """The answer is ephemeral, in the same thread, says where the line stands now and offers a modal."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    typed = await mina.types("My secret thought")
    await mina.sees("Slack's history")
    await mina.types("Another one", thread=typed)
    await mina.until(lambda: any(one.thread_ts for one in mina.ephemerals), "gets an answer in the thread")
    await mina.press("Write a reflection")
    await mina.until(lambda: mina.modal, "gets a modal")
    await mina.fill("Your line", "This one I keep.")
    await mina.submit()
    await mina.sees("Kept.")
    await mina.close()
    answer = await mina.command("/ally journal")
    assert "This one I keep." in answer.text
    assert "secret" not in answer.text
    assert not any("secret" in str(call.args) for call in slack.calls("chat.postEphemeral"))


async def test_nothing_answers_what_a_bot_wrote(slack: Slack, simple_house: House) -> None:
    """Ally's own messages come back as events; they are not typed by a person."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.clock.advance(5400)
    await mina.sees("Did it")
    await mina.press("Did it")
    await mina.sees("Noted.")
    assert slack.calls("chat.postEphemeral") == []


async def test_a_modal_that_cannot_open_is_said_in_words(slack: Slack, simple_house: House) -> None:
    """Slack refuses to open it: the person hears so, in time, and is not left waiting."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.faults.add("views.open", status=500, times=1)
    answer = await mina.command("/ally week")
    assert answer.error is None
    await mina.sees("Please try again in a minute")


async def test_an_edited_text_saved_again_is_kept_too(slack: Slack, simple_house: House) -> None:
    """What was answered "kept" is kept: the second version as well as the first."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally Zeile " + "x" * 2500)
    await mina.press("Save as a reflection")
    await mina.sees("Kept.")
    await mina.fill("What you typed", "a second version")
    await mina.press("Save as a reflection")
    await mina.until(lambda: len([one for one in mina.ephemerals if "Kept." in one.text]) == 2, "hears it twice")
    assert "a second version" in (await mina.command("/ally journal")).text


async def test_a_line_break_after_a_word_is_a_space(slack: Slack, simple_house: House) -> None:
    """Slack's composer lets one write several lines."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    assert "Kept." in (await mina.command("/ally log\nfirst line\nsecond line")).text


@pytest.mark.parametrize("typed", ["We talked about pay", "asked her first", "I was wrong", "lot of work"])
async def test_ordinary_sentences_are_no_near_misses(slack: Slack, simple_house: House, typed: str) -> None:
    """Only one slip of the finger is."""
    assert "Did you mean" not in (await slack.person("mina").command(f"/ally {typed}")).text


async def test_a_misspelt_log_keeps_the_line_without_the_slip(slack: Slack, simple_house: House) -> None:
    """`/ally lgo asked Sam`, *Save*: the line is "asked Sam"."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally lgo asked Sam")
    await mina.press("Save as a reflection")
    await mina.sees("Kept.")
    answer = await mina.command("/ally journal")
    assert "asked Sam" in answer.text
    assert "lgo" not in answer.text
