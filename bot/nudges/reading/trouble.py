"""Why a file cannot be read, in a curator's words, at the line where a person would mend it."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

_QUOTES = 'put the whole text in straight "quotes"'

_KEY = r"[ ]*(?:- +)?[\w-]+"
_UNSPACED = re.compile(rf"{_KEY}(?P<colon>：|:(?! |$))")
_LIKE_A_KEY = re.compile(r"\s*+(?:- ++)?+\{?+ *+[a-z]++:(?:\s|$)")

# Joiners and marks that Persian, Hebrew, Arabic or emoji need are left alone.
_UNSEEN = re.compile(r"[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_MERGE = re.compile(r"^<{7}(?: |$)", re.MULTILINE)
_OTHER_SPACE = re.compile(r" *[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_TAB = re.compile(r"(?<=:) *\t|^ *- *\t")


class Trouble(Exception):
    """A file, or the rest of it, cannot be read from this place on."""

    def __init__(self, line: int, column: int, message: str, mend: str) -> None:
        self.line, self.column, self.message, self.mend = line, column, message, mend


def place_of(text: str, index: int) -> tuple[int, int]:
    """Line and column of a letter of `text`, both from 1."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def refuse_odd_signs(text: str) -> None:
    """Raise Trouble for signs that look like others or like nothing: YAML would blame what is beside them."""
    if found := _MERGE.search(text):
        mend = "keep one of the two versions, and delete the lines of <<<<<<<, ======= and >>>>>>>"
        raise Trouble(*place_of(text, found.start()), "a merge left both versions here", mend)
    if found := re.search(r"^ *\t[ \t]*[^\s#]", text, re.MULTILINE):
        raise Trouble(
            *place_of(text, text.index("\t", found.start())), "a tab stands before the text", "use spaces there"
        )
    if found := _UNSEEN.search(text):
        raise Trouble(*place_of(text, found.start()), "a character stands here that nobody can see", "delete it")
    for number, line in enumerate(text.split("\n"), start=1):
        if (line.isascii() and "\t" not in line) or line.lstrip().startswith("#"):
            continue
        message, mend = "a tab stands here", "use a space, or delete it"
        if found := _OTHER_SPACE.match(line):
            message, mend = "a space that is no plain one stands before the text", "use plain spaces"
            raise Trouble(number, found.end(), message, mend)
        if found := _TAB.search(line):
            raise Trouble(number, found.end(), message, mend)
        if line.strip() and "\t" in (end := line[len(line.rstrip()) :]):
            raise Trouble(number, len(line.rstrip()) + end.index("\t") + 1, message, mend)


def refuse_swallowed_lines(lines: list[str], first: int, last: int, column: int) -> None:
    """Raise Trouble where a text in quotation marks, on the lines `first` to `last` from 0, holds lines of an entry.

    The mark at `column` was never closed, and the next one, maybe a thousand lines on, was taken for its end.
    """
    if sum(bool(_LIKE_A_KEY.match(line)) for line in lines[first + 1 : last + 1]) > 1:
        raise Trouble(first + 1, column, "a quotation mark opens here and never closes", "close it with the same mark")


def in_plain_words(error: MarkedYAMLError, lines: list[str]) -> Trouble:
    """What the YAML parser stumbled over."""
    context, problem = str(error.context or ""), str(error.problem or "")
    stumbled, opened = error.problem_mark, error.context_mark or error.problem_mark
    here = lines[stumbled.line] if stumbled and stumbled.line < len(lines) else ""
    told: tuple[Any, str, str]
    if "quoted scalar" in context and "end of stream" in problem:
        told = opened, "a quotation mark opens here and never closes", "close it with the same mark"
    elif "unknown escape" in problem:
        told = stumbled, 'a backslash stands inside "quotes"', "take it out, or use 'single quotes'"
    elif "flow sequence" in context:
        told = opened, "a [ opens here and is not closed on its line", f"add the ], or {_QUOTES}"
    elif "flow mapping" in context:
        told = opened, "a { opens here and is not closed on its line", f"delete it, or {_QUOTES}"
    elif "mapping values are not allowed" in problem:
        if unspaced := _unspaced(lines, stumbled.line - 1):
            return unspaced
        told = stumbled, "a colon stands where none can", f"{_QUOTES}, or line the key up with the one above"
    elif "could not find expected ':'" in problem:
        if unspaced := _unspaced(lines, opened.line):
            return unspaced
        told = opened, "this line has no colon", "write it as `key: text`"
    elif "found '<scalar>'" in problem:
        told = stumbled, "text goes on after its end", f"{_QUOTES}, and write ' for a quotation mark inside it"
    elif "block scalar" in context:
        told = opened, "a text cannot begin with this sign", _QUOTES
    elif "sequence entries are not allowed" in problem:
        told = stumbled, "a text cannot begin with this sign", _QUOTES
    elif "<block end>" in problem and "found '-'" in problem and _LIKE_A_KEY.match(here):
        told = stumbled, "only the first line of an entry has a hyphen", "put a space in place of this one"
    elif "<block end>" in problem and re.match(r"\s*id\s*:", here):
        told = stumbled, "an entry begins with a hyphen", "write it as `- id: …`, as far in as the hyphens above"
    elif "<block end>" in problem:
        told = stumbled, "this line is not lined up with those above", "give it as many spaces as its neighbours"
    elif "cannot start any token" in problem or "node content" in problem:
        told = stumbled, "a text cannot begin with this sign", _QUOTES
    else:
        told = stumbled, "the file cannot be read from here on", "compare it with an entry that works"
    mark, message, mend = told
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Trouble(line, column, message, mend)


def _unspaced(lines: list[str], number: int) -> Trouble | None:
    """A key on that line, from 0, whose colon is no plain one with a space behind it."""
    found = _UNSPACED.match(lines[number]) if 0 <= number < len(lines) else None
    if found is None:
        return None
    mend = "write a plain `:` and a space" if found["colon"] == "：" else "put a space after the colon"
    return Trouble(number + 1, found.start("colon") + 1, "no space stands after the colon", mend)
