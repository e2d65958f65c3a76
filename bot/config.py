"""Settings: read once from the environment and `.env`, checked whole, frozen.

Any `X_FILE` names a file that holds `X`. Every problem is reported, not only the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any

import holidays
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST_SPAN = timedelta(days=3660)
_SLACK_ID = re.compile(r"(?:T[A-Z0-9]+:)?[UW][A-Z0-9]+")


class BadSettings(Exception):
    """Settings that do not fit; `problems` has one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_time(text: str) -> time:
    """A time of day such as `9:30`, `09.30` or `0930`. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,2})[:.h]?(\d{2})", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a time of day such as 09:30")
    hour, minute = map(int, found.groups())
    if hour > 23 or minute > 59:
        raise ValueError(f"{text!r} is not a time of day: hours go to 23, minutes to 59")
    return time(hour, minute)


def read_span(text: str) -> timedelta:
    """A span such as `3h`, `90m`, `2d` or `12 months` (of 30.5 days). Raises ValueError."""
    found = re.fullmatch(r"(\d+)\s*(s|m|h|d|w|months?|years?)", text.strip().lower())
    if not found or int(found[1]) == 0:
        raise ValueError(f"{text!r} is not a span such as 3h, 90m, 2d or 12 months")
    count, unit = int(found[1]), found[2]
    if unit.startswith("month"):
        unit_span = timedelta(days=30.5)
    elif unit.startswith("year"):
        unit_span = timedelta(days=365)
    else:
        unit_span = timedelta(**{_UNITS[unit]: 1})
    if count > _LONGEST_SPAN / unit_span:
        raise ValueError(f"{text!r} is too long: ten years at most")
    return unit_span * count


def _parts(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """What an operator sets. The names are the environment's (CONTRIBUTING and docs/settings.md list them)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file=".env", env_ignore_empty=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"
    database_url: SecretStr = SecretStr("sqlite:///ally.db")
    port: int | None = Field(default=None, ge=0, le=65535)
    host: str = "0.0.0.0"  # noqa: S104 — a server that people reach from outside; HOST narrows it
    ally_public_url: str | None = None
    ally_content: Path | None = None
    ally_encryption_keys: Annotated[list[SecretStr], NoDecode] = Field(default_factory=list)
    ally_admins: Annotated[list[str], NoDecode] = Field(default_factory=list)
    ally_support_links: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    ally_nudge_time: time = time(9, 30)
    ally_check_in: tuple[int, time] = (4, time(15, 0))
    ally_catch_up: timedelta = timedelta(hours=3)
    ally_send_rate: float | None = None
    ally_holidays: Annotated[list[str], NoDecode] = Field(default_factory=list)
    ally_retention: timedelta = timedelta(days=366)
    ally_log: str | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: it has read the environment, `.env` and the files they name."""
        return (init_settings,)

    @field_validator("slack_api_url")
    @classmethod
    def _ends_in_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with https:// (or http:// on this machine)")
        return value.rstrip("/") + "/"

    @field_validator("ally_public_url")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with https://")
        return value.rstrip("/") if value else None

    @field_validator("ally_nudge_time", mode="before")
    @classmethod
    def _time(cls, value: Any) -> Any:
        return read_time(value) if isinstance(value, str) else value

    @field_validator("ally_check_in", mode="before")
    @classmethod
    def _check_in(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        day, _, at = value.strip().lower().partition(" ")
        if day[:3] not in WEEKDAYS:
            raise ValueError(f"{value!r} does not begin with a weekday; write for instance: fri 15:00")
        return WEEKDAYS.index(day[:3]), read_time(at)

    @field_validator("ally_catch_up", "ally_retention", mode="before")
    @classmethod
    def _span(cls, value: Any) -> Any:
        return read_span(value) if isinstance(value, str) else value

    @field_validator("ally_send_rate", mode="before")
    @classmethod
    def _rate(cls, value: Any) -> Any:
        if value is None or (isinstance(value, str) and value.strip().lower() == "adaptive"):
            return None
        try:
            rate = float(value)
        except ValueError:
            rate = 0.0
        if not 0 < rate < float("inf"):
            raise ValueError(f"{value!r} is neither `adaptive` nor a number of messages a minute")
        return rate

    @field_validator("ally_admins", "ally_holidays", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return _parts(value)

    @field_validator("ally_encryption_keys", mode="before")
    @classmethod
    def _some_key(cls, value: Any) -> Any:
        keys = _parts(value)
        if value and not keys:
            raise ValueError("it holds no key; `ally keys new` prints one")
        return keys

    @field_validator("ally_admins")
    @classmethod
    def _slack_ids(cls, value: list[str]) -> list[str]:
        if wrong := [one for one in value if not _SLACK_ID.fullmatch(one)]:
            raise ValueError(f"{', '.join(wrong)}: Slack user ids look like U012AB3CD (or T0123:U012AB3CD)")
        return value

    @field_validator("ally_support_links", mode="before")
    @classmethod
    def _links(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        links = {}
        for pair in _parts(value):
            label, found, url = pair.partition("=")
            if not found or not label.strip() or not url.strip().startswith(("https://", "http://", "mailto:")):
                raise ValueError(f"{pair!r} is not a pair such as: Speak up=https://example.org/speak-up")
            links[label.strip()] = url.strip()
        return links

    @field_validator("ally_holidays")
    @classmethod
    def _calendars(cls, value: list[str]) -> list[str]:
        known = holidays.list_supported_countries()
        for name in value:
            country, _, region = name.partition("-")
            if country not in known or (region and region not in known[country]):
                raise ValueError(f"no public holidays are known for {name!r}; write for instance GB-ENG,PL")
        return value

    @field_validator("ally_log")
    @classmethod
    def _log(cls, value: str | None) -> str | None:
        if value not in (None, "text", "json"):
            raise ValueError(f"{value!r} is neither text nor json")
        return value

    @property
    def over_socket(self) -> bool:
        """Whether people are answered over Socket Mode rather than HTTP."""
        return self.slack_app_token is not None


def load(environ: Mapping[str, str], *, dotenv: Path | None = Path(".env"), slack: bool = True) -> Settings:
    """Reads the settings. With `slack`, also what talking to Slack and keeping secrets needs has to be there.

    Raises BadSettings with every problem.
    """
    problems: list[str] = []
    values, unread = _gather(environ, dotenv, problems)
    named = values.keys() | unread
    settings = None
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_in_words(one) for one in error.errors(include_url=False, include_input=False)]
    # Not a validator of the model: those stay silent while a field is wrong.
    if ("slack_client_id" in named) != ("slack_client_secret" in named):
        problems.append("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET go together: set both or neither")
    if slack:
        problems += _missing(values, named)
    if problems or settings is None:
        raise BadSettings(problems)
    return settings


def content_setting(environ: Mapping[str, str], *, dotenv: Path | None = Path(".env")) -> Path | None:
    """ALLY_CONTENT alone, for the curator's tools, which need no other setting."""
    values, _ = _gather(environ, dotenv, [])
    return Path(values["ally_content"]) if "ally_content" in values else None


def content_folder(settings: Settings | None = None) -> Path:
    """The library: ALLY_CONTENT, or the shipped one (inside the wheel, or beside `bot/` in a checkout)."""
    if settings is not None and settings.ally_content is not None:
        return settings.ally_content
    packed = Path(__file__).parent / "content"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "content"


def _gather(
    environ: Mapping[str, str], dotenv: Path | None, problems: list[str]
) -> tuple[dict[str, str], frozenset[str]]:
    """What is set, by field name; and the names whose file could not be read, which is problem enough for them."""
    given: dict[str, str] = {}
    of_process = {name.upper(): value for name, value in environ.items() if value}
    if dotenv is not None and dotenv.is_file():
        source = DotEnvSettingsSource(Settings, env_file=dotenv)
        given |= {name.upper(): value for name, value in source.env_vars.items() if value}
    # What the process was given goes before `.env`, as X and as X_FILE alike.
    given = {name: value for name, value in given.items() if name.removesuffix("_FILE") not in of_process} | of_process
    values: dict[str, str] = {}
    unread: set[str] = set()
    for name in Settings.model_fields:
        if (file := given.get(f"{name.upper()}_FILE")) is not None:
            try:
                values[name] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name.upper()}_FILE: {file} cannot be read ({type(error).__name__})")
                unread.add(name)
            else:
                if not values[name]:
                    problems.append(f"{name.upper()}_FILE: {file} is empty")
                    unread.add(name)
                    del values[name]
        elif (value := given.get(name.upper())) is not None:
            values[name] = value
    return values, frozenset(unread)


def _missing(values: Mapping[str, str], named: Set[str]) -> list[str]:
    many = "slack_client_id" in named
    problems = []
    if "slack_bot_token" not in named and not many:
        problems.append("SLACK_BOT_TOKEN is missing: the bot token (xoxb-…) from your app's OAuth page")
    elif not values.get("slack_bot_token", "xoxb-").startswith(("xoxb-", "xoxe.")):
        problems.append("SLACK_BOT_TOKEN is no bot token: those begin with xoxb-")
    if many and "slack_bot_token" not in named:
        alone = [one for one in _parts(values.get("ally_admins", "")) if ":" not in one]
        if alone:  # ids repeat in other workspaces: somebody else there would be an admin
            problems.append(f"ALLY_ADMINS: {', '.join(alone)}: say in which workspace, as in T0123:U012AB3CD")
    if "slack_app_token" in values and not values["slack_app_token"].startswith("xapp-"):
        problems.append("SLACK_APP_TOKEN is no app-level token: those begin with xapp-")
    if "slack_app_token" not in named and "slack_signing_secret" not in named:
        problems.append(
            "neither SLACK_APP_TOKEN (for Socket Mode) nor SLACK_SIGNING_SECRET (for HTTP) is set: one is needed"
        )
    if "ally_encryption_keys" not in named:
        problems.append(
            "ALLY_ENCRYPTION_KEYS is missing: `ally keys new` prints one; keep it safe and apart from the database"
        )
    return problems


def _in_words(error: Any) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else ""
    message = re.sub(r"^(Value error|Assertion failed), ", "", error["msg"])
    return f"{name}: {message}" if name else message
