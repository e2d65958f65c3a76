"""Settings: every one, good and bad; from the environment, `.env` and files; every problem in one go."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bot.config import BadSettings, Settings, load, read_span, read_time

ENOUGH = {
    "SLACK_BOT_TOKEN": "xoxb-hunter2",
    "SLACK_APP_TOKEN": "xapp-hunter2",
    "ALLY_ENCRYPTION_KEYS": "hunter2",
}


def problems(environ: dict[str, str], **how: Any) -> list[str]:
    """What is wrong with these settings."""
    with pytest.raises(BadSettings) as caught:
        load(environ, **({"dotenv": None} | how))
    return caught.value.problems


def plain(value: object) -> object:
    """A value, out of its wrapping."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return [plain(one) for one in value] if isinstance(value, list) else value


def test_enough_to_start() -> None:
    """A bot token, a way to be reached and a key are enough; the rest has defaults."""
    made = load(ENOUGH, dotenv=None)
    assert made.over_socket
    assert plain(made.database_url) == "sqlite:///ally.db"
    assert (made.ally_nudge_time, made.ally_check_in) == (time(9, 30), (4, time(15, 0)))
    assert (made.ally_catch_up, made.ally_send_rate) == (timedelta(hours=3), None)
    assert made.slack_api_url == "https://slack.com/api/"
    assert (made.port, made.host) == (None, "0.0.0.0")  # noqa: S104


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-1", "xoxb-1"),
        ("SLACK_BOT_TOKEN", "xoxe.xoxb-1", "xoxe.xoxb-1"),
        ("SLACK_APP_TOKEN", "xapp-1", "xapp-1"),
        ("SLACK_SIGNING_SECRET", "s", "s"),
        ("SLACK_API_URL", "http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"),
        ("DATABASE_URL", "postgresql://db/ally", "postgresql://db/ally"),
        ("PORT", "8080", 8080),
        ("PORT", "0", 0),
        ("HOST", "127.0.0.1", "127.0.0.1"),
        ("ALLY_PUBLIC_URL", "https://ally.example.org/", "https://ally.example.org"),
        ("ALLY_CONTENT", "/srv/content", Path("/srv/content")),
        ("ALLY_ENCRYPTION_KEYS", " one, two ,", ["one", "two"]),
        ("ALLY_ADMINS", "U012AB3CD, T01:W9", ["U012AB3CD", "T01:W9"]),
        (
            "ALLY_SUPPORT_LINKS",
            "Speak up=https://x.org/a?b=c, Help = mailto:h@x.org",
            {"Speak up": "https://x.org/a?b=c", "Help": "mailto:h@x.org"},
        ),
        ("ALLY_NUDGE_TIME", "8:05", time(8, 5)),
        ("ALLY_CHECK_IN", "Thursday 16:30", (3, time(16, 30))),
        ("ALLY_CATCH_UP", "90m", timedelta(minutes=90)),
        ("ALLY_SEND_RATE", "120", 120.0),
        ("ALLY_SEND_RATE", "adaptive", None),
        ("ALLY_HOLIDAYS", "GB-ENG,PL", ["GB-ENG", "PL"]),
        ("ALLY_RETENTION", "2 years", timedelta(days=730)),
        ("ALLY_LOG", "json", "json"),
        ("ALLY_LOG", "text", "text"),
    ],
)
def test_good_values(name: str, text: str, value: object) -> None:
    """Each setting in the form that people write it."""
    assert plain(getattr(load(ENOUGH | {name: text}, dotenv=None), name.lower())) == value


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-1", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "xapp-"),
        ("SLACK_API_URL", "slack.com/api", "https://"),
        ("PORT", "eighty", "integer"),
        ("PORT", "65536", "65535"),
        ("PORT", "-1", "0"),
        ("ALLY_PUBLIC_URL", "ally.example.org", "https://"),
        ("ALLY_ENCRYPTION_KEYS", " , ", "ally keys new"),
        ("ALLY_ADMINS", "@mina", "U012AB3CD"),
        ("ALLY_SUPPORT_LINKS", "https://x.org", "Speak up="),
        ("ALLY_SUPPORT_LINKS", "Help=x.org", "Speak up="),
        ("ALLY_SUPPORT_LINKS", " =https://x.org", "Speak up="),
        ("ALLY_NUDGE_TIME", "25:00", "hours go to 23"),
        ("ALLY_NUDGE_TIME", "noon", "09:30"),
        ("ALLY_CHECK_IN", "15:00", "weekday"),
        ("ALLY_CHECK_IN", "fri", "time of day"),
        ("ALLY_CATCH_UP", "soon", "3h"),
        ("ALLY_CATCH_UP", "0h", "3h"),
        ("ALLY_RETENTION", "99999999999 years", "ten years"),
        ("ALLY_SEND_RATE", "0", "messages a minute"),
        ("ALLY_SEND_RATE", "nan", "messages a minute"),
        ("ALLY_SEND_RATE", "fast", "messages a minute"),
        ("ALLY_HOLIDAYS", "Narnia", "GB-ENG"),
        ("ALLY_HOLIDAYS", "GB-XXX", "GB-ENG"),
        ("ALLY_LOG", "loud", "text nor json"),
    ],
)
def test_bad_values(name: str, text: str, hint: str) -> None:
    """Each wrong value is one line that begins with its name and says what would be right."""
    (line,) = problems(ENOUGH | {name: text})
    assert line.startswith(name)
    assert hint in line
    assert "\n" not in line
    assert "Value error" not in line


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"),
        ("ALLY_ENCRYPTION_KEYS", "ally keys new"),
    ],
)
def test_what_must_be_there(without: str, named: str) -> None:
    """Each thing that is missing is named, also where it is set to nothing; off Slack none of it is needed."""
    fewer = {name: value for name, value in ENOUGH.items() if name != without}
    for environ in (fewer, fewer | {without: ""}):
        (line,) = problems(environ)
        assert named in line
        load(environ, dotenv=None, slack=False)


def test_http_instead_of_a_socket() -> None:
    """A signing secret does in place of an app token."""
    environ = {name: value for name, value in ENOUGH.items() if name != "SLACK_APP_TOKEN"}
    assert not load(environ | {"SLACK_SIGNING_SECRET": "s"}, dotenv=None).over_socket


def test_without_a_token_an_admin_needs_a_workspace() -> None:
    """The same id is somebody else in another workspace; with SLACK_BOT_TOKEN it is clear which one is meant."""
    token = {name: value for name, value in ENOUGH.items() if name != "SLACK_BOT_TOKEN"}
    oauth = token | {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s"}
    (line,) = problems(oauth | {"ALLY_ADMINS": "U1,T1:U2,W3"})
    assert "ALLY_ADMINS: U1, W3: say in which workspace" in line
    load(oauth | {"ALLY_ADMINS": "T1:U2"}, dotenv=None)
    load(ENOUGH | {"ALLY_ADMINS": "U1"}, dotenv=None)


def test_oauth_needs_no_token_but_both_halves() -> None:
    """With client id and secret no bot token is needed; one without the other is told, whatever else is wrong."""
    environ = {name: value for name, value in ENOUGH.items() if name != "SLACK_BOT_TOKEN"}
    load(environ | {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s"}, dotenv=None)
    assert "go together" in problems(environ | {"SLACK_CLIENT_ID": "1.2"})[0]
    both = problems(ENOUGH | {"SLACK_CLIENT_SECRET": "s", "PORT": "eighty"})
    assert len(both) == 2
    assert any("go together" in line for line in both)


def test_every_problem_at_once() -> None:
    """Nobody mends one setting only to hear of the next: each problem is a line of its own."""
    lines = problems(
        {"PORT": "x", "ALLY_LOG": "loud", "ALLY_NUDGE_TIME": "noon", "SLACK_CLIENT_SECRET": "s", "HOST_FILE": "/none"}
    )
    for name in ("PORT", "ALLY_LOG", "ALLY_NUDGE_TIME", "SLACK_CLIENT_ID", "HOST_FILE", "SLACK_BOT_TOKEN",
                 "SLACK_APP_TOKEN", "ALLY_ENCRYPTION_KEYS"):  # fmt: skip
        assert sum(name in line for line in lines) == 1, name
    assert len(lines) == 8


def test_a_value_in_a_file(tmp_path: Path) -> None:
    """`X_FILE` names a file that holds X, blanks and the last line's end left out."""
    file = tmp_path / "token"
    file.write_text("  xoxb-from-file\n")
    made = load(ENOUGH | {"SLACK_BOT_TOKEN_FILE": str(file)}, dotenv=None)
    assert plain(made.slack_bot_token) == "xoxb-from-file"


@pytest.mark.parametrize("kind", ["missing", "empty", "folder", "binary"])
def test_a_file_that_does_not_serve(tmp_path: Path, kind: str) -> None:
    """A file that cannot be read, or holds nothing, is the one problem; the setting is not called missing as well."""
    file = tmp_path / "token"
    if kind == "empty":
        file.write_text("\n")
    elif kind == "folder":
        file.mkdir()
    elif kind == "binary":
        file.write_bytes(b"\xff\xfe\xff")
    environ = {name: value for name, value in ENOUGH.items() if name != "SLACK_BOT_TOKEN"}
    (line,) = problems(environ | {"SLACK_BOT_TOKEN_FILE": str(file)})
    assert line.startswith("SLACK_BOT_TOKEN_FILE: ")
    assert str(file) in line


def test_dotenv(tmp_path: Path) -> None:
    """`.env` is read, `X_FILE` in it too; what the process was given goes before it; other names are ignored."""
    file = tmp_path / "signing"
    file.write_text("from a file")
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        f"SLACK_BOT_TOKEN=xoxb-dotenv\nSLACK_SIGNING_SECRET_FILE={file}\nHOST=dotenv.example\nPORT=\n"
        f"DATABASE_URL_FILE={tmp_path}/none\nOTHER=thing\n# a comment\n"
    )
    given = {"ALLY_ENCRYPTION_KEYS": "k", "HOST": "given.example", "DATABASE_URL": "sqlite:///given.db"}
    made = load(given, dotenv=dotenv)
    assert plain(made.slack_bot_token) == "xoxb-dotenv"
    assert plain(made.slack_signing_secret) == "from a file"
    assert made.host == "given.example"
    assert plain(made.database_url) == "sqlite:///given.db"
    assert made.port is None


def test_no_dotenv_is_fine(tmp_path: Path) -> None:
    """Where there is no `.env`, the environment alone counts."""
    assert load(ENOUGH, dotenv=tmp_path / ".env") == load(ENOUGH, dotenv=None)


def test_secrets_are_never_shown() -> None:
    """Neither the settings nor a list of problems shows a token, secret, key or password."""
    environ = ENOUGH | {
        "SLACK_SIGNING_SECRET": "hunter2",
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "hunter2",
        "DATABASE_URL": "postgresql://u:hunter2@db/ally",
    }
    made = load(environ, dotenv=None)
    assert "hunter2" not in repr(made) + str(made) + repr(made.model_dump())
    broken = environ | {"SLACK_BOT_TOKEN": "hunter2", "SLACK_APP_TOKEN": "hunter2", "PORT": "x"}
    assert "hunter2" not in "".join(problems(broken))


def test_settings_stand_still() -> None:
    """Settings are made once and never changed."""
    made = load(ENOUGH, dotenv=None)
    with pytest.raises(ValidationError):
        made.port = 1


def test_only_what_was_read_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings look at nothing but what they are given: not at the environment of the process behind one's back."""
    monkeypatch.setenv("PORT", "4000")
    assert load(ENOUGH, dotenv=None).port is None
    assert Settings().port is None


@pytest.mark.parametrize("text", ["9:30", "09:30", "09.30", "0930", "9h30", " 09:30 "])
def test_times(text: str) -> None:
    """A time of day in the ways people write it."""
    assert read_time(text) == time(9, 30)


@pytest.mark.parametrize("text", ["", "9", "24:00", "09:60", "09:3", "-1:30", "09:30:00", "9:30 pm"])
def test_what_is_no_time(text: str) -> None:
    """Anything else is refused, and shown back."""
    with pytest.raises(ValueError, match="time of day"):
        read_time(text)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("90m", timedelta(minutes=90)),
        ("3h", timedelta(hours=3)),
        ("2d", timedelta(days=2)),
        ("1W", timedelta(weeks=1)),
        ("1 month", timedelta(days=30.5)),
        ("12 months", timedelta(days=366)),
        ("1 year", timedelta(days=365)),
    ],
)
def test_spans(text: str, span: timedelta) -> None:
    """A span with its unit."""
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", "3", "h", "0d", "-3h", "3 hours", "1.5h", "9" * 400 + "d"])
def test_what_is_no_span(text: str) -> None:
    """Anything else is refused, and so is nothing at all or more than ten years."""
    with pytest.raises(ValueError, match=r"span|long"):
        read_span(text)
