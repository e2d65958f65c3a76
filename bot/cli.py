"""The `ally` command: thin. Problems go to standard error, one a line.

Exit codes: 0 fine; 1 a finding or failure; 2 wrong usage or settings, or a start that cannot be.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NoReturn, TypeVar

import sqlalchemy.exc
import typer
from rich.console import Console
from rich.table import Table

from bot.config import BadSettings, Settings, content_folder, content_setting, load
from bot.curate import library_commands
from bot.delivery.pace import lateness, rate_now
from bot.model import Delivery, DeliveryId, Kind, Member, Skip, State
from bot.nudges.days_off import holiday_calendar
from bot.nudges.schedule import next_due
from bot.observe import configure_logs
from bot.start import CannotStart, check_library_and_port, open_database
from bot.storage.database import Database
from bot.storage.leases import rates_noted
from bot.storage.ledger import deliveries, due_members
from bot.storage.schema import Fit, schema_fit, upgrade_schema
from bot.storage.vault import new_key

ally = typer.Typer(
    help="Ally, a Slack bot that helps people practise allyship at work.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
db_commands = typer.Typer(help="The database's schema.", no_args_is_help=True)
keys_commands = typer.Typer(help="Encryption keys.", no_args_is_help=True)
ally.add_typer(db_commands, name="db")
ally.add_typer(keys_commands, name="keys")
ally.add_typer(library_commands, name="library")

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]


def main() -> None:
    """The entry point."""
    ally()


@ally.command()
def run() -> None:
    """All in one process: Socket Mode when SLACK_APP_TOKEN is set, else HTTP on PORT."""
    _serve("run")


@ally.command()
def web() -> None:
    """Answers people; plans and sends nothing."""
    _serve("web")


@ally.command()
def worker() -> None:
    """Plans and sends; answers nobody."""
    _serve("worker")


@ally.command()
def plan(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days to look ahead.")] = 7,
    at: Annotated[str, typer.Option(help="Look from this moment (ISO 8601, UTC unless it says otherwise).")] = "",
    as_json: Json = False,
) -> None:
    """Who is due when, and how late the last of those due together will be. Sends nothing."""
    start = _moment(at) if at else datetime.now(UTC)
    settings = _settings(slack=False)
    people, rates = _with_database(settings, _people_and_rates)
    is_holiday = holiday_calendar(settings.ally_holidays)
    rows = sorted(
        (row for who in people for row in _ahead(who, start, timedelta(days=days), is_holiday)),
        key=lambda row: (row.due_at, row.workspace, row.user),
    )
    _show("planned", rows, as_json)
    if not as_json:
        ceiling = settings.ally_send_rate / 60 if settings.ally_send_rate is not None else None
        for line in _how_late(rows, rates, ceiling, settings.ally_catch_up):
            print(line)


@ally.command()
def ledger(
    on: Annotated[str, typer.Option("--date", help="One local date, such as 2026-11-23.")] = "",
    member: Annotated[str | None, typer.Option(help="One Slack user id.")] = None,
    workspace: Annotated[str | None, typer.Option(help="One Slack workspace id.")] = None,
    state: Annotated[State | None, typer.Option(help="One state.")] = None,
    reason: Annotated[str | None, typer.Option(help="One reason, such as late or user_not_found.")] = None,
    as_json: Json = False,
) -> None:
    """What happened to every delivery. Filters may be combined."""
    try:
        day = date.fromisoformat(on) if on else None
    except ValueError:
        _fail([f"--date: {on!r} is not a date such as 2026-11-23"], 2)
    rows = _with_database(
        _settings(slack=False),
        lambda db: deliveries(db, on=day, user=member, team=workspace, state=state, reason=reason),
    )
    _show("deliveries", rows, as_json)


@db_commands.command("upgrade")
def db_upgrade() -> None:
    """Brings the schema up to this version. Safe to run again."""

    async def upgrade(db: Database) -> list[str]:
        if await schema_fit(db) is Fit.TOO_NEW:
            _fail(["the database's schema is too new for this Ally: nothing was changed"], 1)
        return await upgrade_schema(db)

    done = _with_database(_settings(slack=False), upgrade, set_up=False)
    print(f"upgraded: {', '.join(done)}" if done else "the schema is up to date")


@db_commands.command("check")
def db_check() -> None:
    """Whether the schema fits this version. Changes nothing; exit 1 when it does not fit."""

    async def look(db: Database) -> Fit:
        if db.file is not None and not db.file.exists():  # and a look must not make it
            _fail([f"there is no SQLite file {db.file}: is the path right? `ally db upgrade` sets up a new one"], 1)
        return await schema_fit(db)

    fit = _with_database(_settings(slack=False), look, set_up=False)
    if fit in (Fit.CURRENT, Fit.NEWER):
        print("the schema fits" if fit is Fit.CURRENT else "the schema is newer than this Ally, and still fits")
        return
    mend = {
        Fit.EMPTY: "the database is empty: `ally db upgrade` sets it up",
        Fit.OLDER: "the schema is older than this Ally: run `ally db upgrade`",
        Fit.TOO_NEW: "the schema is too new for this Ally: start the newer version that upgraded it",
    }
    _fail([mend[fit]], 1)


@keys_commands.command("new")
def keys_new() -> None:
    """Prints a fresh key for ALLY_ENCRYPTION_KEYS. Keep it apart from the database and its backups."""
    print(new_key())


def _serve(role: str) -> None:
    # Bolt and the web server take most of a second to import, which those who only ask the ledger need not wait for.
    from bot.app import Role, serve

    problems: list[str] = []
    try:
        settings = load(os.environ)
    except BadSettings as error:
        problems = error.problems
        # The settings are wrong already; say in the same go what else is wrong.
        folder, port = content_setting(os.environ) or content_folder(), os.environ.get("PORT", "")
        listening = int(port) if port.isdecimal() and int(port) < 65536 else None
        _fail(problems + check_library_and_port(folder, os.environ.get("HOST") or "0.0.0.0", listening), 2)  # noqa: S104
    configure_logs(settings.ally_log)
    try:
        asyncio.run(serve(settings, Role(role)))
    except CannotStart as error:
        _fail(error.problems, 2)


def _settings(*, slack: bool) -> Settings:
    try:
        return load(os.environ, slack=slack)
    except BadSettings as error:
        _fail(error.problems, 2)


async def _people_and_rates(db: Database) -> tuple[list[Member], dict[str, float]]:
    return await due_members(db), await rates_noted(db)


def _with_database(settings: Settings, use: Callable[[Database], Coroutine[Any, Any, T]], *, set_up: bool = True) -> T:
    """`set_up`: the database has to be there, with its tables. Nothing that only looks makes an empty file."""

    async def work() -> T:
        db = open_database(settings)
        try:
            if (file := db.file) is not None and not file.exists() and set_up:
                _fail([f"DATABASE_URL: there is no SQLite file {file}; is the path right? (nothing was made)"], 2)
            if set_up and await schema_fit(db) is Fit.EMPTY:
                _fail(["DATABASE_URL: the database is empty: `ally db upgrade` sets it up"], 1)
            return await use(db)
        finally:
            await db.close()

    try:
        return asyncio.run(work())
    except CannotStart as error:
        _fail(error.problems, 2)
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        _fail(
            [f"DATABASE_URL: the database does not answer ({kind}); is it running, and is the address right?"],
            1,
        )


def _ahead(who: Member, start: datetime, span: timedelta, is_holiday: Callable[[date], bool]) -> Iterable[Delivery]:
    for kind, first in ((Kind.NUDGE, who.next_nudge_at), (Kind.CHECK_IN, who.next_check_in_at)):
        if first is None:
            continue
        due_at, on = first, who.local_date(first)
        while due_at <= start + span:
            if due_at >= start:
                skip = (
                    (Skip.GONE if who.gone else None)
                    or (Skip.PAUSED if who.is_paused(on) else None)
                    or (Skip.HOLIDAY if is_holiday(on) else None)
                )
                state = State.SKIPPED if skip else State.PLANNED
                yield Delivery(DeliveryId(""), who.workspace, who.user, kind, on, due_at, state, skip, None, None)
            due_at, on = next_due(kind, who.rhythm, who.zone, after=due_at, after_date=on)


def _how_late(
    rows: Iterable[Delivery], rates: Mapping[str, float], ceiling: float | None, catch_up: timedelta
) -> Iterable[str]:
    """A line for each workspace: how late the last of those due together will be at its pace."""
    due: dict[str, list[datetime]] = {}
    for row in rows:
        if row.state is State.PLANNED:
            due.setdefault(row.workspace, []).append(row.due_at)
    for team, moments in sorted(due.items()):
        rate = rate_now(rates.get(team), ceiling)
        late = list(lateness(moments, rate))
        worst = max(late)
        line = f"{team}: at {rate * 60:.0f} a minute the last comes {_roughly(worst)} late"
        if lost := sum(one > catch_up for one in late):
            line += f"; {lost} of {len(late)} will be skipped, for they would be later than ALLY_CATCH_UP"
        yield line


def _roughly(late: timedelta) -> str:
    seconds = round(late.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"about {round(seconds / 60)} min"


def _show(name: str, rows: Iterable[Delivery], as_json: bool) -> None:
    table = [
        {
            "workspace": row.workspace,
            "member": row.user,
            "kind": row.kind.value,
            "local_date": row.local_date.isoformat(),
            "due_at": row.due_at.isoformat(),
            "state": row.state.value,
            "reason": row.reason,
            "nudge": row.nudge,
            "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        }
        for row in rows
    ]
    if as_json:
        print(json.dumps({name: table}, ensure_ascii=False, indent=2))
        return
    if not table:
        print("nothing")
        return
    shown = Table(*table[0], box=None)
    for line in table:
        shown.add_row(*(str(value) if value is not None else "" for value in line.values()))
    # Off a terminal nothing is cut to its width: a pipe wants whole rows.
    Console(width=None if sys.stdout.isatty() else 240).print(shown)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        _fail([f"--at: {text!r} is not a moment such as 2026-11-23T09:30+00:00"], 2)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _fail(problems: list[str], code: int) -> NoReturn:
    for problem in problems:
        print(problem, file=sys.stderr)
    raise typer.Exit(code)
