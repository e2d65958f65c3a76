"""The main job, as two people in two zones live it."""

from __future__ import annotations

from datetime import timedelta

from bot.app import House
from sandbox import Slack


async def test_the_whole_story(slack: Slack, house: House) -> None:
    """Join, a nudge at the due minute of one's own zone, a press, a line, the check-in, a pause, leaving."""
    mina, joel = slack.person("mina"), slack.person("joel")
    await mina.command("/ally join")
    await mina.sees("You're in")
    await joel.command("/ally join 8:15")
    await joel.sees("You're in")

    slack.clock.advance(timedelta(hours=1, minutes=29))
    mina.does_not_see("Did it")
    slack.clock.advance(timedelta(minutes=1))
    await mina.sees("Did it")
    assert joel.dm_messages == []
    slack.clock.advance(timedelta(hours=3, minutes=45))
    await joel.sees("Did it")
    assert len(mina.dm_messages) == len(joel.dm_messages) == 1

    await mina.press("Did it")
    await mina.sees("Noted.")
    await mina.press("Undo", where="dm")
    await mina.sees("Did it")
    await mina.press("Did it")
    await mina.sees("Noted.")
    await mina.command("/ally log I named whose idea it was.")
    await mina.sees("Kept.")
    await mina.command("/ally journal")
    await mina.sees("I named whose idea it was.")
    joel.does_not_see("I named")

    slack.clock.advance(timedelta(days=4, hours=2))
    await mina.sees("How was your week?")
    await mina.press("Answer", where="dm")
    await mina.sees("Tick any.")
    await mina.choose("This week, where did you step?", "To the side", "Held back")
    await mina.submit()
    await mina.sees("Saved.")
    await mina.close()

    await joel.command("/ally pause 3d")
    await joel.sees("Paused.")
    await mina.command("/ally leave")
    await mina.sees("You've left.")
    received = len(mina.dm_messages), len(joel.dm_messages)
    slack.clock.advance(timedelta(days=3))
    assert (len(mina.dm_messages), len(joel.dm_messages)) == received
