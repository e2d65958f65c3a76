"""Block Kit: what Slack refuses is refused, in Slack's words; what it takes is taken, with ids filled in."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import blockkit
from sandbox.errors import SlackError

Json = dict[str, Any]
RNG = random.Random(1)  # noqa: S311


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str = "a", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(value: str = "v", text: str = "x", **more: Any) -> Json:
    return {"text": plain(text), "value": value, **more}


def select(**more: Any) -> Json:
    return {"type": "static_select", "options": [option()], **more}


def field(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain(), "element": element, **more}


def typed(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "t", **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def confirm(**more: Any) -> Json:
    return {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain(), **more}


REFUSED_IN_MESSAGES: dict[str, tuple[Any, str]] = {
    "51 blocks": ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "no type": ([{"text": mrkdwn()}], "missing required field: type [json-pointer:/blocks/0]"),
    "not an object": (["x"], "must provide an object [json-pointer:/blocks/0]"),
    "unknown block": ([{"type": "sectoin"}], "unsupported type: sectoin [json-pointer:/blocks/0/type]"),
    "a block type that is no string": ([{"type": 3}], "unsupported type: 3 [json-pointer:/blocks/0/type]"),
    "unknown key": ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
    "section of 3001": ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    "empty text": ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "blank text": ([section("  \n")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "text as a string": ([{"type": "section", "text": "x"}], "must provide an object [json-pointer:/blocks/0/text]"),
    "text that is a number": (
        [{"type": "section", "text": {"type": "mrkdwn", "text": 3}}],
        "must provide a string [json-pointer:/blocks/0/text/text]",
    ),
    "section of nothing": ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    "emoji in mrkdwn": (
        [{"type": "section", "text": {**mrkdwn(), "emoji": True}}],
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "11 fields": (
        [{"type": "section", "fields": [mrkdwn()] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "field of 2001": (
        [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "text input beside a section": (
        [section(accessory=typed())],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]",
    ),
    "header in mrkdwn": (
        [{"type": "header", "text": mrkdwn()}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "header of 151": (
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "divider with text": (
        [{"type": "divider", "text": plain()}],
        "invalid additional property: text [json-pointer:/blocks/0]",
    ),
    "context of 11": (
        [{"type": "context", "elements": [mrkdwn()] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "context of nothing": (
        [{"type": "context", "elements": []}],
        "must provide at least 1 items [json-pointer:/blocks/0/elements]",
    ),
    "context with a button": (
        [{"type": "context", "elements": [button()]}],
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "26 buttons": (
        [actions(*(button(f"a{n}") for n in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "no buttons": ([actions()], "must provide at least 1 items [json-pointer:/blocks/0/elements]"),
    "button of 76": (
        [actions(button(text=plain("x" * 76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button in mrkdwn": (
        [actions(button(text=mrkdwn()))],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]",
    ),
    "button value of 2001": (
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button value empty": (
        [actions(button(value=""))],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button style": (
        [actions(button(style="default"))],
        "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "button url": (
        [actions(button(url="not a url"))],
        "must be a valid URL [json-pointer:/blocks/0/elements/0/url]",
    ),
    "action_id of 256": (
        [actions(button("x" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "action_id twice in a block": (
        [actions(button(), button())],
        '`action_id` "a" already exists [json-pointer:/blocks/0/elements/1/action_id]',
    ),
    "block_id of 256": (
        [section(block_id="x" * 256)],
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    "block_id twice": (
        [section(block_id="b"), section(block_id="b")],
        '`block_id` "b" already exists [json-pointer:/blocks/1/block_id]',
    ),
    "confirm without deny": (
        [actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()}))],
        "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    "confirm title of 101": (
        [actions(button(confirm=confirm(title=plain("x" * 101))))],
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm button of 31": (
        [actions(button(confirm=confirm(deny=plain("x" * 31))))],
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ),
    "6 in an overflow": (
        [actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]})],
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "option of 76": (
        [actions(select(options=[option(text="x" * 76)]))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "option value of 151": (
        [actions(select(options=[option("x" * 151)]))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "option without value": (
        [actions(select(options=[{"text": plain()}]))],
        "missing required field: value [json-pointer:/blocks/0/elements/0/options/0]",
    ),
    "option in mrkdwn in a menu": (
        [actions(select(options=[{"text": mrkdwn(), "value": "v"}]))],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]",
    ),
    "option url outside an overflow": (
        [actions(select(options=[option(url="https://example.com")]))],
        "invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]",
    ),
    "101 options": (
        [actions(select(options=[option(str(n)) for n in range(101)]))],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "no options": (
        [actions(select(options=[]))],
        "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]",
    ),
    "options and option_groups": (
        [actions(select(option_groups=[{"label": plain(), "options": [option()]}]))],
        "must provide only one of: options, option_groups [json-pointer:/blocks/0/elements/0]",
    ),
    "neither options nor groups": (
        [actions({"type": "static_select"})],
        "missing required field: options [json-pointer:/blocks/0/elements/0]",
    ),
    "an initial option that is none of them": (
        [actions(select(initial_option=option("other")))],
        "`initial_option` must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    "an initial option of another text": (
        [actions(select(initial_option=option("v", "other")))],
        "`initial_option` must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    "placeholder of 151": (
        [actions(select(placeholder=plain("x" * 151)))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]",
    ),
    "11 checkboxes": (
        [actions({"type": "checkboxes", "options": [option(str(n)) for n in range(11)]})],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "no initial options": (
        [actions({"type": "checkboxes", "options": [option()], "initial_options": []})],
        "must provide at least 1 items [json-pointer:/blocks/0/elements/0/initial_options]",
    ),
    "a date that is none": (
        [actions({"type": "datepicker", "initial_date": "2026-02-30"})],
        "must be a valid date in the format YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    "a time that is none": (
        [actions({"type": "timepicker", "initial_time": "24:00"})],
        "must be a valid time in the format HH:mm [json-pointer:/blocks/0/elements/0/initial_time]",
    ),
    "image without alt_text": (
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "input with a button": (
        [field(button())],
        "unsupported type: button [json-pointer:/blocks/0/element/type]",
    ),
    "input without a label": (
        [{"type": "input", "element": typed()}],
        "missing required field: label [json-pointer:/blocks/0]",
    ),
    "label in mrkdwn": (
        [field(typed(), label=mrkdwn())],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/label/type]",
    ),
    "optional that is a word": (
        [field(typed(), optional="yes")],
        "must provide a boolean [json-pointer:/blocks/0/optional]",
    ),
    "max_length of 3001": (
        [field(typed(max_length=3001))],
        "must be between 1 and 3000 [json-pointer:/blocks/0/element/max_length]",
    ),
    "min over max": (
        [field(typed(min_length=5, max_length=4))],
        "`min_length` must not be greater than `max_length` [json-pointer:/blocks/0/element/min_length]",
    ),
    "an initial value over max_length": (
        [field(typed(initial_value="four", max_length=3))],
        "must be less than 4 characters [json-pointer:/blocks/0/element/initial_value]",
    ),
    "more initial options than may be chosen": (
        [
            field(
                {
                    "type": "multi_static_select",
                    "options": [option("1"), option("2")],
                    "initial_options": [option("1"), option("2")],
                    "max_selected_items": 1,
                }
            )
        ],
        "no more than 1 items allowed [json-pointer:/blocks/0/element/initial_options]",
    ),
    "a script as a link": (
        [actions(button(url="javascript:alert(1)"))],
        "must be a valid URL [json-pointer:/blocks/0/elements/0/url]",
    ),
    "an email field in a message": (
        [field({"type": "email_text_input"})],
        "unsupported type: email_text_input [json-pointer:/blocks/0/element/type]",
    ),
    "rich text with a wrong element": (
        [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}],
        "unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
    ),
    "two focused": (
        [field({**typed(), "focus_on_load": True}), field({**typed(), "focus_on_load": True})],
        "only one element can have `focus_on_load` set to true [json-pointer:/blocks]",
    ),
}


@pytest.mark.parametrize("case", REFUSED_IN_MESSAGES)
def test_blocks_slack_refuses_in_a_message(case: str) -> None:
    """`invalid_blocks`, with the pointer to what is wrong, in response_metadata and in `errors`."""
    blocks, message = REFUSED_IN_MESSAGES[case]
    with pytest.raises(SlackError) as refused:
        blockkit.check_message_blocks(blocks, RNG)
    assert refused.value.code == "invalid_blocks"
    assert f"[ERROR] {message}" in refused.value.extra["response_metadata"]["messages"]
    assert message in refused.value.extra["errors"]


REFUSED_VIEWS: dict[str, tuple[Any, str]] = {
    "not an object": ([], "must provide an object [json-pointer:/view]"),
    "not JSON": ("{", "must provide an object [json-pointer:/view]"),
    "no type": ({"blocks": []}, "missing required field: type [json-pointer:/view]"),
    "another type": ({"type": "sheet"}, "unsupported type: sheet [json-pointer:/view/type]"),
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    "no blocks": ({"type": "home"}, "missing required field: blocks [json-pointer:/view]"),
    "title of 25": (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
    "submit of 25": (modal(submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
    "title in mrkdwn": (modal(title=mrkdwn()), "unsupported type: mrkdwn [json-pointer:/view/title/type]"),
    "101 blocks": (modal(*[section()] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
    "private_metadata of 3001": (
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "callback_id of 256": (
        modal(callback_id="x" * 256),
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    "its own answer sent back": (modal(id="V1"), "invalid additional property: id [json-pointer:/view]"),
    "input without submit": (
        {"type": "modal", "title": plain(), "blocks": [section(), field(typed())]},
        "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]",
    ),
    "a home with a title": (home(title=plain()), "invalid additional property: title [json-pointer:/view]"),
    "a number field at home": (
        home(field({"type": "number_input", "is_decimal_allowed": False})),
        "unsupported type: number_input [json-pointer:/view/blocks/0/element/type]",
    ),
    "markdown in a modal": (
        modal({"type": "markdown", "text": "x"}),
        "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
    ),
}


@pytest.mark.parametrize("case", REFUSED_VIEWS)
def test_views_slack_refuses(case: str) -> None:
    """`invalid_arguments`, with the pointer to what is wrong."""
    view, message = REFUSED_VIEWS[case]
    with pytest.raises(SlackError) as refused:
        blockkit.check_view(view, RNG)
    assert refused.value.code == "invalid_arguments"
    assert f"[ERROR] {message}" in refused.value.extra["response_metadata"]["messages"]


TAKEN = [
    section("x" * 3000),
    section(accessory=select(initial_option=option())),
    section(accessory={"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}),
    section(accessory={"type": "multi_static_select", "options": [option()], "max_selected_items": 1}),
    {"type": "section", "fields": [mrkdwn(), plain()], "expand": True},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn(), {"type": "image", "image_url": "https://a.b/c", "alt_text": "a"}]},
    actions(button(), button("b", style="danger", value="x" * 2000, confirm=confirm(style="danger"))),
    actions({"type": "overflow", "options": [option(url="https://example.com")]}),
    actions(select(options=None) | {"option_groups": [{"label": plain(), "options": [option()]}]}),
    actions({"type": "radio_buttons", "options": [{"text": mrkdwn("*x*"), "value": "v", "description": mrkdwn()}]}),
    actions({"type": "users_select", "initial_user": "U0ABC"}, {"type": "conversations_select"}),
    actions({"type": "datepicker", "initial_date": "2026-02-28"}, {"type": "timepicker", "initial_time": "09:30"}),
    actions({"type": "datetimepicker", "initial_date_time": 1_800_000_000}),
    field(typed(multiline=True, max_length=3000, placeholder=plain()), hint=plain(), optional=True),
    {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a", "title": plain()},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"bold": True}}]},
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "emoji", "name": "wave"}]}],
            },
            {"type": "rich_text_quote", "elements": [{"type": "user", "user_id": "U0ABC"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "link", "url": "https://example.com"}]},
        ],
    },
]
TAKEN[10]["elements"][0].pop("options")


@pytest.mark.parametrize("block", TAKEN, ids=lambda block: str(block["type"]))
def test_blocks_slack_takes_are_taken(block: Json) -> None:
    """Each at its limits, with block_id, action_ids and defaults filled in and nothing else changed."""
    (kept,) = blockkit.check_message_blocks([block], RNG)
    assert kept["block_id"]
    assert all(element["action_id"] for element in blockkit.elements_of(kept))
    assert set(kept) - {"block_id"} == set(block) - {"block_id"}


def test_defaults_are_filled_in_as_slack_does() -> None:
    """`emoji` in plain text, `verbatim` in mrkdwn; given ids stay."""
    kept = blockkit.check_message_blocks([section(block_id="mine", accessory=button("act"))], RNG)
    assert kept[0]["block_id"] == "mine"
    assert kept[0]["text"]["verbatim"] is False
    assert kept[0]["accessory"]["action_id"] == "act"
    assert kept[0]["accessory"]["text"]["emoji"] is True


def test_a_message_has_a_limit_of_text_over_all_blocks() -> None:
    """`msg_blocks_too_long`."""
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        blockkit.check_message_blocks([section("x" * 3000)] * 5, RNG)


@pytest.mark.parametrize("given", ["{", '"x"', {"type": "section"}, 3])
def test_blocks_that_are_no_list_are_refused(given: Any) -> None:
    """`invalid_blocks_format`."""
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        blockkit.check_message_blocks(given, RNG)


def test_a_view_of_more_than_250_kb_is_too_large() -> None:
    """`view_too_large`."""
    with pytest.raises(SlackError, match="view_too_large"):
        blockkit.check_view(modal(*[section("x" * 3000)] * 90), RNG)


def test_what_was_typed_stays_where_ids_stay() -> None:
    """An update keeps input under the same block_id and action_id, and drops the rest."""
    before = blockkit.check_view(modal(field(typed(), block_id="keep"), field(typed(), block_id="drop")), RNG)
    values = blockkit.initial_state(before["blocks"])
    values["keep"]["t"]["value"] = values["drop"]["t"]["value"] = "typed"
    after = blockkit.check_view(modal(field(typed(initial_value="fresh"), block_id="new"), before["blocks"][0]), RNG)
    carried = blockkit.carried_state(after["blocks"], values)
    assert carried["keep"]["t"]["value"] == "typed"
    assert carried["new"]["t"]["value"] == "fresh"
    assert "drop" not in carried


KEYS = st.sampled_from(
    ["type", "text", "block_id", "action_id", "elements", "accessory", "element", "fields", "options", "value"]
)
MORE_KEYS = st.sampled_from(
    ["label", "title", "confirm", "initial_option", "initial_options", "option_groups", "placeholder", "url"]
)
TYPES = st.sampled_from(
    ["section", "actions", "input", "context", "header", "rich_text", "plain_text", "mrkdwn", "button"]
)
MORE_TYPES = st.sampled_from(
    ["static_select", "checkboxes", "overflow", "datepicker", "plain_text_input", "image", "modal"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | TYPES | MORE_TYPES
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | MORE_KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_no_json_breaks_the_validator(sent: Any) -> None:
    """Whatever an app sends, it is taken or refused by name."""
    for check in (blockkit.check_message_blocks, blockkit.check_view):
        for body in (sent, [sent], {"type": "modal", "title": plain(), "blocks": [sent]}):
            with contextlib.suppress(SlackError):
                check(body, RNG)
