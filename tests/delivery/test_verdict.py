"""Verdicts: what each of Slack's answers means for a delivery."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.delivery.verdict import Meaning, Verdict, verdict_on
from bot.model import Skip


def answer(error: object, status: int = 200, headers: dict[str, Any] | None = None) -> SlackApiError:
    """What slack_sdk raises for an answer of Slack's."""
    data: Any = {"ok": False, "error": error} if error is not None else {}
    response = AsyncSlackResponse(
        client=AsyncWebClient(), http_verb="POST", api_url="", req_args={}, data=data, headers=headers or {},
        status_code=status,
    )  # fmt: skip
    return SlackApiError("refused", response)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("user_not_found", Meaning.PERSON),
        ("channel_not_found", Meaning.PERSON),
        ("cannot_dm_bot", Meaning.PERSON),
        ("user_disabled", Meaning.PERSON),
        ("is_archived", Meaning.PERSON),
        ("invalid_blocks", Meaning.PERSON),
        ("msg_too_long", Meaning.PERSON),
        ("no_text", Meaning.PERSON),
        ("invalid_auth", Meaning.WORKSPACE),
        ("not_authed", Meaning.WORKSPACE),
        ("token_revoked", Meaning.WORKSPACE),
        ("token_expired", Meaning.WORKSPACE),
        ("account_inactive", Meaning.WORKSPACE),
        ("messages_tab_disabled", Meaning.WORKSPACE),
        ("team_access_not_granted", Meaning.WORKSPACE),
        ("internal_error", Meaning.UNKNOWN),
        ("fatal_error", Meaning.UNKNOWN),
        ("request_timeout", Meaning.UNKNOWN),
        ("service_unavailable", Meaning.UNKNOWN),
        ("missing_scope", Meaning.LATER),
        ("ekm_access_denied", Meaning.LATER),
        ("some_code_from_the_future", Meaning.LATER),
    ],
)
def test_codes(code: str, meaning: Meaning) -> None:
    """Slack's codes: final for a person, final for a workspace, perhaps sent, or to be tried later."""
    assert verdict_on(answer(code)) == Verdict(meaning, code)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_broken_slack_may_have_sent_it(status: int) -> None:
    """With 5xx nobody knows, whatever code or none comes with it."""
    assert verdict_on(answer(None, status)) == Verdict(Meaning.UNKNOWN, f"http_{status}")
    assert verdict_on(answer("some_new_error", status)).meaning is Meaning.UNKNOWN
    assert verdict_on(answer("user_not_found", status)).meaning is Meaning.PERSON


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "7"}, 7),
        ({"RETRY-AFTER": ["7"]}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "99999999"}, 3600),
        ({"Retry-After": "soon"}, 30),
        ({"Retry-After": ""}, 30),
        ({"Retry-After": []}, 30),
        ({"Retry-After": "nan"}, 30),
        ({"Retry-After": "inf"}, 30),
        ({}, 30),
    ],
)
@pytest.mark.parametrize(("code", "status"), [("ratelimited", 429), (None, 429), ("ratelimited", 200)])
def test_too_many(code: str | None, status: int, headers: dict[str, Any], seconds: float) -> None:
    """429 means later, after what `Retry-After` says in any form, or half a minute where it says nothing usable."""
    expected = Verdict(Meaning.LATER, "ratelimited", timedelta(seconds=seconds))
    assert verdict_on(answer(code, status, headers)) == expected


class RawResponse:
    """aiohttp's own response, which slack_sdk hands over where the body was no JSON."""

    status = 429
    headers = {"Retry-After": "4"}  # noqa: RUF012


def test_too_many_without_json() -> None:
    """A 429 from something before Slack, with a page of HTML, is a 429 all the same."""
    verdict = verdict_on(SlackApiError("no JSON", RawResponse()))  # type: ignore[no-untyped-call]
    assert verdict == Verdict(Meaning.LATER, "ratelimited", timedelta(seconds=4))


def test_a_connection_that_never_opened() -> None:
    """Where no byte left, the message was not sent."""
    error = aiohttp.ClientConnectorError(connection_key=None, os_error=OSError())  # type: ignore[arg-type]
    assert verdict_on(error) == Verdict(Meaning.LATER, "unreachable")


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        aiohttp.ServerTimeoutError(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        ConnectionResetError(),
        ValueError(),
        asyncio.IncompleteReadError(b"", 1),
    ],
)
def test_everything_else_may_have_been_sent(error: Exception) -> None:
    """A request that was begun and not answered may have arrived."""
    assert verdict_on(error) == Verdict(Meaning.UNKNOWN, "no_answer")


@pytest.mark.parametrize("skip", list(Skip))
def test_no_code_of_slacks_passes_for_a_reason_of_ours(skip: Skip) -> None:
    """A code that spells like a reason for a skip would be refused by the ledger; it is told apart."""
    assert verdict_on(answer(str(skip))).code == f"slack_{skip}"


@pytest.mark.parametrize("odd", ["Oh no!", "a" * 65, "x\x00y", "UPPER", 17, {"a": 1}])
def test_an_unreadable_code_goes_no_further(odd: object) -> None:
    """Whatever else stands where a code belongs gets neither into the ledger nor into a metric's label."""
    assert verdict_on(answer(odd)) == Verdict(Meaning.LATER, "unreadable")
