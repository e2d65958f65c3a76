"""Starts that cannot be: every problem in one go, one line each, exit 2, no traceback."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import Database
from bot.storage.schema import revisions, upgrade_schema
from bot.storage.vault import Vault, new_key, read_key
from sandbox import Slack
from tests.conftest import fresh_postgres
from tests.processes import ally


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack to start against."""
    async with Slack.start() as served:
        yield served


@pytest.fixture
def good(slack: Slack, tmp_path: Path) -> dict[str, str]:
    """Settings that would do."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": f"sqlite:///{tmp_path}/ally.db",
        "ALLY_ENCRYPTION_KEYS": new_key(),
        "HOST": "127.0.0.1",
        "PORT": "0",
    }


async def _refused(environ: dict[str, str], cwd: Path, command: str = "run") -> list[str]:
    code, out, err = await ally(command, environ=environ, cwd=cwd)
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if not line.startswith('{"')]
    assert lines
    return lines


async def test_every_missing_and_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    """Nobody has to start five times to learn of five mistakes."""
    lines = await _refused({"ALLY_NUDGE_TIME": "noon", "PORT": "70000", "ALLY_HOLIDAYS": "XX"}, tmp_path)
    for name in (
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "ALLY_ENCRYPTION_KEYS",
        "ALLY_NUDGE_TIME",
        "PORT",
        "ALLY_HOLIDAYS",
    ):
        assert sum(name in line for line in lines) == 1, name


async def test_a_broken_library_names_file_and_line(good: dict[str, str], tmp_path: Path) -> None:
    """Together with a missing setting, in the same go."""
    content = tmp_path / "content"
    content.mkdir()
    (content / "nudges.yaml").write_text("nudges:\n  - id: x\n   do: wrong indent\n", encoding="utf-8")
    lines = await _refused(good | {"ALLY_CONTENT": str(content)}, tmp_path)
    assert any("nudges.yaml:3:" in line for line in lines)
    del good["ALLY_ENCRYPTION_KEYS"]
    lines = await _refused(good | {"ALLY_CONTENT": str(content)}, tmp_path)
    assert any("nudges.yaml:3:" in line for line in lines)
    assert any("ALLY_ENCRYPTION_KEYS" in line for line in lines)


async def test_a_taken_port_is_one_line(good: dict[str, str], tmp_path: Path) -> None:
    """It names address, port and the mend."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        [line] = await _refused(good | {"PORT": port}, tmp_path)
    assert port in line
    assert "PORT" in line


@pytest.mark.parametrize("wrong", [{"ALLY_ENCRYPTION_KEYS": "short"}, {"ALLY_NUDGE_TIME": "noon"}])
async def test_a_wrong_setting_does_not_hide_a_broken_library_or_a_taken_port(
    good: dict[str, str], tmp_path: Path, wrong: dict[str, str]
) -> None:
    """All three are named in one go."""
    content = tmp_path / "content"
    content.mkdir()
    (content / "nudges.yaml").write_text("nudges:\n  - id: x\n   do: wrong indent\n", encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        lines = await _refused(good | wrong | {"ALLY_CONTENT": str(content), "PORT": port}, tmp_path)
    for named in (next(iter(wrong)), "nudges.yaml:3:", f"127.0.0.1:{port}"):
        assert any(named in line for line in lines), named


async def test_an_old_schema_on_postgresql_names_the_upgrade(
    good: dict[str, str], postgres_server: str, tmp_path: Path
) -> None:
    """On PostgreSQL nothing is upgraded behind an operator's back."""
    url = fresh_postgres(postgres_server)
    await _pretend_old(url)
    lines = await _refused(good | {"DATABASE_URL": url}, tmp_path)
    assert any("ally db upgrade" in line for line in lines)


async def test_a_schema_too_new_is_refused_and_left_alone(good: dict[str, str], tmp_path: Path) -> None:
    """A contracting migration of a later version has raised the floor past this code."""
    await _set_revision(good["DATABASE_URL"], "9999", floor="9990")
    lines = await _refused(good, tmp_path)
    assert any("too new" in line for line in lines)


async def test_a_newer_schema_that_still_fits_is_used(good: dict[str, str], tmp_path: Path) -> None:
    """An expanding migration of a later version does not stop this one."""
    await _set_revision(good["DATABASE_URL"], "9999", floor="0001")
    code, out, _ = await ally("db", "check", environ=good, cwd=tmp_path)
    assert code == 0
    assert "still fits" in out


async def test_a_wrong_key_stops_the_start_and_overwrites_nothing(good: dict[str, str], tmp_path: Path) -> None:
    """What is kept under another key stays as it is."""
    await _with_a_row_under_another_key(good["DATABASE_URL"])
    lines = await _refused(good, tmp_path)
    assert any("ALLY_ENCRYPTION_KEYS" in line and "nothing was changed" in line for line in lines)


async def test_a_token_that_slack_refuses_is_one_line(good: dict[str, str], tmp_path: Path) -> None:
    """With Slack's own code for it."""
    lines = await _refused(good | {"SLACK_BOT_TOKEN": "xoxb-wrong"}, tmp_path)
    assert any("invalid_auth" in line for line in lines)


async def test_a_database_that_does_not_answer_is_one_line_without_its_password(
    good: dict[str, str], tmp_path: Path
) -> None:
    """The URL may hold a password, so it is not repeated."""
    lines = await _refused(good | {"DATABASE_URL": "postgresql://ally:s3cret@127.0.0.1:1/ally"}, tmp_path)
    assert any("DATABASE_URL" in line for line in lines)
    assert "s3cret" not in "".join(lines)


async def test_commands_that_need_no_settings_need_none(tmp_path: Path) -> None:
    """`keys new` and `library check` run on a bare machine."""
    code, out, _ = await ally("keys", "new", environ={}, cwd=tmp_path)
    assert code == 0
    assert len(read_key(out.strip())) == 32
    code, out, _ = await ally("library", "check", environ={}, cwd=tmp_path)
    assert (code, "nudges" in out) == (0, True)
    code, out, _ = await ally("library", "check", "--json", environ={}, cwd=tmp_path)
    assert json.loads(out) == {"findings": []}


async def test_wrong_usage_exits_2(tmp_path: Path) -> None:
    """An unknown command, an unknown flag, a date that is none."""
    for words in (("nonsense",), ("run", "--nonsense"), ("ledger", "--date", "soon"), ("plan", "--at", "soon")):
        code, out, err = await ally(*words, environ={"ALLY_ENCRYPTION_KEYS": new_key()}, cwd=tmp_path)
        assert (code, out) == (2, ""), words
        assert "Traceback" not in err


async def test_db_upgrade_and_check(good: dict[str, str], postgres_server: str, tmp_path: Path) -> None:
    """`db check` finds an empty database (exit 1), `db upgrade` sets it up, twice is fine."""
    for url in (good["DATABASE_URL"], fresh_postgres(postgres_server)):
        environ = good | {"DATABASE_URL": url}
        assert (await ally("db", "check", environ=environ, cwd=tmp_path))[0] == 1
        assert (await ally("db", "upgrade", environ=environ, cwd=tmp_path))[0] == 0
        assert (await ally("db", "upgrade", environ=environ, cwd=tmp_path))[0] == 0
        assert (await ally("db", "check", environ=environ, cwd=tmp_path))[0] == 0


async def _upgraded(url: str) -> Database:
    db = Database(url, Vault([bytes(32)]))
    await upgrade_schema(db)
    return db


async def _pretend_old(url: str) -> None:
    db = Database(url, Vault([bytes(32)]))
    await upgrade_schema(db, to=revisions()[-2])
    await db.close()


async def _set_revision(url: str, revision: str, floor: str) -> None:
    db = await _upgraded(url)
    async with db.write() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = :r").bindparams(r=revision))
        await connection.execute(sa.text("UPDATE schema_floor SET revision = :f").bindparams(f=floor))
    await db.close()


async def _with_a_row_under_another_key(url: str) -> None:
    db = await _upgraded(url)
    wrapped, box = db.vault.new_box("T1", "installation")
    async with db.write() as connection:
        await connection.execute(
            sa.text("INSERT INTO workspace VALUES ('T1', 'One', 'active', '2026-11-23 08:00:00.000000')")
        )
        await connection.execute(
            sa.text(
                "INSERT INTO installation VALUES ('T1', :k, :t, 'U1', 'B1', 'A1', '', '2026-11-23 08:00:00.000000')"
            ).bindparams(k=wrapped, t=box.seal("installation", "T1", "xoxb-1"))
        )
    await db.close()
