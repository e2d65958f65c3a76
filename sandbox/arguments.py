"""Arguments of Web API methods as Slack reads them: flags, numbers, moments, cursors. Pure."""

from __future__ import annotations

import base64
import binascii

from sandbox.errors import SlackError
from sandbox.world import JsonObject


def flag(args: JsonObject, name: str, default: bool = False) -> bool:
    """A boolean argument as Slack reads it: true, 1, "true", "1"."""
    value = args.get(name, default)
    return value in (True, 1, "1", "true", "True")


def number(args: JsonObject, name: str, default: int, most: int, refusal: str = "invalid_limit") -> int:
    """A whole-number argument between 1 and `most`."""
    try:
        value = int(args.get(name) or default)
    except (TypeError, ValueError):
        raise SlackError(refusal) from None
    if not 1 <= value <= most:
        raise SlackError(refusal)
    return value


def moment(ts: str, refusal: str) -> float:
    try:
        return float(ts)
    except ValueError:
        raise SlackError(refusal) from None


def encode_cursor(text: str) -> str:
    """A cursor as Slack makes it: base64 of what it means."""
    return base64.b64encode(text.encode()).decode()


def decode_cursor(cursor: str, name: str) -> str:
    """What a cursor means; `invalid_cursor` for anything not ours."""
    try:
        meaning = base64.b64decode(cursor.encode(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    if not meaning.startswith(f"{name}:"):
        raise SlackError("invalid_cursor")
    return meaning.partition(":")[2]
