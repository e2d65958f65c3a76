"""Settle: what a crash or a lost answer left unknown is looked up in the DM itself. Never guess."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.verdict import Meaning, verdict_on
from bot.model import DeliveryId, Parcel, Skip, State
from bot.nudges.schedule import TURNS
from bot.observe import Metrics
from bot.storage.claims import Fate, postpone_settling, record_settled, unsettled
from bot.storage.database import Database
from bot.storage.leases import Lease

log = structlog.get_logger()

_BATCH = 50
_LOOK_BACK = timedelta(days=31)  # Slack's clock and ours may differ, by a lot where ours was set; and a month is a page
_AGAIN_AFTER = timedelta(minutes=1)
_GIVE_UP_AFTER = timedelta(days=1)
_PAGES = 10


async def settle(
    db: Database,
    held: Lease,
    client: AsyncWebClient,
    clock: Callable[[], datetime],
    in_flight: Collection[DeliveryId],
    metrics: Metrics,
    go_on: Callable[[], bool],
) -> bool:
    """Gives every `sending` row without a living sender its fate: `sent` where the message stands in the DM,
    `planned` where it does not, `skipped: unknown` where Ally may not look (`im:history` not granted).

    One batch; stops before the next look once `go_on` says no. False when there may be more to settle right away.
    """
    parcels = await unsettled(db, held, clock(), in_flight, _BATCH)
    for parcel in parcels:
        if not go_on():
            return False
        now = clock()
        fate = await _look_up(client, parcel, now)
        await record_settled(db, held, fate)
        log.info("delivery_settled", delivery=parcel.id, state=fate.state, reason=fate.reason)
        if fate.state in (State.SENT, State.SKIPPED):
            metrics.delivery(parcel.kind, fate.state, fate.reason)
        if fate.reason == "ratelimited" and fate.ready_at is not None:
            await postpone_settling(db, held, now, fate.ready_at)
            return True
    return len(parcels) < _BATCH


async def _look_up(client: AsyncWebClient, parcel: Parcel, now: datetime) -> Fate:
    try:
        channel = parcel.dm or str((await client.conversations_open(users=parcel.user))["channel"]["id"])
        found = await find_message(client, channel, parcel.id, parcel.due_at)
    except Exception as error:  # noqa: BLE001 — whatever it was, the next row must not wait for it
        verdict = verdict_on(error)
        hopeless = verdict.code == "missing_scope" or verdict.meaning in (Meaning.PERSON, Meaning.WORKSPACE)
        if hopeless or now - parcel.due_at > _GIVE_UP_AFTER:
            return Fate(parcel.id, State.SKIPPED, Skip.UNKNOWN)
        return Fate(parcel.id, State.SENDING, verdict.code, ready_at=now + (verdict.retry_after or _AGAIN_AFTER))
    match found:
        case str():
            return Fate(parcel.id, State.SENT, sent_at=now, message_ts=found)
        case True:
            return Fate(parcel.id, State.PLANNED, "not_delivered", ready_at=parcel.due_at - TURNS)  # waited already
        case _:
            return Fate(parcel.id, State.SKIPPED, Skip.UNKNOWN)


async def find_message(client: AsyncWebClient, channel: str, block_id: str, since: datetime) -> str | bool:
    """The `ts` of the message that carries `block_id` and was posted after `since` (UTC).

    True when it is certain that none stands there; False when there is too much to read. Raises what a call to Slack
    raises.
    """
    oldest, cursor = str((since - _LOOK_BACK).timestamp()), None
    for _ in range(_PAGES):
        page = await client.conversations_history(channel=channel, oldest=oldest, limit=100, cursor=cursor)
        for message in page["messages"]:
            if any(block.get("block_id") == block_id for block in message.get("blocks", ())):
                return str(message["ts"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return not page.get("has_more")
    return False
