"""What the page shows when things go otherwise: errors, updates, threads, a slow or broken Slack, reloads, restarts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Slack
from tests.browser.conftest import MONDAY, Visits
from tests.browser.stage import PHONE, demo
from tests.sandbox.conftest import over_socket_mode

pytestmark = pytest.mark.browser

TOO_WIDE = """[...document.querySelectorAll('#messages *')]
  .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1)
  .filter(e => getComputedStyle(e).display !== 'inline' && !e.matches('.hidden'))
  .map(e => e.className)"""
HOSTILE = (
    "<script>document.title='taken'</script> <img src=x onerror=alert(1)> <javascript:alert(1)|press me> "
    "*bold _never closed `code <@U999> <!channel> \u202eover\u202c &amp; " + "W" * 2000
)


async def test_a_modal_says_under_the_field_what_is_wrong(slack: Slack, visits: Visits) -> None:
    """An empty line is not sent; the field says so and has the focus; typing takes the error away; then it is kept."""
    mina = await visits("modal")
    await mina.opens(slack, "mina", "messages")
    await mina.types("/ally join")
    await mina.sees("You're in")
    await mina.goes("Home")
    await mina.presses("Write a reflection", "#pane")
    field = mina.tab.locator("#modal textarea")
    await expect(field).to_be_focused()
    await mina.tab.locator("#modal button[type=submit]").click()
    await mina.sees("Please complete this required field.", "#modal")
    await expect(field).to_be_focused()
    await mina.shot("error")
    await field.type("I let")
    await mina.sees_no_more("Please complete this required field.", "#modal")
    await field.type(" her finish.")
    await mina.tab.locator("#modal button[type=submit]").click()
    await mina.sees("I let her finish.", "#pane")


async def test_a_pushed_modal_goes_back_and_closes_whole(slack: Slack, visits: Visits) -> None:
    """Back leads to the modal below, the cross closes all; what was typed below is still there."""
    mina = await visits("push")

    def setup(app: AsyncApp) -> None:
        @app.action("open")
        async def opens(ack: Any, client: Any, body: Any) -> None:
            await ack()
            await client.views_open(
                trigger_id=body["trigger_id"], view=_modal("First", _input("name"), _button("more"))
            )

        @app.action("more")
        async def pushes(ack: Any, client: Any, body: Any) -> None:
            await ack()
            await client.views_push(trigger_id=body["trigger_id"], view=_modal("Second", _button("change")))

        @app.action("change")
        async def changes(ack: Any, client: Any, body: Any) -> None:
            await ack()
            await client.views_update(view_id=body["view"]["id"], view=_modal("Changed", _button("change")))

    async with demo(Path(), MONDAY, with_bot=False) as slack, over_socket_mode(slack, setup):
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        await client.chat_postMessage(channel=slack.person("mina").id, text="Here", blocks=[_button("open")])
        await mina.opens(slack, "mina", "messages")
        await mina.presses("open")
        await mina.sees("First", "#modal")
        await mina.tab.locator("#modal input").fill("kept while away")
        await mina.presses("more", "#modal .modal-body")
        await mina.sees("Second", "#modal")
        await mina.shot("pushed")
        await mina.presses("change", "#modal .modal-body")
        await mina.sees("Changed", "#modal")
        await mina.presses("Back", "#modal")
        await mina.sees("First", "#modal")
        await expect(mina.tab.locator("#modal input")).to_have_value("kept while away")
        await mina.presses("more", "#modal .modal-body")
        await mina.sees("Second", "#modal")
        await mina.presses("Close", "#modal header")
        await expect(mina.tab.locator("#modal[open]")).to_have_count(0)


async def test_every_element_sends_what_was_chosen_and_asks_first_where_it_should(visits: Visits) -> None:
    """Select, overflow, checkboxes, date and a button with a confirm, each as Slack sends it."""
    mina = await visits("elements")
    came: list[Any] = []

    def setup(app: AsyncApp) -> None:
        for action in ("pick", "menu", "boxes", "day", "sure"):

            @app.action(action)
            async def hears(ack: Any, action: Any) -> None:
                await ack()
                came.append(action)

    option = [{"text": {"type": "plain_text", "text": word}, "value": word.lower()} for word in ("One", "Two", "Three")]
    placeholder = {"type": "plain_text", "text": "Pick one"}
    asked = {"title": "Are you sure?", "text": "It cannot be undone.", "confirm": "Do it", "deny": "Keep it"}
    words = {key: {"type": "plain_text", "text": text} for key, text in asked.items()}
    blocks: list[Any] = [
        {"type": "actions", "elements": [
            {"type": "static_select", "action_id": "pick", "placeholder": placeholder, "options": option},
            {"type": "overflow", "action_id": "menu", "options": option},
            {"type": "datepicker", "action_id": "day"},
            {**_button("sure")["elements"][0], "confirm": words, "style": "danger"},
        ]},
        {"type": "section", "text": {"type": "mrkdwn", "text": "Tick"},
         "accessory": {"type": "checkboxes", "action_id": "boxes", "options": option}},
    ]  # fmt: skip
    async with demo(Path(), MONDAY, with_bot=False) as slack, over_socket_mode(slack, setup):
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        await client.chat_postMessage(channel=slack.person("mina").id, text="Here", blocks=blocks)
        await mina.opens(slack, "mina", "messages")
        await mina.tab.locator("select[data-action-id=pick]").select_option("two")
        await mina.tab.locator("summary", has_text="⋯").click()
        await mina.shot("menu")
        await mina.presses("Three", ".bk-menu")
        await mina.tab.get_by_role("checkbox", name="One").check()
        await mina.tab.locator("input[data-action-id=day]").fill("2026-12-24")
        await mina.presses("sure")
        await mina.sees("It cannot be undone.", "#confirm")
        await mina.shot("confirm")
        await mina.presses("Keep it", "#confirm")
        await mina.presses("sure")
        await mina.presses("Do it", "#confirm")
        await slack.person("mina").until(lambda: len(came) == 5, "pressed five things")
    chosen = {one["action_id"]: one for one in came}
    assert chosen["pick"]["selected_option"]["value"] == "two"
    assert chosen["menu"]["selected_option"]["value"] == "three"
    assert [one["value"] for one in chosen["boxes"]["selected_options"]] == ["one"]
    assert chosen["day"]["selected_date"] == "2026-12-24"
    assert sum(one["action_id"] == "sure" for one in came) == 1


async def test_threads_the_channel_and_what_is_unread(slack: Slack, visits: Visits) -> None:
    """A reply stands in its thread; what one person writes is unread for the others, each for themselves."""
    mina = await visits("channel")
    await mina.opens(slack, "mina", "general")
    await mina.shot("empty-channel")
    await mina.types("Good morning from London")
    await mina.sees("Good morning from London", "#messages")
    await expect(mina.tab.locator("#people button", has_text="Joel").locator(".badge")).to_have_text("1")
    await mina.acts_as("Joel")
    await mina.tab.locator(".place", has_text="general").click()
    await expect(mina.tab.locator("#people button", has_text="Joel").locator(".badge")).to_have_count(0)
    await expect(mina.tab.locator("#people button", has_text="Asha").locator(".badge")).to_have_text("1")
    await mina.sees("Good morning from London", "#messages")
    await mina.tab.locator("#messages .message", has_text="Good morning").hover()
    await mina.presses("Reply in thread")
    await expect(mina.tab.locator("#thread-composer-text")).to_be_focused()
    await mina.types("And from New York", thread=True)
    await mina.sees("And from New York", "#replies")
    await mina.types("/ally help", thread=True)
    await mina.sees("/ally is not supported in threads. Sorry!", "#replies")
    await mina.sees("1 reply", "#messages")
    await mina.shot("thread")
    await mina.tab.keyboard.press("Escape")
    await expect(mina.tab.locator("#thread")).to_be_hidden()
    await mina.acts_as("Asha")
    await mina.tab.locator(".place", has_text="general").click()
    await mina.sees("New", "#messages")
    await mina.shot("new-mark")


async def test_a_slow_and_a_broken_slack(slack: Slack, visits: Visits) -> None:
    """Waiting shows; a Slack that is down answers commands with Slack's own words; all is well again after."""
    mina = await visits("trouble")
    await mina.opens(slack, "mina", "messages")
    mood = mina.tab.locator("#mood")

    await mood.select_option("slow")
    await mina.types("/ally join")
    await mina.sees("Waiting for Ally…")
    await mina.shot("waiting")
    await expect(mina.tab.locator(".composer-wait:not(:empty)")).to_have_count(0)
    await mina.sees("Only visible to you")
    await mina.shot("answered")
    await mood.select_option("well")
    await mina.types("/ally join")
    await mina.sees("Try one now")

    await mood.select_option("down")
    await mina.sees("Ally is not connected")
    await mina.types("/ally journal")
    await mina.sees('/ally failed with the error "dispatch_failed"')
    await mina.presses("Try one now")
    await mina.sees("We had some trouble connecting. Try again?", "#toasts")
    await mina.shot("down")

    await mood.select_option("broken")
    await mina.moves_clock("Next morning")
    await expect(mina.tab.get_by_role("button", name="Did it")).to_have_count(0)

    await mood.select_option("well")
    await mina.sees_no_more("Ally is not connected")
    await mina.types("/ally journal")
    await mina.sees("You have kept no lines")
    await mina.moves_clock("+1 hour")
    await mina.sees("Did it")
    await mina.tab.locator("#inspect").click()
    await mina.tab.locator("#ways").select_option("bad")
    await mina.sees("chat.postMessage", "#traffic")
    await mina.shot("inspector")


async def test_a_reload_keeps_place_and_messages(slack: Slack, visits: Visits) -> None:
    """The person, the place and what is kept stay; what only they could see goes, as in Slack."""
    mina = await visits("reload")
    await mina.opens(slack, "asha", "messages")
    await mina.types("/ally join")
    await mina.sees("You're in")
    await mina.moves_clock("Next morning")
    await mina.sees("Did it")
    await mina.tab.reload()
    await mina.sees("Did it")
    await expect(mina.tab.locator("#people [aria-pressed=true]")).to_contain_text("Asha")
    await mina.sees_no_more("You're in")


async def test_a_restart_is_said_and_survived(tmp_path: Path, visits: Visits) -> None:
    """The page says that its Slack has ended, comes back by itself, and finds what was kept."""
    mina = await visits("restart")
    file = tmp_path / "slack.json"
    async with demo(tmp_path, MONDAY, kept=file) as slack:
        port = int(slack.url.rpartition(":")[2])
        await mina.opens(slack, "mina", "messages")
        await mina.types("/ally join")
        await mina.sees("You're in")
        await mina.moves_clock("Next morning")
        await mina.sees("Did it")
    await mina.sees("The pretend Slack has ended.", "#banner")
    await mina.shot("ended")
    assert json.loads(file.read_text())["version"]
    async with demo(tmp_path, MONDAY, kept=file, port=port):
        await expect(mina.tab.locator("#banner")).to_be_hidden(timeout=15_000)
        await mina.sees("Did it")
        await mina.presses("Did it")
        await mina.sees("Noted.")
        await expect(mina.tab.locator("#people [aria-pressed=true]")).to_contain_text("09:35")
    async with demo(tmp_path, MONDAY, with_bot=False, port=port):
        await mina.sees("A new Slack has started.", "#banner")
        await mina.sees_no_more("Did it")


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["wide", "phone"])
async def test_hostile_text_shows_as_text(slack: Slack, visits: Visits, viewport: Any) -> None:
    """Whatever is typed stands there as it was typed; nothing runs and nothing is wider than its place."""
    mina = await visits(f"hostile-{'phone' if viewport else 'wide'}", viewport=viewport)
    await mina.opens(slack, "mina", "messages")
    await mina.types("/ally join")
    await mina.sees("You're in")
    await mina.types(HOSTILE)
    await mina.types(f"/ally log {HOSTILE}")
    await mina.sees("Kept.")
    await expect(mina.tab.get_by_text("<script>document.title='taken'</script>")).not_to_have_count(0)
    await mina.shot("messages")
    assert await mina.tab.title() != "taken"
    assert await mina.tab.evaluate(TOO_WIDE) == []
    await mina.tab.locator("#inspect").click()
    await mina.tab.locator("#traffic summary").first.click()
    await mina.shot("inspector")
    await mina.tab.locator("#inspect-close").click()
    await mina.goes("Home")
    await mina.sees("press me", "#pane")
    await mina.shot("home")


def _modal(title: str, *blocks: Any) -> dict[str, Any]:
    words = {"type": "plain_text", "text": title}
    return {"type": "modal", "title": words, "submit": {**words, "text": "Send"}, "blocks": list(blocks)}


def _button(name: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": name}
    return {"type": "actions", "elements": [{"type": "button", "action_id": name, "text": text}]}


def _input(name: str) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": name}
    block = {"type": "input", "optional": True, "block_id": name, "label": {"type": "plain_text", "text": name}}
    return {**block, "element": element}


FIRST = _modal("First", _input("name"), _button("more"))
