"""Joining and leaving, as a person does them."""

from __future__ import annotations

from datetime import timedelta

from bot.app import House
from bot.storage.members import find_member
from sandbox import Person, Slack
from sandbox.slack import TEAM


async def _member(house: House, slack: Slack, who: Person) -> object:
    found = await find_member(house.db, TEAM, who.id)
    return found if found is not None and found.active else None


async def test_joining_by_command_says_what_comes_what_is_kept_and_who_could_read_it(
    slack: Slack, simple_house: House
) -> None:
    """`/ally join 09:15` opts in at once; the answer holds all that CONTRACT.md asks of it."""
    mina = slack.person("mina")
    answer = await mina.command("/ally join 09:15")
    for said in ("Monday 23 November, 09:15", "kept", "hold the key", "export", "court order", "/ally leave"):
        assert said in answer.text
    for label in ("Undo", "Settings", "Try one now"):
        await mina.sees(label)


async def test_joining_twice_changes_nothing(slack: Slack, simple_house: House) -> None:
    """A second `join` says so and keeps the first one's time."""
    mina = slack.person("mina")
    await mina.command("/ally join 09:15")
    before = await _member(simple_house, slack, mina)
    answer = await mina.command("/ally join 11:00")
    assert "in already" in answer.text
    assert await _member(simple_house, slack, mina) == before


async def test_a_time_that_is_none_joins_nobody(slack: Slack, simple_house: House) -> None:
    """`/ally join lunch` shows the word back, says how to write a time, and keeps nothing."""
    mina = slack.person("mina")
    for wrong in ("lunch", "25:00", "09:61", "<!channel>"):
        answer = await mina.command(f"/ally join {wrong}")
        assert "not joined yet" in answer.text
        assert wrong in answer.text
    assert await _member(simple_house, slack, mina) is None


async def test_the_join_button_keeps_nothing_before_start(slack: Slack, simple_house: House) -> None:
    """*Join* shows what comes, what is kept, who could read it and how to stop; only *Start* opts in."""
    mina = slack.person("mina")
    await mina.open_home()
    await mina.sees("[Join]")
    await mina.press("Join", where="home")
    await mina.sees("What comes")
    for said in ("What comes", "What is kept", "Who could read it", "How to stop", "Europe/London"):
        assert said in mina.modal_text()
    assert await _member(simple_house, slack, mina) is None
    await mina.submit()
    await mina.sees("You're in")
    assert await _member(simple_house, slack, mina) is not None
    await mina.close()
    await mina.until(lambda: "Your next nudge comes" in mina.home_text(), "finds Home changed")


async def test_undo_right_after_joining_leaves_nothing(slack: Slack, simple_house: House) -> None:
    """*Undo* under the welcome forgets the member altogether."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.press("Undo")
    await mina.sees("nothing is kept")
    assert await find_member(simple_house.db, TEAM, mina.id) is None


async def test_leaving_stops_at_once_and_asks_what_to_do_with_what_was_kept(slack: Slack, simple_house: House) -> None:
    """After `leave` nothing comes; *Erase* forgets; the date of erasure without an answer is named."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally log a line")
    answer = await mina.command("/ally leave")
    assert "23 Dec 2026" in answer.text
    slack.clock.advance(timedelta(hours=2))
    await simple_house.worker.plan()
    assert mina.dm_messages == []
    await mina.press("Erase everything now")
    await mina.sees("Everything is erased")
    assert await find_member(simple_house.db, TEAM, mina.id) is None


async def test_a_leaver_who_does_not_answer_is_erased_after_30_days(slack: Slack, simple_house: House) -> None:
    """As was said: on the named date, and not a day before."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally leave")
    slack.clock.advance(timedelta(days=29, hours=23))
    await simple_house.worker.tidy()
    assert await find_member(simple_house.db, TEAM, mina.id) is not None
    slack.clock.advance(timedelta(hours=1))
    await simple_house.worker.tidy()
    assert await find_member(simple_house.db, TEAM, mina.id) is None


async def test_a_leaver_may_keep_their_lines_and_come_back_to_them(slack: Slack, simple_house: House) -> None:
    """*Keep it for when I return* holds past 30 days; joining again finds the lines."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally log I asked who was missing.")
    await mina.command("/ally leave")
    await mina.press("Keep it for when I return")
    await mina.sees("It stays until you come back")
    slack.clock.advance(timedelta(days=40))
    await simple_house.worker.tidy()
    await mina.command("/ally join")
    answer = await mina.command("/ally journal")
    assert "I asked who was missing." in answer.text


async def test_the_choice_after_leaving_is_found_again_in_app_home(slack: Slack, simple_house: House) -> None:
    """An ephemeral answer vanishes on reload; App Home still says when it is erased, and lets one decide."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally leave")
    mina.reload()
    await mina.open_home()
    await mina.until(lambda: "23 Dec 2026" in mina.home_text(), "sees the date in Home")
    await mina.press("Keep it for when I return", where="home")
    await mina.until(lambda: "stays until you come back" in mina.home_text(), "sees it kept")
    await mina.until(lambda: mina.modal, "is told so")
    await mina.close()
    await mina.press("Erase everything now", where="home")
    await mina.until(lambda: "You have left" not in mina.home_text(), "sees it gone")
    assert await find_member(simple_house.db, TEAM, mina.id) is None


async def test_words_before_joining_show_the_text_back_with_join(slack: Slack, simple_house: House) -> None:
    """`log` and `week` from somebody who has not joined keep nothing and lose nothing."""
    mina = slack.person("mina")
    answer = await mina.command("/ally log I froze when he mocked her accent")
    assert "I froze when he mocked her accent" in answer.text
    assert "nothing was kept" in answer.text
    await mina.sees("[Join]")
    assert "Nothing was kept" in (await mina.command("/ally week")).text
    assert await find_member(simple_house.db, TEAM, mina.id) is None


async def test_an_old_erase_button_says_what_it_did_not_do(slack: Slack, simple_house: House) -> None:
    """Left and come back: nothing is erased, and nothing says so."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally log my own line")
    await mina.command("/ally leave")
    await mina.command("/ally join")
    await mina.press("Erase everything now")
    await mina.sees("nothing was erased")
    assert "my own line" in (await mina.command("/ally journal")).text


async def test_leaving_again_after_keep_names_no_date(slack: Slack, simple_house: House) -> None:
    """What was to be kept is not announced as erased today."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally leave")
    await mina.press("Keep it for when I return")
    await mina.sees("It stays until you come back")
    answer = await mina.command("/ally leave")
    assert "2026" not in answer.text
    assert "stays until you come back" in answer.text


async def test_an_old_undo_of_joining_takes_nothing_unasked(slack: Slack, simple_house: House) -> None:
    """Once a week was answered, *Undo* under the welcome is leaving, which asks first."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally week")
    await mina.until(lambda: mina.modal, "gets the modal")
    await mina.choose("This week, where did you step?", "Forward")
    await mina.submit()
    await mina.sees("Saved.")
    await mina.close()
    await mina.press("Undo", where="ephemeral")
    await mina.sees("You've left.")
    assert await find_member(simple_house.db, TEAM, mina.id) is not None


async def test_leavers_are_not_told_that_nothing_was_ever_kept(slack: Slack, simple_house: House) -> None:
    """Their lines are still there, and they hear where."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally log a line")
    await mina.command("/ally leave")
    answer = await mina.command("/ally journal")
    assert "What you kept earlier is in the Home tab" in answer.text
