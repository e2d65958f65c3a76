"""The HTTP face: only what is rightly signed reaches Ally, and operators can look."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from bot.app import House, Role
from sandbox import Slack
from tests.conftest import drop_postgres, fresh_postgres
from tests.e2e.conftest import Open

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def http_house(open_house: Open, tmp_path: Path) -> House:
    """`ally run` over signed HTTP."""
    return await open_house(f"sqlite:///{tmp_path}/ally.db", "http")


@pytest.fixture
async def session(http_house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of that house."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{http_house.port}") as opened:
        yield opened


async def _post(
    session: aiohttp.ClientSession, secret: str, body: bytes, content_type: str, stamp: str | None = None
) -> int:
    stamp = stamp if stamp is not None else str(int(time.time()))
    signature = "v0=" + hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"content-type": content_type, "x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    async with session.post("/slack/events", data=body, headers=headers) as answer:
        return answer.status


async def test_a_wrong_signature_is_401(slack: Slack, session: aiohttp.ClientSession) -> None:
    """Another secret, a stale stamp, a stamp that is no number, no headers at all."""
    body, stale = b"command=%2Fally&text=help", str(int(time.time()) - 301)
    assert await _post(session, "another secret", body, FORM) == 401
    assert await _post(session, slack.signing_secret, body, FORM, stale) == 401
    for stamp in ("soon", "", "1e9", "-5", "٣", "9" * 40):
        assert await _post(session, slack.signing_secret, body, FORM, stamp) == 401
    async with session.post("/slack/events", data=body) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"not json", "application/json"),
        (b"[1, 2]", "application/json"),
        (b"payload=%7Bbroken", FORM),
        (b"payload=%5B%5D", FORM),
        (b"nothing", FORM),
        (b"", FORM),
        (b"\xff\xfe", FORM),
    ],
)
async def test_signed_rubbish_is_400(
    slack: Slack, session: aiohttp.ClientSession, body: bytes, content_type: str
) -> None:
    """Bare Bolt answers 500 to a signed payload that is not JSON."""
    assert await _post(session, slack.signing_secret, body, content_type) == 400


async def test_health_readiness_and_metrics(session: aiohttp.ClientSession, http_house: House) -> None:
    """`/healthz`, `/readyz` and `/metrics` name nobody."""
    async with session.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    async with session.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
    async with session.get("/metrics") as answer:
        text = await answer.text()
    assert "ally_deliveries_total" in text
    assert "U0" not in text


async def test_readiness_is_measured_at_the_scrape(session: aiohttp.ClientSession, http_house: House) -> None:
    """Whether or not anybody asks `/readyz`: monitors often ask for nothing but the metrics."""

    async def says(line: str) -> bool:
        async with session.get("/metrics") as answer:
            return line in (await answer.text()).splitlines()

    assert await says("ally_ready 1.0")
    http_house.connections.introduced = False
    assert await says("ally_ready 0.5")


async def test_readyz_fails_without_a_database(open_house: Open, postgres_server: str) -> None:
    """503, while `/healthz` goes on: the process lives."""
    url = fresh_postgres(postgres_server)
    house = await open_house(url, "http")
    async with aiohttp.ClientSession(f"http://127.0.0.1:{house.port}") as session:
        drop_postgres(url, postgres_server)
        async with session.get("/readyz") as answer:
            assert (answer.status, await answer.json()) == (503, {"status": "database"})
        async with session.get("/healthz") as answer:
            assert answer.status == 200


async def test_slack_away_at_the_start_is_degraded_and_mends_itself(
    slack: Slack, open_house: Open, tmp_path: Path
) -> None:
    """Ally starts, says `degraded`, and introduces itself once Slack is back."""
    slack.faults.down()
    house = await open_house(f"sqlite:///{tmp_path}/away.db", "http", Role.WORKER)
    assert await house.readiness() == "degraded"
    slack.faults.clear()
    await house.introduce()
    assert await house.readiness() == "ok"


async def test_a_save_that_cannot_be_is_said_within_three_seconds_with_the_text(
    slack: Slack, http_house: House
) -> None:
    """The database hangs: the person hears so in time, and their words are shown back."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    async with http_house.db.write() as held:
        await held.execute(sa.text("UPDATE member SET locale = locale"))
        answer = await mina.command("/ally log a line that must not be lost")
        assert answer.error is None
        assert "could not save anything" in answer.text
        assert "a line that must not be lost" in answer.text
    assert "Kept." in (await mina.command("/ally log now it is kept")).text


async def test_a_failed_save_keeps_the_modal_open_with_its_text(slack: Slack, http_house: House) -> None:
    """The line stays in the field; sent again later, it is kept once."""
    mina = slack.person("mina")
    await mina.command("/ally join")
    await mina.command("/ally log")
    await mina.until(lambda: mina.modal, "gets a modal")
    await mina.fill("Your line", "Half an hour of thinking")
    async with http_house.db.write() as held:
        await held.execute(sa.text("UPDATE member SET locale = locale"))
        await mina.submit()
        assert mina.modal is not None
        assert "could not save anything" in str(mina.modal.errors)
    await mina.submit()
    await mina.sees("Kept.")
    await mina.close()
    assert "1 to 1 of 1" in (await mina.command("/ally journal")).text
