"""Modals and Homes: triggers, the stack, hashes, what a submission may answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Clock, Slack
from sandbox.errors import PersonError
from tests.sandbox.conftest import over_socket_mode

MINA = "U0MINA00001"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def modal(title: str, **more: Any) -> dict[str, Any]:
    button = {"type": "button", "action_id": "go", "text": plain("Go"), "value": title}
    field = {
        "type": "input",
        "block_id": "line",
        "label": plain("Line"),
        "optional": True,
        "element": {"type": "plain_text_input", "action_id": "text"},
    }
    blocks = [{"type": "actions", "block_id": "acts", "elements": [button]}, field]
    view = {
        "type": "modal",
        "callback_id": "m",
        "title": plain(title),
        "submit": plain("Save"),
        "close": plain("Close"),
    }
    return {**view, "blocks": blocks, **more}


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


class Recorder:
    """An app that acknowledges everything and keeps what it got."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}

    def __call__(self, app: AsyncApp) -> None:
        async def keep(ack: Any, body: Any) -> None:
            self.bodies.append(body)
            await ack()

        async def submitted(ack: Any, body: Any) -> None:
            self.bodies.append(body)
            await ack(**self.answer)

        app.command("/ally")(keep)
        app.action("go")(keep)
        app.view("m")(submitted)
        app.view_closed("m")(keep)
        app.event("app_home_opened")(keep)

    @property
    def last(self) -> dict[str, Any]:
        return self.bodies[-1]


@pytest.fixture
def app() -> Recorder:
    """A fresh recorder."""
    return Recorder()


async def test_a_trigger_opens_one_modal_within_three_seconds(app: Recorder) -> None:
    """Once, by the workspace it belongs to, and not a moment too late."""
    clock = Clock.frozen_at(datetime(2026, 11, 23, 9, tzinfo=UTC))
    async with Slack.start(clock=clock) as slack, over_socket_mode(slack, app):
        mina = slack.person("mina")
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        await mina.command("/ally")
        first = app.last["trigger_id"]
        opened = await client.views_open(trigger_id=first, view=modal("One"))
        assert (opened["view"]["root_view_id"], opened["view"]["previous_view_id"]) == (opened["view"]["id"], None)
        assert await refusal(client.views_open(trigger_id=first, view=modal("Two"))) == "exchanged_trigger_id"
        assert await refusal(client.views_open(trigger_id="1.2.3", view=modal("Two"))) == "invalid_trigger_id"
        other = slack.add_team("T0SECOND002", "Second", install=True)
        stranger = AsyncWebClient(other.bot_token, base_url=slack.api_url)
        await mina.command("/ally")
        trigger = app.last["trigger_id"]
        assert await refusal(stranger.views_open(trigger_id=trigger, view=modal("Two"))) == "invalid_trigger_id"
        clock.advance(3.1)
        assert await refusal(client.views_open(trigger_id=trigger, view=modal("Two"))) == "expired_trigger_id"


async def test_three_views_stack_and_no_more(slack: Slack, client: AsyncWebClient, app: Recorder) -> None:
    """views.push needs a trigger from the modal; the fourth view is `push_limit_reached`."""
    async with over_socket_mode(slack, app):
        mina = slack.person("mina")
        await mina.command("/ally")
        trigger = app.last["trigger_id"]
        assert await refusal(client.views_push(trigger_id=trigger, view=modal("Two"))) == "not_found"
        root = (await client.views_open(trigger_id=trigger, view=modal("One")))["view"]
        for title in ("Two", "Three"):
            await mina.press("Go")
            pushed = (await client.views_push(trigger_id=app.last["trigger_id"], view=modal(title)))["view"]
            assert pushed["root_view_id"] == root["id"]
        await mina.press("Go")
        assert app.last["container"] == {"type": "view", "view_id": pushed["id"]}
        fourth = client.views_push(trigger_id=app.last["trigger_id"], view=modal("Four"))
        assert await refusal(fourth) == "push_limit_reached"
        assert [view.content["title"]["text"] for view in mina.modals] == ["One", "Two", "Three"]
        await mina.close()
        await mina.press("Close")
        assert mina.modal is not None
        assert mina.modal.content["title"]["text"] == "One"


async def test_an_update_needs_the_hash_it_saw(slack: Slack, client: AsyncWebClient, app: Recorder) -> None:
    """`hash_conflict`, `not_found`, both ids at once, and an external_id used twice."""
    async with over_socket_mode(slack, app):
        mina = slack.person("mina")
        await mina.command("/ally")
        opened = await client.views_open(trigger_id=app.last["trigger_id"], view=modal("One", external_id="mine"))
        seen = opened["view"]["hash"]
        await mina.fill("Line", "typed before")
        changed = await client.views_update(external_id="mine", hash=seen, view=modal("Two", external_id="mine"))
        assert changed["view"]["state"]["values"]["line"]["text"]["value"] == "typed before"
        view_id = changed["view"]["id"]
        stale = client.views_update(view_id=view_id, hash=seen, view=modal("Three"))
        assert await refusal(stale) == "hash_conflict"
        assert await refusal(client.views_update(view_id="V0NO", view=modal("Three"))) == "not_found"
        both = client.api_call("views.update", json={"view_id": view_id, "external_id": "mine", "view": modal("x")})
        assert await refusal(both) == "invalid_arguments"
        home = client.views_update(view_id=view_id, view={"type": "home", "blocks": []})
        assert await refusal(home) == "invalid_arguments"
        taken = client.views_publish(user_id=MINA, view={"type": "home", "blocks": [], "external_id": "mine"})
        await client.views_update(view_id=view_id, view=modal("Two", external_id="mine"))
        assert await refusal(taken) == "duplicate_external_id"
        await mina.close()
        assert await refusal(client.views_update(view_id=view_id, view=modal("Three"))) == "not_found"


async def test_publishing_a_home_follows_its_hash(slack: Slack, client: AsyncWebClient) -> None:
    """A stale hash is refused; the home keeps its id."""
    view = {"type": "home", "blocks": [{"type": "section", "text": plain("one")}]}
    first = (await client.views_publish(user_id=MINA, view=view))["view"]
    second = (await client.views_publish(user_id=MINA, view=view, hash=first["hash"]))["view"]
    assert second["id"] == first["id"]
    assert await refusal(client.views_publish(user_id=MINA, view=view, hash=first["hash"])) == "hash_conflict"
    assert slack.person("mina").home_text() == "one"


ANSWERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing closes the top view": ({}, ["One"]),
    "clear closes all": ({"response_action": "clear"}, []),
    "update changes it": ({"response_action": "update", "view": modal("New")}, ["One", "New"]),
    "push puts one on top": ({"response_action": "push", "view": modal("New")}, ["One", "Two", "New"]),
    "errors keep it": ({"response_action": "errors", "errors": {"line": "No"}}, ["One", "Two"]),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_a_submission_may_answer(
    slack: Slack, client: AsyncWebClient, app: Recorder, served: Callable[..., Any], case: str
) -> None:
    """The four response_actions and none, over either transport."""
    app.answer, titles = ANSWERS[case]
    async with served(slack, app):
        mina = slack.person("mina")
        await mina.command("/ally")
        await client.views_open(trigger_id=app.last["trigger_id"], view=modal("One"))
        await mina.press("Go")
        await client.views_push(trigger_id=app.last["trigger_id"], view=modal("Two"))
        await mina.fill("Line", "typed")
        await mina.press("Save")
        assert app.last["type"] == "view_submission"
        assert app.last["view"]["state"]["values"]["line"]["text"] == {"type": "plain_text_input", "value": "typed"}
        assert [view.content["title"]["text"] for view in mina.modals] == titles
        assert slack.refused == []
        if "errors" in app.answer:
            assert "! No" in mina.modal_text()
            await mina.fill("Line", "again")
            assert "! No" not in mina.modal_text()


REFUSED_ANSWERS: dict[str, dict[str, Any]] = {
    "errors of no block there": {"response_action": "errors", "errors": {"other": "No"}},
    "errors of a block without input": {"response_action": "errors", "errors": {"acts": "No"}},
    "no errors": {"response_action": "errors", "errors": {}},
    "an empty error": {"response_action": "errors", "errors": {"line": ""}},
    "a view Slack refuses": {"response_action": "update", "view": modal("x" * 25)},
    "a home": {"response_action": "push", "view": {"type": "home", "blocks": []}},
    "no view": {"response_action": "update"},
    "an unknown action": {"response_action": "close"},
}


@pytest.mark.parametrize("case", REFUSED_ANSWERS)
async def test_a_wrong_answer_shows_trouble_and_keeps_the_modal(
    slack: Slack, client: AsyncWebClient, app: Recorder, case: str
) -> None:
    """The person sees Slack's line; what was wrong stands in `refused`."""

    def setup(bolt: AsyncApp) -> None:
        app(bolt)

        @bolt.view("raw")
        async def raw(ack: Any) -> None:
            response = await ack()
            response.body = REFUSED_ANSWERS[case]

    async with over_socket_mode(slack, setup):
        mina = slack.person("mina")
        await mina.command("/ally")
        await client.views_open(trigger_id=app.last["trigger_id"], view=modal("One", callback_id="raw"))
        await mina.submit()
        await mina.sees("We had some trouble connecting")
        assert mina.modal is not None
        assert len(slack.refused) == 1


async def test_closing_tells_an_app_that_asked(slack: Slack, client: AsyncWebClient, app: Recorder) -> None:
    """view_closed only with notify_on_close; is_cleared where all were closed."""
    async with over_socket_mode(slack, app):
        mina = slack.person("mina")
        await mina.command("/ally")
        await client.views_open(trigger_id=app.last["trigger_id"], view=modal("Silent"))
        await mina.close()
        assert app.last["command"] == "/ally"
        await mina.command("/ally")
        await client.views_open(trigger_id=app.last["trigger_id"], view=modal("Told", notify_on_close=True))
        await mina.close()
        assert (app.last["type"], app.last["is_cleared"]) == ("view_closed", False)
        await mina.command("/ally")
        await client.views_open(trigger_id=app.last["trigger_id"], view=modal("Told", notify_on_close=True))
        await mina.press("Go")
        await client.views_push(trigger_id=app.last["trigger_id"], view=modal("Top", clear_on_close=True))
        await mina.close()
        assert (app.last["is_cleared"], app.last["view"]["title"]["text"], mina.modal) == (True, "Told", None)
        with pytest.raises(PersonError):
            await mina.close()


async def test_payloads_of_views_carry_no_channel_and_no_response_url(
    slack: Slack, client: AsyncWebClient, app: Recorder
) -> None:
    """From a modal and from the Home: a view, its state, a trigger; nothing to answer in."""
    async with over_socket_mode(slack, app):
        mina = slack.person("mina")
        await mina.command("/ally")
        await client.views_open(trigger_id=app.last["trigger_id"], view=modal("One"))
        await mina.press("Go")
        from_modal = app.last
        await mina.close()
        home = {"type": "home", "blocks": modal("x")["blocks"]}
        await client.views_publish(user_id=MINA, view=home)
        await mina.open_home()
        await mina.press("Go")
        for body in (from_modal, app.last):
            assert not {"channel", "message", "response_url", "state"} & set(body)
            assert body["view"]["state"]["values"]["line"]["text"]["value"] is None
            assert body["trigger_id"]
        assert app.last["view"]["type"] == "home"


async def test_choices_in_a_modal_stand_in_its_state(slack: Slack, client: AsyncWebClient, app: Recorder) -> None:
    """Selects, checkboxes, radios, pickers; an input block sends nothing until it is submitted."""
    options = [{"text": plain(word), "value": word.lower()} for word in ("One", "Two", "Three")]
    kinds: dict[str, dict[str, Any]] = {
        "select": {"type": "static_select", "options": options, "initial_option": options[0]},
        "boxes": {"type": "checkboxes", "options": options},
        "radio": {"type": "radio_buttons", "options": options},
        "date": {"type": "datepicker"},
        "time": {"type": "timepicker"},
        "person": {"type": "users_select"},
    }
    blocks = [
        {"type": "input", "block_id": name, "label": plain(f"Pick {name}"), "element": {**element, "action_id": "a"}}
        for name, element in kinds.items()
    ]
    async with over_socket_mode(slack, app):
        mina = slack.person("mina")
        await mina.command("/ally")
        await client.views_open(trigger_id=app.last["trigger_id"], view={**modal("One"), "blocks": blocks})
        before = len(slack.sent)
        assert (await mina.submit()).ack is None
        await mina.choose("Pick select", "Two")
        await mina.choose("boxes", "One", "Three")
        await mina.choose("boxes", "Two")
        await mina.unchoose("boxes", "One")
        await mina.press("Three", where="modal")
        await mina.choose("Pick radio", "Three")
        await mina.choose("date", "2026-12-24")
        await mina.choose("time", "09:15")
        await mina.choose("person", "U0JOEL00002")
        assert len(slack.sent) == before
        await mina.submit()
        values = {name: actions["a"] for name, actions in app.last["view"]["state"]["values"].items()}
        assert [o["value"] for o in values["boxes"]["selected_options"]] == ["three", "two"]
        assert values["radio"]["selected_option"]["value"] == "three"
        assert values["select"]["selected_option"]["value"] == "three"
        assert (values["date"]["selected_date"], values["time"]["selected_time"]) == ("2026-12-24", "09:15")
        assert values["person"]["selected_user"] == "U0JOEL00002"
