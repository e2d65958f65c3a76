"""conversations.open and conversations.history."""

from __future__ import annotations

from dataclasses import replace

from sandbox import shapes
from sandbox.arguments import decode_cursor, encode_cursor, flag, moment, number
from sandbox.callers import Caller, check_reachable, missing_scope, team_of
from sandbox.errors import SlackError
from sandbox.limits import Meter
from sandbox.world import JsonObject, World


class Conversations:
    """Opens DMs and reads what was said in them."""

    def __init__(self, world: World, meter: Meter) -> None:
        self.world = world
        self._meter = meter

    def open(self, caller: Caller, args: JsonObject) -> JsonObject:
        """conversations.open: the DM with one person."""
        team, _ = team_of(self.world, caller)
        if args.get("channel"):
            channel = team.channels.get(str(args["channel"]))
            if channel is None:
                raise SlackError("channel_not_found")
            if not channel.is_im:
                raise SlackError("method_not_supported_for_channel_type")
        else:
            users = args.get("users") or ""
            names = users if isinstance(users, list) else [name for name in str(users).split(",") if name]
            if not names:
                raise SlackError("users_list_not_supplied")
            if len(names) > 1:
                raise missing_scope("mpim:write", caller.installation)
            check_reachable(team, names[0])
            there = World.find_dm(team, names[0])
            channel = self.world.dm(team, names[0])
            if there is not None:
                shown = shapes.im_json(channel, team) if flag(args, "return_im") else {"id": channel.id}
                return {"no_op": True, "already_open": True, "channel": shown}
        return {"channel": shapes.im_json(channel, team) if flag(args, "return_im") else {"id": channel.id}}

    def history(self, caller: Caller, args: JsonObject) -> JsonObject:
        """conversations.history: newest first, replies left out."""
        team, installation = team_of(self.world, caller)
        channel = team.channels.get(str(args["channel"]))
        if channel is None:
            raise SlackError("channel_not_found")
        if not channel.is_im and installation.bot_user not in channel.members:
            raise SlackError("not_in_channel")
        most = self._meter.limits.history_page
        limit = number(args, "limit", 100, 999)
        limit = min(limit, most) if most else limit
        oldest, latest = str(args.get("oldest") or "0"), str(args.get("latest") or "")
        inclusive, with_metadata = flag(args, "inclusive"), flag(args, "include_all_metadata")
        if args.get("cursor"):
            latest, inclusive_latest = decode_cursor(str(args["cursor"]), "next_ts"), True
        else:
            inclusive_latest = inclusive
        low = moment(oldest, "invalid_ts_oldest")
        high = moment(latest, "invalid_ts_latest") if latest else float("inf")
        found = [
            m
            for m in team.messages.get(channel.id, [])
            if (m.thread_ts in (None, m.ts))
            and (
                low < float(m.ts) < high
                or (inclusive and float(m.ts) == low)
                or (inclusive_latest and float(m.ts) == high)
            )
        ]
        found.reverse()
        page, rest = found[:limit], found[limit:]
        answer: JsonObject = {
            "messages": [
                shapes.message_json(self.world, m if with_metadata else replace(m, metadata=None)) for m in page
            ],
            "has_more": bool(rest),
            "pin_count": 0,
            "channel_actions_ts": None,
            "channel_actions_count": 0,
        }
        if rest:
            answer["response_metadata"] = {"next_cursor": encode_cursor(f"next_ts:{rest[0].ts}")}
        return answer
