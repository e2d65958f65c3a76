"""What an entry of the library may hold, field by field, and what a curator is told when it does not.

Every text arrives as it stands in the file, so the types here read words: "3" is a number where one belongs.
The rule that looks at a neighbour (`easier` at `stretch`) stands on the later of the two fields, not on the whole
entry, for pydantic skips whole-entry rules as soon as one field is wrong, and a curator wants to hear everything in
one go.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from copy import copy
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    create_model,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from bot.model import (
    Audience,
    Library,
    Nudge,
    Practice,
    Question,
    Repair,
    Season,
    Setting,
    Source,
    Sphere,
    Stance,
    Status,
    Trigger,
)


def broken(message: str, mend: str) -> PydanticCustomError:
    """An error in our own words."""
    return PydanticCustomError("ally", "{message}", {"message": message, "mend": mend})


def _one_line(value: object) -> object:
    """Texts may be folded over several lines in the file; members read one."""
    return " ".join(value.split()) if isinstance(value, str) else value


def _whole_number(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value


def _day(value: object) -> object:
    # Only this form: pydantic's own reading takes "5" for a second in 1970.
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else _no_day(value)
    except ValueError:
        return _no_day(value)


def _no_day(value: str) -> object:
    raise broken(f"“{short(value)}” is not a date", "write it as year-month-day, such as 2026-10-01")


_MARKLESS = {"ja", "km", "lo", "my", "th"}
"""Languages that ask without a question mark."""


def _question(value: str, info: ValidationInfo) -> str:
    language = (info.context or {}).get("language", "en").partition("-")[0]
    if language in _MARKLESS or value.endswith("?") or (language != "en" and value[-1:] in "？؟;՞፧"):
        return value
    raise broken("does not end in a question mark", "make it a question, with ? at the end")


def _no_twins(values: list[Any]) -> list[Any]:
    if twin := next((value for index, value in enumerate(values) if value in values[:index]), None):
        raise broken(f"holds {twin} twice", "delete one of the two")
    return values


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https://[^\s/]+\.[^\s]+", value):
        raise broken("is not a web address", "write it in full, with https:// in front, or delete the line")
    return value


_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_Slug = Annotated[str, StringConstraints(pattern=_SLUG, max_length=60)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_one_line)]
_Label = Annotated[str, StringConstraints(min_length=1, max_length=75), BeforeValidator(_one_line)]
_Ask = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    BeforeValidator(_one_line),
    AfterValidator(_question),
]
_Sources = Annotated[list[_Slug], Field(min_length=1), AfterValidator(_no_twins)]


class Entry(BaseModel):
    """What all entries share: an `id`, no unknown keys, and a way into the library.

    Validate with the context `{"language": "de"}` where an entry is not in English.
    """

    TEXTS: ClassVar[tuple[str, ...]]
    """The fields that people read, and that another language says in words of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Slug = Field(description="a short name of its own")

    def put_into(self, library: Library) -> None:
        """Add what this entry says to `library`."""
        raise NotImplementedError


class NudgeEntry(Entry):
    """One small action: its moment, its reason, the question afterwards, and when it fits."""

    TEXTS = ("do", "when", "why", "ask", "easier")

    id: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*-[0-9]{2}$", max_length=60, description="its practice and two digits"
    )
    do: Annotated[str, BeforeValidator(_one_line)] = Field(
        min_length=1, max_length=140, description="the action, verb first, in at most 140 characters"
    )
    when: Annotated[str, BeforeValidator(_one_line)] = Field(
        min_length=1, max_length=90, description="the if-part, such as “When you…”, in at most 90 characters"
    )
    why: Annotated[str, BeforeValidator(_one_line)] = Field(
        min_length=1, max_length=160, description="the reason, in at most 160 characters"
    )
    ask: _Ask = Field(description="a question about the effect, in at most 100 characters")
    practice: _Slug = Field(description="the id of the habit that this entry varies")
    stance: Stance = Field(description="forward, aside or back")
    sphere: Sphere = Field(description="self, moment or system")
    trigger: Trigger = Field(description="anytime or when-it-happens")
    stretch: Annotated[Literal[1, 2, 3], BeforeValidator(_whole_number)] = Field(
        description="1 comfortable, 2 noticeable or 3 risky"
    )
    minutes: Annotated[Literal[1, 2, 5, 10], BeforeValidator(_whole_number)] = Field(description="1, 2, 5 or 10")
    audience: Audience = Field(description="everyone, manager or leader")
    settings: Annotated[list[Setting], Field(min_length=1), AfterValidator(_no_twins)] = Field(
        description="where it can be done, as a list such as [meeting, chat]"
    )
    source: _Sources = Field(description="ids of the sources, as a list such as [chambers]")
    easier: Annotated[str | None, BeforeValidator(_one_line)] = Field(
        default=None,
        min_length=1,
        max_length=140,
        validate_default=True,
        description="a smaller step, in at most 140 characters; needed at stretch 3",
    )
    season: _Slug | None = Field(default=None, description="the id of a season; leave out for all year")
    status: Status = Field(default=Status.LIVE, description="draft, live or retired")
    rev: Annotated[int, BeforeValidator(_whole_number)] = Field(
        default=1, ge=1, description="a whole number, one higher with each better wording"
    )

    @field_validator("easier")
    @classmethod
    def _easier_at_stretch_three(cls, easier: str | None, info: ValidationInfo) -> str | None:
        if easier is None and info.data.get("stretch") == 3:
            raise broken("is missing, and stretch 3 needs it", "add `easier:` with a smaller, safer step")
        return easier

    def put_into(self, library: Library) -> None:
        told = {name: getattr(self, name) for name in type(self).model_fields}
        told |= {"settings": frozenset(self.settings), "source": tuple(self.source)}
        library.nudges[self.id] = Nudge(**told)


class PracticeEntry(Entry):
    """A habit that several nudges vary."""

    TEXTS = ("label",)

    label: _Label = Field(description="what members read, in at most 75 characters")
    role: _Slug = Field(description="the ally's role, in one word, such as amplifier")
    frame: Literal["say", "see", "expect", "do", "feel", "decide"] | None = Field(
        default=None, description="say, see, expect, do, feel or decide, where one fits"
    )

    def put_into(self, library: Library) -> None:
        library.practices[self.id] = Practice(self.id, self.label, self.role, self.frame or "")


class SeasonEntry(Entry):
    """A stretch of the year, both days included, or a window that an admin opens."""

    TEXTS = ("label",)

    label: _Label = Field(description="what admins read, in at most 75 characters")
    opens: Annotated[date | None, BeforeValidator(_day)] = Field(
        default=None, alias="from", description="the first day, such as 2026-10-01"
    )
    closes: Annotated[date | None, BeforeValidator(_day)] = Field(
        default=None, alias="to", description="the last day, such as 2026-10-31"
    )
    active: bool = Field(default=False, description="true or false")

    @field_validator("closes")
    @classmethod
    def _ends_after_it_begins(cls, closes: date | None, info: ValidationInfo) -> date | None:
        opens = info.data.get("opens")
        if closes is not None and opens is not None and closes < opens:
            raise broken(f"ends before it begins ({opens})", "swap the two dates, or mend the year")
        return closes

    def put_into(self, library: Library) -> None:
        library.seasons[self.id] = Season(self.id, self.label, self.opens, self.closes, self.active)


class SourceEntry(Entry):
    """Where an idea comes from."""

    TEXTS = ()

    cite: _Text = Field(description="author, year and title, in at most 200 characters")
    url: Annotated[str, AfterValidator(_web_address)] | None = Field(default=None, description="https://…")

    def put_into(self, library: Library) -> None:
        library.sources[self.id] = Source(self.id, self.cite, self.url)


class QuestionEntry(Entry):
    """A question to reflect on."""

    TEXTS = ("ask",)

    ask: _Ask = Field(description="a question, in at most 100 characters")
    about: Literal["stance", "allophilia", "impact", "courage", "unseen-labour", "system"] = Field(
        description="stance, allophilia, impact, courage, unseen-labour or system"
    )
    source: _Sources = Field(description="ids of the sources, as a list such as [chambers]")

    def put_into(self, library: Library) -> None:
        library.questions[self.id] = Question(self.id, self.ask, self.about, tuple(self.source))


class RepairEntry(Entry):
    """A card for when it went wrong: own it, repair, change."""

    TEXTS = ("own", "repair", "change", "say")

    kind: _Slug = Field(description="what went wrong, such as interrupted")
    own: _Text = Field(description="owning it, in at most 200 characters")
    repair: _Text = Field(description="repairing it, in at most 200 characters")
    change: _Text = Field(description="changing it, in at most 200 characters")
    say: _Text = Field(description="words to say, in at most 200 characters")
    source: _Sources = Field(description="ids of the sources, as a list such as [chambers]")

    def put_into(self, library: Library) -> None:
        library.repairs[self.id] = Repair(
            self.id, self.kind, self.own, self.repair, self.change, self.say, tuple(self.source)
        )


SECTIONS: dict[str, type[Entry]] = {
    "nudges": NudgeEntry,
    "practices": PracticeEntry,
    "seasons": SeasonEntry,
    "sources": SourceEntry,
    "reflections": QuestionEntry,
    "repairs": RepairEntry,
}
"""The top-level keys of a file, and what each holds a list of."""


@lru_cache
def translation_of(kind: type[Entry]) -> type[BaseModel]:
    """An entry of that kind in another language: its `id`, its texts within their limits, and the `rev` they say.

    All else may be left out or copied, and is not looked at. Which texts are missing is for the reader to judge.
    """
    wanted: dict[str, Any] = {}
    for name, info in kind.model_fields.items():
        if name in ("id", "rev") or name in kind.TEXTS:
            own = copy(info)
            annotation: Any = own.annotation
            if name != "id":
                own.default, own.validate_default, annotation = None, False, annotation | None
            wanted[name] = (annotation, own)
        else:
            wanted[name] = (Any, Field(default=None, alias=info.alias))
    return create_model(f"{kind.__name__}InOtherWords", __config__=ConfigDict(extra="forbid", frozen=True), **wanted)


REFERENCES: dict[str, str] = {"practice": "practices", "season": "seasons", "source": "sources"}
"""Fields that name an entry elsewhere, and the section where it stands."""


def fields(kind: type[Entry]) -> dict[str, str]:
    """The keys of an entry as they are written in a file, with what belongs there."""
    return {info.alias or name: info.description or "" for name, info in kind.model_fields.items()}


def any_of(words: Iterable[str]) -> str:
    """The words as a person lists them: "a, b or c"."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def short(text: str) -> str:
    """Enough of a text to know it by."""
    return text if len(text) <= 60 else f"{text[:59]}…"


def meant(word: str, choices: Iterable[str], otherwise: str) -> str:
    """The mend for a misspelt word: the nearest choice, or else `otherwise`."""
    near = difflib.get_close_matches(short(word).lower().replace("_", "-"), list(choices), n=1, cutoff=0.7)
    return f"did you mean {near[0]}?" if near else otherwise


def explain(kind: type[Entry], error: ErrorDetails) -> tuple[str, str]:
    """What is wrong at the place of pydantic's `error`, in a curator's words, and the mend."""
    key, given, told = str(error["loc"][0]), error["input"], error.get("ctx", {})
    hint = fields(kind).get(key, "")
    match error["type"]:
        case "ally":
            return told["message"], told["mend"]
        case "missing":
            return "is missing", f"add `{key}:` with {hint}"
        case "extra_forbidden":
            keys = [name for name in fields(kind) if name != "id"]
            return "is no key of this kind of entry", meant(key, keys, f"delete it, or use {any_of(keys)}")
        case "string_too_long" if isinstance(given, str):
            return f"has {len(given)} characters; {told['max_length']} fit", f"cut {len(given) - told['max_length']}"
        case "string_pattern_mismatch":
            return (
                f"“{short(str(given))}” is not written as an id",
                f"write {hint}, in small letters, digits and single hyphens",
            )
        case "enum" | "literal_error" if isinstance(given, str) and given:
            return f"“{short(given)}” is not one of the choices", meant(
                given, re.findall(r"[a-z0-9-]+", told["expected"].replace(" or ", " ")), f"write {hint}"
            )
    if given in (None, "", [], {}):
        return "is empty", f"write {hint}"
    if isinstance(given, str | int):
        return f"“{short(str(given))}” does not fit here", f"write {hint}"
    return f"is a {'list' if isinstance(given, list) else 'group of keys'}, not one value", f"write {hint}"
