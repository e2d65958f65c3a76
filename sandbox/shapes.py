"""Slack's JSON for users, messages, views and so on, with its keys and no others. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.world import Channel, Installation, JsonObject, Message, Team, User, View, World

_COLORS = ("9f69e7", "4bbe2e", "e7392d", "3c989f", "674b1b", "e96699")
_ICON = "https://a.slack-edge.com/80588/img/plugins/app/bot_{size}.png"
_FACE = "https://secure.gravatar.com/avatar/sandbox.jpg?s={size}"


def user_json(user: User, now: datetime, *, locale: bool = False) -> JsonObject:
    """A person as users.info gives them; the offset is that of `now` in their zone."""
    zone = ZoneInfo(user.tz)
    offset = now.astimezone(zone).utcoffset()
    first, _, last = user.real_name.partition(" ")
    shown: JsonObject = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "profile": {
            "title": "",
            "phone": "",
            "skype": "",
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "status_text": "",
            "status_emoji": "",
            "status_expiration": 0,
            "avatar_hash": "sandbox",
            "first_name": first,
            "last_name": last,
            **{f"image_{size}": _FACE.format(size=size) for size in (24, 32, 48, 72, 192, 512)},
            "status_text_canonical": "",
            "team": user.team_id,
        },
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": user.updated,
    }
    if not user.deleted:  # Slack leaves these out for people who were deactivated
        shown |= {
            "color": _COLORS[sum(map(ord, user.id)) % len(_COLORS)],
            "real_name": user.real_name,
            "tz": user.tz,
            "tz_label": now.astimezone(zone).tzname() or user.tz,
            "tz_offset": int(offset.total_seconds()) if offset is not None else 0,
            "is_admin": user.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_email_confirmed": not user.is_bot,
            "who_can_share_contact_card": "EVERYONE",
        }
    if locale and user.locale:
        shown["locale"] = user.locale
    return shown


def bot_profile_json(world: World, installation: Installation) -> JsonObject:
    """The app as it stands beside its messages."""
    return {
        "id": installation.bot_id,
        "app_id": world.app.id,
        "name": world.app.name,
        "icons": {f"image_{size}": _ICON.format(size=size) for size in (36, 48, 72)},
        "deleted": False,
        "updated": 1_700_000_000,
        "team_id": installation.team_id,
    }


def message_json(world: World, message: Message, *, ts: bool = True) -> JsonObject:
    """A message as history and chat.postMessage give it; chat.update's answer leaves `ts` and the thread out."""
    installation = world.teams[message.team_id].installation
    shown: JsonObject = {"user": message.user, "type": "message"}
    if ts:
        shown["ts"] = message.ts
    if message.client_msg_id:
        shown["client_msg_id"] = message.client_msg_id
    if message.bot_id and installation:
        shown |= {
            "bot_id": message.bot_id,
            "app_id": world.app.id,
            "bot_profile": bot_profile_json(world, installation),
        }
    shown |= {"text": message.text, "team": message.team_id}
    if ts and message.thread_ts:
        shown["thread_ts"] = message.thread_ts
        if message.thread_ts != message.ts:
            parent = world.find_message(world.teams[message.team_id], message.channel, message.thread_ts)
            if parent:
                shown["parent_user_id"] = parent.user
    if message.edited_ts:
        shown["edited"] = {"user": message.bot_id or message.user, "ts": message.edited_ts}
    if message.blocks:
        shown["blocks"] = list(message.blocks)
    if message.metadata:
        shown["metadata"] = message.metadata
    return shown


def view_json(world: World, view: View) -> JsonObject:
    """A view as views.* answer it and payloads carry it."""
    installation = world.teams[view.team_id].installation
    title = {"type": "plain_text", "text": "View Title", "emoji": True}  # what Slack says for every Home
    return {
        "id": view.id,
        "team_id": view.team_id,
        "type": view.type,
        "blocks": view.content["blocks"],
        "private_metadata": view.content.get("private_metadata", ""),
        "callback_id": view.content.get("callback_id", ""),
        "state": {"values": view.values},
        "hash": view.hash,
        "title": view.content.get("title", title),
        "clear_on_close": view.content.get("clear_on_close", False),
        "notify_on_close": view.content.get("notify_on_close", False),
        "close": view.content.get("close"),
        "submit": view.content.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": world.app.id,
        "external_id": view.content.get("external_id", ""),
        "app_installed_team_id": view.team_id,
        "bot_id": installation.bot_id if installation else "",
    }


def im_json(channel: Channel, team: Team) -> JsonObject:
    """A DM as conversations.open gives it with `return_im`."""
    return {
        "id": channel.id,
        "created": channel.created,
        "is_archived": False,
        "is_im": True,
        "is_org_shared": False,
        "user": channel.user,
        "last_read": "0000000000.000000",
        "is_open": True,
        "priority": 0,
        "context_team_id": team.id,
        "updated": channel.created * 1000,
    }


def interaction_json(world: World, kind: str, team: Team, user_id: str) -> JsonObject:
    """What every interactive payload begins with."""
    name = team.users[user_id].name
    return {
        "type": kind,
        "team": {"id": team.id, "domain": team.domain},
        "user": {"id": user_id, "username": name, "name": name, "team_id": team.id},
        "api_app_id": world.app.id,
        "token": world.app.verification_token,
        "enterprise": None,
        "is_enterprise_install": False,
    }
