"""The shapes of Block Kit's blocks, elements and composition objects. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from sandbox.checks import (
    Check,
    Checks,
    Problems,
    anything,
    array,
    boolean,
    by_type,
    enum,
    exactly_one,
    integer,
    shape,
    string,
)

# -- composition objects -------------------------------------------------------------------------------------


def plain(most: int) -> Check:
    """A plain_text object."""
    return _text(most, {"plain_text"})


def words(most: int) -> Check:
    """A plain_text or mrkdwn object."""
    return _text(most, {"plain_text", "mrkdwn"})


def _text(most: int, kinds: set[str]) -> Check:
    shapes: Checks = {
        "plain_text": shape({"type": anything, "text": string(most)}, {"emoji": boolean}),
        "mrkdwn": shape({"type": anything, "text": string(most)}, {"verbatim": boolean}),
    }
    inner = by_type({kind: shapes[kind] for kind in kinds})

    def check(value: Any, pointer: str, problems: Problems) -> None:
        before = len(problems.lines)
        inner(value, pointer, problems)
        if len(problems.lines) > before and len(kinds) > 1:
            problems.lines.insert(before, f"failed to match all allowed schemas [json-pointer:{pointer}]")

    return check


ACTION_ID = string(255)
BLOCK_ID = string(255)
URL = string(3000, pattern=r"(https?://|mailto:|tel:|slack://)\S+", what="URL")
IMAGE_URL = string(3000, pattern=r"https?://\S+", what="URL")
USER = string(pattern=r"[UW][A-Z0-9]{2,}", what="user ID")
CONVERSATION = string(pattern=r"[CDGUW][A-Z0-9]{2,}", what="conversation ID")
CHANNEL = string(pattern=r"C[A-Z0-9]{2,}", what="channel ID")

CONFIRM = shape(
    {"title": plain(100), "text": words(300), "confirm": plain(30), "deny": plain(30)},
    {"style": enum("primary", "danger")},
)
OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
RICH_OPTION = shape({"text": words(75), "value": string(150)}, {"description": words(75)})
OVERFLOW_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": URL})
GROUP = shape({"label": plain(75), "options": array(OPTION, 1, 100)})
DISPATCH = shape({"trigger_actions_on": array(enum("on_enter_pressed", "on_character_entered"), 1, 2)})
FILTER = shape(
    {},
    {
        "include": array(enum("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)


def _options_of(element: dict[str, Any]) -> list[Any]:
    found = list(element.get("options", []))
    for group in element.get("option_groups", []):
        found += group["options"]
    return found


def _core(option: Any) -> Any:
    if not isinstance(option, dict):
        return option
    text, about = option.get("text"), option.get("description")
    return (
        text.get("text") if isinstance(text, dict) else text,
        option.get("value"),
        about.get("text") if isinstance(about, dict) else about,
    )


def _initial_among_options(value: Any, pointer: str, problems: Problems) -> None:
    """ "an option object that exactly matches one of the options"."""
    there = [_core(option) for option in _options_of(value)]
    if "initial_option" in value and _core(value["initial_option"]) not in there:
        problems.add("`initial_option` must match one of the options", f"{pointer}/initial_option")
    for at, option in enumerate(value.get("initial_options", [])):
        if _core(option) not in there:
            problems.add("`initial_options` must match the options", f"{pointer}/initial_options/{at}")


def _distinct_values(value: Any, pointer: str, problems: Problems) -> None:
    values = [option["value"] for option in _options_of(value)]
    if len(values) != len(set(values)):
        problems.add("option `value` must be unique", f"{pointer}/options")


# -- elements ------------------------------------------------------------------------------------------------


def _element(required: Checks, optional: Checks, *also: Check) -> Check:
    return shape({"type": anything, **required}, {"action_id": ACTION_ID, **optional}, *also)


_MENU: Checks = {"placeholder": plain(150), "confirm": CONFIRM, "focus_on_load": boolean}
_MANY: Checks = {**_MENU, "max_selected_items": integer(1, 100)}
_STATIC: Checks = {"options": array(OPTION, 1, 100), "option_groups": array(GROUP, 1, 100)}
_ONE_SOURCE = exactly_one("options", "option_groups")


def _is_date(value: Any, pointer: str, problems: Problems) -> None:
    try:
        date.fromisoformat(value if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else "")
    except (TypeError, ValueError):
        problems.add("must be a valid date in the format YYYY-MM-DD", pointer)


def _sane_lengths(value: Any, pointer: str, problems: Problems) -> None:
    most = value.get("max_length", 3000)
    if value.get("min_length", 0) > most:
        problems.add("`min_length` must not be greater than `max_length`", f"{pointer}/min_length")
    if len(value.get("initial_value", "")) > most:
        problems.add(f"must be less than {most + 1} characters", f"{pointer}/initial_value")


def _few_enough(value: Any, pointer: str, problems: Problems) -> None:
    most = value.get("max_selected_items")
    if most is not None and len(value.get("initial_options", [])) > most:
        problems.add(f"no more than {most} items allowed", f"{pointer}/initial_options")


_TIME = string(pattern=r"([01]\d|2[0-3]):[0-5]\d", what="time in the format HH:mm")
_NUMBER = string(pattern=r"-?\d+(\.\d+)?", what="number")
_TYPED: Checks = {"placeholder": plain(150), "dispatch_action_config": DISPATCH, "focus_on_load": boolean}

BUTTON = _element(
    {"text": plain(75)},
    {
        "url": URL,
        "value": string(2000),
        "style": enum("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
OVERFLOW = _element({"options": array(OVERFLOW_OPTION, 1, 5)}, {"confirm": CONFIRM}, _distinct_values)
SELECTS: Checks = {
    "static_select": _element(
        {}, {**_MENU, **_STATIC, "initial_option": OPTION}, _ONE_SOURCE, _distinct_values, _initial_among_options
    ),
    "users_select": _element({}, {**_MENU, "initial_user": USER}),
    "conversations_select": _element(
        {},
        {
            **_MENU,
            "initial_conversation": CONVERSATION,
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        },
    ),
    "channels_select": _element({}, {**_MENU, "initial_channel": CHANNEL, "response_url_enabled": boolean}),
}
MULTI_SELECTS: Checks = {
    "multi_static_select": _element(
        {},
        {**_MANY, **_STATIC, "initial_options": array(OPTION, 1, 100)},
        _ONE_SOURCE,
        _distinct_values,
        _initial_among_options,
        _few_enough,
    ),
    "multi_users_select": _element({}, {**_MANY, "initial_users": array(USER, 1, None)}),
    "multi_conversations_select": _element(
        {},
        {
            **_MANY,
            "initial_conversations": array(CONVERSATION, 1, None),
            "default_to_current_conversation": boolean,
            "filter": FILTER,
        },
    ),
    "multi_channels_select": _element({}, {**_MANY, "initial_channels": array(CHANNEL, 1, None)}),
}
CHOICES: Checks = {
    "checkboxes": _element(
        {"options": array(RICH_OPTION, 1, 10)},
        {"initial_options": array(RICH_OPTION, 1, 10), "confirm": CONFIRM, "focus_on_load": boolean},
        _distinct_values,
        _initial_among_options,
    ),
    "radio_buttons": _element(
        {"options": array(RICH_OPTION, 1, 10)},
        {"initial_option": RICH_OPTION, "confirm": CONFIRM, "focus_on_load": boolean},
        _distinct_values,
        _initial_among_options,
    ),
}
PICKERS: Checks = {
    "datepicker": _element({}, {**_MENU, "initial_date": _is_date}),
    "timepicker": _element({}, {**_MENU, "initial_time": _TIME, "timezone": string(100)}),
}
DATE_TIME: Checks = {
    "datetimepicker": _element(
        {},
        {
            "initial_date_time": integer(1_000_000_000, 9_999_999_999),
            "confirm": CONFIRM,
            "focus_on_load": boolean,
        },
    )
}
IMAGE_ELEMENT = shape(
    {"type": anything, "alt_text": string(2000)},
    {"image_url": IMAGE_URL, "slack_file": shape({}, {"id": string(), "url": URL}, exactly_one("id", "url"))},
    exactly_one("image_url", "slack_file"),
)

# -- rich text -----------------------------------------------------------------------------------------------

_STYLE = shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "unlink"), boolean))
_INLINE = by_type(
    {
        "text": shape({"type": anything, "text": string(least=0)}, {"style": _STYLE}),
        "link": shape({"type": anything, "url": URL}, {"text": string(), "unsafe": boolean, "style": _STYLE}),
        "emoji": shape({"type": anything, "name": string()}, {"unicode": string(), "skin_tone": integer(1, 6)}),
        "user": shape({"type": anything, "user_id": USER}, {"style": _STYLE}),
        "channel": shape({"type": anything, "channel_id": CHANNEL}, {"style": _STYLE}),
        "usergroup": shape({"type": anything, "usergroup_id": string()}, {"style": _STYLE}),
        "broadcast": shape({"type": anything, "range": enum("here", "channel", "everyone")}),
        "color": shape({"type": anything, "value": string()}),
        "date": shape(
            {"type": anything, "timestamp": integer(0, 9_999_999_999), "format": string()},
            {"url": URL, "fallback": string()},
        ),
    }
)
_INLINES = array(_INLINE, 0, None)
_SECTION = shape({"type": anything, "elements": _INLINES})
_RICH: Checks = {
    "rich_text_section": _SECTION,
    "rich_text_list": shape(
        {
            "type": anything,
            "style": enum("bullet", "ordered"),
            "elements": array(by_type({"rich_text_section": _SECTION}), 1, None),
        },
        {"indent": integer(0, 8), "offset": integer(0, 100_000), "border": integer(0, 1)},
    ),
    "rich_text_preformatted": shape({"type": anything, "elements": _INLINES}, {"border": integer(0, 1)}),
    "rich_text_quote": shape({"type": anything, "elements": _INLINES}, {"border": integer(0, 1)}),
}
RICH_TEXT = shape({"type": anything, "elements": array(by_type(_RICH), 1, None)}, {"block_id": BLOCK_ID})

INPUTS: Checks = {
    "plain_text_input": _element(
        {},
        {
            **_TYPED,
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _sane_lengths,
    ),
    "email_text_input": _element({}, {**_TYPED, "initial_value": string()}),
    "url_text_input": _element({}, {**_TYPED, "initial_value": URL}),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {**_TYPED, "initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
    ),
    "rich_text_input": _element({}, {**_TYPED, "initial_value": RICH_TEXT}),
}

# -- blocks: which elements work in which is said on each element's page ("Works with block types") ----------

_IN_SECTION = by_type(
    {"button": BUTTON, "overflow": OVERFLOW, "image": IMAGE_ELEMENT, **SELECTS, **MULTI_SELECTS, **CHOICES} | PICKERS
)
_IN_ACTIONS = by_type(
    {"button": BUTTON, "overflow": OVERFLOW, **SELECTS, **MULTI_SELECTS, **CHOICES, **PICKERS, **DATE_TIME}
)
_IN_INPUT = by_type({**INPUTS, **SELECTS, **MULTI_SELECTS, **CHOICES, **PICKERS, **DATE_TIME})


# ... and so are the surfaces; what is not named here works on all three
SURFACES: dict[str, frozenset[str]] = {
    "datetimepicker": frozenset({"modal", "message"}),
    "email_text_input": frozenset({"modal"}),
    "url_text_input": frozenset({"modal"}),
    "number_input": frozenset({"modal"}),
    "rich_text_input": frozenset({"modal", "home"}),
}


def _in_context(value: Any, pointer: str, problems: Problems) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        IMAGE_ELEMENT(value, pointer, problems)
    else:
        words(3000)(value, pointer, problems)


def _text_or_fields(value: Any, pointer: str, problems: Problems) -> None:
    if "text" not in value and "fields" not in value:
        problems.add("missing required field: text", pointer)


def _block(required: Checks, optional: Checks | None = None, *also: Check) -> Check:
    return shape({"type": anything, **required}, {"block_id": BLOCK_ID, **(optional or {})}, *also)


BLOCKS: Checks = {
    "section": _block(
        {},
        {
            "text": words(3000),
            "fields": array(words(2000), 1, 10),
            "accessory": _IN_SECTION,
            "expand": boolean,
        },
        _text_or_fields,
    ),
    "header": _block({"text": plain(150)}),
    "divider": _block({}),
    "context": _block({"elements": array(_in_context, 1, 10)}),
    "actions": _block({"elements": array(_IN_ACTIONS, 1, 25)}),
    "input": _block(
        {"label": plain(2000), "element": _IN_INPUT},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": _block(
        {"alt_text": string(2000)},
        {
            "image_url": IMAGE_URL,
            "slack_file": shape({}, {"id": string(), "url": URL}, exactly_one("id", "url")),
            "title": plain(2000),
        },
        exactly_one("image_url", "slack_file"),
    ),
    "rich_text": RICH_TEXT,
    "markdown": _block({"text": string(12_000)}),
}

# -- views ---------------------------------------------------------------------------------------------------


def _is_list(value: Any, pointer: str, problems: Problems) -> None:
    if not isinstance(value, list):
        problems.add("must provide an array", pointer)


_VIEW: Checks = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
MODAL = shape(
    {"type": anything, "title": plain(24), "blocks": _is_list},
    {**_VIEW, "close": plain(24), "submit": plain(24), "clear_on_close": boolean, "notify_on_close": boolean},
)
HOME = shape({"type": anything, "blocks": _is_list}, _VIEW)
