"""The Web API as slack_sdk's own client finds it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from sandbox import App, Clock, Slack

MINA, JOEL = "U0MINA00001", "U0JOEL00002"
SECTION = {"type": "section", "block_id": "b", "text": {"type": "mrkdwn", "text": "hello"}}


async def error_of(call: Any) -> dict[str, Any]:
    """The answer of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as refused:
        await call
    answer: Any = refused.value.response.data
    assert answer["ok"] is False
    return dict(answer)


# -- tokens and scopes -----------------------------------------------------------------------------------------


async def test_tokens_are_told_apart(slack: Slack) -> None:
    """No token, a wrong one, one of the wrong kind: each by its own name."""

    def client(token: str | None) -> AsyncWebClient:
        return AsyncWebClient(token, base_url=slack.api_url)

    assert (await error_of(client(None).auth_test()))["error"] == "not_authed"
    assert (await error_of(client("xoxb-wrong").auth_test()))["error"] == "invalid_auth"
    app = client(slack.app_token)
    assert (await error_of(app.chat_postMessage(channel=MINA, text="x")))["error"] == "not_allowed_token_type"
    bot = client(slack.bot_token)
    refused = await error_of(bot.apps_connections_open(app_token=slack.bot_token))
    assert refused["error"] == "not_allowed_token_type"
    assert (await app.apps_connections_open(app_token=slack.app_token))["url"].startswith("ws://127.0.0.1:")


async def test_a_revoked_token_and_an_uninstalled_app_are_told_apart(slack: Slack, client: AsyncWebClient) -> None:
    """`token_revoked` and `account_inactive`; installing again gives a new token and the old one stays dead."""
    await slack.revoke_tokens()
    assert (await error_of(client.auth_test()))["error"] == "token_revoked"
    slack.team().install()
    assert client.token != slack.bot_token
    assert (await error_of(client.auth_test()))["error"] == "token_revoked"
    fresh = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    assert (await fresh.auth_test())["ok"]
    await slack.uninstall()
    assert (await error_of(fresh.auth_test()))["error"] == "account_inactive"


@pytest.mark.parametrize(
    ("scope", "method", "args", "needed"),
    [
        ("chat:write", "chat.postMessage", {"channel": MINA, "text": "x"}, "chat:write"),
        ("users:read", "users.info", {"user": MINA}, "users:read"),
        ("users:read", "users.list", {}, "users:read"),
        ("im:write", "conversations.open", {"users": MINA}, "im:write,mpim:write"),
        ("im:history", "conversations.history", {"channel": "D0ANY"}, "im:history"),
        ("none of ours", "team.info", {}, "team:read"),
    ],
)
async def test_a_missing_scope_is_named(
    slack: Slack, client: AsyncWebClient, scope: str, method: str, args: dict[str, str], needed: str
) -> None:
    """`missing_scope` says what is needed and what was provided."""
    slack.revoke_scope(scope)
    answer = await error_of(client.api_call(method, params=args))
    assert (answer["error"], answer["needed"]) == ("missing_scope", needed)
    assert scope not in answer["provided"].split(",")


# -- arguments -------------------------------------------------------------------------------------------------


async def test_arguments_come_by_query_form_and_json(slack: Slack) -> None:
    """GET and POST; the token in the header, the query or the form, but not in JSON."""
    async with aiohttp.ClientSession() as http:
        bearer = {"Authorization": f"Bearer {slack.bot_token}"}
        url = f"{slack.api_url}users.info"
        token = {"token": slack.bot_token}
        asked = [
            http.get(url, params={"user": MINA}, headers=bearer),
            http.get(url, params={"user": MINA, **token}),
            http.post(url, data={"user": MINA, **token}),
            http.post(url, data={"user": MINA}, headers=bearer),
            http.post(url, json={"user": MINA}, headers=bearer),
        ]
        for request in asked:
            async with request as answer:
                assert (await answer.json())["user"]["id"] == MINA
        async with http.post(url, json={"user": MINA, **token}) as answer:
            assert (await answer.json())["error"] == "not_authed"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, "invalid_json"),
        ({"data": b"[]", "headers": {"Content-Type": "application/json"}}, "json_not_object"),
        ({"data": b"x", "headers": {"Content-Type": "text/plain"}}, "invalid_post_type"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(slack: Slack, sent: dict[str, Any], error: str) -> None:
    """By Slack's names."""
    headers = {**sent["headers"], "Authorization": f"Bearer {slack.bot_token}"}
    url = f"{slack.api_url}auth.test"
    async with aiohttp.ClientSession() as http, http.post(url, data=sent["data"], headers=headers) as answer:
        assert (await answer.json())["error"] == error


async def test_blocks_may_come_as_a_string_of_json(slack: Slack) -> None:
    """As forms send them."""
    async with aiohttp.ClientSession() as http:
        form = {"token": slack.bot_token, "channel": MINA, "blocks": '[{"type": "divider"}]'}
        async with http.post(f"{slack.api_url}chat.postMessage", data=form) as answer:
            assert (await answer.json())["message"]["blocks"][0]["type"] == "divider"
        async with http.post(f"{slack.api_url}chat.postMessage", data={**form, "blocks": "["}) as answer:
            assert (await answer.json())["error"] == "invalid_blocks_format"


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "an unknown method": ("no.such", {}, "unknown_method"),
    "no channel": ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
    "an unknown channel": ("chat.postMessage", {"channel": "C0NO", "text": "x"}, "channel_not_found"),
    "an unknown person": ("chat.postMessage", {"channel": "U0NO", "text": "x"}, "channel_not_found"),
    "itself": ("chat.postMessage", {"channel": "BOT", "text": "x"}, "cannot_dm_bot"),
    "someone who left": ("chat.postMessage", {"channel": "GONE", "text": "x"}, "user_disabled"),
    "a channel it is not in": ("chat.postMessage", {"channel": "general", "text": "x"}, "not_in_channel"),
    "nothing to say": ("chat.postMessage", {"channel": MINA}, "no_text"),
    "blanks": ("chat.postMessage", {"channel": MINA, "text": "  "}, "no_text"),
    "empty blocks": ("chat.postMessage", {"channel": MINA, "blocks": []}, "no_text"),
    "text of 40,001": ("chat.postMessage", {"channel": MINA, "text": "x" * 40_001}, "msg_too_long"),
    "51 blocks": ("chat.postMessage", {"channel": MINA, "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    "attachments": ("chat.postMessage", {"channel": MINA, "attachments": [{"text": "x"}]}, "invalid_attachments"),
    "no such thread": (
        "chat.postMessage",
        {"channel": MINA, "text": "x", "thread_ts": "1.2"},
        "thread_not_found",
    ),
    "metadata that is none": (
        "chat.postMessage",
        {"channel": MINA, "text": "x", "metadata": {"event_type": "e"}},
        "invalid_metadata_schema",
    ),
    "update by user id": ("chat.update", {"channel": MINA, "ts": "1.2", "text": "x"}, "channel_not_found"),
    "update of nothing there": ("chat.update", {"channel": "DM", "ts": "1.2", "text": "x"}, "message_not_found"),
    "update of someone's": ("chat.update", {"channel": "DM", "ts": "THEIRS", "text": "x"}, "cant_update_message"),
    "update to nothing": ("chat.update", {"channel": "DM", "ts": "OURS"}, "no_text"),
    "update of 4,001": ("chat.update", {"channel": "DM", "ts": "OURS", "text": "x" * 4001}, "msg_too_long"),
    "delete of someone's": ("chat.delete", {"channel": "DM", "ts": "THEIRS"}, "cant_delete_message"),
    "ephemeral to an outsider": (
        "chat.postEphemeral",
        {"channel": "DM", "user": JOEL, "text": "x"},
        "user_not_in_channel",
    ),
    "ephemeral by user id": (
        "chat.postEphemeral",
        {"channel": MINA, "user": MINA, "text": "x"},
        "channel_not_found",
    ),
    "open with nobody": ("conversations.open", {}, "users_list_not_supplied"),
    "open with a stranger": ("conversations.open", {"users": "U0NO"}, "user_not_found"),
    "open with a bot": ("conversations.open", {"users": "BOT"}, "cannot_dm_bot"),
    "open with Slackbot": ("conversations.open", {"users": "USLACKBOT"}, "cannot_dm_bot"),
    "open with someone who left": ("conversations.open", {"users": "GONE"}, "user_disabled"),
    "history by user id": ("conversations.history", {"channel": MINA}, "channel_not_found"),
    "history of an unknown DM": ("conversations.history", {"channel": "D0NO"}, "channel_not_found"),
    "history with a wrong cursor": ("conversations.history", {"channel": "DM", "cursor": "x"}, "invalid_cursor"),
    "history with a wrong limit": ("conversations.history", {"channel": "DM", "limit": 1000}, "invalid_limit"),
    "history with a wrong oldest": ("conversations.history", {"channel": "DM", "oldest": "x"}, "invalid_ts_oldest"),
    "history with a wrong latest": ("conversations.history", {"channel": "DM", "latest": "x"}, "invalid_ts_latest"),
    "info of nobody": ("users.info", {"user": "U0NO"}, "user_not_found"),
    "list with a wrong cursor": ("users.list", {"cursor": "dGVhbTox"}, "invalid_cursor"),
    "a home for nobody": (
        "views.publish",
        {"user_id": "U0NO", "view": {"type": "home", "blocks": []}},
        "invalid_arguments",
    ),
    "a modal as a home": (
        "views.publish",
        {"user_id": MINA, "view": {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}},
        "invalid_arguments",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_calls_slack_refuses(slack: Slack, client: AsyncWebClient, case: str) -> None:
    """Each with Slack's error, and nothing is kept."""
    mina = slack.person("mina")
    gone = slack.team().add_person("gone", deleted=True)
    theirs = await mina.types("mine")
    ours = await client.chat_postMessage(channel=mina.dm_id, text="ours")
    general = next(c.id for c in slack.team().state.channels.values() if c.name == "general")
    names = {
        "DM": mina.dm_id,
        "GONE": gone.id,
        "BOT": slack.team().installation.bot_user,
        "THEIRS": theirs.ts,
        "OURS": ours["ts"],
        "general": general,
    }
    method, args, error = REFUSED[case]
    args = {key: names.get(value, value) if isinstance(value, str) else value for key, value in args.items()}
    before = mina.dm_messages
    assert (await error_of(client.api_call(method, json=args)))["error"] == error
    assert mina.dm_messages == before
    assert slack.calls(method)[-1].ok is False


async def test_a_disabled_messages_tab_takes_no_messages() -> None:
    """`messages_tab_disabled`; a disabled Home is `not_enabled`."""
    async with Slack.start(app=App(messages_tab=False, home_tab=False)) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        assert (await error_of(client.chat_postMessage(channel=MINA, text="x")))["error"] == "messages_tab_disabled"
        view = {"type": "home", "blocks": []}
        assert (await error_of(client.views_publish(user_id=MINA, view=view)))["error"] == "not_enabled"


# -- people ----------------------------------------------------------------------------------------------------


async def test_people_have_zones_offsets_and_on_request_a_locale() -> None:
    """The offset is that of the moment: it follows daylight saving as the clock moves."""
    clock = Clock.frozen_at(datetime(2026, 3, 28, 12, tzinfo=UTC))
    async with Slack.start(clock=clock) as slack:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        user = (await client.users_info(user=MINA))["user"]
        assert (user["tz"], user["tz_offset"], "locale" in user) == ("Europe/London", 0, False)
        clock.advance(2 * 86_400)
        user = (await client.users_info(user=MINA, include_locale=True))["user"]
        assert (user["tz_offset"], user["locale"]) == (3600, "en-GB")


async def test_users_list_is_paged(client: AsyncWebClient) -> None:
    """By cursor; the pages together are everyone once, bots and Slackbot too."""
    seen: list[str] = []
    cursor = ""
    while True:
        page = await client.users_list(limit=2, cursor=cursor)
        seen += [member["id"] for member in page["members"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 5
    assert {MINA, JOEL, "USLACKBOT"} < set(seen)


# -- messages --------------------------------------------------------------------------------------------------


async def test_posting_to_a_user_id_opens_the_dm(slack: Slack, client: AsyncWebClient) -> None:
    """With chat:write alone; conversations.open gives the same id and says it was open."""
    slack.revoke_scope("im:write")
    posted = await client.chat_postMessage(channel=MINA, text="hello")
    slack.grant_scope("im:write")
    opened = await client.conversations_open(users=MINA)
    assert (opened["channel"]["id"], opened["already_open"]) == (posted["channel"], True)
    whole = await client.conversations_open(users=JOEL, return_im=True)
    assert whole["channel"]["user"] == JOEL


async def test_history_gives_block_ids_back_newest_first_in_pages(slack: Slack, client: AsyncWebClient) -> None:
    """Pages by cursor, bounds by ts, replies left out."""
    mina = slack.person("mina")
    posted = [await client.chat_postMessage(channel=MINA, text=str(n), blocks=[SECTION]) for n in range(5)]
    await client.chat_postMessage(channel=MINA, text="reply", thread_ts=posted[0]["ts"])
    first = await client.conversations_history(channel=mina.dm_id, limit=3)
    assert [m["text"] for m in first["messages"]] == ["4", "3", "2"]
    assert (first["has_more"], first["messages"][0]["blocks"][0]["block_id"]) == (True, "b")
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel=mina.dm_id, cursor=cursor)
    assert ([m["text"] for m in rest["messages"]], rest["has_more"]) == (["1", "0"], False)
    bounds: dict[str, Any] = {"channel": mina.dm_id, "oldest": posted[1]["ts"], "latest": posted[3]["ts"]}
    assert [m["text"] for m in (await client.conversations_history(**bounds))["messages"]] == ["2"]
    within = await client.conversations_history(**bounds, inclusive=True)
    assert [m["text"] for m in within["messages"]] == ["3", "2", "1"]


async def test_metadata_is_given_only_when_asked_for(slack: Slack, client: AsyncWebClient) -> None:
    """`include_all_metadata`."""
    metadata = {"event_type": "delivery", "event_payload": {"id": "1"}}
    posted = await client.chat_postMessage(channel=MINA, text="x", metadata=metadata)
    plain = await client.conversations_history(channel=posted["channel"])
    assert "metadata" not in plain["messages"][0]
    full = await client.conversations_history(channel=posted["channel"], include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata


async def test_an_update_with_text_alone_takes_the_blocks_away(slack: Slack, client: AsyncWebClient) -> None:
    """As "chat.update" says; with blocks there is no "(edited)"."""
    posted = await client.chat_postMessage(channel=MINA, text="x", blocks=[SECTION])
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    with_blocks = await client.chat_update(**where, text="y", blocks=[SECTION])
    assert "edited" not in with_blocks["message"]
    changed = await client.chat_update(**where, text="z")
    assert "blocks" not in changed["message"]
    assert changed["message"]["edited"]["ts"]
    assert slack.person("mina").dm_messages[-1].text == "z"


async def test_delete_takes_the_message_away(slack: Slack, client: AsyncWebClient) -> None:
    """And it cannot be deleted twice."""
    posted = await client.chat_postMessage(channel=MINA, text="x")
    await client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert slack.person("mina").dm_messages == []
    again = client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert (await error_of(again))["error"] == "message_not_found"


async def test_an_ephemeral_message_is_seen_by_one_and_kept_by_nobody(slack: Slack, client: AsyncWebClient) -> None:
    """Not in the history, not to be updated, gone on reload."""
    mina = slack.person("mina")
    sent = await client.chat_postEphemeral(channel=mina.dm_id, user=MINA, text="psst")
    assert [m.text for m in mina.ephemerals] == ["psst"]
    assert (await client.conversations_history(channel=mina.dm_id))["messages"] == []
    update = client.chat_update(channel=mina.dm_id, ts=sent["message_ts"], text="x")
    assert (await error_of(update))["error"] == "message_not_found"
    mina.reload()
    mina.does_not_see("psst")


async def test_a_bot_in_a_channel_posts_there(slack: Slack, client: AsyncWebClient) -> None:
    """By name or id; everyone in it sees it."""
    slack.team().invite_bot("general")
    await client.chat_postMessage(channel="#general", text="to all")
    await slack.person("joel").sees("to all")
    assert slack.person("mina").channel("general")[-1].text == "to all"


# -- OAuth -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk uses it
async def test_oauth_gives_a_workspace_its_token(slack: Slack) -> None:
    """Authorize redirects at once with code and state; the code works once, with the same redirect_uri."""
    slack.add_team("T0OTHER0002", "Other", [("U0KIM000001", "kim", "Kim", "Asia/Tokyo", "ja-JP")], install=False)
    asked = {
        "client_id": slack.app.client_id,
        "scope": "chat:write,commands",
        "redirect_uri": "http://localhost/slack/oauth_redirect",
        "state": "s1",
        "team": "T0OTHER0002",
    }
    async with aiohttp.ClientSession() as http:
        async with http.get(slack.authorize_url, params=asked, allow_redirects=False) as answer:
            assert answer.status == 302
            target = URL(answer.headers["Location"])
        async with http.get(slack.authorize_url, params={**asked, "scope": "admin"}) as answer:
            assert (answer.status, await answer.text()) == (400, "invalid_scope")
    assert target.query["state"] == "s1"
    client = AsyncWebClient(base_url=slack.api_url)
    good = {
        "client_id": slack.app.client_id,
        "client_secret": slack.app.client_secret,
        "code": target.query["code"],
        "redirect_uri": asked["redirect_uri"],
    }
    wrong = {
        "bad_client_secret": {"client_secret": "x"},
        "invalid_client_id": {"client_id": "x"},
        "invalid_code": {"code": "x"},
        "bad_redirect_uri": {"redirect_uri": "http://localhost/other"},
    }
    for error, change in wrong.items():
        assert (await error_of(client.oauth_v2_access(**{**good, **change})))["error"] == error
    answered = await client.oauth_v2_access(**good)
    assert answered["team"] == {"id": "T0OTHER0002", "name": "Other"}
    assert answered["scope"] == "chat:write,commands"
    assert (await error_of(client.oauth_v2_access(**good)))["error"] == "code_already_used"
    other = AsyncWebClient(answered["access_token"], base_url=slack.api_url)
    assert (await other.auth_test())["team_id"] == "T0OTHER0002"


# -- several workspaces ----------------------------------------------------------------------------------------


async def test_two_workspaces_share_nothing(slack: Slack, client: AsyncWebClient) -> None:
    """Not even with equal user ids: a token reaches its own workspace alone."""
    second = slack.add_team("T0SECOND002", "Second", [(MINA, "mina", "Mina Other", "Asia/Tokyo", "ja-JP")])
    other = AsyncWebClient(second.bot_token, base_url=slack.api_url)
    await client.chat_postMessage(channel=MINA, text="in the first")
    posted = await other.chat_postMessage(channel=MINA, text="in the second")
    assert [m.text for m in slack.person(MINA).dm_messages] == ["in the first"]
    assert [m.text for m in second.person(MINA).dm_messages] == ["in the second"]
    assert (await other.users_info(user=MINA))["user"]["tz"] == "Asia/Tokyo"
    across = client.chat_postMessage(channel=posted["channel"], text="x")
    assert (await error_of(across))["error"] == "channel_not_found"
    await second.revoke_tokens()
    assert (await client.auth_test())["ok"]
    assert (await error_of(other.auth_test()))["error"] == "token_revoked"
