"""What has to be right before a process may start. Each check answers with problems, one line each, and the mend."""

from __future__ import annotations

import socket
from pathlib import Path

import filelock
import sqlalchemy.exc

from bot.config import Settings
from bot.nudges.library import check
from bot.storage.database import BadDatabaseUrl, Database
from bot.storage.installations import keys_that_open_nothing
from bot.storage.schema import Fit, schema_fit, upgrade_schema
from bot.storage.vault import Vault, read_key


class CannotStart(Exception):
    """A start that cannot be; `problems` has one line for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def open_database(settings: Settings) -> Database:
    """The database and the vault beside it. Raises CannotStart with every problem of URL and keys."""
    problems, keys = [], []
    for number, text in enumerate(settings.ally_encryption_keys, start=1):
        try:
            keys.append(read_key(text.get_secret_value()))
        except ValueError as error:
            problems.append(f"ALLY_ENCRYPTION_KEYS: key {number} does not fit ({error}); `ally keys new` prints one")
    try:
        # Without a key nothing can be sealed, but the schema can still be looked at.
        vault = Vault(keys or [bytes(32)])
        db = Database(settings.database_url.get_secret_value(), vault)
    except BadDatabaseUrl as error:
        raise CannotStart([*problems, f"DATABASE_URL: {error}; write sqlite:///ally.db or postgresql://…"]) from None
    if problems:
        raise CannotStart(problems)
    return db


async def check_database(db: Database) -> list[str]:
    """Whether the database answers, its schema fits and its keys open. Sets up an empty one; upgrades SQLite."""
    if db.is_sqlite and db.sole_worker_file is None:
        return ["DATABASE_URL: this SQLite lives in memory and forgets everything; name a file: sqlite:///ally.db"]
    try:
        fit = await schema_fit(db)
        if fit is Fit.OLDER and not db.is_sqlite:
            return ["the database's schema is older than this Ally: run `ally db upgrade`, then start again"]
        if fit is Fit.TOO_NEW:
            return ["the database's schema is too new for this Ally: start the newer version that upgraded it"]
        if fit in (Fit.EMPTY, Fit.OLDER):
            await upgrade_schema(db)
        if lost := await keys_that_open_nothing(db, db.vault):
            problem = f"ALLY_ENCRYPTION_KEYS: none of the keys opens what is kept for {lost} members or installations"
            return [f"{problem}; add the key that was used before (nothing was changed)"]
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        return [f"DATABASE_URL: the database does not answer ({kind}); is it running, and is the address right?"]
    return []


def lock_worker(db: Database) -> tuple[filelock.FileLock | None, list[str]]:
    """On an SQLite file, the lock that keeps a second worker out, or the problem; elsewhere neither.

    The lock belongs to the open file, so the operating system drops it with the process, even after `kill -9`.
    """
    file = db.sole_worker_file
    if file is None:
        return None, []
    lock = filelock.FileLock(file)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return None, [f"another `ally run` or `ally worker` works on {file.stem}: on SQLite there can be one"]
    except OSError as error:
        return None, [f"DATABASE_URL: {file} cannot be written ({error.strerror})"]
    return lock, []


def check_library_and_port(folder: Path, host: str, port: int | None) -> list[str]:
    """What can be found wrong while settings or keys are wrong already, so that all is said in one go."""
    _, findings = check(folder)
    return [str(finding) for finding in findings if finding.level == "error"] + check_port(host, port)


def check_port(host: str, port: int | None) -> list[str]:
    """Whether a server may listen there; None and 0 (any free one) always fit."""
    if not port:
        return []
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        return [f"HOST: {host} is no address of this machine; 0.0.0.0 listens on all of them"]
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return [f"PORT: {host}:{port} cannot be used ({error.strerror}); set PORT to a free one"]
    return []
