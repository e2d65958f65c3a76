"""`ally library check`: what a curator reads in the terminal, and what a program reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.nudges.test_library import GOOD, written
from tests.processes import ally

KEYS = ["file", "line", "column", "id", "field", "level", "message", "mend"]
SLIPS = GOOD.replace("stance: aside", "stance: left").replace("Before a meeting", "Before a meeting.")


async def checked(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a check with `folder` as the working directory."""
    return await ally("library", "check", *words, environ={}, cwd=folder)


async def test_a_good_file_is_praised_in_one_line(tmp_path: Path) -> None:
    """Counts on standard output, nothing on the other, exit 0. A single file is not judged for gaps."""
    written(tmp_path, GOOD)
    assert await checked(tmp_path, "nudges.yaml", "--strict") == (
        0,
        "nudges.yaml: 1 nudge (1 live), 1 practice, 1 reflection, 1 repair card, no errors, no warnings\n",
        "",
    )


async def test_errors_stand_apart_from_warnings(tmp_path: Path) -> None:
    """Errors first, under a heading each; every finding begins with its file, from here, so that editors can jump."""
    written(tmp_path, SLIPS, "library/nudges.yaml")
    code, out, err = await checked(tmp_path, "library")
    assert code == 1
    assert out == "library: 1 error, 1 warning\n"
    assert err == (
        "1 error:\n"
        "library/nudges.yaml:20:13: bring-in-01.stance: “left” is not one of the choices"
        " → write forward, aside or back\n"
        "\n"
        "1 warning:\n"
        "library/nudges.yaml:16:27: bring-in-01.when: ends in “.” → delete it: the action follows\n"
        "\n"
    )


async def test_warnings_fail_only_when_asked_to(tmp_path: Path) -> None:
    """Exit 0 with warnings, 1 with --strict."""
    written(tmp_path, GOOD.replace("Before a meeting", "Before a meeting."))
    assert (await checked(tmp_path, "nudges.yaml"))[0] == 0
    code, _, err = await checked(tmp_path, "nudges.yaml", "--strict")
    assert (code, err.splitlines()[-1]) == (1, "By --strict, warnings fail the check.")


@pytest.mark.parametrize("part", ["content/packs/ours.yaml", "content/packs"])
async def test_a_part_is_read_with_the_rest_of_its_library(tmp_path: Path, part: str) -> None:
    """What it names stands elsewhere; only its own findings are told, and how many there are in other files."""
    head, tail = GOOD.split("nudges:\n")
    written(tmp_path, head, "content/names.yaml")
    written(tmp_path, "nudges:\n" + tail, "content/packs/ours.yaml")
    said = f"{part}, read with the rest of content: no errors, no warnings\n"
    assert await checked(tmp_path, part) == (0, said, "")
    written(tmp_path, "nudges:\n" + tail.replace("stance: aside", "stance: left"), "content/packs/ours.yaml")
    code, _, err = await checked(tmp_path, part)
    assert code == 1
    assert err.splitlines()[1].startswith("content/packs/ours.yaml:8:13: bring-in-01.stance: ")
    written(tmp_path, "nudges:\n" + tail, "content/packs/ours.yaml")
    written(tmp_path, head.replace("frame: say", "frame: shout"), "content/names.yaml")
    code, out, err = await checked(tmp_path, part)
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "1 error stands in other files: `ally library check content`"


async def test_a_folder_is_judged_for_gaps_and_played_through(tmp_path: Path) -> None:
    """Gaps are warnings; then come a year of working days and five members."""
    written(tmp_path, GOOD)
    code, out, err = await checked(tmp_path, ".")
    assert code == 0
    assert "nudges.yaml:13:1: nudges: reflections: 1 of 30, so 29 more → write more of these" in err.splitlines()
    assert "live nudges" not in err  # the fields of the matrix say so already
    title, *lines = out.splitlines()[1:]
    assert title.startswith("A year of working days from 20")
    assert len(lines) == 5
    assert lines[0].startswith("  without a desk, stretch 1 only: runs dry in week ")


async def test_a_broken_folder_is_not_played_through(tmp_path: Path) -> None:
    """Where errors stand, the first thing is to mend them."""
    written(tmp_path, SLIPS)
    code, out, _ = await checked(tmp_path, ".")
    assert (code, len(out.splitlines())) == (1, 1)


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), (SLIPS, 1)])
async def test_a_program_gets_one_document(tmp_path: Path, text: str, code: int) -> None:
    """The agreed keys, the same exit code, and nothing else anywhere."""
    written(tmp_path, text)
    got, out, err = await checked(tmp_path, "nudges.yaml", "--json")
    assert (got, err) == (code, "")
    findings = json.loads(out)["findings"]
    assert len(findings) == 2 * code
    assert all(list(one) == KEYS for one in findings)
    assert all(one["file"] == "nudges.yaml" for one in findings)


async def test_a_path_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    """Exit 2, and said so; nothing on standard output."""
    for words in (("nowhere",), ("nowhere", "--json")):
        code, out, err = await checked(tmp_path, *words)
        assert (code, out) == (2, "")
        assert "nowhere" in err
        assert "Traceback" not in err


async def test_languages_are_named(tmp_path: Path) -> None:
    """A translation that is read shows in the counts."""
    written(tmp_path, GOOD)
    written(tmp_path, "reflections: [{id: stance-01, ask: Wo?}]", "nudges.de.yaml")
    _, out, _ = await checked(tmp_path, ".")
    assert "1 repair card, words in de, no errors" in out
