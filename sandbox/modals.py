"""Submitting and closing modals. "Modals" in Slack's docs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox import blockkit, shapes
from sandbox.dispatch import Dispatcher
from sandbox.errors import PersonError, SlackError
from sandbox.responses import Responses
from sandbox.transport import Ack
from sandbox.views import Views
from sandbox.world import JsonObject, Team, View, World

TROUBLE = "We had some trouble connecting. Try again?"
REQUIRED = "Please complete this required field."


class Modals:
    """What a person does with the modal on top, and what the app's answer makes of it."""

    def __init__(self, world: World, views: Views, dispatcher: Dispatcher, responses: Responses) -> None:
        self._world = world
        self._views = views
        self._dispatcher = dispatcher
        self._responses = responses

    async def submit(self, team: Team, user_id: str) -> Ack | None:
        """Press submit on the top modal; None if Slack did not send it because the person has to mend something."""
        view = self._top(team, user_id)
        if "submit" not in view.content:
            raise PersonError("this modal has no submit button")
        problems = missing_or_wrong(view)
        if problems:
            self._world.put_view(replace(view, errors=problems))
            return None
        view = self._world.put_view(replace(view, errors={}))
        payload = shapes.interaction_json(self._world, "view_submission", team, user_id) | {
            "trigger_id": self._world.new_trigger(team.id, user_id, view.id),
            "view": shapes.view_json(self._world, view),
        }
        ack = await self._dispatcher.send("interactive", payload)
        if ack.error:
            self._world.notice(team, user_id, TROUBLE)
            return ack
        current = team.views.get(view.id)
        if current is None:
            return ack
        try:
            self._after_submission(team, user_id, current, ack.body)
        except SlackError as error:
            self._responses.refuse("a response_action", error)
            self._world.notice(team, user_id, TROUBLE)
        return ack

    def _after_submission(self, team: Team, user_id: str, view: View, body: Any) -> None:
        if body in (None, "", {}):
            self._take_away(team, user_id, view)
            return
        action = body.get("response_action") if isinstance(body, dict) else None
        if action == "clear":
            self._world.set_stack(team, user_id, [])
        elif action == "errors":
            self._world.put_view(replace(view, errors=checked_errors(view, body.get("errors"))))
        elif action == "update":
            self._views.replace(view, self._views.check_modal(team, body.get("view"), view.id))
        elif action == "push":
            self._views.put_on_top(team, user_id, self._views.check_modal(team, body.get("view")))
        else:
            raise SlackError("invalid_response_action", f"unknown response_action {action!r}")

    async def close(self, team: Team, user_id: str, *, everything: bool = False) -> Ack | None:
        """Close the top modal (or all of them); the ack of view_closed where the app asked to be told."""
        view = self._top(team, user_id)
        clears = everything or bool(view.content.get("clear_on_close"))
        gone = list(reversed(self._world.stack(team, user_id))) if clears else [view]
        shown = [(v, shapes.view_json(self._world, v)) for v in gone]
        self._world.set_stack(team, user_id, [] if clears else team.stacks[user_id][:-1])
        ack = None
        for closed, as_json in shown:
            if closed.content.get("notify_on_close"):
                payload = shapes.interaction_json(self._world, "view_closed", team, user_id)
                payload |= {"view": as_json, "is_cleared": clears}
                ack = await self._dispatcher.send("interactive", payload)
        return ack

    def _take_away(self, team: Team, user_id: str, view: View) -> None:
        stack = team.stacks.get(user_id, [])
        self._world.set_stack(team, user_id, [view_id for view_id in stack if view_id != view.id])

    def _top(self, team: Team, user_id: str) -> View:
        stack = self._world.stack(team, user_id)
        if not stack:
            raise PersonError("no modal is open")
        return stack[-1]


def missing_or_wrong(view: View) -> dict[str, str]:
    """What Slack's own client holds against a modal before it sends it, by block_id."""
    problems: dict[str, str] = {}
    for block in view.content["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = view.values.get(block["block_id"], {}).get(element["action_id"], {"type": element["type"]})
        if blockkit.is_empty(value):
            if not block.get("optional"):
                problems[block["block_id"]] = REQUIRED
            continue
        text = value.get("value")
        if element["type"] == "plain_text_input" and isinstance(text, str):
            if len(text) > element.get("max_length", 3000):
                problems[block["block_id"]] = f"Please use at most {element.get('max_length', 3000)} characters."
            elif len(text) < element.get("min_length", 0):
                problems[block["block_id"]] = f"Please use at least {element['min_length']} characters."
        elif element["type"] == "number_input" and not _is_number(text, element):
            problems[block["block_id"]] = "Please enter a valid number."
    return problems


def _is_number(text: Any, element: JsonObject) -> bool:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return False
    if not element["is_decimal_allowed"] and number != int(number):
        return False
    return float(element.get("min_value", "-inf")) <= number <= float(element.get("max_value", "inf"))


def checked_errors(view: View, given: Any) -> dict[str, str]:
    """The `errors` of a response_action: each names an input block of the view."""
    inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
    if not isinstance(given, dict) or not given:
        raise SlackError("invalid_response_action", "`errors` must be an object with at least one entry")
    for block_id, text in given.items():
        if block_id not in inputs:
            raise SlackError("invalid_response_action", f'no input block "{block_id}" in the view')
        if not isinstance(text, str) or not text.strip():
            raise SlackError("invalid_response_action", f'the error of "{block_id}" must be a string')
    return dict(given)
