"""What Slack says of people and of the workspace: profiles changed, tokens revoked, the app removed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncApp
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.delivery.plan import plan_member
from bot.handlers.context import NO_LOCALE, Ally, forget_locale
from bot.model import Member, Person
from bot.storage.installations import first_sight, stop_workspace
from bot.storage.members import find_member, follow

Handle = Callable[[AsyncArgs], Awaitable[None]]


def person_from(team: str, user: Mapping[str, Any], known: Member | None = None) -> Person:
    """Somebody's zone, language and whether the account is on. What Slack leaves out, as it may in `user_change`, is as
    it was `known`; UTC where no zone that we know was ever named."""
    zone = str(user.get("tz") or (known.zone.key if known else "UTC"))
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        zone = "UTC"
    locale = str(user.get("locale") or (known.locale if known else NO_LOCALE))
    return Person(team, str(user["id"]), zone, locale, bool(user.get("deleted")))


def _said_at(args: AsyncArgs) -> datetime:
    return datetime.fromtimestamp(int(args.body["event_time"]), UTC)


def register_people(app: AsyncApp, ally: Ally, listener: Callable[[Handle], Handle]) -> None:
    """The events that nobody presses. Each may come more than once and in any order."""

    turn = asyncio.Lock()

    async def profile_changed(args: AsyncArgs) -> None:
        """Somebody moved zones, speaks another language, or is gone: the next due moments follow.

        One at a time, in the order they came: Slack dates events by the second, and two in one second must not race."""
        async with turn:
            now = ally.clock()
            if await first_sight(ally.db, str(args.body["event_id"]), now):
                team, user = str(args.context.team_id), args.body["event"]["user"]
                if (who := await find_member(ally.db, team, str(user["id"]))) is not None:
                    await plan_member(ally.db, ally.rules(), who, now)
                    await follow(ally.db, person_from(team, user, who), now, _said_at(args))
                    forget_locale(ally, team, who.user)
        await args.ack()

    async def app_removed(args: AsyncArgs) -> None:
        """Sending stops now; what was kept is purged after 30 days."""
        await _stop(args, "gone")
        await args.ack()

    async def tokens_revoked(args: AsyncArgs) -> None:
        """The bot's token no longer holds. People's own tokens are none of our business."""
        if (args.body["event"].get("tokens") or {}).get("bot"):
            await _stop(args, "revoked")
        await args.ack()

    async def _stop(args: AsyncArgs, state: str) -> None:
        # Slack repeats events for minutes: Ally may be installed again by then.
        team, now = str(args.context.team_id), ally.clock()
        if await stop_workspace(ally.db, team, state, now, said_at=_said_at(args)):
            ally.client_changed(team)

    app.event("user_change")(listener(profile_changed))
    app.event("app_uninstalled")(listener(app_removed))
    app.event("tokens_revoked")(listener(tokens_revoked))
