"""`python -m sandbox`: a Slack on this machine, with a page to use it, and with `--with-bot` Ally in it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.limits import Limits
    from sandbox.page import Page
    from sandbox.slack import Slack

PORT = 8765  # of --with-bot: the same every time, so that a page left open finds its Slack again
WORKSPACE = "Harbour Studio"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. 0 then; 2 if it cannot start, with one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A strict stand-in for Slack on this machine."
    )
    parser.add_argument("--port", type=int, help=f"port to serve on; 0 takes a free one (default: 0, with-bot: {PORT})")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on; with-bot: this machine only")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of a sentence")
    parser.add_argument("--events-url", help="deliver over signed HTTP to this URL; else over Socket Mode")
    parser.add_argument("--strict-limits", action="store_true", help="limit calls as Slack does")
    parser.add_argument("--seed", type=int, default=1, help="seed of ids and dice")
    parser.add_argument("--with-bot", action="store_true", help="Ally too; KEEP=1 keeps everything in demo-data/")
    options = parser.parse_args(arguments)
    if options.with_bot and options.host not in LOOPBACK:
        return _cannot("with --with-bot it serves this machine only: leave --host out")
    return asyncio.run(_serve(options))


async def _serve(options: argparse.Namespace) -> int:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    # Imported only now: it takes a second, in which Ctrl-C should be heard already.
    from sandbox.keeping import CannotRead

    async with AsyncExitStack() as stack:
        try:
            slack = await _open(stack, options)
        except CannotRead:
            return _cannot("what demo-data/ keeps is from another version; delete that folder to begin anew")
        except (OSError, OverflowError) as problem:
            return _cannot(f"cannot serve on {options.host}:{options.port or 0}: {problem}")
        except ExceptionGroup as problems:
            return max(_cannot(str(problem)) for problem in problems.exceptions)
        _say(slack, options)
        await ended.wait()
        if options.with_bot:
            _line("\nEnding.")
    return 0


async def _open(stack: AsyncExitStack, options: argparse.Namespace) -> Slack:
    """A Slack with its page, and Ally in it where that was asked for. An ExceptionGroup where Ally cannot start."""
    from sandbox.limits import Limits
    from sandbox.page import Page

    folder = None
    if options.with_bot:
        from sandbox.with_bot import bot_beside, data_folder, log_into

        folder = stack.enter_context(data_folder(keep=_keeps()))
        log_into(folder)
    page = Page(folder / "slack.json" if folder is not None and _keeps() else None)
    limits = Limits.slack() if options.strict_limits else Limits()
    slack = await _start(stack, options, page, limits)
    await stack.enter_async_context(page.run())
    if folder is not None:
        page.beside(await stack.enter_async_context(bot_beside(slack, folder)))
    elif options.events_url:
        # the bot needs this Slack's token to start, so its URL may answer only later
        await slack.serve_events_to(options.events_url, verify=False)
    return slack


async def _start(stack: AsyncExitStack, options: argparse.Namespace, page: Page, limits: Limits) -> Slack:
    from sandbox.slack import Slack

    port = options.port if options.port is not None else (PORT if options.with_bot else 0)
    name = WORKSPACE if options.with_bot else None
    how: dict[str, Any] = {"host": options.host, "limits": limits, "seed": options.seed, "routes": page.routes}
    if name:
        how["workspace"] = name
    try:
        return await stack.enter_async_context(Slack.start(port=port, **how))
    except OSError:
        if options.port is not None or not port:
            raise
        return await stack.enter_async_context(Slack.start(port=0, **how))  # the usual one is taken


def _keeps() -> bool:
    return os.environ.get("KEEP", "0") not in ("", "0")


def _say(slack: Slack, options: argparse.Namespace) -> None:
    if options.json:
        first = {
            "url": slack.url,
            "api_url": slack.api_url,
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "users": [person.id for person in slack.people],
            "team_id": slack.team().id,
            "client_id": slack.app.client_id,
            "client_secret": slack.app.client_secret,
            "authorize_url": slack.authorize_url,
            "control_url": f"{slack.url}/sandbox/",
        }
        _line(json.dumps(first))
        return
    if options.with_bot:
        where = (
            "demo-data/, for next time" if _keeps() else "a temporary folder, gone when you end it (KEEP=1 keeps it)"
        )
        _line(f"\n  A pretend Slack is ready, with Ally in it. Open\n\n      {slack.url}\n")
        _line(f"  Nothing leaves this machine. What you do is kept in {where}.")
        _line("  Ctrl-C ends it.\n")
        return
    names = ", ".join(f"{person.user.real_name} ({person.user.tz})" for person in slack.people)
    _line(f"A Slack is here: {slack.url}, with {names}.")
    _line(f"Point a bot at it with SLACK_API_URL={slack.api_url} and end it with Ctrl-C.")


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _cannot(problem: str) -> int:
    sys.stderr.write(f"sandbox: {problem}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
