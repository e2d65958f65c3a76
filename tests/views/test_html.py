"""Blocks as HTML: what a page relies on, what readers with a screen reader hear, and nothing hostile gets through."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.views import html as renderer
from bot.views.html import Look, render_blocks, render_text_only, stylesheet
from bot.views.mrkdwn import shown
from sandbox import blockkit_parts

Json = dict[str, Any]

VOID = {"br", "hr", "img", "input"}
ONE_LINE = {
    "p", "h3", "span", "label", "legend", "bdi", "strong", "em", "s", "u", "mark", "code", "button", "a", "summary",
    "time", "pre", "option", "textarea",
}  # fmt: skip
BLOCKS = {"div", "p", "pre", "blockquote", "ul", "ol", "fieldset", "figure", "hr", "h3", "details"}
ACTING = {"a", "button", "input", "select", "textarea", "summary", "details", "label"}
TAGS = VOID | ONE_LINE | BLOCKS | {"select", "optgroup", "li", "figcaption"}
ATTRIBUTES = {
    "class", "id", "dir", "href", "rel", "target", "src", "alt", "loading", "referrerpolicy", "type", "name", "value",
    "checked", "selected", "required", "placeholder", "minlength", "maxlength", "min", "max", "step", "rows", "for",
    "start", "datetime", "role", "label", "autocomplete", "aria-label", "aria-labelledby", "aria-describedby",
    "aria-invalid", "data-block-id", "data-action-id", "data-element", "data-value", "data-confirm", "data-dispatch",
    "data-focus", "data-initial", "data-required", "data-zone",
}  # fmt: skip


class Checker(HTMLParser):
    """Reads what was drawn, and finds fault with it."""

    def __init__(self, drawn: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.said: list[str] = []
        self._open: list[str] = []
        self._labelled: list[str] = []
        self.feed(drawn)
        self.close()
        self._finish()

    @property
    def text(self) -> str:
        return "".join(self.said)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        found = {name: value or "" for name, value in attrs}
        self._blame(tag not in TAGS, f"<{tag}> is not allowed")
        self._blame(len(names) != len(set(names)), f"<{tag}> has an attribute twice")
        self._blame(bool(set(names) - ATTRIBUTES), f"<{tag}> has {set(names) - ATTRIBUTES}")
        for name in ("href", "src"):
            fine = r"https?://\S+|mailto:\S+" if name == "href" else r"https?://\S+"
            self._blame(
                name in found and not re.fullmatch(fine, found[name], re.IGNORECASE), f"{name}={found.get(name)}"
            )
        if tag in BLOCKS:
            self._blame(bool(ONE_LINE & set(self._open)), f"<{tag}> in {self._open}")
        if tag in ACTING:
            self._blame(bool({"a", "button", "summary"} & set(self._open)), f"<{tag}> in {self._open}")
        self._blame("option" in self._open or "textarea" in self._open, f"<{tag}> in a text")
        self._blame(tag == "img" and not found.get("alt"), "an image without words")
        if "label" in self._open:
            found["in-label"] = "yes"
        self.elements.append((tag, found))
        if tag == "br":
            self.said.append("\n")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes what is not open")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults.append(f"<{tag}/>")

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        self._blame("\0" in data, "a null byte")

    def handle_comment(self, data: str) -> None:
        self.faults.append("a comment")

    def handle_decl(self, decl: str) -> None:
        self.faults.append("a declaration")

    def handle_pi(self, data: str) -> None:
        self.faults.append("an instruction")

    def unknown_decl(self, data: str) -> None:
        self.faults.append("a section")

    def _blame(self, wrong: bool, fault: str) -> None:
        if wrong:
            self.faults.append(fault)

    def _finish(self) -> None:
        self._blame(bool(self._open), f"left open: {self._open}")
        ids = [attributes["id"] for _, attributes in self.elements if "id" in attributes]
        self._blame(len(ids) != len(set(ids)), "an id twice")
        targets = {attributes["for"] for attributes in self.of("label") if "for" in attributes}
        for tag, attributes in self.elements:
            for name in ("for", "aria-labelledby", "aria-describedby"):
                self._blame(not set(attributes.get(name, "").split()) <= set(ids), f"{name}={attributes.get(name)}")
            if tag in ("input", "select", "textarea"):
                named = attributes.get("aria-label") or attributes.get("aria-labelledby") or "in-label" in attributes
                self._blame(not named and attributes.get("id") not in targets, f"<{tag}> without a label")


def checked(blocks: Any, look: Look = renderer._NOBODY) -> Checker:
    drawn = str(render_blocks(blocks, look))
    drawn.encode()  # a page is UTF-8
    checker = Checker(drawn)
    assert checker.faults == [], drawn
    return checker


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def words(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def options(*values: str) -> list[Json]:
    return [{"text": plain(value.title()), "value": value} for value in values]


def an_input(element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": "b", "label": plain("Label"), "element": {"action_id": "a", **element}, **more}


# -- the contract with pages ---------------------------------------------------------------------------------


def test_a_button_says_what_it_does() -> None:
    """A press can be sent by what the button carries, and a confirmation asked for."""
    sure = {"title": plain("Sure?"), "text": plain("For good."), "confirm": plain("Yes"), "deny": plain("No")}
    element = {
        "type": "button",
        "action_id": "go",
        "value": "7",
        "text": plain("Go"),
        "style": "danger",
        "confirm": sure,
    }
    (button,) = checked([{"type": "actions", "block_id": "row", "elements": [element]}]).of("button")
    assert button["class"] == "bk-button bk-danger"
    assert button["type"] == "button"
    names = ("block-id", "action-id", "value", "element")
    assert [button[f"data-{name}"] for name in names] == ["row", "go", "7", "button"]
    assert json.loads(button["data-confirm"]) == sure


def test_a_button_with_an_address_is_a_link() -> None:
    """It opens elsewhere and still says what was pressed; an address no page may point to is no link."""
    element = {"type": "button", "action_id": "go", "text": plain("Go"), "url": "https://a.b"}
    (link,) = checked([{"type": "actions", "elements": [element]}]).of("a")
    assert (link["href"], link["target"], link["data-element"]) == ("https://a.b", "_blank", "button")
    hostile = checked([{"type": "actions", "elements": [element | {"url": "javascript:alert(1)"}]}])
    assert not hostile.of("a")
    assert len(hostile.of("button")) == 1


def test_an_overflow_menu_opens_without_a_script() -> None:
    """`details` holds the choices, each a button."""
    menu = {"type": "overflow", "action_id": "more", "options": options("why", "stop")}
    drawn = checked([{"type": "section", "block_id": "s", "text": plain("x"), "accessory": menu}])
    assert drawn.of("summary")[0]["aria-label"] == "More options"
    assert [(b["data-element"], b["data-action-id"], b["data-value"]) for b in drawn.of("button")] == [
        ("overflow", "more", "why"),
        ("overflow", "more", "stop"),
    ]


def test_an_input_is_labelled_hinted_and_blamed() -> None:
    """The label is tied to the field, and so are hint and error; what is needed is marked."""
    block = an_input({"type": "plain_text_input", "min_length": 2, "max_length": 9, "placeholder": plain("Say")})
    drawn = checked([block | {"hint": plain("Short.")}], Look(errors={"b": "Too <long>"}, scope="m"))
    (field,) = drawn.of("input")
    assert (field["minlength"], field["maxlength"], field["placeholder"]) == ("2", "9", "Say")
    assert field["aria-describedby"].split() == ["bk-m-1-hint", "bk-m-1-error"]
    assert field["aria-invalid"] == "true"
    assert "required" in field
    assert drawn.of("label")[0]["for"] == field["id"]
    assert [p.get("role") for p in drawn.of("p")] == [None, "alert"]
    assert "Too <long>" in drawn.text
    assert "required" not in checked([block | {"optional": True}]).of("input")[0]


def test_what_was_typed_survives_a_redraw() -> None:
    """Current values win over initial ones, also when they are empty."""
    block = an_input({"type": "plain_text_input", "multiline": True, "initial_value": "first"})

    def text(**entered: Any) -> str:
        drawn = str(render_blocks([block], Look(values={"b": {"a": entered}} if entered else {})))
        found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", drawn, re.DOTALL)
        assert found is not None
        return found[1]

    assert text() == "first"
    assert text(type="plain_text_input", value="\nsecond") == "\nsecond"
    assert text(type="plain_text_input", value=None) == ""


X, Y = options("x", "y")
CHOICES: dict[str, tuple[Json, Json, list[str]]] = {
    "checkboxes": ({"options": [X, Y], "initial_options": [X]}, {"selected_options": [Y]}, ["x", "y"]),
    "radio_buttons": ({"options": [X, Y], "initial_option": X}, {"selected_option": Y}, ["x", "y"]),
    "static_select": ({"options": [X, Y], "initial_option": X}, {"selected_option": Y}, ["x", "y"]),
    "multi_static_select": (
        {"option_groups": [{"label": plain("G"), "options": [X, Y]}], "initial_options": [X]},
        {"selected_options": [Y]},
        ["x", "y"],
    ),
    "users_select": ({"initial_user": "U1"}, {"selected_user": "U2"}, ["U1", "U2"]),
    "multi_users_select": ({"initial_users": ["U1"]}, {"selected_users": ["U2"]}, ["U1", "U2"]),
    "channels_select": ({"initial_channel": "C1"}, {"selected_channel": "C2"}, ["C1", "C2"]),
    "multi_channels_select": ({"initial_channels": ["C1"]}, {"selected_channels": ["C2"]}, ["C1", "C2"]),
    "conversations_select": ({"initial_conversation": "C1"}, {"selected_conversation": "U2"}, ["C1", "U2"]),
    "multi_conversations_select": (
        {"initial_conversations": ["U1"]},
        {"selected_conversations": ["C2"]},
        ["U1", "C2"],
    ),
}


@pytest.mark.parametrize("kind", CHOICES)
def test_choices(kind: str) -> None:
    """Every menu and group shows what is chosen at first, and then what was chosen since."""
    element, entered, wanted = CHOICES[kind]
    names = {"U1": "Mina", "U2": "Sam", "C1": "general", "C2": "random"}
    block = an_input({"type": kind, **element})
    for values, index in (({}, 0), ({"b": {"a": {"type": kind, **entered}}}, 1)):
        drawn = checked([block], Look(names=names, values=values))
        given = [o for o in drawn.of("option") + drawn.of("input") if o["value"]]
        marked = [o["value"] for o in given if "selected" in o or "checked" in o]
        assert marked == [wanted[index]]
        holders = [a for tag, a in drawn.elements if tag in ("select", "fieldset")]
        assert [a["data-element"] for a in holders] == [kind]


@pytest.mark.parametrize(
    ("element", "type_", "value"),
    [
        ({"type": "datepicker", "initial_date": "2026-11-23"}, "date", "2026-11-23"),
        ({"type": "timepicker", "initial_time": "09:30"}, "time", "09:30"),
        ({"type": "datetimepicker", "initial_date_time": 1_780_315_200}, "datetime-local", "2026-06-01T14:00"),
        ({"type": "email_text_input", "initial_value": "a@b.c"}, "email", "a@b.c"),
        ({"type": "url_text_input", "initial_value": "https://a.b"}, "url", "https://a.b"),
        ({"type": "number_input", "is_decimal_allowed": True, "initial_value": "2.5"}, "number", "2.5"),
    ],
)
def test_fields(element: Json, type_: str, value: str) -> None:
    """Dates, times, numbers and addresses are the browser's own fields; a moment stands in the reader's zone."""
    look = Look(zone=ZoneInfo("Europe/Berlin"))
    (field,) = checked([an_input(element)], look).of("input")
    assert (field["type"], field["value"], field["data-initial"]) == (type_, value, value)
    if "picker" in element["type"]:
        row = {"type": "actions", "elements": [element | {"action_id": "a"}]}
        assert checked([row], look).of("input")[0]["aria-label"]


def test_two_messages_on_one_page_share_no_id() -> None:
    """Scopes keep ids apart, whatever characters they hold."""
    block = an_input({"type": "plain_text_input"}, hint=plain("h"))
    together = "".join(render_blocks([block, block], Look(scope=scope)) for scope in ("", "1", "1.2", "1_2e_2", "a b"))
    assert Checker(together).faults == []


def test_an_image_has_words() -> None:
    """Alt text always; from http and https only, loaded when it comes into view."""
    image = {"type": "image", "image_url": "https://a.b/c.png", "alt_text": "A cat", "title": plain("Cat")}
    (drawn,) = checked([image]).of("img")
    assert (drawn["alt"], drawn["loading"]) == ("A cat", "lazy")
    for url in ("data:image/svg+xml,<svg onload=x>", "javascript:1", "mailto:a@b.c", "file:///x"):
        hostile = checked([image | {"image_url": url}])
        assert not hostile.of("img")
        assert "A cat" in hostile.text


def test_nothing_is_dropped() -> None:
    """What cannot be drawn is named where it would stand."""
    blocks: list[Any] = [
        {"type": "video", "title": plain("x")},
        {"type": "markdown", "text": "# as written"},
        {"type": "section"},
        {"type": "section", "text": plain("x"), "accessory": {"type": "workflow_button"}},
        {"type": "actions", "elements": [{"type": "external_select"}, 7]},
        {"type": "context", "elements": [{"type": "button"}]},
        an_input({"type": "file_input"}),
        {"type": "rich_text", "elements": [{"type": "rich_text_hologram"}]},
        {},
        None,
    ]
    said = checked(blocks).text
    for kind in ("video block", "markdown block", "section block", "workflow_button element", "external_select element",
                 "button element", "file_input element", "rich_text_hologram element", "A broken element",
                 "A broken block", "# as written"):  # fmt: skip
        assert kind in said
    assert said.count("cannot be shown here") == 11


def test_rich_text() -> None:
    """Sections, nested lists, quotes, code, and everything inline."""
    inline = [
        {"type": "text", "text": "bold\n", "style": {"bold": True, "italic": True}},
        {"type": "link", "url": "https://a.b", "text": "link", "style": {"strike": True}},
        {"type": "link", "url": "javascript:x", "text": "trap"},
        {"type": "user", "user_id": "U1"},
        {"type": "channel", "channel_id": "C9"},
        {"type": "broadcast", "range": "here"},
        {"type": "emoji", "name": "tada"},
        {"type": "emoji", "name": "flag-de", "unicode": "1f1e9-1f1ea"},
        {"type": "date", "timestamp": 1_780_315_200, "format": "{date_num}"},
        {"type": "color", "value": "#ff0000"},
    ]
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "item"}]}
    block = {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": inline},
            {"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [item, item]},
            {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [item]},
            {"type": "rich_text_quote", "elements": item["elements"]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "\n  code"}]},
        ],
    }
    drawn = checked([block], Look(names={"U1": "Mina"}))
    html = str(render_blocks([block], Look(names={"U1": "Mina"})))
    assert "<strong><em>bold<br></em></strong><s><a" in html
    assert "trap (javascript:x)@Mina#C9@here🎉🇩🇪2026-06-01#ff0000" in drawn.text
    assert drawn.of("ol")[0]["start"] == "3"
    assert "bk-depth-1" in drawn.of("ul")[0]["class"]
    assert ">\n<br>  code</pre>" in html


def test_a_message_of_text_only() -> None:
    """mrkdwn, in the same frame as blocks."""
    checker = Checker(str(render_text_only("*hi* <https://a.b|x>\n> q")))
    assert checker.faults == []
    assert checker.text == "hi xq"


def test_words_keep_their_direction_to_themselves() -> None:
    """Marks that turn the direction of text stay inside the piece they stand in."""
    turned = "\u202eevil\u2066"
    menu = {"type": "overflow", "action_id": "m", "options": [{"text": plain(turned), "value": "v"}]}
    blocks: list[Json] = [
        {"type": "section", "text": words(f"<@U1> {turned}"), "accessory": menu},
        {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": plain(turned)}]},
    ]
    html = str(render_blocks(blocks, Look(names={"U1": turned})))
    for found in re.finditer(re.escape(turned), html):
        start = html.rfind("<", 0, found.start())
        assert re.match(r'<bdi>|<div [^>]*dir="auto"|</span>', html[start:])


def test_the_stylesheet_is_ours() -> None:
    """Every class is a bk- class, nothing is fetched, and light and dark name the same colours."""
    classes = re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/", "", stylesheet(), flags=re.DOTALL))
    assert [name for name in classes if not name.startswith("bk-")] == []
    assert "url(" not in stylesheet()
    assert "@import" not in stylesheet()
    themes = [set(re.findall(r"(--bk-[\w-]+):", part)) for part in re.split(r"\n +color-scheme:", stylesheet())[1:]]
    assert len(themes) == 3
    assert themes[0] - {"--bk-on-colour"} == themes[1] == themes[2]
    used = set(re.findall(r"var\((--bk-[\w-]+)\)", stylesheet()))
    assert used <= themes[0]


# -- whatever comes ------------------------------------------------------------------------------------------

_TRICKS = [
    "<script>alert(1)</script>", "javascript:alert(1)", "<javascript:alert(1)|x>", "data:text/html,<b>", '"><img src=x',
    "'onmouseover='x", "</textarea>", "</div>", "<!--", "]]>", "&lt;script&gt;", "&#60;", "\0", "\u202e", "\ud800",
    "\r",
    "*", "_", "~", "`", "```", "> ", ":tada:", "<@U1>", "<#C1|c>", "<!here>", "<!date^1^{date}|x>", "<https://a.b|l>",
    "https://a.b/", "\n", " ", "{{ 7*7 }}", "{% raw %}", "א", "x" * 3000, "",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(_TRICKS) | st.text(max_size=6), max_size=6).map("".join)
_KINDS = [
    *blockkit_parts.BLOCKS, *blockkit_parts.SELECTS, *blockkit_parts.MULTI_SELECTS, *blockkit_parts.CHOICES,
    *blockkit_parts.PICKERS, *blockkit_parts.DATE_TIME, *blockkit_parts.INPUTS, "button", "overflow", "plain_text",
    "mrkdwn", "video", "text", "link", "emoji", "user", "channel", "usergroup", "broadcast", "color", "date",
    "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted", "external_select",
]  # fmt: skip
_KEYS = [
    "text", "fields", "accessory", "element", "elements", "label", "hint", "title", "options", "option_groups", "value",
    "url", "image_url", "alt_text", "placeholder", "confirm", "style", "block_id", "action_id", "initial_value", "name",
    "initial_option", "initial_options", "initial_user", "initial_users", "initial_date_time", "min_length",
    "multiline", "min_value",
    "max_length", "optional", "dispatch_action", "description", "accessibility_label", "timestamp", "format", "indent",
    "offset", "unicode", "user_id", "range", "emoji", "verbatim", "bold", "code", "focus_on_load", "timezone",
]  # fmt: skip
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from(["U1", "C1", "a", "b"])
    | TEXTS
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.fixed_dictionaries({"type": st.sampled_from(_KINDS)}, optional={})
        | st.builds(
            lambda kind, rest: {"type": kind, **rest},
            st.sampled_from(_KINDS),
            st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5),
        )
    ),
    max_leaves=12,
)


@st.composite
def sound_elements(draw: st.DrawFn) -> Json:
    """An element with all that Slack wants, and any words."""
    kind = draw(st.sampled_from(sorted(set(renderer._SHAPES) | set(renderer._INPUT_TYPES))))
    many = [{"text": draw(_text()), "value": f"{at}{draw(TEXTS)}", "description": draw(_text())} for at in range(2)]
    whole = {
        "type": kind, "action_id": draw(TEXTS), "text": plain(draw(TEXTS)), "value": draw(TEXTS),
        "alt_text": draw(TEXTS),
        "url": draw(TEXTS), "image_url": draw(TEXTS), "options": many, "placeholder": plain(draw(TEXTS)),
        "confirm": {"title": plain(draw(TEXTS)), "text": draw(_text())}, "initial_option": many[0],
        "option_groups": [{"label": plain(draw(TEXTS)), "options": many}], "initial_options": many,
        "initial_user": draw(TEXTS), "initial_date": draw(TEXTS), "multiline": draw(st.booleans()),
        "initial_date_time": draw(st.integers(0, 10**11)), "style": draw(st.sampled_from(["primary", "danger"])),
    }  # fmt: skip
    if kind.endswith("_input"):
        whole["initial_value"] = draw(TEXTS)
    return whole


def _text() -> st.SearchStrategy[Json]:
    return st.builds(lambda kind, text: {"type": kind, "text": text}, st.sampled_from(["plain_text", "mrkdwn"]), TEXTS)


@st.composite
def sound_blocks(draw: st.DrawFn) -> Json:
    kind = draw(st.sampled_from(sorted(renderer._DRAWN - {"rich_text"})))
    several = [draw(sound_elements()) for _ in range(2)]
    return {
        "type": kind, "block_id": draw(TEXTS), "text": draw(_text()), "fields": [draw(_text())],
        "hint": plain(draw(TEXTS)),
        "accessory": several[0], "element": several[1], "label": plain(draw(TEXTS)), "title": plain(draw(TEXTS)),
        "elements": [draw(_text()), several[0]] if kind == "context" else several, "alt_text": draw(TEXTS),
        "image_url": draw(TEXTS), "optional": draw(st.booleans()),
    }  # fmt: skip


@st.composite
def sound_rich_text(draw: st.DrawFn) -> Json:
    """Rich text of every kind, with any words."""
    inline = [
        {"type": "text", "text": draw(TEXTS), "style": {"bold": draw(st.booleans()), "code": True}},
        {"type": "link", "url": draw(TEXTS), "text": draw(TEXTS)},
        {
            "type": "emoji",
            "name": draw(TEXTS),
            "unicode": draw(st.sampled_from(["1f389", "d800", "0", "110000"]) | TEXTS),
        },
        {"type": "user", "user_id": draw(TEXTS)},
        {"type": "date", "timestamp": draw(st.integers(0, 10**12)), "format": draw(TEXTS), "url": draw(TEXTS)},
    ]
    section = {"type": "rich_text_section", "elements": inline}
    parts = [
        section,
        {"type": "rich_text_list", "style": "ordered", "indent": draw(st.integers()), "elements": [section]},
    ]
    parts += [{"type": f"rich_text_{kind}", "elements": inline} for kind in ("quote", "preformatted")]
    return {"type": "rich_text", "elements": parts}


@st.composite
def broken_blocks(draw: st.DrawFn) -> Json:
    """A sound block with something else at a few places."""
    block = draw(sound_blocks() | sound_rich_text())
    for _ in range(draw(st.integers(1, 4))):
        place: Any = block
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], dict | list) and draw(st.booleans()):
                place = place[key]
                continue
            place[key] = draw(ANYTHING)
            break
    return block


LOOKS = st.builds(
    lambda name, scope, value, error: Look(
        names={"U1": name, "C1": name},
        scope=scope,
        values={"b": {"a": value if isinstance(value, dict) else {"value": value}}},
        errors={"b": error},
    ),
    TEXTS,
    TEXTS,
    ANYTHING,
    TEXTS,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(sound_blocks() | sound_rich_text(), max_size=2), LOOKS)
def test_any_words_in_sound_blocks(blocks: list[Json], look: Look) -> None:
    """Valid, balanced HTML without a script, labels and ids in order, whatever the words say."""
    checked(blocks, look)


@settings(max_examples=200, deadline=None)
@given(st.lists(broken_blocks(), max_size=2) | ANYTHING, LOOKS)
def test_any_json_at_all(blocks: Any, look: Look) -> None:
    """Broken blocks are named, not raised."""
    checked(blocks, look)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    """Nothing in plain text is mark-up, and nothing of it is lost but what no page can carry."""
    quoted = {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
    html = str(render_blocks([quoted]))
    if text:
        inside = re.search(r'<div class="bk-text" dir="auto">(.*?)</div>', html, re.DOTALL)
        assert inside is not None
        assert Checker(inside[1]).text == shown(text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_any_mrkdwn(text: str) -> None:
    """mrkdwn, broken or not, gives valid HTML; no letter of it is lost."""
    checker = Checker(str(render_text_only(text, Look(names={"U1": "Mina"}))))
    assert checker.faults == []
    letters = re.sub(r"<[^<>]*>|:tada:|&\w+;|[^\w]", "", shown(text))
    assert sorted(set(letters) - set(checker.text) - {"_"}) == []
