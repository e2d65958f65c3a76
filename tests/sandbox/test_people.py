"""A whole conversation between a person and a Bolt app, the same over either transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Slack
from sandbox.errors import PersonError
from tests.sandbox.conftest import over_socket_mode


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(label: str, action_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(label), **more}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


MODAL = {
    "type": "modal",
    "callback_id": "week",
    "title": plain("This week"),
    "submit": plain("Save"),
    "close": plain("Not now"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "line",
            "label": plain("One line"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "stance",
            "label": plain("Where did you step?"),
            "optional": True,
            "element": {
                "type": "radio_buttons",
                "action_id": "pick",
                "options": [{"text": plain(word), "value": word} for word in ("forward", "back")],
            },
        },
    ],
}


def conversation(app: AsyncApp) -> None:
    """A small app: joins, nudges, asks, and shows a Home."""

    @app.command("/ally")
    async def command(ack: Any, respond: Any, client: Any, body: Any) -> None:
        await ack()
        if body["text"] == "join":
            await client.chat_postMessage(
                channel=body["user_id"],
                text="Your nudge: say thanks",
                blocks=[
                    section("Say *thanks* &amp; mean it"),
                    {"type": "actions", "block_id": "delivery-1", "elements": [button("Did it", "did", value="7")]},
                ],
            )
            await respond(text="You're in")
        else:
            blocks = [section("Help"), {"type": "actions", "elements": [button("Reflect", "reflect")]}]
            await respond(text="Help", blocks=blocks)

    @app.action("did")
    async def did(ack: Any, client: Any, body: Any) -> None:
        await ack()
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Noted", blocks=[section("Noted")]
        )

    @app.action("reflect")
    async def reflect(ack: Any, client: Any, body: Any) -> None:
        await ack()
        assert "message" not in body
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("week")
    async def week(ack: Any, client: Any, body: Any, view: Any) -> None:
        text = view["state"]["values"]["line"]["text"]["value"]
        if len(text) < 4:
            await ack(response_action="errors", errors={"line": "A little longer, please"})
            return
        await ack()
        await client.views_publish(user_id=body["user"]["id"], view={"type": "home", "blocks": [section(text)]})

    @app.view_closed("week")
    async def closed(ack: Any, client: Any, body: Any) -> None:
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text="Another time then")

    @app.event("app_home_opened")
    async def home(client: Any, event: Any) -> None:
        view = {"type": "home", "blocks": [section(f"Welcome, <@{event['user']}>")]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("message")
    async def message(client: Any, event: Any) -> None:
        await client.chat_postEphemeral(
            channel=event["channel"],
            user=event["user"],
            text=f"heard: {event['text']}",
            thread_ts=event.get("thread_ts"),
        )


async def test_a_conversation_works_the_same_over_socket_mode_and_http(
    slack: Slack, served: Callable[..., Any]
) -> None:
    """Command, message, button, update, ephemeral, modal with errors, Home, typed message, closing."""
    async with served(slack, conversation):
        mina = slack.person("mina")
        answer = await mina.command("/ally join")
        assert answer.error is None
        await mina.sees("You're in")
        await mina.sees("Say thanks & mean it")
        slack.person("joel").does_not_see("You're in")

        await mina.press("Did it")
        await mina.sees("Noted")
        mina.does_not_see("Did it")

        await mina.command("/ally help")
        await mina.sees("Help")
        await mina.press("Reflect")
        await mina.sees("One line")
        assert (await mina.submit()).ack is None
        await mina.sees("Please complete this required field.")
        await mina.fill("One line", "no")
        await mina.choose("Where did you step?", "forward")
        await mina.submit()
        await mina.sees("A little longer, please")
        await mina.fill("One line", "I spoke up")
        await mina.submit()
        assert mina.modal is None
        await mina.sees("I spoke up")
        assert "I spoke up" in mina.home_text()

        await mina.open_home()
        await mina.sees(f"Welcome, <@{mina.id}>")
        said = await mina.types("hello there")
        await mina.sees("heard: hello there")
        await mina.types("and here", thread=said)
        await mina.sees("heard: and here")
        assert mina.ephemerals[-1].thread_ts == said.ts

        await mina.press("Reflect", where="ephemeral")
        await mina.sees("One line")
        await mina.close()
        await mina.sees("Another time then")
        assert slack.refused == []


async def test_an_old_button_can_be_pressed_after_it_is_gone(slack: Slack, served: Callable[..., Any]) -> None:
    """A stale screen still sends: the action is the old one, the message the current one."""
    async with served(slack, conversation):
        mina = slack.person("mina")
        await mina.command("/ally join")
        await mina.sees("Did it")
        old = mina.dm_messages[-1]
        await mina.press("Did it")
        await mina.sees("Noted")
        with pytest.raises(AssertionError, match="nothing to press"):
            await mina.press("Did it")
        answer = await mina.press("Did it", message=old)
        assert answer.error is None
        payload = slack.sent[-1].payload if slack.sent[-1].kind == "interactive" else slack.sent[-2].payload
        assert payload["actions"][0]["value"] == "7"
        assert payload["message"]["blocks"][0]["text"]["text"] == "Noted"


async def test_a_failing_sees_shows_the_whole_screen(slack: Slack) -> None:
    """The AssertionError lists everything the person can see."""
    mina = slack.person("mina")
    await mina.types("only this")
    with pytest.raises(AssertionError, match=r"(?s)never sees 'nothing'.*only this"):
        await mina.sees("nothing", timeout_s=0.01)
    with pytest.raises(AssertionError, match="only this"):
        mina.does_not_see("only")


async def test_where_narrows_what_is_pressed(slack: Slack, client: AsyncWebClient) -> None:
    """The newest wins; `where` says which surface or which message; a kept one is looked up as it stands now."""
    pressed: list[str] = []

    def app(bolt: AsyncApp) -> None:
        @bolt.action("go")
        async def go(ack: Any, body: Any) -> None:
            await ack()
            pressed.append(body["actions"][0]["value"])

        @bolt.event("app_home_opened")
        async def home(ack: Any) -> None:
            await ack()

    def blocks(value: str) -> list[dict[str, Any]]:
        return [{"type": "actions", "elements": [button("Go", "go", value=value)]}]

    async with over_socket_mode(slack, app):
        mina = slack.person("mina")
        slack.team().invite_bot("general")
        await client.chat_postMessage(channel="general", text="x", blocks=blocks("channel"))
        await client.chat_postMessage(channel=mina.id, text="x", blocks=blocks("older"))
        older = mina.dm_messages[-1]
        await client.chat_postMessage(channel=mina.id, text="x", blocks=blocks("newer"))
        await client.chat_postEphemeral(channel=mina.dm_id, user=mina.id, text="x", blocks=blocks("ephemeral"))
        await client.views_publish(user_id=mina.id, view={"type": "home", "blocks": blocks("home")})
        await client.chat_update(channel=mina.dm_id, ts=older.ts, text="x", blocks=blocks("changed"))
        for where in (None, "dm", "ephemeral", "channel", "home", older, mina.home):
            await mina.press("Go", where=where)
        await mina.press("Go", message=older)
        await mina.open_home()
        await mina.press("Go")
        expected = ["ephemeral", "newer", "ephemeral", "channel", "home", "changed", "home", "older", "home"]
        assert pressed == expected
        with pytest.raises(PersonError, match="where"):
            await mina.press("Go", where="nowhere")
