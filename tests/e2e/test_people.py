"""What happens to people and workspaces in Slack: moves, accounts switched off, tokens revoked, Ally removed."""

from __future__ import annotations

from datetime import date, timedelta

from bot.app import House
from bot.storage.installations import installation_of
from bot.storage.ledger import deliveries
from bot.storage.members import find_member
from sandbox import Slack
from sandbox.slack import TEAM


async def test_a_move_to_another_zone_moves_the_nudge(slack: Slack, simple_house: House) -> None:
    """Half past nine is half past nine where the member is now, and never twice on one local date."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await slack.change_user("mina", tz="America/New_York")
    await simple_house.desk.finish()
    slack.clock.advance(timedelta(hours=6, minutes=29))
    await simple_house.worker.plan()
    assert mina.dm_messages == []
    slack.clock.advance(timedelta(minutes=1))
    await mina.sees("Did it")
    await slack.change_user("mina", tz="Pacific/Honolulu")
    await simple_house.desk.finish()
    slack.clock.advance(timedelta(days=1, hours=6))
    await mina.until(lambda: len(mina.dm_messages) == 2, "gets Tuesday's nudge")
    await simple_house.worker.idle()
    assert [row.local_date for row in await deliveries(simple_house.db)] == [date(2026, 11, 23), date(2026, 11, 24)]


async def test_a_language_that_slack_does_not_name_stays(slack: Slack, simple_house: House) -> None:
    """`user_change` may come without `locale`: that says nothing about the language."""
    mina = slack.person("mina")
    await slack.change_user("mina", locale="de-DE")
    await mina.command("/ally join")
    await slack.change_user("mina", tz="Europe/Berlin", locale="")
    await simple_house.desk.finish()
    kept = await find_member(simple_house.db, TEAM, mina.id)
    assert kept is not None
    assert (kept.locale, kept.zone.key) == ("de-DE", "Europe/Berlin")


async def test_an_account_switched_off_gets_nothing_and_the_ledger_says_gone(slack: Slack, simple_house: House) -> None:
    """And 30 days later nothing of theirs is left."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await slack.change_user("mina", deleted=True)
    await simple_house.desk.finish()
    slack.clock.advance(timedelta(hours=2))
    await simple_house.worker.plan()
    assert [(row.state, row.reason) for row in await deliveries(simple_house.db)] == [("skipped", "gone")]
    slack.clock.advance(timedelta(days=30))
    await simple_house.worker.tidy()
    assert await find_member(simple_house.db, TEAM, mina.id) is None


async def test_a_revoked_token_stops_sending(slack: Slack, simple_house: House) -> None:
    """Nothing is sent, and the ledger says `revoked`."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await slack.revoke_tokens()
    await simple_house.desk.finish()
    slack.clock.advance(timedelta(hours=2))
    await simple_house.worker.plan()
    assert [(row.state, row.reason) for row in await deliveries(simple_house.db)] == [("skipped", "revoked")]
    assert slack.calls("chat.postMessage") == []


async def test_an_app_removed_is_purged_after_the_grace_period(slack: Slack, simple_house: House) -> None:
    """In whichever order Slack sends its two events; until then nothing is lost."""
    await slack.person("mina").command("/ally join")
    await slack.uninstall(tokens_first=True)
    await simple_house.desk.finish()
    assert await installation_of(simple_house.db, TEAM) is None
    slack.clock.advance(timedelta(days=29))
    await simple_house.worker.tidy()
    assert await find_member(simple_house.db, TEAM, slack.person("mina").id) is not None
    slack.clock.advance(timedelta(days=1))
    await simple_house.worker.tidy()
    assert await find_member(simple_house.db, TEAM, slack.person("mina").id) is None


async def test_without_the_optional_scope_everything_else_works(slack: Slack, simple_house: House) -> None:
    """`im:history` is optional: joining, the nudge and its buttons need it not."""
    slack.revoke_scope("im:history")
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.clock.advance(timedelta(hours=2))
    await mina.sees("Did it")
    await mina.press("Did it")
    await mina.sees("Noted.")


async def test_without_im_write_the_dm_is_learnt_from_the_first_message(slack: Slack, simple_house: House) -> None:
    """A user id as channel opens the DM too; its id is kept for settling."""
    slack.revoke_scope("im:write")
    mina = slack.person("mina")
    await mina.command("/ally join")
    slack.clock.advance(timedelta(hours=2))
    await mina.sees("Did it")
    await simple_house.worker.idle()
    found = await find_member(simple_house.db, TEAM, mina.id)
    assert found is not None
    assert found.dm == mina.dm_id
