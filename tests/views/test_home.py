"""App Home is drawn anew while people look at it."""

from __future__ import annotations

import pytest

from bot.views.home import home_after_leaving, home_before, home_of
from tests.views.gallery import LEFT, LINES, MEMBER, NOON, WEDNESDAY, WORDS

HOMES = {
    "before": lambda: home_before(WORDS),
    "after leaving": lambda: home_after_leaving(WORDS, LEFT),
    "member": lambda: home_of(WORDS, MEMBER, LINES, WEDNESDAY, False, NOON),
}


@pytest.mark.parametrize("name", HOMES)
def test_blocks_keep_their_ids(name: str) -> None:
    """Slack makes up an id for a block without one, at each publish: a press under way would miss its button."""
    once, again = ([block.get("block_id") for block in HOMES[name]()["blocks"]] for _ in range(2))
    assert once == again
    assert None not in once
    assert len(set(once)) == len(once)
