"""`docs/delivery.md` says what the code does: its diagram, its reasons, its codes."""

from __future__ import annotations

import re
from pathlib import Path

from bot.delivery import verdict
from bot.model import BIRTHS, MOVES, Skip, State

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "delivery").glob("*.py"))


def reasons_of(state: State) -> set[str]:
    """The reasons that the tables name for a state."""
    cells = re.findall(rf"^\| `{state}` \| ([^|]+) \|", PAGE, flags=re.MULTILINE)
    return {reason for cell in cells for reason in re.findall(r"`(\w+)`", cell)}


def test_the_diagram_shows_every_move_and_no_other() -> None:
    """Each arrow is a move that a row may make; nothing leads out of an end but to the end."""
    arrows = set(re.findall(r"^ +(\[\*\]|\w+) --> (\[\*\]|\w+)", PAGE, flags=re.MULTILINE))
    ends = set(State) - set(MOVES)
    expected = {("[*]", str(state)) for state in BIRTHS} | {(str(state), "[*]") for state in ends}
    assert arrows == expected | {(str(one), str(other)) for one, others in MOVES.items() for other in others}


def test_every_reason_for_a_skip_is_explained() -> None:
    """And none that is not there."""
    assert reasons_of(State.SKIPPED) == set(Skip)


def test_every_way_to_fail_is_explained() -> None:
    """Ours, and the codes of Slack's that are final."""
    assert reasons_of(State.FAILED) == {"error", "not_in_library"}
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| `failed` | Slack's code")]
    assert set(re.findall(r"`(\w+)`", row.split("|")[3])) == verdict._PERSON | verdict._REFUSED


def test_every_code_that_ends_a_workspace_is_named() -> None:
    """The paragraph lists them all."""
    listed = PAGE.split("These codes end the workspace")[1].split("What waits there")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == verdict._WORKSPACE


def test_why_a_row_waits_is_as_the_code_says_it() -> None:
    """Each reason on a waiting row is a word of the code's, and each doubtful answer of Slack's is named."""
    for reason in reasons_of(State.PLANNED) | {"no_answer"}:
        assert f'"{reason}"' in SOURCES, reason
    assert reasons_of(State.SENDING) == verdict._MAYBE | {"no_answer", "http_503"}
