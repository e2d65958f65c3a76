"""Everything Ally says, at its longest, is what Slack takes; nothing is missing from the gallery."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bot.views
from bot.model import Member, Question, Reflection
from bot.nudges.library import load
from bot.views import answers, membership, nudge
from bot.views.blocks import LINE_LIMIT, Message, View
from bot.views.html import render_blocks
from sandbox.blockkit import check_message_blocks, check_view
from tests.libraries import SHIPPED
from tests.views.gallery import ERRORS, LONG, MEMBER, NOON, WORDS, gallery, write
from tests.views.test_html import Checker

ITEMS = gallery()
MESSAGES = {name: item for name, item in ITEMS.items() if isinstance(item, Message)}
TEXT_LIMIT = 40_000
"""Characters of a message's text: https://docs.slack.dev/reference/methods/chat.postMessage ("Truncating content")."""
BUILDERS = {"blocks.modal"}
"""What returns a View but is a part of others, not one that anybody sees."""


def _makers() -> Iterator[str]:
    """Every public function of bot/views that returns a Message or a View."""
    for module in pkgutil.iter_modules(bot.views.__path__):
        found = importlib.import_module(f"bot.views.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            ours = function.__module__ == found.__name__ and not name.startswith("_")
            # As written: View is one of several names for a plain dict.
            returned = str(function.__annotations__.get("return", ""))
            if ours and re.search(r"\b(Message|View)\b", returned) and f"{module.name}.{name}" not in BUILDERS:
                yield f"{module.name}.{name}"


def test_nothing_is_missing() -> None:
    """A new message cannot be forgotten, and one that is gone does not linger."""
    assert {name.split(":")[0] for name in ITEMS} == set(_makers())
    assert set(ERRORS) <= set(ITEMS)


def strictly(item: Message | View) -> None:
    """Raises SlackError where Slack would refuse."""
    rng = random.Random(1)  # noqa: S311
    if isinstance(item, Message):
        sent = item.arguments()
        check_message_blocks(sent["blocks"], rng)
        assert len(sent["text"]) <= TEXT_LIMIT
    else:
        check_view(item, rng)


@pytest.mark.parametrize("name", ITEMS)
def test_slack_takes_it(name: str) -> None:
    """At its longest, every item keeps to Slack's limits and shapes."""
    strictly(ITEMS[name])


def _five_long_lines(who: Member) -> Message:
    lines = [Reflection(str(at), NOON, LONG.ljust(LINE_LIMIT, "x")) for at in range(5)]
    return answers.journal(WORDS, lines, who, 0, "")


BEYOND: dict[str, Callable[[], Message]] = {
    "a time of day that is none and long": lambda: membership.bad_time(WORDS, "x" * 3000),
    "a pause that is none and long": lambda: membership.bad_pause(WORDS, "x" * 3000),
    "a long word that no line has": lambda: answers.journal(WORDS, [], MEMBER, 0, "x" * 3000),
    "five lines of the full length": lambda: _five_long_lines(MEMBER),
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_people_may_type_is_taken_too(name: str) -> None:
    """What somebody types or kept comes back to them, however long."""
    strictly(BEYOND[name]())


LESS = {
    # Headings within a message; the text says what stands under them.
    "membership.welcome": {"What", "kept", "Who", "could", "read", "it"},
    "membership.privacy": {"What", "is", "kept", "Who", "could", "read", "it", "How", "long"},
    "answers.why_message": {"The", "last", "14", "days"},
    "answers.why_message: a question": {"The", "last", "14", "days"},
    "answers.why_message: deleted since": {"The", "last", "14", "days"},
    # The text stays what was sent: a press is not announced again.
    "nudge.noted": {"Noted"},
    "nudge.noted: a question": {"Noted"},
}
"""Words that a message shows and its text does not say."""


@pytest.mark.parametrize("name", MESSAGES)
def test_the_text_says_it_all(name: str) -> None:
    """A lock screen and a screen reader get every word that the paragraphs show."""
    message = MESSAGES[name]
    assert message.text.strip()
    shown = Checker(str(render_blocks(_paragraphs(message)))).text
    missing = {word for word in re.findall(r"\w+", shown) if word not in message.text}
    assert missing <= LESS.get(name, set())


def _paragraphs(message: Message) -> list[dict[str, Any]]:
    return [{"type": "section", "text": block["text"]} for block in message.blocks if block["type"] == "section"]


@pytest.mark.parametrize("name", ITEMS)
def test_it_is_drawn_whole(name: str) -> None:
    """The renderer knows every block that Ally sends."""
    item = ITEMS[name]
    drawn = Checker(str(render_blocks(item.blocks if isinstance(item, Message) else item["blocks"])))
    assert drawn.faults == []
    assert "cannot be shown here" not in drawn.text


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    """One file with every item in it: no script, nothing fetched."""
    write(tmp_path / "gallery.html")
    page = (tmp_path / "gallery.html").read_text(encoding="utf-8")
    assert all(f"<h2>{name}</h2>" in page for name in ITEMS)
    assert "<script" not in page
    assert not re.search(r"<(?:link|img|iframe)\b|url\(|@import", page)


def test_slack_makes_no_links_out_of_the_librarys_words() -> None:
    """A word such as `evil.com` stays a word: whatever comes from an entry is marked `verbatim`."""
    entry = replace(next(iter(load(SHIPPED).nudges.values())), do="Read evil.com.", why="evil.com", ask="evil.com?")
    question = Question("stance-01", "Is it evil.com?", "stance", ())
    made = [
        nudge.nudge_message(WORDS, entry, "d1"), nudge.extra_nudge(WORDS, entry), nudge.why(WORDS, entry),
        nudge.ask(WORDS, entry.ask, "d1"), nudge.question_message(WORDS, question, "d1"),
        nudge.extra_question(WORDS, question), nudge.easier(WORDS, replace(entry, easier="Open evil.com.")),
        answers.why_message(WORDS, [], entry.why, ""),
    ]  # fmt: skip
    shown = [block["text"] for message in made for block in message.blocks if block["type"] == "section"]
    shown += [block["text"] for block in answers.line_modal(WORDS, entry.ask)["blocks"] if block["type"] == "section"]
    told = [text for text in shown if "evil.com" in text["text"]]
    assert len(told) == len(made) + 2  # the extra nudge says why, too; and the modal
    assert all(text["verbatim"] for text in told)
