"""Block Kit as Slack accepts it: validation with Slack's own messages. Pure.

Limits and places are those of Slack's reference pages under "Block Kit" (blocks, block elements, composition
objects) and "Views"; the wording of the messages is that of `response_metadata.messages`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from sandbox import blockkit_parts as parts
from sandbox.checks import Problems
from sandbox.errors import SlackError

JsonObject = dict[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000  # "views.open": view_too_large, over 250 kB
# `msg_blocks_too_long` is on no reference page; reports put the limit on all text of a message's blocks there.
MESSAGE_BLOCK_CHARACTERS = 13_200
MESSAGE_ONLY = frozenset({"markdown"})


def check_message_blocks(given: Any, rng: random.Random) -> list[JsonObject]:
    """The blocks of a message as Slack keeps them (ids filled in). Raises SlackError `invalid_blocks`,
    `invalid_blocks_format` or `msg_blocks_too_long`."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise SlackError("invalid_blocks_format") from None
    if not isinstance(given, list):
        raise SlackError("invalid_blocks_format")
    problems = Problems()
    _check_blocks(given, "/blocks", "message", problems)
    if problems:
        raise SlackError("invalid_blocks", *problems.lines, errors=list(problems.lines))
    if sum(len(text) for text in texts_in(given)) > MESSAGE_BLOCK_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return with_ids(given, rng)


def check_view(given: Any, rng: random.Random) -> JsonObject:
    """A view as Slack keeps it. Raises SlackError `invalid_arguments` or `view_too_large`."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise SlackError("invalid_arguments", "must provide an object [json-pointer:/view]") from None
    problems = Problems()
    if not isinstance(given, dict):
        raise SlackError("invalid_arguments", "must provide an object [json-pointer:/view]")
    kind = given.get("type")
    if kind not in ("modal", "home"):
        word = "missing required field: type" if kind is None else f"unsupported type: {kind}"
        raise SlackError("invalid_arguments", f"{word} [json-pointer:/view{'' if kind is None else '/type'}]")
    (parts.MODAL if kind == "modal" else parts.HOME)(given, "/view", problems)
    blocks = given.get("blocks")
    if isinstance(blocks, list):
        _check_blocks(blocks, "/view/blocks", kind, problems)
        if kind == "modal" and "submit" not in given:
            for at, block in enumerate(blocks):
                if isinstance(block, dict) and block.get("type") == "input":
                    problems.add("must define `submit` to use an `input` block in modals", f"/view/blocks/{at}/input")
    if problems:
        raise SlackError("invalid_arguments", *problems.lines)
    if len(json.dumps(given, ensure_ascii=False).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return {**given, "blocks": with_ids(given["blocks"], rng)}


def _check_blocks(blocks: list[Any], pointer: str, surface: str, problems: Problems) -> None:
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    if len(blocks) > most:
        problems.add(f"no more than {most} items allowed", pointer)
        return
    block_ids: set[str] = set()
    focused = 0
    for at, block in enumerate(blocks):
        here = f"{pointer}/{at}"
        if not isinstance(block, dict):
            problems.add("must provide an object", here)
            continue
        kind = block.get("type")
        check = parts.BLOCKS.get(kind) if isinstance(kind, str) else None
        if kind is None:
            problems.add("missing required field: type", here)
            continue
        if check is None or (kind in MESSAGE_ONLY and surface != "message"):
            problems.add(f"unsupported type: {kind}", f"{here}/type")
            continue
        check(block, here, problems)
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in block_ids:
                problems.add(f'`block_id` "{block_id}" already exists', f"{here}/block_id")
            block_ids.add(block_id)
        _check_elements(block, here, surface, problems)
        focused += sum(1 for element in elements_of(block) if element.get("focus_on_load") is True)
    if focused > 1:
        problems.add("only one element can have `focus_on_load` set to true", pointer)


def _check_elements(block: JsonObject, pointer: str, surface: str, problems: Problems) -> None:
    seen: set[str] = set()
    for at, element in enumerate(elements_of(block)):
        where = {"section": "accessory", "input": "element"}.get(block["type"], f"elements/{at}")
        kind, action_id = element.get("type"), element.get("action_id")
        if isinstance(kind, str) and surface not in parts.SURFACES.get(kind, {surface}):
            problems.add(f"unsupported type: {kind}", f"{pointer}/{where}/type")
        if isinstance(action_id, str):
            if action_id in seen:
                problems.add(f'`action_id` "{action_id}" already exists', f"{pointer}/{where}/action_id")
            seen.add(action_id)


def elements_of(block: JsonObject) -> Iterator[JsonObject]:
    """The interactive elements of a block, in order."""
    if block.get("type") == "actions":
        found = block.get("elements")
    elif block.get("type") == "section":
        found = [block.get("accessory")]
    elif block.get("type") == "input":
        found = [block.get("element")]
    else:
        found = []
    for element in found if isinstance(found, list) else []:
        if isinstance(element, dict) and element.get("type") != "image":
            yield element


def texts_in(value: Any) -> Iterator[str]:
    """Every string a reader sees in blocks: what stands under `text`, `alt_text` and the like."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def with_ids(blocks: list[JsonObject], rng: random.Random) -> list[JsonObject]:
    """A copy with the ids and defaults that Slack fills in: block_id, action_id, `emoji`, `verbatim`."""

    def word() -> str:
        return "".join(rng.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=5))

    kept: list[JsonObject] = [_with_defaults(block) for block in blocks]
    for block in kept:
        block.setdefault("block_id", word())
        for element in elements_of(block):
            element.setdefault("action_id", word())
    return kept


def _with_defaults(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_defaults(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _with_defaults(inner) for key, inner in value.items()}
    if isinstance(copy.get("text"), str):
        if copy.get("type") == "plain_text":
            copy.setdefault("emoji", True)
        elif copy.get("type") == "mrkdwn":
            copy.setdefault("verbatim", False)
    return copy


# -- state: what `state.values` holds ------------------------------------------------------------------------

_EMPTY: dict[str, tuple[str, str, Any]] = {
    # element type: (key in state.values, key of its initial value, empty)
    "plain_text_input": ("value", "initial_value", None),
    "email_text_input": ("value", "initial_value", None),
    "url_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "users_select": ("selected_user", "initial_user", None),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_static_select": ("selected_options", "initial_options", []),
    "checkboxes": ("selected_options", "initial_options", []),
    "multi_users_select": ("selected_users", "initial_users", []),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
}


def is_stateful(element: JsonObject) -> bool:
    """Whether the element shows in `state.values` (a button and an overflow menu do not)."""
    return element.get("type") in _EMPTY


def state_key(element: JsonObject) -> str:
    """Under which key of `state.values` an element's value stands."""
    return _EMPTY[element["type"]][0]


def initial_state(blocks: list[JsonObject]) -> JsonObject:
    """`state.values` before anybody has touched anything."""
    values: JsonObject = {}
    for block in blocks:
        for element in elements_of(block):
            if is_stateful(element):
                key, initial, empty = _EMPTY[element["type"]]
                value = {"type": element["type"], key: element.get(initial, empty)}
                values.setdefault(block["block_id"], {})[element["action_id"]] = value
    return values


def carried_state(blocks: list[JsonObject], before: JsonObject) -> JsonObject:
    """`state.values` after an update: what a person had entered stays where block_id and action_id stay
    ("Updating modals": keep both the same to keep the input)."""
    values = initial_state(blocks)
    for block_id, actions in values.items():
        for action_id, fresh in actions.items():
            old = before.get(block_id, {}).get(action_id)
            if old is not None and old["type"] == fresh["type"]:
                actions[action_id] = old
    return values


def is_empty(value: JsonObject) -> bool:
    """Whether a value of `state.values` says that nothing was entered or chosen."""
    return all(inner in (None, "", []) for key, inner in value.items() if key != "type")
