"""response_url, payloads, events: what leaves Slack and what may come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox import App, Clock, Slack
from tests.sandbox.conftest import over_socket_mode

MINA = "U0MINA00001"
BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "7"}
BLOCKS = [{"type": "actions", "block_id": "acts", "elements": [BUTTON]}]


class Recorder:
    """Acknowledges commands, presses and events and keeps them."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def __call__(self, app: AsyncApp) -> None:
        async def keep(ack: Any, body: Any) -> None:
            self.bodies.append(body)
            await ack()

        app.command("/ally")(keep)
        app.action({"action_id": "go"})(keep)
        app.action({"action_id": "pick"})(keep)
        for name in ("app_home_opened", "user_change", "app_uninstalled", "tokens_revoked"):
            app.event(name)(keep)
        app.event("message")(keep)

    @property
    def last(self) -> dict[str, Any]:
        return self.bodies[-1]


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock.frozen_at(datetime(2026, 11, 23, 9, tzinfo=UTC))


@pytest.fixture
def app() -> Recorder:
    """A fresh recorder."""
    return Recorder()


@pytest.fixture
async def slack(clock: Clock, app: Recorder) -> AsyncIterator[Slack]:
    """A Slack at a standstill, the recorder connected."""
    async with Slack.start(clock=clock) as served, over_socket_mode(served, app):
        yield served


async def answer(url: str, **body: Any) -> tuple[int, str]:
    """Post to a response_url as bolt's `respond` does."""
    answered = await AsyncWebhookClient(url).send_dict(body)
    return answered.status_code, answered.body


# -- response_url ----------------------------------------------------------------------------------------------


async def test_a_response_url_answers_five_times(slack: Slack, app: Recorder) -> None:
    """Ephemeral unless told otherwise; the sixth is `used_url`; a refused one does not count."""
    mina = slack.person("mina")
    await mina.command("/ally", channel="general")
    url = app.last["response_url"]
    assert (await answer(url, blocks=[{"type": "nonsense"}]))[0] == 400
    assert "invalid_blocks" in slack.refused[-1]
    assert (await answer(url, text=" "))[0] == 400
    for number in range(5):
        assert await answer(url, text=f"answer {number}") == (200, "ok")
    status, body = await answer(url, text="one more")
    assert (status, "used_url" in body) == (404, True)
    assert [m.text for m in mina.ephemerals] == [f"answer {n}" for n in range(5)]
    slack.person("joel").does_not_see("answer")


async def test_a_response_url_lives_thirty_minutes(slack: Slack, app: Recorder, clock: Clock) -> None:
    """Then `expired_url`; a made-up one was never there."""
    await slack.person("mina").command("/ally")
    url = app.last["response_url"]
    clock.advance(timedelta(minutes=29, seconds=59))
    assert (await answer(url, text="in time"))[0] == 200
    clock.advance(1)
    status, body = await answer(url, text="too late")
    assert (status, "expired_url" in body) == (404, True)
    assert (await answer(f"{slack.url}/commands/T/1/x", text="x"))[0] == 404


async def test_in_channel_reaches_a_channel_the_bot_is_not_in(slack: Slack, app: Recorder) -> None:
    """Everyone there sees it."""
    await slack.person("mina").command("/ally", channel="general")
    assert (await answer(app.last["response_url"], text="hello all", response_type="in_channel"))[0] == 200
    await slack.person("joel").sees("hello all")
    assert (await answer(app.last["response_url"], text="x", response_type="loud"))[0] == 400


async def test_a_press_may_replace_or_delete_what_it_was_in(
    slack: Slack, app: Recorder, client: AsyncWebClient
) -> None:
    """Both for messages kept and ephemeral ones."""
    mina = slack.person("mina")
    await client.chat_postMessage(channel=MINA, text="x", blocks=BLOCKS)
    await mina.press("Go")
    await answer(app.last["response_url"], text="replaced", replace_original=True)
    assert [m.text for m in mina.dm_messages] == ["replaced"]
    assert mina.dm_messages[0].blocks == ()
    await answer(app.last["response_url"], delete_original=True)
    assert mina.dm_messages == []

    await client.chat_postEphemeral(channel=mina.dm_id, user=MINA, text="x", blocks=BLOCKS)
    await mina.press("Go")
    await answer(app.last["response_url"], text="replaced too", replace_original=True)
    assert [m.text for m in mina.ephemerals] == ["replaced too"]
    await answer(app.last["response_url"], delete_original=True)
    assert mina.ephemerals == []
    await answer(app.last["response_url"], text="new")
    assert [m.text for m in mina.ephemerals] == ["new"]


async def test_after_uninstalling_a_response_url_is_dead(slack: Slack, app: Recorder) -> None:
    """And so are commands and presses."""
    mina = slack.person("mina")
    await mina.command("/ally")
    url = app.last["response_url"]
    await slack.uninstall()
    assert (await answer(url, text="x"))[0] == 404
    assert (await mina.command("/ally")).error == "invalid_command"


# -- block actions ---------------------------------------------------------------------------------------------


async def test_a_press_in_a_message_carries_it_whole(slack: Slack, app: Recorder, client: AsyncWebClient) -> None:
    """Container, channel, message, state, response_url, trigger and the action."""
    posted = await client.chat_postMessage(channel=MINA, text="t", blocks=BLOCKS)
    await slack.person("mina").press("Go")
    body = app.last
    assert body["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": posted["channel"],
        "is_ephemeral": False,
    }
    assert body["channel"] == {"id": posted["channel"], "name": "directmessage"}
    assert (body["message"]["ts"], body["message"]["blocks"][0]["block_id"]) == (posted["ts"], "acts")
    assert body["state"] == {"values": {}}
    (action,) = body["actions"]
    assert (action["type"], action["action_id"], action["block_id"], action["value"]) == ("button", "go", "acts", "7")
    assert body["user"] == {"id": MINA, "username": "mina", "name": "mina", "team_id": slack.team().id}


async def test_a_press_in_an_ephemeral_message_carries_no_message(
    slack: Slack, app: Recorder, client: AsyncWebClient
) -> None:
    """Slack keeps none; the container says that it was ephemeral."""
    mina = slack.person("mina")
    await client.chat_postEphemeral(channel=mina.dm_id, user=MINA, text="x", blocks=BLOCKS)
    await mina.press("Go")
    assert "message" not in app.last
    assert app.last["container"]["is_ephemeral"] is True


async def test_choices_in_a_message_are_sent_and_kept_in_its_state(
    slack: Slack, app: Recorder, client: AsyncWebClient
) -> None:
    """Each menu sends its choice; state.values holds what was chosen before; an overflow has no state."""
    options = [{"text": {"type": "plain_text", "text": word}, "value": word.lower()} for word in ("One", "Two")]
    elements = [
        {"type": kind, "action_id": name, "options": options}
        for name, kind in {"go": "static_select", "pick": "overflow"}.items()
    ]
    boxes = {"type": "checkboxes", "action_id": "pick", "options": options}
    blocks: list[dict[str, Any]] = [
        {"type": "actions", "block_id": "menus", "elements": elements},
        {"type": "section", "block_id": "boxes", "text": {"type": "mrkdwn", "text": "Tick"}, "accessory": boxes},
    ]
    await client.chat_postMessage(channel=MINA, text="x", blocks=blocks)
    mina = slack.person("mina")
    await mina.choose("go", "Two")
    assert app.last["actions"][0]["selected_option"]["value"] == "two"
    await mina.choose("pick", "One")
    assert app.last["actions"][0]["selected_option"]["value"] == "one"
    await mina.choose("Tick", "One")
    values = app.last["state"]["values"]
    assert values["menus"] == {
        "go": {"type": "static_select", "selected_option": values["menus"]["go"]["selected_option"]}
    }
    assert values["menus"]["go"]["selected_option"]["value"] == "two"
    assert [o["value"] for o in values["boxes"]["pick"]["selected_options"]] == ["one"]


# -- events ----------------------------------------------------------------------------------------------------


async def test_typed_messages_are_heard_only_with_im_history(slack: Slack, app: Recorder) -> None:
    """In the DM and its threads; special characters come as entities."""
    mina = slack.person("mina")
    first = await mina.types("a < b & c")
    event = app.last["event"]
    assert (event["text"], event["channel_type"], event["channel"]) == ("a &lt; b &amp; c", "im", mina.dm_id)
    await mina.sees("a < b & c")
    await mina.types("reply", thread=first)
    assert (app.last["event"]["thread_ts"], app.last["event"]["parent_user_id"]) == (first.ts, MINA)
    heard = len(app.bodies)
    slack.revoke_scope("im:history")
    await mina.types("unheard")
    await mina.types("also unheard", channel="general")
    assert len(app.bodies) == heard


async def test_the_bots_own_messages_come_back_as_events(slack: Slack, app: Recorder, client: AsyncWebClient) -> None:
    """Posted, changed and deleted, as Slack tells of them; Bolt drops all three as the app's own."""
    posted = await client.chat_postMessage(channel=MINA, text="one")
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="two")
    await client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    await slack.person("mina").until(lambda: len(slack.sent) == 3, "told the app")
    new, changed, deleted = (sent.payload["event"] for sent in slack.sent)
    assert (new["bot_id"], new["channel_type"]) == (slack.team().installation.bot_id, "im")
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "two")
    assert changed["previous_message"]["text"] == "one"
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", posted["ts"])
    assert app.bodies == []


async def test_opening_the_home_says_which_tab_and_what_is_there(
    slack: Slack, app: Recorder, client: AsyncWebClient
) -> None:
    """`view` once one is published."""
    mina = slack.person("mina")
    await mina.open_home()
    assert (app.last["event"]["tab"], "view" in app.last["event"]) == ("home", False)
    await client.views_publish(user_id=MINA, view={"type": "home", "blocks": BLOCKS})
    await mina.open_home()
    assert app.last["event"]["view"]["type"] == "home"
    await mina.open_messages()
    assert (app.last["event"]["tab"], app.last["event"]["channel"]) == ("messages", mina.dm_id)


async def test_a_changed_profile_is_told(slack: Slack, app: Recorder) -> None:
    """`user_change` with the whole user; a deactivated one has no time zone any more."""
    await slack.change_user("mina", tz="Asia/Tokyo")
    user = app.last["event"]["user"]
    assert (app.last["event"]["type"], user["tz"], user["tz_offset"]) == ("user_change", "Asia/Tokyo", 32400)
    await slack.change_user("mina", deleted=True)
    assert (app.last["event"]["user"]["deleted"], "tz" in app.last["event"]["user"]) == (True, False)


async def test_a_newcomer_is_told_of_only_where_subscribed(slack: Slack) -> None:
    """`team_join` is not in the manifest, so it is not sent."""
    await slack.team().joins("kim", tz="Asia/Tokyo")
    assert slack.sent == []
    async with Slack.start(app=App(events=("team_join",))) as curious:
        await curious.team().joins("kim", tz="Asia/Tokyo")
        assert curious.sent[0].payload["event"]["user"]["name"] == "kim"


@pytest.mark.parametrize("tokens_first", [False, True])
async def test_uninstalling_sends_two_events_in_either_order(slack: Slack, app: Recorder, tokens_first: bool) -> None:
    """`app_uninstalled` and `tokens_revoked`."""
    expected = ["app_uninstalled", "tokens_revoked"]
    await slack.uninstall(tokens_first=tokens_first)
    sent = [s.payload["event"]["type"] for s in slack.sent]
    assert sent == (expected[::-1] if tokens_first else expected)


async def test_events_name_their_workspace(slack: Slack, app: Recorder) -> None:
    """Two workspaces, one app, one connection: each payload says whose it is."""
    second = slack.add_team("T0SECOND002", "Second", [(MINA, "mina", "Mina Other", "Asia/Tokyo", "ja-JP")])
    other = second.person(MINA)
    doing = slack.sent
    await slack.person(MINA).command("/ally one")
    await other.command("/ally two")
    payloads = [s.payload for s in doing if s.kind == "command"]
    assert [(p["team_id"], p["text"]) for p in payloads] == [(slack.team().id, "one"), ("T0SECOND002", "two")]
    await answer(payloads[1]["response_url"], text="to the second")
    await other.sees("to the second")
    slack.person(MINA).does_not_see("to the second")


async def test_a_wrong_acknowledgement_of_a_command_shows_an_error() -> None:
    """What Slack would refuse in a message it refuses here too."""

    def wrong(bolt: AsyncApp) -> None:
        @bolt.command("/ally")
        async def command(ack: Any) -> None:
            await ack(text="x", blocks=[{"type": "section"}])

    async with Slack.start() as fresh, over_socket_mode(fresh, wrong):
        mina = fresh.person("mina")
        await mina.command("/ally")
        await mina.sees('/ally failed with the error "invalid_blocks"')
        assert len(fresh.refused) == 1
