"""Logs and metrics: readable, and without anything that a member wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import generate_latest
from slack_sdk.web.async_client import AsyncWebClient

from bot.observe import Metrics, configure_logs
from sandbox import Slack

SECRET = "I spoke over her again"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leaves logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: one.level for name, one in root.manager.loggerDict.items() if isinstance(one, logging.Logger)}
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, one in root.manager.loggerDict.items():
        if isinstance(one, logging.Logger):
            one.setLevel(levels.get(name, logging.NOTSET))


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """What was logged as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json() -> None:
    """One JSON object a line, with level and a moment in UTC, for our logs and for those of the libraries."""
    stream = io.StringIO()
    configure_logs("json", stream)
    structlog.get_logger().info("delivery_settled", state="sent")
    logging.getLogger("some.library").warning("odd: %s", 7)
    ours, theirs = lines(stream)
    assert (ours["event"], ours["level"], ours["state"]) == ("delivery_settled", "info", "sent")
    assert str(ours["timestamp"]).endswith("Z")
    assert (theirs["event"], theirs["level"]) == ("odd: 7", "warning")


def test_text() -> None:
    """As text, a line a person reads; coloured only on a terminal."""
    plain, terminal = io.StringIO(), Terminal()
    configure_logs("text", plain)
    structlog.get_logger().info("ally_runs", port=3000)
    configure_logs("text", terminal)
    structlog.get_logger().info("ally_runs", port=3000)
    assert "ally_runs" in plain.getvalue()
    assert "port=3000" in plain.getvalue()
    assert "\x1b[" not in plain.getvalue()
    assert "\x1b[" in terminal.getvalue()


@pytest.mark.parametrize(("stream", "is_json"), [(io.StringIO(), True), (Terminal(), False)])
def test_by_itself(stream: io.StringIO, is_json: bool) -> None:
    """Unless told, text on a terminal and JSON elsewhere."""
    configure_logs(None, stream)
    structlog.get_logger().info("ally_runs")
    assert stream.getvalue().startswith("{") is is_json


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize("foreign", [False, True])
def test_an_exception_shows_no_local_variables(style: str, foreign: bool) -> None:
    """A report says what broke and where, but not what the variables held: people's words and keys stand there."""
    stream = io.StringIO()
    configure_logs(style, stream)

    def broken(text: str) -> None:
        held = text + "!"
        raise RuntimeError(f"{len(held)} characters")

    try:
        broken(SECRET)
    except RuntimeError:
        if foreign:
            logging.getLogger("some.library").exception("it broke")
        else:
            structlog.get_logger().exception("it broke")
    assert "RuntimeError" in stream.getvalue()
    assert "broken" in stream.getvalue()
    assert SECRET not in stream.getvalue()


async def test_bodies_of_calls_are_not_logged() -> None:
    """What goes to Slack and comes back is never formatted into a log, even with everything logged."""
    stream = io.StringIO()
    configure_logs("json", stream)
    logging.getLogger().setLevel(logging.DEBUG)
    async with Slack.start() as slack:
        client = AsyncWebClient(slack.bot_token, slack.api_url, retry_handlers=[])
        await client.chat_postMessage(channel=slack.person("mina").id, text=SECRET)
        assert slack.person("mina").dm_messages[0].text == SECRET
    assert SECRET not in stream.getvalue()
    assert slack.bot_token not in stream.getvalue()


def test_slack_sdk_does_not_even_format_them() -> None:
    """slack_sdk looks at its logger's own level before it formats a body, so it is that logger that has one."""
    configure_logs("json", io.StringIO())
    assert AsyncWebClient()._logger.level == logging.WARNING


def test_our_debug_is_not_logged() -> None:
    """Only what an operator needs."""
    stream = io.StringIO()
    configure_logs("json", stream)
    structlog.get_logger().debug("noise")
    logging.getLogger("apscheduler.executors").info("noise")
    assert stream.getvalue() == ""


def test_metrics_of_two_apps_do_not_mix() -> None:
    """Each app counts for itself, and all names are Ally's own."""
    one, other = Metrics(), Metrics()
    one.deliveries.labels("nudge", "sent", "").inc()
    assert one.registry.get_sample_value("ally_deliveries_total", {"kind": "nudge", "state": "sent", "reason": ""}) == 1
    assert b'state="sent"' not in generate_latest(other.registry)
    assert {family.name.split("_")[0] for family in one.registry.collect()} == {"ally"}
