"""The library's format as JSON Schema, by which editors complete and check YAML, made from what the checker reads by.

Draft 7, for that is what YAML editors know best. It sees one file, not the whole library: that an id is free, that a
source exists and that words are kind, only `ally library check` tells.
"""

from __future__ import annotations

from typing import Any

from bot.nudges.reading.schema import SECTIONS, Entry, fields, translation_of

Json = dict[str, Any]

_DRAFT = "http://json-schema.org/draft-07/schema#"

# What the checker tests by code, said once more in the schema's own terms.
_QUESTION = {"pattern": r"[?？؟;՞፧]\s*$"}
_WEB_ADDRESS = {"pattern": r"^https://[^\s/]+\.[^\s]+$"}
_DAY = {"pattern": r"^\d{4}-\d\d-\d\d$"}
_ALSO: dict[str, Json] = {"ask": _QUESTION, "url": _WEB_ADDRESS, "from": _DAY, "to": _DAY}
_RISKY = {"properties": {"stretch": {"const": 3}}, "required": ["stretch"]}


def library_schema() -> Json:
    """The schema of a file of the library."""
    entries = {section: _entry(kind) for section, kind in SECTIONS.items()}
    entries["nudges"] |= {"if": _RISKY, "then": {"required": ["easier"]}}
    return _whole("A file of Ally's library", entries)


def translation_schema() -> Json:
    """The schema of a file such as `nudges.de.yaml`: the same ids, and words of its own. All else may be left out."""
    entries = {section: _entry(kind, translated=True) for section, kind in SECTIONS.items()}
    return _whole("A translation of a file of Ally's library", entries)


def _whole(title: str, entries: dict[str, Json]) -> Json:
    return {
        "$schema": _DRAFT,
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            # A section whose entries are all commented out is fine, and reads as null.
            section: {"description": entry["description"], "type": ["array", "null"], "items": _pointer(section)}
            for section, entry in entries.items()
        },
        "definitions": entries,
    }


def _pointer(section: str) -> Json:
    return {"$ref": f"#/definitions/{section}"}


def _entry(kind: type[Entry], *, translated: bool = False) -> Json:
    model = translation_of(kind) if translated else kind
    drawn = model.model_json_schema(by_alias=True, ref_template="{model}")
    shared, hints = drawn.get("$defs", {}), fields(kind)
    also = {} if translated else _ALSO  # not every language asks with a question mark
    return {
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "additionalProperties": False,
        "required": drawn["required"],
        "properties": {
            name: _field(told, shared, hints[name]) | also.get(name, {}) for name, told in drawn["properties"].items()
        },
    }


def _field(told: Json, shared: Json, hint: str) -> Json:
    """One field, with its choices in place: an editor shows what stands beside the description."""
    told = {key: value for key, value in told.items() if key not in ("title", "description")}
    if (default := told.get("default")) is None:
        told.pop("default", None)
    if "anyOf" in told:  # "or nothing": a key that says nothing is left out
        [told] = [one for one in told["anyOf"] if one.get("type") != "null"] or [{}]
    if "$ref" in told:
        choices = shared[told["$ref"]]
        told = {"type": choices["type"], "enum": choices["enum"]} | ({"default": default} if default else {})
    if told.get("type") == "array":
        told |= {"items": _field(told["items"], shared, ""), "uniqueItems": True}
    return ({"description": hint} if hint else {}) | told
