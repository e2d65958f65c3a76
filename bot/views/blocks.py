"""Block Kit as plain data. `slack_sdk.models` would check and cost 200 times as much; the tests check instead, with
every message that Ally makes against a strict Slack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]
View = dict[str, Any]

SECTION_LIMIT = 3000
LINE_LIMIT = 3000
"""Characters of one line that a member keeps: what Slack's own input takes."""


@dataclass(frozen=True, slots=True)
class Message:
    """`text`, plain, says the whole thing by itself, for a lock screen or a screen reader; `blocks` show it."""

    text: str
    blocks: list[Block] = field(default_factory=list)

    def arguments(self) -> dict[str, Any]:
        """As Slack's methods take it: there `text` is mark-up too, so nothing in it may call a channel."""
        return {"text": escape(self.text), "blocks": self.blocks}


def escape(text: str) -> str:
    """Text that somebody wrote, safe inside mrkdwn: no mention, no link, no channel call comes out of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The opposite, for text that comes back from Slack."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def section(text: str, *, block_id: str | None = None, accessory: Block | None = None, verbatim: bool = False) -> Block:
    """A paragraph of mrkdwn. `verbatim`: Slack makes no link of a word that looks like an address, such as `ally.it`,
    nor of a name (https://docs.slack.dev/reference/block-kit/composition-objects/text-object)."""
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    if verbatim:
        block["text"]["verbatim"] = True
    if block_id is not None:
        block["block_id"] = block_id
    if accessory is not None:
        block["accessory"] = accessory
    return block


def titled(title: str, text: str, *, accessory: Block | None = None, verbatim: bool = False) -> Block:
    """A paragraph under its title."""
    return section(f"*{title}*\n{text}", accessory=accessory, verbatim=verbatim)


def quote(text: str) -> list[Block]:
    """Somebody's own words shown back: whole, however long, and never read as mark-up."""
    parts = [text[start : start + SECTION_LIMIT] for start in range(0, len(text), SECTION_LIMIT)]
    return [{"type": "section", "text": {"type": "plain_text", "text": part, "emoji": False}} for part in parts]


def context(text: str) -> Block:
    """A small grey line."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def divider() -> Block:
    return {"type": "divider"}


def button(label: str, action: str, value: str = "-", *, style: str | None = None) -> Block:
    element: Block = {"type": "button", "text": plain(label), "action_id": action, "value": value}
    if style is not None:
        element["style"] = style
    return element


def confirm(title: str, text: str, yes: str, no: str) -> Block:
    """Asks once more before something that cannot be undone."""
    return {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain(no), "style": "danger"}


def option(label: str, value: str) -> Block:
    return {"text": plain(label), "value": value}


def overflow(action: str, options: Sequence[Block]) -> Block:
    return {"type": "overflow", "action_id": action, "options": list(options)}


def actions(*elements: Block, block_id: str | None = None) -> Block:
    block: Block = {"type": "actions", "elements": list(elements)}
    if block_id is not None:
        block["block_id"] = block_id
    return block


def field_input(label: str, name: str, element: Block, *, optional: bool = False, hint: str | None = None) -> Block:
    """An input of a modal; `name` is both its block and its action, so that answers are found by it."""
    block: Block = {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": element | {"action_id": name},
        "optional": optional,
    }
    if hint is not None:
        block["hint"] = plain(hint)
    return block


def modal(title: str, name: str, blocks: list[Block], *, submit: str | None, close: str, about: str = "") -> View:
    """A modal; `about` travels with it unseen and comes back on submission."""
    view: View = {
        "type": "modal",
        "callback_id": name,
        "title": plain(title),
        "close": plain(close),
        "blocks": blocks,
        "private_metadata": about,
    }
    if submit is not None:
        view["submit"] = plain(submit)
    return view


def as_modal(message: Message) -> View:
    """A message where there is no channel to show it in: App Home and modals."""
    return {"type": "modal", "title": plain("Ally"), "blocks": message.blocks or [section(message.text)]}
