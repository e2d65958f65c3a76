"""A member's day: the nudge in hand, lines, the week, pauses, settings, App Home, why."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import House
from bot.storage.ledger import deliveries
from sandbox import Person, Slack


@pytest.fixture
async def mina(slack: Slack, simple_house: House) -> Person:
    """A member since this morning."""
    person = slack.person("mina")
    await person.command("/ally join")
    return person


async def _nudged(slack: Slack, mina: Person) -> None:
    slack.clock.advance(timedelta(hours=1, minutes=30))
    await mina.sees("Did it")


@pytest.mark.parametrize("label", ["Did it", "Not for me"])
async def test_after_any_press_the_message_shows_the_same_quiet_noted(slack: Slack, mina: Person, label: str) -> None:
    """The nudge stays readable, the overflow stays, and the DM does not tell which button it was."""
    await _nudged(slack, mina)
    before = mina.dm_messages[0]
    await mina.press(label)
    await mina.sees("Noted.")
    after = mina.dm_messages[0]
    assert after.text == before.text
    assert after.blocks[0] == before.blocks[0]
    assert [block["type"] for block in after.blocks] == ["section", "section"]
    assert label not in str(after.blocks)


async def test_undo_brings_the_buttons_back(slack: Slack, mina: Person) -> None:
    """And afterwards another answer may be given."""
    await _nudged(slack, mina)
    labels = [element["text"]["text"] for element in mina.dm_messages[0].blocks[1]["elements"]]
    await mina.press("Not for me")
    await mina.sees("Noted.")
    await mina.press("Undo", where="dm")
    await mina.sees("[Did it]")
    assert [element["text"]["text"] for element in mina.dm_messages[0].blocks[1]["elements"]] == labels


async def test_the_overflow_explains_eases_pauses_and_stops(slack: Slack, mina: Person) -> None:
    """Each choice answers in private; *Stop Ally* leaves at once."""
    await _nudged(slack, mina)
    more = "nudge.more"
    await mina.choose(more, "Why this one?")
    await mina.until(lambda: len(mina.ephemerals) == 2, "hears why")
    await mina.choose(more, "An easier way")
    await mina.until(lambda: len(mina.ephemerals) == 3, "hears an easier way")
    await mina.choose(more, "Fewer nudges")
    await mina.sees("On these days")
    await mina.close()
    await mina.choose(more, "Pause")
    await mina.sees("Paused.")
    await mina.choose(more, "Stop Ally")
    await mina.sees("You've left.")


async def test_somebody_elses_nudge_cannot_be_answered(slack: Slack, mina: Person) -> None:
    """The id in a button is checked against who pressed it."""
    joel = slack.person("joel")
    await joel.command("/ally join 04:00")
    await _nudged(slack, mina)
    await joel.until(lambda: joel.dm_messages, "gets a nudge")
    theirs, own = mina.dm_messages[0], joel.dm_messages[0]
    forged = json.dumps(own.blocks).replace(own.blocks[0]["block_id"], theirs.blocks[0]["block_id"])
    client = AsyncWebClient(slack.bot_token, slack.api_url)
    await client.chat_update(channel=joel.dm_id, ts=own.ts, text=own.text, blocks=json.loads(forged))
    await joel.press("Did it")
    await joel.sees("can no longer be answered")
    mina.does_not_see("Noted.")


async def test_one_now_is_no_delivery_but_counts_as_seen(slack: Slack, simple_house: House, mina: Person) -> None:
    """`/ally nudge` shows another each time, leaves no ledger row, and the day's own still comes."""
    texts = {(await mina.command("/ally nudge")).text for _ in range(5)}
    assert len(texts) == 5
    assert await deliveries(simple_house.db) == []
    await _nudged(slack, mina)
    assert mina.dm_messages[0].text not in {text.split("\n")[0] for text in texts}


async def test_lines_are_kept_taken_back_and_found(slack: Slack, mina: Person) -> None:
    """`log`, `undo`, `journal` with paging and search."""
    for number in range(7):
        await mina.command(f"/ally log Line number {number}")
        slack.clock.advance(60)
    assert "Line number 6" in (await mina.command("/ally undo")).text
    answer = await mina.command("/ally journal")
    assert "1 to 5 of 6" in answer.text
    assert "Line number 5" in answer.text
    assert "Line number 0" not in answer.text
    await mina.press("Older")
    await mina.sees("6 to 6 of 6")
    assert "Line number 3" in (await mina.command("/ally journal NUMBER 3")).text
    assert "No line of yours" in (await mina.command("/ally journal penguin")).text


async def test_the_check_in_can_be_answered_any_time_and_changed(slack: Slack, mina: Person) -> None:
    """`/ally week` twice edits; last week's hope stands on top of the next week's."""
    await mina.command("/ally week")
    await mina.until(lambda: mina.modal, "gets the modal")
    await mina.choose("This week, where did you step?", "Quiet week")
    await mina.fill("Next week I'd like to…", "ask who is missing")
    await mina.submit()
    await mina.sees("Saved.")
    await mina.close()
    await mina.command("/ally week")
    await mina.until(lambda: mina.modal, "gets the modal")
    assert "ask who is missing" in mina.modal_text()
    await mina.unchoose("This week, where did you step?", "Quiet week")
    await mina.choose("This week, where did you step?", "Held back")
    await mina.submit()
    await mina.sees("Saved.")
    await mina.close()
    slack.clock.advance(timedelta(days=7))
    await mina.command("/ally week")
    await mina.until(lambda: mina.modal, "gets the modal")
    assert "Last week you wrote what you would like" in mina.modal_text()


async def test_a_check_in_answered_early_is_not_asked_again(slack: Slack, simple_house: House, mina: Person) -> None:
    """The Friday message is skipped, and the ledger says why."""
    await mina.command("/ally week")
    await mina.until(lambda: mina.modal, "gets the modal")
    await mina.choose("This week, where did you step?", "Forward")
    await mina.submit()
    await mina.sees("Saved.")
    slack.clock.advance(timedelta(days=4, hours=7, minutes=5))
    await simple_house.worker.plan()
    rows = [row for row in await deliveries(simple_house.db) if row.kind == "check_in"]
    assert [(row.state, row.reason) for row in rows] == [("skipped", "answered")]


async def test_late_answers_count_for_their_week(slack: Slack, mina: Person) -> None:
    """*Answer* pressed on Monday under Friday's message opens Friday's week."""
    slack.clock.advance(timedelta(days=4, hours=7, minutes=5))
    await mina.sees("How was your week?")
    slack.clock.advance(timedelta(days=3))
    await mina.press("Answer", where="dm")
    await mina.sees("Tick any.")
    assert mina.modal is not None
    assert mina.modal.content["private_metadata"] == "2026-11-23"


async def test_nothing_ticked_keeps_the_modal_open(slack: Slack, mina: Person) -> None:
    """An empty check-in is an error under the field, not a lost line."""
    await mina.command("/ally week")
    await mina.until(lambda: mina.modal, "gets the modal")
    await mina.fill("One line, if you like", "A line I do not want to lose")
    await mina.submit()
    assert mina.modal is not None
    assert mina.modal.errors


async def test_pauses_as_people_type_them(slack: Slack, mina: Person) -> None:
    """The answer repeats what was understood; what is none changes nothing."""
    assert "until you say /ally resume" in (await mina.command("/ally pause")).text
    assert "Friday 27 November" in (await mina.command("/ally pause 3d")).text
    assert "24 December" in (await mina.command("/ally pause until 2026-12-24")).text
    for wrong in ("soon", "0", "until 2020-01-01", "until 2026-02-31", "9999d"):
        assert "Nothing was changed" in (await mina.command(f"/ally pause {wrong}")).text
    assert "Welcome back" in (await mina.command("/ally resume")).text


async def test_a_pause_of_three_days_is_today_and_three_dates(slack: Slack, simple_house: House, mina: Person) -> None:
    """Nothing comes on the rest of today and three local dates; then sending resumes, and nothing piled up."""
    await mina.command("/ally pause 3d")
    slack.clock.advance(timedelta(days=3, hours=2))  # Thursday 10:00
    await simple_house.worker.plan()
    assert mina.dm_messages == []
    slack.clock.advance(timedelta(days=1))
    await mina.sees("Did it")
    await simple_house.worker.idle()
    rows = [row for row in await deliveries(simple_house.db) if row.kind == "nudge"]
    assert [(row.state, row.reason) for row in rows] == [("skipped", "paused")] * 4 + [("sent", None)]


async def test_settings_change_when_things_come(slack: Slack, mina: Person) -> None:
    """The modal shows what holds, checks what is chosen, and the next moment follows."""
    await mina.command("/ally settings")
    await mina.until(lambda: mina.modal, "gets the modal")
    await mina.unchoose("On these days", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    await mina.submit()
    assert mina.modal is not None
    assert "days" in mina.modal.errors
    await mina.choose("On these days", "Wednesday")
    await mina.choose("Nudge at about", "07:45")
    await mina.submit()
    await mina.sees("Wednesday 25 November, 07:45")


async def test_app_home_shows_what_comes_and_follows_changes(slack: Slack, mina: Person) -> None:
    """Next nudge, own lines, settings; a pause shows at once; buttons there open modals."""
    await mina.open_home()
    await mina.until(lambda: "Your next nudge comes Monday 23 November, 09:30" in mina.home_text(), "sees Home")
    await mina.command("/ally log A line for home")
    await mina.until(lambda: "A line for home" in mina.home_text(), "sees the line in Home")
    await mina.press("Give me one now", where="home")
    await mina.sees("[Another one]")
    await mina.press("Another one", where="modal")
    await mina.close()
    await mina.press("Pause", where="home")
    await mina.until(lambda: "Paused until you resume" in mina.home_text(), "sees the pause in Home")
    await mina.until(lambda: mina.modal is not None, "is told so")
    await mina.close()
    await mina.press("Resume", where="home")
    await mina.until(lambda: "Your next nudge comes" in mina.home_text(), "sees it resumed")


async def test_why_tells_of_the_last_14_days(slack: Slack, mina: Person) -> None:
    """Why this nudge, and what was sent or skipped, with the reason in words."""
    assert "No nudge has come yet" in (await mina.command("/ally why")).text
    await _nudged(slack, mina)
    await mina.command("/ally pause 1d")
    slack.clock.advance(timedelta(days=2))
    await mina.until(lambda: len(mina.dm_messages) == 2, "gets Wednesday's nudge")
    answer = await mina.command("/ally why")
    assert "23 Nov 2026, nudge: sent" in answer.text
    assert "24 Nov 2026, nudge: not sent: you had paused" in answer.text
    assert "step" in answer.text


async def test_a_press_is_answered_even_when_the_message_cannot_change(slack: Slack, mina: Person) -> None:
    """Slack refuses `chat.update`: the question and the place for a line still come."""
    await _nudged(slack, mina)
    slack.faults.add("chat.update", error="ratelimited", times=1)
    await mina.press("Did it")
    await mina.sees("[Write a line]")


async def test_paging_back_shows_every_line_again(slack: Slack, mina: Person) -> None:
    """Long lines make short pages, and *Newer* misses none of them."""
    for number in range(8):
        await mina.command(f"/ally log number-{number} " + "x" * 2900)
        slack.clock.advance(60)
    pages = [(await mina.command("/ally journal")).text]
    while "[Older]" in pages[-1]:
        count = len(mina.ephemerals)
        await mina.press("Older")
        await mina.until(lambda: len(mina.ephemerals) > count, "turns the page")  # noqa: B023 — awaited at once
        pages.append(mina.ephemerals[-1].text + str(mina.ephemerals[-1].blocks))
        if "'Older'" in pages[-1]:
            pages[-1] += "[Older]"
    count = len(mina.ephemerals)
    await mina.press("Newer")
    await mina.until(lambda: len(mina.ephemerals) > count, "turns back")
    assert mina.ephemerals[-1].text == mina.ephemerals[-3].text


@pytest.mark.parametrize("week", ["0001-01-01", "9999-12-31", "soon"])
async def test_a_week_that_cannot_be_is_this_week(slack: Slack, simple_house: House, mina: Person, week: str) -> None:
    """A forged button opens nothing strange."""
    slack.clock.advance(timedelta(days=4, hours=7, minutes=5))
    await mina.sees("How was your week?")
    await mina.until(lambda: mina.dm_messages, "has the check-in")
    message = mina.dm_messages[-1]
    blocks = json.loads(json.dumps(message.blocks).replace("2026-11-23", week))
    client = AsyncWebClient(slack.bot_token, slack.api_url)
    await client.chat_update(channel=mina.dm_id, ts=message.ts, text=message.text, blocks=blocks)
    await mina.press("Answer", where="dm")
    await mina.until(lambda: mina.modal, "gets the modal")
    assert mina.modal is not None
    assert mina.modal.content["private_metadata"] == "2026-11-23"
