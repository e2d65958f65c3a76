"""What an editor is told of the library's files is what the checker holds them to."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.nudges.reading.json_schema import library_schema, translation_schema
from bot.nudges.reading.schema import SECTIONS, fields

CONTENT = Path(__file__).parents[2] / "content"
SHIPPED = sorted(CONTENT.rglob("*.yaml"))
LIBRARY = Draft7Validator(library_schema())
TRANSLATION = Draft7Validator(translation_schema())

GOOD: dict[str, dict[str, Any]] = {
    "nudges": {
        "id": "bring-in-01", "do": "Ask.", "when": "At tea", "why": "It helps.", "ask": "Who?", "practice": "bring-in",
        "stance": "aside", "sphere": "self", "trigger": "anytime", "stretch": 3, "minutes": 5, "audience": "everyone",
        "settings": ["chat", "document"], "source": ["chambers"], "easier": "Ask one.", "season": "hiring",
        "status": "draft", "rev": 2,
    },
    "practices": {"id": "bring-in", "label": "Bring people in", "role": "amplifier", "frame": "say"},
    "seasons": {"id": "hiring", "label": "Hiring", "from": "2026-10-01", "to": "2026-10-31", "active": True},
    "sources": {"id": "chambers", "cite": "Lee Chambers", "url": "https://example.org/talk"},
    "reflections": {"id": "stance-01", "ask": "Where?", "about": "stance", "source": ["chambers"]},
    "repairs": {
        "id": "froze-01", "kind": "froze", "own": "You froze.", "repair": "Go.", "change": "Wait.", "say": "Sorry.",
        "source": ["chambers"],
    },
}  # fmt: skip

BROKEN: list[tuple[str, str, Any]] = [
    ("nudges", "id", "bring-in"),
    ("nudges", "id", "Bring-In-01"),
    ("nudges", "do", "x" * 141),
    ("nudges", "do", ""),
    ("nudges", "do", ["Ask"]),
    ("nudges", "when", "x" * 91),
    ("nudges", "why", "x" * 161),
    ("nudges", "ask", "x" * 100 + "?"),
    ("nudges", "ask", "Say who."),
    ("nudges", "practice", "bring in"),
    ("nudges", "stance", "left"),
    ("nudges", "sphere", "us"),
    ("nudges", "trigger", "any-time"),
    ("nudges", "stretch", 4),
    ("nudges", "stretch", "one"),
    ("nudges", "minutes", 3),
    ("nudges", "audience", "all"),
    ("nudges", "settings", "chat"),
    ("nudges", "settings", []),
    ("nudges", "settings", ["dokument"]),
    ("nudges", "settings", ["chat", "chat"]),
    ("nudges", "source", []),
    ("nudges", "source", ["x", "x"]),
    ("nudges", "easier", "x" * 141),
    ("nudges", "easier", None),
    ("nudges", "status", "retierd"),
    ("nudges", "rev", 0),
    ("nudges", "points", 9),
    ("practices", "label", "x" * 76),
    ("practices", "frame", "shout"),
    ("seasons", "from", "1 October"),
    ("seasons", "active", "perhaps"),
    ("sources", "url", "example.org"),
    ("sources", "cite", "x" * 201),
    ("reflections", "about", "pay"),
    ("reflections", "ask", "Say."),
    ("repairs", "own", "x" * 201),
    ("repairs", "kind", "It froze"),
]


def as_an_editor_reads(path: Path) -> Any:
    """The file as YAML 1.2 has it, where a date is a text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.isoformat() if isinstance(value, date) else value

    return plain(yaml.safe_load(path.read_text(encoding="utf-8")))


def wrong(validator: Draft7Validator, file: Any) -> list[str]:
    """What an editor would underline."""
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(file)]


@pytest.mark.parametrize("schema", [library_schema(), translation_schema()], ids=["library", "translation"])
def test_it_is_a_schema(schema: dict[str, Any]) -> None:
    """Of draft 7, which is what YAML editors know best, and all that it points to is in it."""
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    Draft7Validator.check_schema(schema)
    pointers = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(schema)))
    assert pointers == {f"#/definitions/{section}" for section in schema["definitions"]}


@pytest.mark.parametrize("path", SHIPPED, ids=[path.name for path in SHIPPED])
def test_the_shipped_files_fit(path: Path) -> None:
    """An editor underlines nothing in them."""
    assert wrong(LIBRARY, as_an_editor_reads(path)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=[path.name for path in SHIPPED])
def test_the_shipped_files_name_their_schema(path: Path) -> None:
    """On the first line, by the way from the file, so that a fork's editor finds it without being set up."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named, f"the first line of {path.name} has to be: # yaml-language-server: $schema=…"
    assert (path.parent / named[1]).resolve() == CONTENT / "schema.json"


@pytest.mark.parametrize(
    ("name", "schema"),
    [("schema.json", library_schema()), ("translation.schema.json", translation_schema())],
    ids=["library", "translation"],
)
def test_the_schemas_in_the_repository_are_up_to_date(name: str, schema: dict[str, Any]) -> None:
    """They are what `ally library schema` prints."""
    assert json.loads((CONTENT / name).read_text(encoding="utf-8")) == schema, (
        "run: ally library schema > content/schema.json; "
        "ally library schema --translation > content/translation.schema.json"
    )


def test_every_key_is_there_with_what_belongs_in_it() -> None:
    """An editor offers each key that the checker knows, with the words the checker has for it, and no other."""
    for section, kind in SECTIONS.items():
        drawn = library_schema()["definitions"][section]
        assert {name: told["description"] for name, told in drawn["properties"].items()} == fields(kind)
        assert drawn["additionalProperties"] is False
    assert list(library_schema()["properties"]) == list(SECTIONS)
    choices = library_schema()["definitions"]["nudges"]["properties"]
    assert choices["stance"]["enum"] == ["forward", "aside", "back"]
    assert choices["stretch"]["enum"] == [1, 2, 3]


def test_a_good_file_fits() -> None:
    """Every key in use; what may be left out, left out; a section whose entries are all commented out."""
    assert wrong(LIBRARY, {section: [entry] for section, entry in GOOD.items()}) == []
    calm = {key: value for key, value in GOOD["nudges"].items() if key not in ("easier", "season", "status", "rev")}
    assert wrong(LIBRARY, {"nudges": [calm | {"stretch": 2}], "repairs": None}) == []


@pytest.mark.parametrize(("section", "key", "value"), BROKEN)
def test_a_slip_is_underlined(section: str, key: str, value: Any) -> None:
    """One slip, one line underlined."""
    found = wrong(LIBRARY, {section: [GOOD[section] | {key: value}]})
    assert found
    assert all(one.startswith(f"['{section}', 0") for one in found)


NEEDED = [(section, key) for section, told in library_schema()["definitions"].items() for key in told["required"]]


@pytest.mark.parametrize(("section", "key"), NEEDED)
def test_what_is_missing_is_said(section: str, key: str) -> None:
    """Of every entry, for every key that has to be there."""
    entry = {name: value for name, value in GOOD[section].items() if name != key}
    assert any(f"'{key}' is a required property" in found for found in wrong(LIBRARY, {section: [entry]}))


def test_stretch_three_needs_an_easier_way() -> None:
    """As the checker says."""
    entry = copy.deepcopy(GOOD["nudges"])
    del entry["easier"]
    assert wrong(LIBRARY, {"nudges": [entry]}) == ["['nudges', 0]: 'easier' is a required property"]


def test_an_unknown_section_is_underlined() -> None:
    """A misspelt one too."""
    assert wrong(LIBRARY, {"nudge": []})


def test_a_translation_is_not_scolded() -> None:
    """It needs an id and the words; the rest of an entry may stand there too, and is not looked at."""
    words = {"id": "bring-in-01", "do": "Frag.", "when": "Beim Tee", "why": "Es hilft.", "ask": "Wer?", "rev": 2}
    assert wrong(TRANSLATION, {"nudges": [words], "practices": [{"id": "bring-in", "label": "Alle dazuholen"}]}) == []
    assert wrong(TRANSLATION, {section: [entry] for section, entry in GOOD.items()}) == []
    assert wrong(TRANSLATION, {"nudges": [{"id": "bring-in-01", "ask": "តើនរណា"}]}) == []
    assert wrong(LIBRARY, {"nudges": [words]})


@pytest.mark.parametrize("slip", [{"do": "x" * 141}, {"doo": "Frag."}, {"rev": 0}, {"id": "Bring"}])
def test_a_slip_in_a_translation_is_underlined(slip: dict[str, Any]) -> None:
    """Limits and misspelt keys count in every language."""
    assert len(wrong(TRANSLATION, {"nudges": [{"id": "bring-in-01", "do": "Frag."} | slip]})) == 1
