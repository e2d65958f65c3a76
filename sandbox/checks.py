"""Small checks on JSON, to be put together into shapes; they speak in Slack's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


class Problems:
    """What is wrong, in Slack's words, each with a JSON pointer to where."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.lines)

    def add(self, what: str, pointer: str) -> None:
        """Note one problem."""
        self.lines.append(f"{what} [json-pointer:{pointer}]")


Check = Callable[[Any, str, Problems], None]
Checks = dict[str, Check]


def string(most: int | None = None, *, least: int = 1, pattern: str | None = None, what: str = "") -> Check:
    """A string of `least` to `most` characters."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.add("must provide a string", pointer)
        elif least and not value.strip():
            # Slack trims before it counts, so blanks alone are nothing
            problems.add(f"must be more than {least - 1} characters", pointer)
        elif most is not None and len(value) > most:
            problems.add(f"must be less than {most + 1} characters", pointer)
        elif pattern is not None and not re.fullmatch(pattern, value):
            problems.add(f"must be a valid {what}", pointer)

    return check


def boolean(value: Any, pointer: str, problems: Problems) -> None:
    """True or false, not a word for it."""
    if not isinstance(value, bool):
        problems.add("must provide a boolean", pointer)


def integer(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problems.add("must provide a number", pointer)
        elif not least <= value <= most:
            problems.add(f"must be between {least} and {most}", pointer)

    return check


def enum(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            problems.add(f"must be one of: {', '.join(allowed)}", pointer)

    return check


def array(item: Check, least: int, most: int | None) -> Check:
    """A list of `least` to `most` items."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.add("must provide an array", pointer)
        elif len(value) < least:
            problems.add(f"must provide at least {least} items", pointer)
        elif most is not None and len(value) > most:
            problems.add(f"no more than {most} items allowed", pointer)
        else:
            for at, inner in enumerate(value):
                item(inner, f"{pointer}/{at}", problems)

    return check


def shape(required: Checks, optional: Checks | None = None, *also: Check) -> Check:
    """An object with these keys and no other."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add("must provide an object", pointer)
            return
        before = len(problems.lines)
        for key in required:
            if key not in value:
                problems.add(f"missing required field: {key}", pointer)
        for key, inner in value.items():
            if key not in known:
                problems.add(f"invalid additional property: {key}", pointer)
            else:
                known[key](inner, f"{pointer}/{key}", problems)
        if len(problems.lines) == before:
            for more in also:
                more(value, pointer, problems)

    return check


def by_type(allowed: Checks) -> Check:
    """An object whose `type` says which of the shapes it has to have."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add("must provide an object", pointer)
        elif "type" not in value:
            problems.add("missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in allowed:
            problems.add(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            allowed[value["type"]](value, pointer, problems)

    return check


def exactly_one(*keys: str) -> Check:
    """Just one of these keys is given."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        given = [key for key in keys if key in value]
        if not given:
            problems.add(f"missing required field: {keys[0]}", pointer)
        elif len(given) > 1:
            problems.add(f"must provide only one of: {', '.join(keys)}", pointer)

    return check


def anything(value: Any, pointer: str, problems: Problems) -> None:
    """The key may stand there; `by_type` has looked at its value."""
