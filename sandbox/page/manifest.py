"""The app's manifest, as far as the page shows it: commands with their hints, the words about the app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

FILE = Path(__file__).parent.parent.parent / "manifest.yaml"


@dataclass(frozen=True)
class Command:
    """A slash command. `words` are those its usage hint names, each with what may follow it."""

    name: str
    description: str
    hint: str

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """(word, what may follow it), as in `join | log TEXT`."""
        parts = (part.strip().partition(" ") for part in re.split(r"\s*\|\s*", self.hint.strip("[] ")))
        return tuple((word, rest) for word, _, rest in parts if word)


@dataclass(frozen=True)
class Manifest:
    """What the manifest says about the app."""

    name: str
    description: str
    long_description: str
    commands: tuple[Command, ...]
    scopes: tuple[str, ...]


def read(file: Path = FILE) -> Manifest:
    """Read it. OSError or KeyError where it is not there or not whole."""
    given = YAML(typ="safe").load(file)
    about, features = given["display_information"], given["features"]
    commands = (Command(c["command"], c["description"], c.get("usage_hint", "")) for c in features["slash_commands"])
    return Manifest(
        about["name"],
        about["description"],
        about["long_description"].strip(),
        tuple(commands),
        tuple(given["oauth_config"]["scopes"]["bot"]),
    )
