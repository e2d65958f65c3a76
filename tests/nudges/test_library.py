"""A curator's slip is answered with its line, its field and the mend; it never takes the bot down."""

from __future__ import annotations

import os
import random
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Audience, Finding, Setting, Sphere, Stance, Status, Trigger
from bot.nudges.library import LibraryBroken, check, load
from bot.nudges.reading.findings import MAX_FINDINGS
from bot.nudges.reading.tree import MAX_FILE_BYTES

GOOD = """\
sources:
  - id: chambers
    cite: Lee Chambers
    url: https://example.org/talk
practices:
  - {id: bring-in, label: Bring people in, role: amplifier, frame: say}
seasons:
  - id: hiring
    label: Hiring
    from: 2026-10-01
    to: 2026-10-31
    active: true
nudges:
  - id: bring-in-01
    do: Share the main question early.
    when: Before a meeting
    why: You hear from those who like to prepare.
    ask: What came up?
    practice: bring-in
    stance: aside
    sphere: moment
    trigger: anytime
    stretch: 1
    minutes: 5
    audience: everyone
    settings: [chat, document]
    source: [chambers]
    easier: Send one line.
    season: hiring
    status: live
    rev: 2
reflections:
  - id: stance-01
    ask: Where did you stand?
    about: stance
    source: [chambers]
repairs:
  - id: interrupted-01
    kind: interrupted
    own: I cut in.
    repair: Hand the turn back.
    change: Count to three.
    say: Sorry, please go on.
    source: [chambers]
"""
ANOTHER = "{id: bring-on, label: Bring people on, role: amplifier}"
ENTRY = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("bring-in-01", "bring-in-02")


class Slip(NamedTuple):
    """One edit of the good file, and where and how its finding reads."""

    old: str
    new: str
    line: int
    column: int
    id: str
    field: str
    message: str
    mend: str
    file: str = "nudges.yaml"


SLIPS = {
    # what YAML itself cannot read
    "tab": Slip("    do: Share", "\tdo: Share", 15, 1, "", "", "a tab stands before the text", "use spaces"),
    "tab after spaces": Slip("    do: Share", "  \tdo: Share", 15, 3, "", "", "a tab stands", "use spaces"),
    "unclosed quote": Slip(
        "do: Share", 'do: "Share', 15, 9, "", "", "a quotation mark opens here and never closes", "the same mark"
    ),
    "text after a quote": Slip("do: Share the", "do: 'it's the", 15, 13, "", "", "text goes on", '"quotes"'),
    "colon in the text": Slip("do: Share the", "do: Share: the", 15, 14, "", "", "a colon", '"quotes"'),
    "backslash in quotes": Slip(
        "do: Share the main question early.", r'do: "Share \quickly"', 15, 17, "", "", "a backslash", "take it out"
    ),
    "too little indent": Slip("    do: Share", "   do: Share", 15, 4, "", "", "is not lined up", "as many spaces"),
    "too much indent": Slip("    do: Share", "      do: Share", 15, 9, "", "", "a colon stands", "line the key up"),
    "no colon": Slip("    when: Before", "    when Before", 16, 5, "", "", "this line has no colon", "`key: text`"),
    "unclosed list": Slip("[chat, document]", "[chat, document", 26, 15, "", "", "a [ opens here", "add the ]"),
    "unclosed braces": Slip("frame: say}", "frame: say", 6, 5, "", "", "a { opens here", "delete it"),
    "forbidden first sign": Slip("do: Share", "do: @all share", 15, 9, "", "", "cannot begin with", '"quotes"'),
    "a tag": Slip("do: Share", "do: !!python/name:os.system Share", 15, 9, "", "", "cannot begin with !", '"quotes"'),
    "an alias": Slip("do: Share the main question early.", "do: *share", 15, 9, "", "", "begin with *", '"quotes"'),
    "an unseen character": Slip("do: Share", "do: \x07Share", 15, 9, "", "", "nobody can see", "delete it"),
    "a second document": Slip("reflections:", "---\nreflections:", 32, 1, "", "", "a second document", "line ---"),
    "a key that is a list": Slip("    rev: 2", "    ? [rev]\n    : 2", 31, 7, "", "", "not a word", "`key: text`"),
    "a version from the future": Slip("sources:\n", "%YAML 9.1\n---\nsources:\n", 1, 1, "", "", "cannot be read", ""),
    "unclosed quote that a later one closes": Slip(
        "do: Share the main", 'do: "Share the main', 15, 9, "", "", "a quotation mark opens here", "the same mark"
    ),
    "no space behind a colon": Slip(
        "do: Share", "do:Share", 15, 7, "", "", "no space stands after the colon", "put a space"
    ),
    "no space behind the colon of an id": Slip("id: bring-in-01", "id:bring-in-01", 14, 7, "", "", "no space", "put a"),
    "no space before a list": Slip("settings: [", "settings:[", 26, 13, "", "", "no space", "put a space"),
    "a colon of another script": Slip("do: Share", "do： Share", 15, 7, "", "", "no space", "a plain `:`"),
    "a no-break space behind a colon": Slip("do: Share", "do:\u00a0Share", 15, 7, "", "", "no space", "put a space"),
    "a tab behind a colon": Slip("do: Share", "do:\tShare", 15, 8, "", "", "a tab stands here", "use a space"),
    "a tab at the end": Slip("early.\n", "early.\t\n", 15, 39, "", "", "a tab stands here", "delete it"),
    "a no-break space in front": Slip("    do: S", "  \u00a0 do: S", 15, 3, "", "", "no plain one", "plain spaces"),
    "a space of no width": Slip("Share the", "Share\u200b the", 15, 14, "", "", "nobody can see", "delete it"),
    "a joiner of words": Slip("Share the", "Share\u2060 the", 15, 14, "", "", "nobody can see", "delete it"),
    "a sign that turns the text round": Slip("Share the", "\u202eShare the", 15, 9, "", "", "nobody can see", "delete"),
    "no hyphen before an entry": Slip(
        "reflections:",
        ENTRY.replace("  - id", "    id") + "reflections:",
        32,
        5,
        "",
        "id",
        "begins with a hyphen",
        "- id",
    ),
    "an entry too far out": Slip(
        "reflections:", ENTRY.replace("  - id", "  id") + "reflections:", 32, 3, "", "", "begins with a hyphen", "- id"
    ),
    "a second hyphen": Slip(
        "    do: S", "  - do: S", 15, 5, "bring-in-01", "", "only the first line", "a space in place"
    ),
    "a second hyphen further in": Slip("    do: S", "    - do: S", 15, 5, "", "", "only the first line", "a space in"),
    "an anchor": Slip("do: Share", "do: &Share", 15, 9, "", "", "cannot begin with &", 'straight "quotes"'),
    "a text like a list": Slip("do: Share", "do: - Share", 15, 9, "", "", "cannot begin with this", '"quotes"'),
    "a text like a block": Slip("do: Share", "do: | Share", 15, 9, "", "", "cannot begin with this", '"quotes"'),
    "a text like a folded block": Slip("do: Share", "do: > Share", 15, 9, "", "", "cannot begin with this", '"quotes"'),
    "a merge": Slip(
        "    rev: 2\n",
        "<<<<<<< HEAD\n    rev: 2\n=======\n    rev: 3\n>>>>>>> theirs\n",
        31,
        1,
        "",
        "",
        "a merge left both",
        "keep one",
    ),
    "a thousand keys": Slip(
        "    rev: 2\n",
        "    rev: 2\n" + "".join(f"    k{n}: 1\n" for n in range(1000)),
        1014,
        5,
        "",
        "",
        "far too many keys",
        "compare",
    ),
    # sections
    "unknown section": Slip("reflections:", "reflection:", 32, 1, "", "reflection", "no section", "reflections?"),
    "section from nowhere": Slip("repairs:", "badges:", 37, 1, "", "badges", "no section", "nudges, practices"),
    "section twice": Slip(
        "repairs:\n", "sources: []\nrepairs:\n", 37, 1, "", "sources", "stands here twice", "keep one"
    ),
    "section without a hyphen": Slip(
        "  - id: hiring\n", "    id: hiring\n", 8, 5, "", "seasons", "not a list", "hyphen"
    ),
    "entry that is a word": Slip("repairs:\n", "repairs:\n  - sorry\n", 38, 5, "", "repairs", "no entry", "- id: …"),
    # keys
    "misspelt key": Slip("    easier:", "    eaiser:", 28, 5, "bring-in-01", "eaiser", "is no key", "easier?"),
    "key in capitals": Slip("    rev: 2", "    Rev: 2", 31, 5, "bring-in-01", "Rev", "is no key", "rev?"),
    "key left out on purpose": Slip(
        "    rev: 2", "    points: 9", 31, 5, "bring-in-01", "points", "is no key", "do, when"
    ),
    "key twice": Slip(
        "    rev: 2", "    rev: 2\n    rev: 3", 32, 5, "bring-in-01", "rev", "twice", "keep one of the two"
    ),
    "key missing": Slip(
        "    why: You hear from those who like to prepare.\n",
        "",
        14,
        5,
        "bring-in-01",
        "why",
        "is missing",
        "add `why:`",
    ),
    "id missing": Slip("  - id: chambers\n    cite", "  - cite", 2, 5, "", "id", "is missing", "add `id:`"),
    "value missing": Slip(
        "do: Share the main question early.", "do:", 15, 5, "bring-in-01", "do", "is empty", "action"
    ),
    "value blank": Slip("Before a meeting", '"  "', 16, 11, "bring-in-01", "when", "is empty", "if-part"),
    # values
    "do too long": Slip(
        "Share the main question early.",
        "Share " + "x" * 140,
        15,
        9,
        "bring-in-01",
        "do",
        "146 characters; 140",
        "cut 6",
    ),
    "when too long": Slip(
        "Before a meeting", "x" * 91, 16, 11, "bring-in-01", "when", "91 characters; 90 fit", "cut 1"
    ),
    "why too long": Slip(
        "You hear from those who like to prepare.", "y" * 161, 17, 10, "bring-in-01", "why", "160 fit", "cut 1"
    ),
    "ask too long": Slip(
        "What came up?", "w" * 100 + "?", 18, 10, "bring-in-01", "ask", "101 characters; 100", "cut 1"
    ),
    "easier too long": Slip("Send one line.", "z" * 150, 28, 13, "bring-in-01", "easier", "140 fit", "cut 10"),
    "ask that tells": Slip(
        "What came up?", "Say what came up.", 18, 10, "bring-in-01", "ask", "question mark", "? at the end"
    ),
    "misspelt choice": Slip(
        "anytime", "any-time", 22, 14, "bring-in-01", "trigger", "“any-time” is not one", "anytime?"
    ),
    "a stance by another name": Slip(
        "stance: aside", "stance: left", 20, 13, "bring-in-01", "stance", "“left”", "forward, aside"
    ),
    "stretch of 4": Slip("stretch: 1", "stretch: 4", 23, 14, "bring-in-01", "stretch", "does not fit", "1 comfortable"),
    "stretch in letters": Slip(
        "stretch: 1", "stretch: one", 23, 14, "bring-in-01", "stretch", "“one”", "1 comfortable"
    ),
    "minutes of 3": Slip("minutes: 5", "minutes: 3", 24, 14, "bring-in-01", "minutes", "does not fit", "1, 2, 5 or 10"),
    "rev of 0": Slip("rev: 2", "rev: 0", 31, 10, "bring-in-01", "rev", "“0” does not fit", "one higher"),
    "one setting, no list": Slip(
        "settings: [chat, document]", "settings: chat", 26, 15, "bring-in-01", "settings", "does not fit", "as a list"
    ),
    "no setting": Slip("[chat, document]", "[]", 26, 15, "bring-in-01", "settings", "is empty", "as a list"),
    "unknown setting": Slip(
        "[chat, document]", "[chat, dokument]", 26, 22, "bring-in-01", "settings", "choices", "document?"
    ),
    "setting twice": Slip(
        "[chat, document]", "[chat, chat]", 26, 15, "bring-in-01", "settings", "chat twice", "delete one"
    ),
    "text that is a list": Slip(
        "do: Share the main question early.", "do: [Share]", 15, 9, "bring-in-01", "do", "is a list", "the action"
    ),
    "text that is a group": Slip(
        "do: Share the main question early.", "do: {Share: it}", 15, 9, "bring-in-01", "do", "a group of keys", "action"
    ),
    "active that is no truth": Slip(
        "active: true", "active: perhaps", 12, 13, "hiring", "active", "“perhaps”", "true or false"
    ),
    "a day that never was": Slip("2026-10-01", "2026-02-30", 10, 11, "hiring", "from", "is not a date", "2026-10-01"),
    "a day written otherwise": Slip(
        "2026-10-31", "31.10.2026", 11, 9, "hiring", "to", "is not a date", "year-month-day"
    ),
    "an end before the beginning": Slip("2026-10-31", "2026-09-30", 11, 9, "hiring", "to", "before it begins", "swap"),
    "address without https": Slip(
        "url: https://example.org/talk", "url: example.org", 4, 10, "chambers", "url", "not a web address", "https://"
    ),
    "a frame of our own": Slip("frame: say", "frame: shout", 6, 68, "bring-in", "frame", "“shout”", "say, see"),
    "label too long": Slip(
        "label: Hiring", "label: " + "h" * 76, 9, 12, "hiring", "label", "76 characters; 75", "cut 1"
    ),
    "a question about something else": Slip(
        "about: stance", "about: pay", 35, 12, "stance-01", "about", "“pay”", "allophilia"
    ),
    "a card without words to say": Slip(
        "    say: Sorry, please go on.\n", "", 38, 5, "interrupted-01", "say", "is missing", "words to say"
    ),
    # ids and what they name
    "id without a number": Slip(
        "id: bring-in-01", "id: bring-in", 14, 9, "bring-in", "id", "not written as an id", "two digits"
    ),
    "id in capitals": Slip("id: hiring", "id: Hiring", 8, 9, "Hiring", "id", "not written as an id", "small letters"),
    "id of another practice": Slip(
        "id: bring-in-01", "id: take-part-01", 14, 9, "take-part-01", "id", "does not name its practice", "bring-in-NN"
    ),
    "practice misspelt": Slip(
        "practice: bring-in\n", "practice: brin-in\n", 19, 15, "bring-in-01", "practice", "“brin-in”", "write bring-in"
    ),
    "practice of another": Slip(
        "practice: bring-in\n",
        "practice: bring-on\n",
        20,
        15,
        "bring-in-01",
        "practice",
        "“bring-on” is not the",
        "give it an id of bring-on",
    ),
    "id taken": Slip(
        "practices:\n",
        "  - {id: chambers, cite: Again}\npractices:\n",
        5,
        10,
        "chambers",
        "id",
        "nudges.yaml:2",
        "unused",
    ),
    "unknown practice": Slip(
        "id: bring-in, label", "id: bring-on, label", 19, 15, "bring-in-01", "practice", "“bring-in”", "bring-on?"
    ),
    "unknown season": Slip(
        "season: hiring", "season: winter", 29, 13, "bring-in-01", "season", "“winter”", "add it under"
    ),
    "unknown source": Slip(
        "source: [chambers]\n    easier",
        "source: [chamber]\n    easier",
        27,
        14,
        "bring-in-01",
        "source",
        "“chamber”",
        "chambers?",
    ),
    "unknown source of a question": Slip(
        "about: stance\n    source: [chambers]",
        "about: stance\n    source: [x]",
        36,
        14,
        "stance-01",
        "source",
        "“x”",
        "add it",
    ),
    "stretch 3 with no easier way": Slip(
        "stretch: 1\n    minutes: 5\n    audience: everyone\n    settings: [chat, document]\n    source: [chambers]\n"
        "    easier: Send one line.\n",
        "stretch: 3\n    minutes: 5\n    audience: everyone\n    settings: [chat, document]\n    source: [chambers]\n",
        14,
        5,
        "bring-in-01",
        "easier",
        "is missing, and stretch 3 needs it",
        "add `easier:`",
    ),
    # words (the numbers are those of the rules in tests/nudges/test_rules.py, where the patterns are tested)
    "shame": Slip(
        "why: You hear from those who like to prepare.",
        "why: There is no excuse for silence.",
        17,
        19,
        "bring-in-01",
        "why",
        "“no excuse” shames the reader",
        "no verdict",
    ),
    "pressure": Slip(
        "why: You hear from those who like to prepare.",
        "why: You must know this.",
        17,
        10,
        "bring-in-01",
        "why",
        "“You must” presses the reader",
        "suggest",
    ),
    "jargon": Slip(
        "do: Share the main question early.",
        "do: Interrogate the main question.",
        15,
        9,
        "bring-in-01",
        "do",
        "“Interrogate” is jargon",
        "look hard at",
    ),
    "identity of the reader": Slip(
        "do: Share the main question early.",
        "do: 'Share it early, as a man.'",
        15,
        26,
        "bring-in-01",
        "do",
        "“as a man” says who the reader is",
        "leave it out",
    ),
    "a token": Slip(
        "do: Share the main question early.",
        "do: Ask a Black colleague to speak.",
        15,
        15,
        "bring-in-01",
        "do",
        "“Black colleague” picks people by group",
        "what the person did",
    ),
    "a stereotype": Slip(
        "why: You hear from those who like to prepare.",
        "why: Then, women tend to speak.",
        17,
        16,
        "bring-in-01",
        "why",
        "“women tend” says what a group is like",
        "to whomever",
    ),
    "emotional labour": Slip(
        "do: Share the main question early.",
        "do: Ask a colleague how it feels to be different.",
        15,
        9,
        "bring-in-01",
        "do",
        "explain their lives",
        "already shared",
    ),
    "disclosure": Slip(
        "do: Share the main question early.",
        "do: Ask everyone for pronouns.",
        15,
        9,
        "bring-in-01",
        "do",
        "makes people disclose",
        "what they offer, use",
    ),
    "a saviour": Slip(
        "do: Share the main question early.",
        'do: "Step in and fix it for them."',
        15,
        10,
        "bring-in-01",
        "do",
        "“Step in and fix” rescues",
        "let them choose",
    ),
    "a gesture": Slip(
        "do: Share the main question early.",
        "do: Sign the pledge.",
        15,
        18,
        "bring-in-01",
        "do",
        "“pledge” makes a show",
        "changes how work is done",
    ),
    "a post in a channel": Slip(
        "do: Share the main question early.",
        'do: "Put support into #general."',
        15,
        14,
        "bring-in-01",
        "do",
        "“support into #general” makes a show",
        "changes how work is done",
    ),
    "a confrontation": Slip(
        "do: Share the main question early.",
        "do: Confront your boss.",
        15,
        9,
        "bring-in-01",
        "do",
        "“Confront your boss” can put people at risk",
        "a calm line",
    ),
    "many actions": Slip(
        "do: Share the main question early.",
        "do: Swap notes, rotate chairs and review pay.",
        15,
        21,
        "bring-in-01",
        "do",
        "holds 3 actions: “rotate”",
        "keep one",
    ),
    "no verb first": Slip(
        "do: Share the main question early.",
        "do: It would be nice to ask.",
        15,
        9,
        "bring-in-01",
        "do",
        "“It” is no verb",
        "begin with what to do",
    ),
    "a lead-in": Slip(
        "do: Share the main question early.",
        "do: The question could be shared.",
        15,
        9,
        "bring-in-01",
        "do",
        "“The” is no verb to begin with",
        "begin with what to do",
    ),
    "a long sentence": Slip(
        "why: You hear from those who like to prepare.",
        "why: Yes. You You You You You You You You You You You You You You You You You You You You You it.",
        17,
        15,
        "bring-in-01",
        "why",
        "a sentence of 22 words; 20",
        "cut 2 words",
    ),
    "hard to read": Slip(
        "why: You hear from those who like to prepare.",
        "why: Organisational accountability necessitates institutionalised redistribution.",
        17,
        10,
        "bring-in-01",
        "why",
        "reads at grade",
        "institutionalised",
    ),
    "formatting": Slip(
        "do: Share the main question early.",
        "do: Share the *main* question early.",
        15,
        19,
        "bring-in-01",
        "do",
        "“*main*” is formatting",
        "plain words",
    ),
    "a link": Slip(
        "why: You hear from those who like to prepare.",
        "why: See https://example.org for more.",
        17,
        14,
        "bring-in-01",
        "why",
        "“https://example.org” is formatting or a link",
        "plain words",
    ),
    "a desk on the floor": Slip(
        "when: Before a meeting",
        "when: Before you open your inbox",
        16,
        32,
        "bring-in-01",
        "when",
        "“inbox” does not fit",
        "take floor out",
    ),
    "an apology that asks": Slip(
        "say: Sorry, please go on.",
        "say: Sorry, please forgive me.",
        43,
        24,
        "interrupted-01",
        "say",
        "asks to be forgiven",
        "theirs to offer",
    ),
    "a question that presses": Slip(
        "ask: Where did you stand?",
        "ask: Where must you have stood?",
        34,
        16,
        "stance-01",
        "ask",
        "“must you have” presses",
        "suggest",
    ),
    "an id of two kinds": Slip(
        "id: stance-01", "id: bring-in-01", 33, 9, "bring-in-01", "id", "is also a nudge (line 14)", "unused"
    ),
    "nothing live": Slip("status: live", "status: retired", 1, 1, "", "", "no live nudge", "add one", file=""),
}


def written(folder: Path, text: str | bytes, name: str = "nudges.yaml") -> Path:
    """A folder that holds `text` as the file `name`."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def only(folder: Path) -> Finding:
    """The one finding in `folder`."""
    _, findings = check(folder)
    assert len(findings) == 1, "\n".join(map(str, findings))
    return findings[0]


def test_a_good_file_becomes_a_library(tmp_path: Path) -> None:
    """Every key of the format arrives in the dataclasses, with its type."""
    library = load(written(tmp_path, GOOD))
    nudge = library.nudges["bring-in-01"]
    assert (nudge.stance, nudge.sphere, nudge.trigger) == (Stance.ASIDE, Sphere.MOMENT, Trigger.ANYTIME)
    assert (nudge.stretch, nudge.minutes, nudge.rev) == (1, 5, 2)
    assert (nudge.audience, nudge.status, nudge.season) == (Audience.EVERYONE, Status.LIVE, "hiring")
    assert nudge.settings == {Setting.CHAT, Setting.DOCUMENT}
    assert (nudge.source, nudge.easier) == (("chambers",), "Send one line.")
    assert library.practices["bring-in"].frame == "say"
    season = library.seasons["hiring"]
    assert (season.opens, season.closes, season.active) == (date(2026, 10, 1), date(2026, 10, 31), True)
    assert library.sources["chambers"].url == "https://example.org/talk"
    assert library.questions["stance-01"].about == "stance"
    assert library.repairs["interrupted-01"].say == "Sorry, please go on."


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_found_where_it_stands(tmp_path: Path, slip: Slip) -> None:
    """One slip gives one finding: with its line, its column, its field, what is wrong, and the mend."""
    good = GOOD.replace("[chat, document]", "[floor, document]") if "inbox" in slip.new else GOOD
    good = good.replace("own: I cut in.", 'own: "I cut in."') if 'do: "Share the main' in slip.new else good
    good = good.replace("seasons:", f"  - {ANOTHER}\nseasons:", 1) if "bring-on\n" in slip.new else good
    assert slip.old in good
    finding = only(written(tmp_path, good.replace(slip.old, slip.new, 1)))
    assert (finding.line, finding.column) == (slip.line, slip.column), str(finding)
    assert (finding.id, finding.field, finding.level) == (slip.id, slip.field, "error"), str(finding)
    assert slip.message in finding.message
    assert slip.mend in finding.mend
    assert finding.file == (tmp_path / slip.file).as_posix()
    assert "pydantic" not in str(finding).lower()
    with pytest.raises(LibraryBroken) as broken:
        load(tmp_path)
    assert broken.value.findings == (finding,)
    assert str(broken.value) == str(finding)


def test_all_slips_are_told_in_one_go(tmp_path: Path) -> None:
    """A curator hears of everything that is wrong, in the order of the file, not only of the first."""
    text = GOOD
    for name in (
        "unknown source",
        "misspelt key",
        "do too long",
        "ask that tells",
        "minutes of 3",
        "a frame of our own",
    ):
        text = text.replace(SLIPS[name].old, SLIPS[name].new, 1)
    _, findings = check(written(tmp_path, text))
    assert [(one.line, one.field) for one in findings] == [
        (6, "frame"),
        (15, "do"),
        (18, "ask"),
        (24, "minutes"),
        (27, "source"),
        (28, "eaiser"),
    ]


def test_a_wrong_entry_can_still_be_named(tmp_path: Path) -> None:
    """A practice with a slip in it is not also reported as missing by every nudge that names it."""
    assert only(written(tmp_path, GOOD.replace("frame: say", "frame: shout"))).field == "frame"


def test_a_file_that_cannot_be_read_blames_no_other(tmp_path: Path) -> None:
    """Where the sources cannot be read, the nudges are not told that their sources are missing."""
    written(tmp_path, "nudges:" + GOOD.split("nudges:")[1])
    written(tmp_path, "sources:\n\t- id: chambers\n", "sources.yaml")
    assert only(tmp_path).file.endswith("sources.yaml")


@pytest.mark.parametrize(
    ("data", "line", "column", "message", "mend"),
    [
        (b"", 1, 1, "is empty", "delete the file"),
        (b" \n\n", 1, 1, "is empty", "delete the file"),
        (b"- id: x\n", 1, 1, "does not begin with a section", "a colon after it"),
        (b"just words\n", 1, 1, "does not begin with a section", "begin it with"),
        (b"nudges: []\nsources:\n  - cite: caf\xe9\n", 3, 14, "not UTF-8", "save the file as UTF-8"),
        ("nudges: []".encode("utf-16"), 1, 1, "not UTF-8", "save the file as UTF-8"),
        (b"nudges: []\x00", 1, 11, "nobody can see", "delete it"),
        (b"#" * (MAX_FILE_BYTES + 1), 1, 1, "is larger than 2 MB", "split it"),
        (b"# a comment\n" * 420_000, 1, 1, "is larger than 2 MB", "split it"),
        (b"nudges: " + b"[" * 100_000, 1, 21, "far too deep", "compare it"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", 1, 4, "cannot begin with &", "quotes"),
        (b"nudges: [*all]\n", 1, 10, "cannot begin with *", "write repeated values out"),
    ],
    ids=[
        "empty",
        "blank",
        "list",
        "words",
        "latin-1",
        "utf-16",
        "nul",
        "huge",
        "5 MB",
        "deep",
        "bomb",
        "circle",
    ],
)
def test_a_strange_file_is_one_finding(
    tmp_path: Path, data: bytes, line: int, column: int, message: str, mend: str
) -> None:
    """Whatever a file holds, it is refused in a moment and in plain words."""
    finding = only(written(tmp_path, data))
    assert (finding.line, finding.column, finding.level) == (line, column, "error")
    assert message in finding.message
    assert mend in finding.mend


@pytest.mark.parametrize(("mark", "line_end"), [("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r\n")])
def test_files_from_windows_are_fine(tmp_path: Path, mark: str, line_end: str) -> None:
    """A byte order mark and Windows line ends are read as if they were not there, and lines still count."""
    good, bad = ((mark + text).replace("\n", line_end) for text in (GOOD, GOOD.replace("stretch: 1", "stretch: 7")))
    assert load(written(tmp_path, good)).nudges["bring-in-01"].do == "Share the main question early."
    assert only(written(tmp_path, bad)).line == 23


def test_a_folder_named_as_a_file(tmp_path: Path) -> None:
    """A folder whose name ends in .yaml is a finding."""
    written(tmp_path, GOOD)
    (tmp_path / "more.yaml").mkdir()
    assert "is a folder" in only(tmp_path).message


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe is a finding, and nobody waits for what it may say."""
    written(tmp_path, GOOD)
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "is not a file" in only(tmp_path).message


def test_a_link_to_nowhere(tmp_path: Path) -> None:
    """A link whose file is gone is a finding."""
    written(tmp_path, GOOD)
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    assert "cannot be read" in only(tmp_path).message


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is a finding. (Root may read all, so the refusal is staged.)"""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    written(tmp_path, GOOD)
    monkeypatch.setattr(Path, "open", refuse)
    finding = only(tmp_path)
    assert "Permission denied" in finding.message
    assert "who may read it" in finding.mend


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A wrong folder is a finding of its own."""
    finding = only(tmp_path / "nowhere")
    assert (finding.file, finding.line) == ((tmp_path / "nowhere").as_posix(), 1)
    assert "cannot be read" in finding.message


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    """A library without a nudge cannot be used."""
    assert "no live nudge" in only(tmp_path).message


def test_packs_add_entries(tmp_path: Path) -> None:
    """Files below the folder belong to the library, read in the order of their names."""
    pack = "nudges:" + GOOD.split("nudges:")[1].split("reflections:")[0].replace("bring-in-01", "bring-in-90")
    for old, new in (("Share the main question early", "Walk to the far end"), ("Send", "Read"), ("You hear", "Hear"),
                     ("What came up", "Who was there")):  # fmt: skip
        pack = pack.replace(old, new)
    written(tmp_path, GOOD)
    written(tmp_path, pack, "packs/ours.yaml")
    assert list(load(tmp_path).nudges) == ["bring-in-01", "bring-in-90"]
    written(tmp_path, pack, "packs/twin.yaml")
    finding = only(tmp_path)
    assert finding.file.endswith("packs/twin.yaml")
    assert "packs/ours.yaml:2" in finding.message


def test_translations_are_not_twins(tmp_path: Path) -> None:
    """`nudges.de.yaml` beside `nudges.yaml` repeats its ids by design; alone, such a name is an ordinary file."""
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("Share the main question early.", "Teile die Frage früh."), "nudges.de.yaml")
    written(tmp_path, GOOD, "nudges.pt-BR.yaml")
    assert load(tmp_path).nudges["bring-in-01"].do == "Share the main question early."
    (tmp_path / "nudges.yaml").rename(tmp_path / "seeds.yaml")
    assert check(tmp_path)[0] is None


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """An editor's hidden leftovers and other kinds of files are not read."""
    written(tmp_path, GOOD)
    written(tmp_path, "\t", ".nudges.yaml")
    written(tmp_path, "\t", ".git/nudges.yaml")
    written(tmp_path, "\t", "nudges.yaml~")
    assert check(tmp_path)[1] == ()


def test_a_near_miss_of_a_name_is_a_warning(tmp_path: Path) -> None:
    """A .yml file is not read, which nobody would guess: so it is told, and the library still loads."""
    written(tmp_path, GOOD)
    written(tmp_path, GOOD, "more.yml")
    finding = only(tmp_path)
    assert (finding.level, finding.file) == ("warning", (tmp_path / "more.yml").as_posix())
    assert "bring-in-01" in load(tmp_path).nudges


@pytest.mark.parametrize("name", ["more.YAML", "more.yaml.txt", "more.yml.txt"])
def test_other_near_misses_are_told_too(tmp_path: Path, name: str) -> None:
    """As editors and file managers call things; the mend is the whole name."""
    written(tmp_path, GOOD)
    written(tmp_path, GOOD, name)
    finding = only(tmp_path)
    assert (finding.level, finding.mend) == ("warning", "call it more.yaml")


def test_a_file_that_is_all_comments_is_fine(tmp_path: Path) -> None:
    """As a pack is that somebody switched off for a while."""
    written(tmp_path, GOOD)
    written(tmp_path, "".join(f"# {line}\n" for line in GOOD.splitlines()), "packs/ours.yaml")
    assert check(tmp_path)[1] == ()


@pytest.mark.parametrize(
    "name", ["nudges copy.yaml", "nudges.old.yaml", "Copy of nudges.yaml", "backup/nudges.yaml", "nudges (1).yaml"]
)
def test_a_copy_is_one_finding(tmp_path: Path, name: str) -> None:
    """At the copy, whichever of the two is read first."""
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("Before a meeting", "Before the meeting"), name)
    finding = only(tmp_path)
    assert (finding.file, finding.line) == ((tmp_path / name).as_posix(), 1)
    assert finding.message == f"is a copy of {(tmp_path / 'nudges.yaml').as_posix()}: 6 of its 6 ids stand there too"
    assert finding.mend.startswith("move it out of the folder")


def test_two_fresh_drafts_are_no_twins(tmp_path: Path) -> None:
    """What is still to be written is much the same in each."""
    drafts = ""
    for number in ("02", "03"):
        draft = ENTRY.replace("bring-in-02", f"bring-in-{number}").replace("status: live", "status: draft")
        draft = draft.replace(
            "Share the main question early", f"Write the action of bring-in-{number} here, verb first"
        )
        draft = draft.replace("You hear from those who like to prepare", f"Write the reason for bring-in-{number} here")
        drafts += draft.replace("What came up?", f"Which effect does bring-in-{number} ask about?")
    assert check(written(tmp_path, GOOD.replace("reflections:", drafts + "reflections:")))[1] == ()


def test_folders_that_go_in_circles_end(tmp_path: Path) -> None:
    """Linked folders are followed, once."""
    library, elsewhere = tmp_path / "library", tmp_path / "elsewhere"
    written(library, GOOD.split("nudges:")[0])
    written(elsewhere, "nudges:" + GOOD.split("nudges:")[1])
    (library / "packs").symlink_to(elsewhere)
    (library / "twin").symlink_to(elsewhere)
    (library / "again").symlink_to(library)
    assert list(load(library).nudges) == ["bring-in-01"]


def test_one_file_alone_can_be_checked(tmp_path: Path) -> None:
    """A path to a file checks that file."""
    written(tmp_path, GOOD)
    assert check(tmp_path / "nudges.yaml")[1] == ()


def test_folded_text_is_one_line(tmp_path: Path) -> None:
    """Text over several lines of the file is one line for members, and is measured as such."""
    text = GOOD.replace("do: Share the main question early.", "do: >\n      Share the main\n      question early.")
    assert load(written(tmp_path, text)).nudges["bring-in-01"].do == "Share the main question early."


def test_what_may_be_left_out(tmp_path: Path) -> None:
    """Optional keys have their defaults, and a section may stand empty."""
    text = GOOD
    for line in (
        "easier: Send one line.",
        "season: hiring",
        "status: live",
        "rev: 2",
        "from: 2026-10-01",
        "to: 2026-10-31",
        "active: true",
        "url: https://example.org/talk",
    ):
        text = text.replace(f"    {line}\n", "")
    text = text.replace(", frame: say", "").split("repairs:")[0] + "repairs:\n"
    library = load(written(tmp_path, text))
    nudge = library.nudges["bring-in-01"]
    assert (nudge.easier, nudge.season, nudge.status, nudge.rev) == (None, None, Status.LIVE, 1)
    assert library.practices["bring-in"].frame == ""
    assert not library.seasons["hiring"].active


def test_drafts_and_retired_ones_keep_their_ids(tmp_path: Path) -> None:
    """What is not live is still known, so that its id stays taken."""
    more = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("bring-in-01", "bring-in-02")
    text = GOOD.replace("reflections:", more.replace("status: live", "status: retired") + "reflections:")
    assert load(written(tmp_path, text)).nudges["bring-in-02"].status is Status.RETIRED


def test_no_half_file_takes_the_bot_down(tmp_path: Path) -> None:
    """A file cut off anywhere, as by a save in progress, is read or refused, and never raises."""
    text = GOOD.encode()
    for end in range(0, len(text), 7):
        library, findings = check(written(tmp_path, text[:end]))
        assert (library is None) == any(one.level == "error" for one in findings)


def test_a_flood_of_slips_is_cut_off(tmp_path: Path) -> None:
    """A file of quite another kind gives a list that ends, and short words, however long its own are."""
    library, findings = check(written(tmp_path, "nudges:\n" + f"  - {'x' * 300}: 1\n" * 2000))
    assert library is None
    assert len(findings) == MAX_FINDINGS + 1
    assert "more is wrong" in findings[-1].message
    assert max(len(finding.field) for finding in findings) == 60


def test_reading_grows_in_step_with_the_library(tmp_path: Path) -> None:
    """Ten times the entries take about ten times as long, not a hundred."""

    def seconds(entries: int) -> float:
        one = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("practice: bring-in", "practice: PRACTICE")
        rng, letters = random.Random(1), "abcdefghijklmnopqrstuvwxyz"  # noqa: S311
        more = ""
        for index in range(entries):
            own = [" ".join("".join(rng.choices(letters, k=5)) for _ in range(6)) for _ in range(3)]
            entry = one.replace("bring-in-01", f"p{index // 90}-{index % 90 + 10}").replace(
                "PRACTICE", f"p{index // 90}"
            )
            entry = entry.replace("the main question early", own[0]).replace("those who like to prepare", own[1])
            more += entry.replace("What came up", f"What {own[2]}")
        practices = "".join(f"  - {{id: p{n}, label: P, role: ally}}\n" for n in range(entries // 90 + 1))
        text = GOOD.replace("seasons:\n", practices + "seasons:\n").replace("reflections:", more + "reflections:")
        written(tmp_path, text)
        began = time.process_time()
        assert len(load(tmp_path).nudges) == entries + 1
        return time.process_time() - began

    seconds(10)
    assert seconds(1000) < 30 * seconds(100)


WARNED = {
    "a text cut at a #": (
        "do: Share the main question early.", "do: Share it early in #general",
        Slip("", "", 15, 9, "bring-in-01", "do", "ends at the #", '"quotes"'),
    ),
    "a comment behind a text": (
        "ask: What came up?", "ask: What came up? # or: who came?",
        Slip("", "", 18, 10, "bring-in-01", "ask", "ends at the #", "a line of its own"),
    ),
    "a full stop after the if-part": (
        "when: Before a meeting", "when: Before a meeting.",
        Slip("", "", 16, 27, "bring-in-01", "when", "ends in “.”", "the action follows"),
    ),
    "a word that may be no verb": (
        "do: Share the", "do: Zhuzh the", Slip("", "", 15, 9, "bring-in-01", "do", "“Zhuzh”", "something to do"),
    ),
    "curly quotation marks around a text": (
        "why: You hear from those who like to prepare.", "why: “You hear from those who like to prepare.”",
        Slip("", "", 17, 10, "bring-in-01", "why", "curly quotation marks", "straight ones"),
    ),
    "no full stop": (
        "question early.", "question early",
        Slip("", "", 15, 37, "bring-in-01", "do", "ends without a full stop", "full stop"),
    ),
    "two actions": (
        "question early.", "question and review the pay bands.",
        Slip("", "", 15, 37, "bring-in-01", "do", "“review” may begin a second action", "keep one of the two"),
    ),
    "a stiff word": (
        "why: You hear from those", "why: You facilitate those",
        Slip("", "", 17, 14, "bring-in-01", "why", "“facilitate” is stiff", "help"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "slip"), WARNED.values(), ids=WARNED)
def test_what_may_be_fine_is_a_warning(tmp_path: Path, old: str, new: str, slip: Slip) -> None:
    """A doubt is told with its place and the mend, and the library can be used all the same."""
    assert old in GOOD
    finding = only(written(tmp_path, GOOD.replace(old, new, 1)))
    assert (finding.line, finding.column, finding.level) == (slip.line, slip.column, "warning"), str(finding)
    assert (finding.id, finding.field) == (slip.id, slip.field)
    assert slip.message in finding.message
    assert slip.mend in finding.mend
    assert "bring-in-01" in load(tmp_path).nudges


def test_a_comment_elsewhere_is_a_comment(tmp_path: Path) -> None:
    """Behind a number or a choice, on a line of its own, inside quotation marks: nothing is cut off."""
    text = GOOD.replace("stretch: 1", "stretch: 1  # comfortable").replace("stance: aside", "stance: aside # beside")
    text = text.replace("nudges:\n", "nudges:\n  # ---- bring-in ----\n").replace(
        "when: Before a meeting", "when: 'Before # 3 begins' # the room"
    )
    assert check(written(tmp_path, text))[1] == ()


@pytest.mark.parametrize(
    ("written_as", "column"),
    [
        ("why: Now you never rest.", 14),
        ("why:    Now you never rest.", 17),
        ('why: "Now you never rest."', 15),
        ("why: 'Now you never rest.'", 15),
        ('why: "Now you never rest \\u00e9."', 10),
        ("why: >\n      Now you never rest.", 10),
        ("why: Now you\n      never rest.", 10),
        ("why: Now  you never rest.", 10),
    ],
)
def test_the_column_is_the_words_own_where_that_can_be_told(tmp_path: Path, written_as: str, column: int) -> None:
    """On one line as it is read: the word. Folded, escaped or oddly spaced: the beginning of the text."""
    finding = only(written(tmp_path, GOOD.replace("why: You hear from those who like to prepare.", written_as)))
    assert (finding.line, finding.column) == (17, column)


def test_what_is_sent_to_nobody_is_judged_mildly(tmp_path: Path) -> None:
    """A draft's words are still being found, and a retired entry's are history: its format alone counts."""
    slip = GOOD.replace("why: You hear", "why: You should hear")
    again = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("bring-in-01", "bring-in-02")
    two = slip.replace("reflections:", again + "reflections:")
    two = two.replace("Share the main question early", "Walk to the far end", 1).replace("What came", "Who came", 1)
    draft, retired = (two.replace("status: live", f"status: {status}", 1) for status in ("draft", "retired"))
    assert [one.level for one in check(written(tmp_path, draft))[1]] == ["warning"]
    assert check(written(tmp_path, retired))[1] == ()
    broken = retired.replace("do: Walk", "do: " + "Walk" * 40, 1)
    assert [one.field for one in check(written(tmp_path, broken))[1]] == ["do"]


def test_words_in_another_language_are_not_judged_by_english_rules(tmp_path: Path) -> None:
    """A base file in German, by its name, keeps the limits and the question mark, and nothing else is asked of it."""
    german = GOOD.replace("Share the main question early.", "Die Frage vorher teilen.").replace("You hear", "Must hear")
    written(tmp_path, german, "ours.de.yaml")
    assert check(tmp_path)[1] == ()
    written(tmp_path, german.replace("What came up?", "Was kam heraus"), "ours.de.yaml")
    assert only(tmp_path).field == "ask"
    written(tmp_path, german.replace("Die Frage", "Die *Frage*"), "ours.de.yaml")
    assert only(tmp_path).field == "do"


@pytest.mark.parametrize(
    ("language", "ask"),
    [("el", "Τι άλλαξε;"), ("ja", "何が変わりましたか。"), ("ar", "ما الذي تغير؟"), ("zh", "有什么变化？")],
)
def test_each_language_asks_in_its_own_way(tmp_path: Path, language: str, ask: str) -> None:
    """The question mark is the language's own, and is not asked for where there is none."""
    written(tmp_path, GOOD.replace("What came up?", ask), f"ours.{language}.yaml")
    assert check(tmp_path)[1] == ()


def test_an_id_of_a_retired_entry_is_gone_for_good(tmp_path: Path) -> None:
    """Whichever of the two is retired, the message says why the id cannot be had, and names one that can."""
    again = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("Share the main", "Write down the")
    for first, second in (("live", "retired"), ("retired", "live")):
        text = GOOD.replace("status: live", f"status: {first}").replace(
            "reflections:", again.replace("status: live", f"status: {second}") + "reflections:"
        )
        _, findings = check(written(tmp_path, text))
        [finding] = [one for one in findings if one.level == "error"]
        assert (finding.line, finding.column, finding.field) == (32, 9, "id")
        assert "is the id of a retired entry" in finding.message
        assert "never used again" in finding.message
        assert finding.mend == "give it an unused one, such as bring-in-02"


def test_many_doubts_do_not_make_a_library_unusable(tmp_path: Path) -> None:
    """Only errors do. The list of warnings ends, and says so."""
    one = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("when: Before a meeting", "when: Before it.")
    entries = "".join(
        one.replace("bring-in-01", f"p{n // 90}-{n % 90 + 10}")
        .replace("practice: bring-in", f"practice: p{n // 90}")
        .replace("the main question", f"q{n} w{n} e{n} r{n} t{n}")
        .replace("You hear", f"Y{n} hear")
        .replace("What", f"W{n}")
        for n in range(MAX_FINDINGS + 100)
    )
    practices = "".join(f"  - {{id: p{n}, label: P, role: ally}}\n" for n in range(20))
    text = GOOD.replace("seasons:\n", practices + "seasons:\n").replace("reflections:", entries + "reflections:")
    library, findings = check(written(tmp_path, text))
    assert library is not None
    assert len(findings) == MAX_FINDINGS + 1
    assert sum("more is wrong" in one.message for one in findings) == 1


def test_a_finding_is_one_line_and_nothing_a_terminal_obeys(tmp_path: Path) -> None:
    """A file may quote line ends and control characters; what is said of it holds neither."""
    text = GOOD.replace("stance: aside", r'stance: "\e[31ma\nside"').replace("rev: 2", r'"re\nv": 2')
    findings = check(written(tmp_path, text))[1]
    assert [one.field for one in findings] == ["stance", "re·v"]
    assert all(str(one).isprintable() for one in findings)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_whatever_a_file_holds_nothing_is_raised(data: bytes) -> None:
    """Any bytes at all are a library, or findings."""
    with tempfile.TemporaryDirectory() as folder:
        library, findings = check(written(Path(folder), data))
        assert (library is None) == any(one.level == "error" for one in findings)


_BYTES = GOOD.encode()
_SCRAPS = st.sampled_from(
    [
        *(b"\t", b"\n", b"  ", b": ", b"- ", b"#", b'"', b"'", b"[", b"{", b"*", b"&a ", b"!", b"|\n", b"---\n"),
        *(b"\xff", b"\x00", b"\xe2\x80\x9c", b"must ", b"1", b"null", b"id: x\n"),
    ]
)


@given(
    st.lists(st.tuples(st.integers(0, len(_BYTES)), st.integers(0, 30), st.binary(max_size=6) | _SCRAPS), max_size=5)
)
def test_whatever_a_slip_of_the_hand_does_nothing_is_raised(edits: list[tuple[int, int, bytes]]) -> None:
    """A good file with pieces cut out and scraps put in is a library, or findings at lines that exist."""
    data = _BYTES
    for at, cut, scrap in edits:
        data = data[:at] + scrap + data[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), data)
        written(Path(folder), data, "nudges.de.yaml")
        library, findings = check(Path(folder), gaps=True)
        assert (library is None) == any(one.level == "error" for one in findings)
        lines = len(data.splitlines()) + 1
        assert all(1 <= one.line <= lines and one.column >= 1 for one in findings)
        assert all("\n" not in str(one) for one in findings)
