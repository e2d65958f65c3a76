"""Leaving: stops at once, then asks whether to erase or keep."""

from __future__ import annotations

from bot.delivery.plan import plan_member
from bot.handlers.context import Ally, Reply, Request, member_of, not_in, words_of
from bot.storage.members import erase, find_member, keep_after_leaving, leave
from bot.views.membership import erased, goodbye, kept, not_erased, nothing_kept


async def leave_by_command(ally: Ally, request: Request) -> Reply:
    """`/ally leave`, *Leave*, *Stop Ally*. Somebody who left before may still decide about what was kept."""
    who = await member_of(ally, request) or await find_member(ally.db, request.team, request.user)
    if who is None:
        return await not_in(ally, request)
    now = ally.clock()
    await plan_member(ally.db, ally.rules(), who, now)
    who = await leave(ally.db, who, now)
    return Reply(message=goodbye(words_of(who), who), home=True)


async def erase_after_leaving(ally: Ally, request: Request) -> Reply:
    """*Erase everything now*: pressed again, there is nothing left to do."""
    who = await find_member(ally.db, request.team, request.user)
    if who is not None and who.active:
        return Reply(message=not_erased(words_of(who)))
    if who is not None:
        await erase(ally.db, who)
    return Reply(message=erased(words_of(who)), home=True)


async def keep_what_was_kept(ally: Ally, request: Request) -> Reply:
    """*Keep it for when I return*."""
    who = await find_member(ally.db, request.team, request.user)
    if who is None:
        return Reply(message=nothing_kept(words_of(None)))
    if not who.active:
        await keep_after_leaving(ally.db, who, ally.clock())
    return Reply(message=kept(words_of(who)), home=True)
