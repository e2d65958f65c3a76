"""One order at the ledger's counter, for tests that play a courier by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model import Parcel
from bot.storage.claims import Fate, Order, exchange
from bot.storage.database import Database
from bot.storage.leases import Lease, LeaseLost, Noted
from bot.storage.ledger import Note, unheard


async def claim(
    db: Database,
    held: Lease,
    fates: Sequence[Fate],
    *,
    want: int,
    now: datetime,
    catch_up: timedelta,
    lease_s: float,
    rate: float,
    not_before: datetime | None,
    note: Note = unheard,
) -> list[Parcel]:
    """`exchange` for one workspace, with a pace to note. Raises LeaseLost."""
    order = Order(held, fates, want, Noted(rate, not_before))
    [parcels] = await exchange(db, [order], now=now, catch_up=catch_up, lease_s=lease_s, note=note)
    if parcels is None:
        raise LeaseLost
    return parcels
