"""`/ally repair`: what happened, a card for it, and where to go with what a card cannot mend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.app import House, Role
from bot.storage.tables import metadata
from sandbox import Slack
from tests.e2e.conftest import opened
from tests.libraries import SHIPPED

LINKS = "Counselling=https://counselling.example.org/,Speak up=https://speak.example.org/?a=1&b=2"


@pytest.fixture
async def house(slack: Slack, encryption_key: str, tmp_path: Path) -> AsyncIterator[House]:
    """Ally with all cards, and an organisation's own links."""
    extra: dict[str, Any] = {"ALLY_CONTENT": str(SHIPPED), "ALLY_SUPPORT_LINKS": LINKS}
    url = f"sqlite:///{tmp_path}/ally.db"
    async with opened(slack, url, encryption_key, "socket mode", Role.RUN, **extra) as one:
        yield one


async def test_from_what_happened_to_a_card_and_on(slack: Slack, house: House) -> None:
    """For somebody who never joined, too: own it, repair, change, words to say, and the organisation's own links."""
    mina = slack.person("mina")
    await mina.command("/ally repair")
    await mina.sees("Nobody sees what you choose here, and Ally keeps nothing of it.")
    await mina.press("I froze")
    first = house.shelf.library.repairs["froze-01"]
    for text in ("Own it", first.own, "Repair", first.repair, "Change", first.change, "Words to say", first.say):
        await mina.sees(text)
    shown = mina.ephemerals[-1]
    assert "<https://speak.example.org/?a=1&b=2|Speak up>" in str(shown.blocks)
    assert "It reports nothing to anybody" in shown.text
    await mina.press("A card for another case")
    await mina.sees(house.shelf.library.repairs["froze-02"].say)
    await mina.press("A card for another case")
    await mina.until(lambda: mina.ephemerals[-1].text == shown.text, "sees the first card again")
    await mina.press("Something else happened")
    await mina.until(lambda: "I took the credit" in mina.ephemerals[-1].text, "sees the list")


async def test_nothing_of_it_is_kept(slack: Slack, house: House) -> None:
    """Not one row, of a member either."""

    async def rows() -> dict[str, int]:
        async with house.db.read() as connection:
            counts = {
                name: await connection.scalar(sa.select(sa.func.count()).select_from(table))
                for name, table in metadata.tables.items()
            }
        return {name: count or 0 for name, count in counts.items()}

    mina = slack.person("mina")
    await mina.command("/ally join")
    before = await rows()
    await mina.command("/ally repair")
    await mina.press("I interrupted")
    await mina.sees("Words to say")
    assert await rows() == before


async def test_every_card_can_be_reached(slack: Slack, house: House) -> None:
    """A button for each kind, and from each card to the next of its kind."""
    mina, met = slack.person("mina"), set()
    cards = house.shelf.library.repairs
    await mina.command("/ally repair")
    buttons = [one for block in mina.ephemerals[-1].blocks if block["type"] == "actions" for one in block["elements"]]
    assert {cards[button["value"]].kind for button in buttons} == {card.kind for card in cards.values()}
    for button in buttons:
        kind = [card for card in cards.values() if card.kind == cards[button["value"]].kind]
        await mina.command("/ally repair")
        await mina.press(button["text"]["text"])
        for number, card in enumerate(kind):
            if number:
                await mina.press("A card for another case")
            await mina.sees(card.say)
            met.add(card.id)
        mina.reload()
    assert met == set(cards)


async def test_a_card_that_is_gone_brings_the_list(slack: Slack, house: House) -> None:
    """An old message's button still does something sensible after the library changed."""
    mina = slack.person("mina")
    await mina.command("/ally repair")
    del house.shelf.library.repairs["froze-01"]
    seen = len(mina.ephemerals)
    await mina.press("I froze")
    await mina.until(lambda: len(mina.ephemerals) > seen, "gets an answer")
    assert "I took the credit" in mina.ephemerals[-1].text


async def test_a_library_without_cards_says_so(slack: Slack, house: House) -> None:
    """And where to turn."""
    house.shelf.library.repairs.clear()
    answer = await slack.person("mina").command("/ally repair")
    assert "no cards" in answer.text
