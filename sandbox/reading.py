"""What a person reads: blocks and messages as lines of text, and where the things to press are. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from sandbox import blockkit
from sandbox.world import JsonObject, Message, View


def read_text(value: object) -> str:
    """The words of a text object (or of a plain string)."""
    if isinstance(value, dict):
        return str(value.get("text", ""))
    return value if isinstance(value, str) else ""


def spoken(text: str) -> str:
    """mrkdwn as it looks: entities resolved, emphasis and link marks gone."""
    text = re.sub(r"<([^<>|]+)\|([^<>]+)>", r"\2", text)
    text = re.sub(r"<((?:https?|mailto):[^<>]+)>", r"\1", text)
    text = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"\1", text)
    text = re.sub(r"(?<![\w_])_([^_\n]+)_(?![\w_])", r"\1", text)
    text = re.sub(r"^>\s?", "", text, flags=re.MULTILINE)
    return html.unescape(text)


def lines_of(blocks: list[JsonObject], values: JsonObject | None = None) -> Iterator[str]:
    """Every line of blocks in reading order: text, labels, buttons as `[label]`, what is entered or chosen."""
    for block in blocks:
        kind = block["type"]
        if kind in ("section", "header"):
            yield from _given(read_text(block.get("text")))
            yield from (read_text(field) for field in block.get("fields", []))
        elif kind == "markdown":
            yield block["text"]
        elif kind == "context":
            yield from (read_text(e) or e.get("alt_text", "") for e in block["elements"])
        elif kind == "image":
            yield from _given(read_text(block.get("title")))
            yield block["alt_text"]
        elif kind == "input":
            yield read_text(block["label"])
            yield from _given(read_text(block.get("hint")))
        elif kind == "rich_text":
            yield "".join(_rich(block["elements"]))
        for element in blockkit.elements_of(block):
            value = (values or {}).get(block.get("block_id", ""), {}).get(element.get("action_id", ""))
            yield from _element_lines(element, value)


def _given(text: str) -> Iterator[str]:
    if text:
        yield text


def _rich(elements: list[JsonObject]) -> Iterator[str]:
    for element in elements:
        if "elements" in element:
            yield from _rich(element["elements"])
            if element["type"] == "rich_text_section":
                yield "\n"
        else:
            yield str(element.get("text") or element.get("url") or element.get("name") or "")


def _element_lines(element: JsonObject, value: JsonObject | None) -> Iterator[str]:
    kind = element["type"]
    if kind == "button":
        yield f"[{read_text(element['text'])}]"
        return
    entered = [str(inner) for key, inner in (value or {}).items() if key == "value" and inner]
    yield from entered
    if not entered and kind not in ("checkboxes", "radio_buttons"):
        yield from _given(read_text(element.get("placeholder")))
    chosen = _chosen_values(value)
    for option in options_of(element):
        mark = {"checkboxes": "x", "radio_buttons": "o"}.get(kind, ">")
        sign = mark if option["value"] in chosen else " "
        yield f"({sign}) {read_text(option['text'])}"
        yield from _given(read_text(option.get("description")))


def _chosen_values(value: JsonObject | None) -> set[str]:
    one = (value or {}).get("selected_option")
    many = (value or {}).get("selected_options") or []
    return {option["value"] for option in ([one] if one else many)}


def options_of(element: JsonObject) -> list[JsonObject]:
    """All options of a select, an overflow menu, checkboxes or radio buttons."""
    found = list(element.get("options", []))
    for group in element.get("option_groups", []):
        found += group["options"]
    return found


def message_text(message: Message) -> str:
    """What stands in a message: its blocks where it has any, else its text."""
    return "\n".join(lines_of(list(message.blocks))) if message.blocks else message.text


def view_text(view: View) -> str:
    """What stands in a modal or a Home, with errors and buttons."""
    content = view.content
    lines = [read_text(content["title"])] if "title" in content else []
    for block in content["blocks"]:
        lines += lines_of([block], view.values)
        if block["block_id"] in view.errors:
            lines.append(f"! {view.errors[block['block_id']]}")
    lines += [f"[{read_text(content[key])}]" for key in ("submit", "close") if key in content]
    return "\n".join(lines)
