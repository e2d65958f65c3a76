"""What Slack's answer to a post means for the delivery. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.model import Skip
from bot.storage.leases import LONGEST_REST


class Meaning(Enum):
    """Four kinds of bad news."""

    PERSON = auto()
    """Final for this delivery: the person cannot be reached, or Slack refuses the message itself."""
    WORKSPACE = auto()
    """Final for the whole workspace: the token or the app is no longer welcome."""
    LATER = auto()
    """Not sent; may be sent later."""
    UNKNOWN = auto()
    """May have been sent: only a look into the DM can tell."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` is Slack's, or ours where Slack said nothing; `retry_after` where Slack named one (HTTP 429)."""

    meaning: Meaning
    code: str
    retry_after: timedelta | None = None


_PERSON = {"user_not_found", "channel_not_found", "cannot_dm_bot", "user_disabled", "is_archived"}
_REFUSED = {
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_too_long",
    "no_text",
    "invalid_arguments",
    "msg_blocks_too_long",
}
_WORKSPACE = {
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "account_inactive",
    "messages_tab_disabled",
    "team_access_not_granted",
    "org_login_required",
    "access_denied",
}
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LONGEST_WAIT_S = LONGEST_REST.total_seconds()
_MAYBE = {"internal_error", "fatal_error", "request_timeout", "service_unavailable"}


def verdict_on(error: BaseException) -> Verdict:
    """Reads what a call to Slack raised. An exception that is no answer of Slack's is `UNKNOWN` unless no byte left."""
    if isinstance(error, SlackApiError):
        return _answered(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Verdict(Meaning.LATER, "unreachable")
    return Verdict(Meaning.UNKNOWN, "no_answer")


def _answered(error: SlackApiError) -> Verdict:
    response = error.response
    # Where the body was no JSON, slack_sdk hands over aiohttp's own response.
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    body = getattr(response, "data", None)
    code = str(body.get("error") or "") if isinstance(body, dict) else ""
    if code and not _CODE.fullmatch(code):
        code = "unreadable"
    if code in set(Skip):  # a reason that means something else in the ledger
        code = f"slack_{code}"
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return Verdict(Meaning.LATER, "ratelimited", timedelta(seconds=_retry_after(response)))
    if code in _PERSON | _REFUSED:
        return Verdict(Meaning.PERSON, code)
    if code in _WORKSPACE:
        return Verdict(Meaning.WORKSPACE, code)
    if code in _MAYBE or status >= 500 or not code:
        return Verdict(Meaning.UNKNOWN, code or f"http_{status}")
    return Verdict(Meaning.LATER, code)


def _retry_after(response: object) -> float:
    headers = getattr(response, "headers", None) or {}
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                seconds = float(value[0] if isinstance(value, list) else value)
            except (ValueError, TypeError, IndexError):
                break
            if math.isfinite(seconds):
                return min(max(0.0, seconds), _LONGEST_WAIT_S)
    return 30.0
