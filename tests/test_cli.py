"""`ally plan` and `ally ledger`: what an operator asks at three in the morning."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import Answer, DeliveryId, Installation, Kind, Person, Rhythm
from bot.nudges.days_off import holiday_calendar
from bot.storage.database import Database
from bot.storage.histories import answer_nudge
from bot.storage.installations import remember_installation
from bot.storage.members import find_member, join, pause
from bot.storage.planning import NewRow, Plan, plan_due
from tests.conftest import MONDAY
from tests.processes import ally

KEYS = ["workspace", "member", "kind", "local_date", "due_at", "state", "reason", "nudge", "sent_at"]


@pytest.fixture
async def environ(db: Database, database_url: str, encryption_key: str) -> dict[str, str]:
    """Two members: one who paused, and one with a delivery and a secret answer to it."""
    found = Installation("T1", "One", "xoxb-1", "U0", "B0", "A0", frozenset())
    await remember_installation(db, found, MONDAY)
    rhythm = Rhythm()
    await join(db, Person("T1", "U1", "Europe/London", "en-GB"), rhythm, "D1", MONDAY)
    joel = await join(db, Person("T1", "U2", "America/New_York", "en-US"), rhythm, "D2", MONDAY)
    await pause(db, joel, None, MONDAY)
    due = MONDAY + timedelta(hours=1, minutes=30)
    row = NewRow(DeliveryId("d" * 32), due.date(), due, nudge="credit-the-source-01", why="stance:aside unseen")
    await plan_due(db, Kind.NUDGE, due, 10, lambda one: Plan((row,), due + timedelta(days=1)))
    mina = await find_member(db, "T1", "U1")
    assert mina is not None
    await answer_nudge(db, mina, row.id, Answer.NOT_FOR_ME, due)
    return {"DATABASE_URL": database_url, "ALLY_ENCRYPTION_KEYS": encryption_key, "ALLY_HOLIDAYS": "GB-ENG"}


async def test_ledger_tells_what_happened_and_nothing_private(environ: dict[str, str], tmp_path: Path) -> None:
    """One JSON document, the agreed keys, codes for reasons; neither why it was chosen nor what was answered."""
    code, out, err = await ally("ledger", "--json", environ=environ, cwd=tmp_path)
    assert (code, err) == (0, "")
    [row] = json.loads(out)["deliveries"]
    assert list(row) == KEYS
    assert row == {
        "workspace": "T1", "member": "U1", "kind": "nudge", "local_date": "2026-11-23",
        "due_at": "2026-11-23T09:30:00+00:00", "state": "planned", "reason": None, "nudge": "credit-the-source-01",
        "sent_at": None,
    }  # fmt: skip
    assert "not_for_me" not in out
    assert "unseen" not in out


async def test_ledger_filters_by_date_and_member(environ: dict[str, str], tmp_path: Path) -> None:
    """Whatever is not there is an empty list, not an error."""
    for words, count in (
        (("--date", "2026-11-23"), 1), (("--date", "2026-11-24"), 0), (("--member", "U1"), 1), (("--member", "U2"), 0),
    ):  # fmt: skip
        code, out, _ = await ally("ledger", "--json", *words, environ=environ, cwd=tmp_path)
        assert (code, len(json.loads(out)["deliveries"])) == (0, count), words
    code, out, _ = await ally("ledger", environ=environ, cwd=tmp_path)
    assert "credit-the-source-01" in out


async def test_plan_says_who_is_due_when_and_sends_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    """A week ahead from a given moment: pauses and public holidays are foreseen."""
    words = ("plan", "--json", "--days", "3", "--at", "2026-12-24T00:00:00+00:00")
    code, out, _ = await ally(*words, environ=environ, cwd=tmp_path)
    rows = json.loads(out)["planned"]
    assert code == 0
    assert all(list(row) == KEYS for row in rows)
    mina = [(row["local_date"], row["kind"], row["state"], row["reason"]) for row in rows if row["member"] == "U1"]
    assert mina == [
        ("2026-12-24", "nudge", "planned", None),
        ("2026-12-25", "nudge", "skipped", "holiday"),
        ("2026-12-25", "check_in", "skipped", "holiday"),
    ]
    assert {row["reason"] for row in rows if row["member"] == "U2"} == {"paused"}
    again = await ally("ledger", "--json", environ=environ, cwd=tmp_path)
    assert len(json.loads(again[1])["deliveries"]) == 1


def test_a_holiday_in_any_of_the_places_counts() -> None:
    """Boxing Day is one in England, the third of May in Poland."""
    is_holiday = holiday_calendar(["GB-ENG", "PL"])
    days = [(MONDAY.replace(month=5, day=3)).date(), MONDAY.replace(month=12, day=25).date(), MONDAY.date()]
    assert [is_holiday(day) for day in days] == [True, True, False]


async def test_ledger_filters_combine(environ: dict[str, str], tmp_path: Path) -> None:
    """By state, reason and workspace; for a state that does not exist the message names those that do."""
    for words, count in (
        (("--state", "planned"), 1), (("--state", "sent"), 0), (("--workspace", "T1"), 1), (("--workspace", "T2"), 0),
        (("--reason", "late"), 0), (("--state", "planned", "--workspace", "T1", "--member", "U1"), 1),
    ):  # fmt: skip
        code, out, _ = await ally("ledger", "--json", *words, environ=environ, cwd=tmp_path)
        assert (code, len(json.loads(out)["deliveries"])) == (0, count), words
    code, out, err = await ally("ledger", "--state", "lost", environ=environ, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert "skipped" in err


async def test_plan_says_how_late_the_last_one_will_be(environ: dict[str, str], tmp_path: Path) -> None:
    """In text, by workspace, at the pace noted or the ceiling; JSON stays as agreed."""
    words = ("plan", "--days", "1", "--at", "2026-11-24T00:00:00+00:00")
    code, out, _ = await ally(*words, environ=environ | {"ALLY_SEND_RATE": "60"}, cwd=tmp_path)
    assert code == 0
    assert "T1: at 60 a minute the last comes 0 s late" in out


@pytest.mark.parametrize(("words", "exit_code"), [(("ledger",), 2), (("plan",), 2), (("db", "check"), 1)])
async def test_a_mistyped_path_makes_no_file(
    words: tuple[str, ...], exit_code: int, encryption_key: str, tmp_path: Path
) -> None:
    """What only looks says that there is no such file, and leaves none behind."""
    environ = {"DATABASE_URL": "sqlite:///aly.db", "ALLY_ENCRYPTION_KEYS": encryption_key}
    code, out, err = await ally(*words, environ=environ, cwd=tmp_path)
    assert (code, out) == (exit_code, "")
    assert "no SQLite file aly.db" in err
    assert not (tmp_path / "aly.db").exists()


async def test_a_database_without_tables_is_said_to_be_empty(encryption_key: str, tmp_path: Path) -> None:
    """And what sets it up."""
    (tmp_path / "ally.db").touch()
    environ = {"DATABASE_URL": "sqlite:///ally.db", "ALLY_ENCRYPTION_KEYS": encryption_key}
    code, _, err = await ally("ledger", environ=environ, cwd=tmp_path)
    assert code == 1
    assert "`ally db upgrade` sets it up" in err
