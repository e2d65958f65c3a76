"""Two workspaces, one Ally: the same user id in both is two people."""

from __future__ import annotations

from datetime import timedelta

from bot.app import House
from bot.model import Installation
from bot.storage.installations import remember_installation
from bot.storage.ledger import deliveries
from sandbox import Slack
from sandbox.slack import TEAM

OTHER = "T0OTHER0002"


async def test_the_same_user_id_in_two_workspaces_is_two_people(slack: Slack, house: House) -> None:
    """Lines, nudges and settings of one never show in the other; a revoked token stops only its own workspace."""
    mina = slack.person("mina")
    other = slack.add_team(OTHER, "Other", people=[(mina.id, "mina", "Mina Elsewhere", "Asia/Kolkata", "en-GB")])
    found = Installation(OTHER, "Other", other.bot_token, other.installation.bot_user, "B2", "A2", frozenset())
    await remember_installation(house.db, found, slack.clock.now())
    elsewhere = other.person(mina.id)

    await mina.command("/ally join")
    answer = await elsewhere.command("/ally log not here")
    assert "nothing was kept" in answer.text
    await elsewhere.command("/ally join 13:45")
    await mina.command("/ally log a line in one place")
    assert "You have kept no lines yet" in (await elsewhere.command("/ally journal")).text

    slack.clock.advance(timedelta(minutes=15))  # 08:15 in London, 13:45 in Kolkata
    await elsewhere.sees("Did it")
    assert mina.dm_messages == []

    await other.revoke_tokens()
    await house.desk.finish()
    slack.clock.advance(timedelta(hours=1, minutes=15))
    await mina.sees("Did it")
    slack.clock.advance(timedelta(days=1))
    await mina.until(lambda: len(mina.dm_messages) == 2, "gets Tuesday's nudge")
    await house.worker.plan()
    await house.worker.idle()
    states = {(row.workspace, row.local_date.day, row.state, row.reason) for row in await deliveries(house.db)}
    assert (OTHER, 23, "sent", None) in states
    assert (OTHER, 24, "skipped", "revoked") in states
    assert (TEAM, 24, "sent", None) in states
