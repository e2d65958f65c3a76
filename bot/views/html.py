"""Block Kit as HTML: one renderer for every page that shows what Slack would show. Pure: data in, HTML out.

It draws whatever it is given, broken or hostile, and never raises: all text is escaped, addresses are held to http,
https and mailto, and a block or element that it cannot draw is named in its place. The elements carry what a page
needs to act on them as `data-` attributes; there is no script here.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from bot.views import mrkdwn
from bot.views.blocks import Block

_UTC = ZoneInfo("UTC")
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Look:
    """Who looks, and what they have done so far."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Display names by user, channel or user group id."""
    zone: ZoneInfo = _UTC
    """The reader's own, for dates and for the date and time picker."""
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What was entered, by block_id and action_id, shaped like Slack's `state.values`."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with an input, by block_id."""
    scope: str = ""
    """Keeps HTML ids apart where several messages stand on one page."""
    still: bool = False
    """A picture: buttons and menus are drawn, and nobody can press them or stop at them by keyboard."""


_NOBODY = Look()


def render_blocks(blocks: Sequence[Block], look: Look = _NOBODY) -> Markup:
    """The body of a message or view. The ids in it are unique, and the same for the same blocks and scope."""
    given = blocks if isinstance(blocks, list | tuple) else [blocks]
    drawn = template("blocks.html.j2").render(blocks=given, draw=_Drawing(look))
    return Markup(drawn)  # noqa: S704 — the template escapes


def render_mrkdwn(text: str, look: Look = _NOBODY) -> Markup:
    """mrkdwn as HTML that may stand in a `div`."""
    return mrkdwn.to_html(text, look.names, look.zone)


def render_text_only(text: str, look: Look = _NOBODY) -> Markup:
    """A message without blocks."""
    inside = render_mrkdwn(text, look)
    return Markup('<div class="bk-blocks"><div class="bk-text" dir="auto">{}</div></div>').format(inside)


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """The styles of everything drawn here, light and dark; every class begins with `bk-`."""
    return asset("blocks.css")


def asset(name: str) -> str:
    """A file beside the templates, as it is."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def template(name: str) -> Template:
    """A template of this package; it escapes all that it is given."""
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)


# What each element keeps in `state.values`, and where its first value stands.
_ONE = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_MANY = {
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
_SHAPES = {
    "button": "button",
    "overflow": "overflow",
    "image": "image",
    "radio_buttons": "group",
    "rich_text_input": "area",
    **dict.fromkeys(_MANY, "group"),
    **dict.fromkeys(("static_select", "users_select", "conversations_select", "channels_select"), "select"),
}
_INPUT_TYPES = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "datetime-local",
}
_UNLABELLED = {"datepicker": "Date", "timepicker": "Time", "datetimepicker": "Date and time"}
# The first letters of the ids that a menu of people or places offers.
_NAMED = {
    "users_select": ("U", "W"),
    "multi_users_select": ("U", "W"),
    "channels_select": ("C",),
    "multi_channels_select": ("C",),
    "conversations_select": ("C", "G", "D", "U", "W"),
    "multi_conversations_select": ("C", "G", "D", "U", "W"),
}
NO_WORDS = "(no words)"
"""What stands where words are missing: a button without any could not be named."""
_DRAWN = frozenset({"section", "header", "divider", "context", "actions", "input", "image", "rich_text"})


@dataclass(frozen=True)
class _Option:
    """One choice of a menu or a group."""

    value: str
    text: Markup
    said: str
    about: Markup
    chosen: bool = False
    url: str | None = None


class _Drawing:
    """What the templates ask while blocks are drawn: safe text, current values, fresh ids."""

    no_words = NO_WORDS

    def __init__(self, look: Look) -> None:
        self._look = look
        self.still = look.still
        self._count = itertools.count(1)
        # What is no letter or digit becomes its number, so that two scopes never become one.
        scope = re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):x}_", look.scope)
        self._prefix = f"bk-{scope}-" if scope else "bk-"

    def new_id(self) -> str:
        return f"{self._prefix}{next(self._count)}"

    # -- text ----------------------------------------------------------------------------------------------------

    def text(self, value: Any, inline: bool = False) -> Markup:
        """A text object as it shows; a bare string is taken as plain."""
        given = _dict(value)
        if given.get("type") != "mrkdwn":
            return self.plain(value)
        verbatim = given.get("verbatim") is True
        return mrkdwn.to_html(_words(value), self._look.names, self._look.zone, inline=inline, verbatim=verbatim)

    def plain(self, value: Any) -> Markup:
        """A text object where Slack takes no mark-up, such as on a button."""
        return mrkdwn.lines(self._emoji(value))

    def _emoji(self, value: Any) -> str:
        words = _words(value)
        return words if _dict(value).get("emoji") is False else mrkdwn.with_emoji(words)

    def said(self, value: Any) -> str:
        """A text object for an attribute, on one line."""
        return " ".join(self._emoji(value).split())

    def string(self, value: Any) -> str:
        return _string(value)

    def error(self, block: Block) -> str:
        return _string(_dict(self._look.errors).get(_string(block.get("block_id"))))

    # -- kinds ---------------------------------------------------------------------------------------------------

    def block(self, value: Any) -> Block:
        return _dict(value)

    def items(self, value: Any) -> list[Block]:
        """The objects of a list; what is no object becomes an empty one, so that it is named and not dropped."""
        return [_dict(item) for item in value] if isinstance(value, list | tuple) else []

    def kind(self, value: Any) -> str:
        return _string(_dict(value).get("type"))

    def drawable(self, block: Block) -> str:
        """The type of a block if it holds what it needs to be drawn, else nothing."""
        kind = self.kind(block)
        has = {
            "section": bool(_words(block.get("text")) or self.items(block.get("fields")) or block.get("accessory")),
            "header": bool(_words(block.get("text"))),
            "context": bool(self.items(block.get("elements"))),
            "actions": bool(self.items(block.get("elements"))),
            "input": bool(_dict(block.get("element"))),
            "rich_text": bool(self.items(block.get("elements"))),
        }
        return kind if kind in _DRAWN and has.get(kind, True) else ""

    def shape(self, element: Any) -> str:
        """Which macro draws an element; nothing if none can."""
        kind = self.kind(element)
        if kind == "plain_text_input" and _dict(element).get("multiline") is True:
            return "area"
        return _SHAPES.get(kind) or ("field" if kind in _INPUT_TYPES else "")

    # -- elements ------------------------------------------------------------------------------------------------

    def data(self, block: Block, element: Block, value: str | None = None) -> dict[str, str | None]:
        """What a page needs to act on an element."""
        sends = block.get("type") == "input" and block.get("dispatch_action") is True
        return {
            "data-block-id": _string(block.get("block_id")),
            "data-action-id": _string(element.get("action_id")),
            "data-element": self.kind(element),
            "data-value": value,
            "data-confirm": _confirm(element.get("confirm")),
            "data-dispatch": "true" if sends else None,
            "data-focus": "true" if element.get("focus_on_load") is True else None,
        }

    def button(self, block: Block, element: Block) -> dict[str, str | None]:
        style = element.get("style")
        looks = f" bk-{style}" if style in ("primary", "danger") else ""
        url = mrkdwn.safe_url(_string(element.get("url")))
        away = {"href": url, "rel": "noopener noreferrer nofollow", "target": "_blank"} if url else {"type": "button"}
        label = self.said(element.get("accessibility_label")) or None
        value = _string(element["value"]) if "value" in element else None
        return {"class": f"bk-button{looks}", **away, "aria-label": label, **self.data(block, element, value)}

    def attributes(self, block: Block, element: Block, id_: str, labelled_by: str = "") -> dict[str, str | None]:
        """Everything but the value of a field, a text area or a select."""
        kind = self.kind(element)
        typed = kind.endswith("_input")
        label = None if labelled_by or block.get("type") == "input" else self.label(element)
        return {
            "class": "bk-field",
            "id": id_,
            "type": _INPUT_TYPES.get(kind) if self.shape(element) == "field" else None,
            "placeholder": (self.said(element.get("placeholder")) or None) if typed else None,
            "minlength": _whole(element.get("min_length")) if typed else None,
            "maxlength": _whole(element.get("max_length")) if typed else None,
            "min": _number(element.get("min_value")) if kind == "number_input" else None,
            "max": _number(element.get("max_value")) if kind == "number_input" else None,
            "step": "any" if kind == "number_input" and element.get("is_decimal_allowed") is True else None,
            "autocomplete": "off" if typed else None,
            "dir": "auto" if typed and kind != "number_input" else None,
            "aria-label": label,
            "aria-labelledby": labelled_by or None,
            **self.needs(block, id_),
            **self.data(block, element),
            "data-initial": self._shown_value(element, element.get(_ONE[kind][1])) or None,
            "data-zone": self._zone_of(element),
        }

    def needs(self, block: Block, id_: str, group: bool = False) -> dict[str, str | None]:
        """What an input block says of its element: needed, described, wrong."""
        if block.get("type") != "input":
            return {}
        optional = block.get("optional") is True
        wrong = bool(self.error(block))
        described = [f"{id_}-hint"] * bool(_words(block.get("hint"))) + [f"{id_}-error"] * wrong
        return {
            "required": None if group or optional else "",
            "data-required": "true" if group and not optional else None,
            "aria-invalid": "true" if wrong and not group else None,
            "aria-describedby": " ".join(described) or None,
        }

    def label(self, element: Block) -> str:
        return self.said(element.get("placeholder")) or _UNLABELLED.get(self.kind(element), "Choose")

    def value(self, block: Block, element: Block) -> str:
        """What a field holds now: what was entered, else what it began with."""
        key, initial = _ONE[self.kind(element)]
        entered = self._entered(block, element)
        return self._shown_value(element, entered.get(key) if entered is not None else element.get(initial))

    def groups(self, block: Block, element: Block) -> Iterator[tuple[str, list[_Option]]]:
        """The choices of an element under their headings; the heading is empty where there is none."""
        chosen = self._chosen(block, element)
        first = _NAMED.get(self.kind(element))
        if first is not None:
            ids = [id_ for id_ in self._look.names if id_.startswith(first)]
            ids += [id_ for id_ in chosen if id_ and id_ not in ids]
            yield "", [self._named(id_, id_ in chosen) for id_ in ids]
            return
        rich = self.shape(element) == "group"
        yield "", [self._option(option, chosen, rich) for option in self.items(element.get("options"))]
        for group in self.items(element.get("option_groups")):
            options = [self._option(option, chosen, rich) for option in self.items(group.get("options"))]
            yield self.said(group.get("label")) or "Others", options

    def _named(self, id_: str, chosen: bool) -> _Option:
        name = self._look.names.get(id_, id_)
        return _Option(id_, mrkdwn.lines(name), mrkdwn.shown(name), Markup(""), chosen)

    def _option(self, option: Block, chosen: list[str], rich: bool) -> _Option:
        text, about = option.get("text"), option.get("description")
        value = _string(option.get("value"))
        said = self.said(text) or value or NO_WORDS
        drawn = (self.text(text, True) if rich else self.plain(text)) or mrkdwn.lines(said)
        described = self.text(about, True) if rich else self.plain(about)
        return _Option(value, drawn, said, described, value in chosen, mrkdwn.safe_url(_string(option.get("url"))))

    def _entered(self, block: Block, element: Block) -> Block | None:
        of_block = _dict(self._look.values).get(_string(block.get("block_id")))
        entered = _dict(of_block).get(_string(element.get("action_id")))
        return _dict(entered) if isinstance(entered, Mapping) else None

    def _chosen(self, block: Block, element: Block) -> list[str]:
        kind = self.kind(element)
        if kind in _ONE:
            return [self.value(block, element)]
        if kind not in _MANY:
            return []
        key, initial = _MANY[kind]
        entered = self._entered(block, element)
        found = entered.get(key) if entered is not None else element.get(initial)
        return [_plain_value(item) for item in found] if isinstance(found, list | tuple) else []

    def _shown_value(self, element: Block, value: Any) -> str:
        if self.kind(element) == "datetimepicker":
            return self._local(value)
        if self.kind(element) == "rich_text_input":
            return "".join(_strings(value))
        return mrkdwn.shown(_plain_value(value))

    def _local(self, value: Any) -> str:
        stamp = _whole(value)
        if stamp is None or int(stamp) >= 253_402_200_000:
            return ""
        return datetime.fromtimestamp(int(stamp), UTC).astimezone(self._look.zone).strftime("%Y-%m-%dT%H:%M")

    def _zone_of(self, element: Block) -> str | None:
        if self.kind(element) == "datetimepicker":
            return self._look.zone.key
        return _string(element.get("timezone")) or None if self.kind(element) == "timepicker" else None

    # -- rich text -----------------------------------------------------------------------------------------------

    def lines(self, value: Any) -> Markup:
        return mrkdwn.lines(_string(value))

    def link(self, element: Block) -> Markup:
        url = _string(element.get("url"))
        label = _string(element.get("text")) or url
        return mrkdwn.link(url, label) or mrkdwn.lines(f"{label} ({url})" if label != url else url)

    def mention(self, sign: str, value: Any) -> Markup:
        id_ = _string(value)
        return mrkdwn.mention(sign, self._look.names.get(id_) or id_ or "?")

    def emoji(self, element: Block) -> str:
        name = _string(element.get("name"))
        points = _string(element.get("unicode"))
        if re.fullmatch(r"[0-9a-fA-F]{2,6}(-[0-9a-fA-F]{2,6})*", points):
            numbers = [int(point, 16) for point in points.split("-")]
            if all(0x20 <= number < 0x110000 for number in numbers):
                return mrkdwn.shown("".join(map(chr, numbers)))
        return mrkdwn.emoji(name, f":{mrkdwn.shown(name)}:")

    def date(self, element: Block) -> Markup:
        shape, stamp = _string(element.get("format")), _whole(element.get("timestamp"))
        fallback = _string(element.get("fallback")) or shape or "a date"
        if stamp is None:
            return mrkdwn.lines(fallback)
        return mrkdwn.date(int(stamp), shape, self._look.zone, fallback, _string(element.get("url")))

    def picture(self, element: Block) -> dict[str, str | None]:
        """An image's address and alt text. The address is missing where a page may not load it."""
        url = mrkdwn.safe_url(_string(element.get("image_url")))
        src = url if url and not url.lower().startswith("mailto:") else None
        return {"src": src, "alt": self.said(element.get("alt_text")) or "Image"}

    def whole(self, value: Any, most: int) -> int:
        """A whole number from 0 to `most`; 0 if it is anything else."""
        return min(most, int(_whole(value) or 0))


def _dict(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _string(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return mrkdwn.shown(str(value))


def _words(value: Any) -> str:
    return _string(_dict(value).get("text")) if isinstance(value, Mapping) else _string(value)


def _plain_value(value: Any) -> str:
    """An option's value, or the value itself."""
    return _string(_dict(value).get("value")) if isinstance(value, Mapping) else _string(value)


def _whole(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12
    return str(value) if right else None


def _number(value: Any) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?", value, re.ASCII) else None


def _strings(value: Any, depth: int = 6) -> Iterator[str]:
    """The words of rich text, without their looks."""
    if isinstance(value, str):
        yield mrkdwn.shown(value)
    for element in value.get("elements") or [] if isinstance(value, Mapping) and depth else []:
        if isinstance(element, Mapping):
            yield _words(element)
            yield from _strings(element, depth - 1)


def _confirm(value: Any) -> str | None:
    """A confirm object as JSON: Slack's shape, its texts always there."""
    if not isinstance(value, Mapping):
        return None
    whole: dict[str, Any] = {}
    for key in ("title", "text", "confirm", "deny"):
        text = _dict(value.get(key))
        kind = "mrkdwn" if text.get("type") == "mrkdwn" else "plain_text"
        whole[key] = {"type": kind, "text": _words(value.get(key))}
    if value.get("style") in ("primary", "danger"):
        whole["style"] = value["style"]
    return json.dumps(whole, ensure_ascii=False)
