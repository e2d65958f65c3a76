"""The curator's tools at a terminal: what they print, how they end, and what others run them by."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes import ally, environment

ROOT = Path(__file__).parent.parent

LIBRARY = """\
sources:
  - {id: chambers, cite: Lee Chambers, url: "https://example.org/talk"}
practices:
  - {id: bring-in, label: Bring people in, role: amplifier}
nudges:
  - id: bring-in-01
    do: Share the main question early.
    when: Before a meeting
    why: You hear from those who like to prepare.
    ask: What came up?
    practice: bring-in
    stance: aside
    sphere: moment
    trigger: when-it-happens
    stretch: 3
    minutes: 1
    audience: leader
    settings: [floor, chat]
    source: [chambers]
    easier: Send one line.
    rev: 2
reflections:
  - {id: stance-01, ask: Where did you stand?, about: unseen-labour, source: [chambers]}
repairs:
  - {id: froze-01, kind: froze-up, own: You froze., repair: Go to them., change: Count to three., say: I saw it.,
     source: [chambers]}
"""

Run = tuple[int, str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small library in `content`, below a working directory."""
    content = tmp_path / "content"
    content.mkdir()
    (content / "nudges.yaml").write_text(LIBRARY, encoding="utf-8")
    (content / "a.txt").write_text("notes of somebody", encoding="utf-8")
    return tmp_path


async def library(folder: Path, *words: str, content: str | None = "content") -> Run:
    """Runs `ally library …` in that folder."""
    environ = {"ALLY_CONTENT": content} if content else {}
    return await ally("library", *words, environ=environ, cwd=folder)


async def test_preview_reads_as_a_member_would(folder: Path) -> None:
    """When, do; then all that members can ask for, and where the nudge stands, in words; nothing is cut."""
    code, out, err = await library(folder, "preview", "bring-in-01")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Before a meeting",
        "→ Share the main question early.",
        "",
        "Why       You hear from those who like to prepare.",
        "Ask       What came up?",
        "Easier    Send one line.",
        "Practice  Bring people in (amplifier)",
        "Stance    to the side",
        "Works on  the moment",
        "Fits      when its moment comes",
        "Stretch   3, risky",
        "Takes     1 minute",
        "For       leaders",
        "Where     in chat, on the floor, without a desk",
        "Season    all year",
        "Status    live, wording 2",
        "Source    Lee Chambers, https://example.org/talk",
    ]


async def test_preview_knows_questions_and_cards_too(folder: Path) -> None:
    """They are entries like any other."""
    _, question, _ = await library(folder, "preview", "stance-01")
    assert question.startswith("Where did you stand?\n\nReflection  about unseen labour\n")
    _, card, _ = await library(folder, "preview", "froze-01")
    assert card.startswith("“I saw it.”\n\nRepair card  froze up\nOwn it       You froze.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("preview", "bring-in-10"), "bring-in-10 is not in the library → did you mean bring-in-01?"),
        (("preview", "zzz"), "zzz is not in the library → look for its id in the files"),
        (("preview",), "give an ID, such as `ally library preview bring-in-01`, or a page to write"),
        (("preview", "bring-in-01", "--html", "page.html"), "give an ID or --html, not both"),
        (("preview", "--html", "no/page.html"), "--html: no/page.html cannot be written (No such file or directory)"),
        (("coverage", "--html", "content"), "--html: content cannot be written (Is a directory)"),
        (("coverage", "--html", "content/page.yaml"), "--html: content/page.yaml would be a file of a library → call"),
        (("preview", "--html", "content/nudges.yaml"), "--html: content/nudges.yaml would be a file of a library"),
        (("preview", "--html", "content/a.txt"), "--html: content/a.txt is there and is no page → give a name that"),
        (("coverage", "nowhere"), "nowhere: there is nothing of that name → name the folder of the library"),
        (("new", "brin-in"), "brin-in is no practice of the library → did you mean bring-in?"),
        (("new", "zzz"), "zzz is no practice of the library → add it under `practices:` first"),
        (("new", "bring-in", "--file", "elsewhere.yaml"), "elsewhere.yaml is not in content, where Ally would read it"),
    ],
)
async def test_what_was_meant_is_said(folder: Path, words: tuple[str, ...], said: str) -> None:
    """Wrong usage ends with 2, one line on standard error, nothing on standard output, and nothing is written."""
    code, out, err = await library(folder, *words)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert err.count("\n") == 1
    assert os.listdir(folder) == ["content"]
    assert (folder / "content" / "nudges.yaml").read_text(encoding="utf-8") == LIBRARY


@pytest.mark.parametrize(
    "words", [("preview", "bring-in-01"), ("preview", "--html", "page.html"), ("coverage",), ("new", "bring-in")]
)
async def test_a_broken_library_is_named_first(folder: Path, words: tuple[str, ...]) -> None:
    """Exit code 1 and each error as `check` words it; nothing is drawn or written from half a library."""
    broken = LIBRARY.replace("stance: aside", "stance: left").replace("What came up?", "Say what.")
    path = folder / "content" / "nudges.yaml"
    path.write_text(broken, encoding="utf-8")
    code, out, err = await library(folder, *words)
    assert (code, out) == (1, "")
    assert re.findall(r"nudges\.yaml:(\d+):\d+: bring-in-01\.(\w+): ", err) == [("10", "ask"), ("12", "stance")]
    assert path.read_text(encoding="utf-8") == broken
    assert os.listdir(folder) == ["content"]


async def test_coverage_counts_and_names_each_gap(folder: Path) -> None:
    """Off a terminal plain and whole; a gap says how many of how many; a gap is no failure."""
    code, out, err = await library(folder, "coverage")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert "…" not in out
    rows = [line.split("  ") for line in out.splitlines()]
    leaders = next(at for at, row in enumerate(rows) if row[0] == "For leaders")
    aside = [cell.strip() for cell in re.split(r"(?<=\d|–) +(?=\d|–)", out.splitlines()[leaders + 4][11:].strip())]
    assert aside == ["–", "–", "–", "–", "–", "1", "–", "0 of 1", "0 of 1"]
    assert re.search(r"(?m)^bring-in +1 of 6 +1 +1$", out)
    assert re.search(r"(?m)^live nudges +1 of 180 +180$", out)
    gaps = out.split("\nGaps\n")[1].splitlines()
    assert "- reflections: 1 of 30, so 29 more" in gaps
    assert any(gap.startswith("- leader, aside, system, stretch 2: 0 of 1") for gap in gaps)


async def test_coverage_names_languages(folder: Path) -> None:
    """What is not translated, and what was made from an older wording."""
    translated = (
        "nudges:\n"
        "  - {id: bring-in-01, do: Frag., when: Vor dem Treffen, why: Es hilft., ask: Und?, easier: Kurz., rev: 1}\n"
    )
    (folder / "content" / "nudges.de.yaml").write_text(translated, encoding="utf-8")
    _, out, _ = await library(folder, "coverage")
    assert re.search(r"(?m)^de +\d+ of \d+ +1$", out)
    [gap] = [line for line in out.splitlines() if line.startswith("- language de: ")]
    assert "bring-in" in gap
    assert "older wording: bring-in-01" in gap


def test_coverage_fits_a_terminal_and_colours_it(folder: Path) -> None:
    """Eighty columns hold the matrix whole; a gap is red there, and its words are the same as without colour."""
    reader, writer = pty.openpty()
    environ = environment({"PYTHONPATH": str(ROOT), "ALLY_CONTENT": "content", "TERM": "xterm", "COLUMNS": "80"})
    command = [sys.executable, "-m", "bot", "library", "coverage"]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=writer, stdin=writer) as process:
        os.close(writer)
        seen = b""
        try:
            while more := os.read(reader, 4096):
                seen += more
        except OSError:  # how a terminal says that nobody writes any more
            pass
        os.close(reader)
    assert process.returncode == 0
    text = seen.decode().replace("\r\n", "\n")
    assert "\x1b[1;31m0 of 8\x1b[0m" in text
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    row = next(line for line in lines if line.startswith("forward "))
    assert row.split("  ")[0].strip() == "forward"
    assert row.count(" of ") == 9
    assert "…" not in "".join(lines)


async def test_pages_are_written(folder: Path) -> None:
    """Each to the file that was named; it says where."""
    for words, title in (
        (("preview", "--html", "page.html"), "The nudges as members read them"),
        (("coverage", "--html", "page.html"), "What the library holds"),
    ):
        code, out, err = await library(folder, *words)
        assert (code, out, err) == (0, "page.html is written; open it in a browser\n", "")
        assert f"<title>{title}</title>" in (folder / "page.html").read_text(encoding="utf-8")


async def test_the_library_can_be_named(folder: Path) -> None:
    """By option, by argument, or by ALLY_CONTENT; otherwise it is the shipped one."""
    (folder / "content").rename(folder / "ours")
    assert (await library(folder, "preview", "bring-in-01", "--content", "ours", content=None))[0] == 0
    assert "1 of 180" in (await library(folder, "coverage", "ours", content=None))[1]
    assert "1 of 180" in (await library(folder, "coverage", content="ours"))[1]
    assert (await library(folder, "new", "bring-in", "--content", "ours/nudges.yaml", content=None))[0] == 0


async def test_a_library_at_hand_that_is_not_read_is_noted(folder: Path) -> None:
    """One line on standard error, when no path was given; else somebody edits one library and checks another."""
    (folder / "ours").mkdir()
    (folder / "ours" / "nudges.yaml").write_text(LIBRARY, encoding="utf-8")
    note = "note: this reads ours, not content/ → to have content/ here read, name it, or set ALLY_CONTENT=content\n"
    assert (await library(folder, "preview", "bring-in-01", content="ours"))[2] == note
    assert (await library(folder, "coverage", content="ours"))[2] == note
    assert (await library(folder, "coverage", "ours", content=None))[2] == ""
    assert (await library(folder, "coverage", content="content"))[2] == ""
    assert "note: this reads " in (await library(folder, "preview", "bring-in-01", content=None))[2]


@pytest.mark.parametrize("encoding", ["cp1252", "latin1", "ascii"])
async def test_other_encodings_lose_a_sign_and_nothing_more(folder: Path, encoding: str) -> None:
    """An arrow that a terminal does not have is a question mark; JSON says it in a way of its own."""
    environ = {"ALLY_CONTENT": "content", "PYTHONIOENCODING": encoding}
    code, out, err = await ally("library", "preview", "bring-in-01", environ=environ, cwd=folder)
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "? Share the main question early."
    broken = LIBRARY.replace("stance: aside", "stance: left")
    (folder / "content" / "nudges.yaml").write_text(broken, encoding="utf-8")
    _, out, _ = await ally("library", "check", "--json", environ=environ, cwd=folder)
    assert json.loads(out)["findings"][0]["message"].startswith("“left” is not one")


@pytest.mark.parametrize("words", ["preview bring-in-01", "coverage", "check", "schema"])
@pytest.mark.parametrize("target", [">/dev/full", ">&-"])
def test_output_that_goes_nowhere_is_said_in_one_line(folder: Path, words: str, target: str) -> None:
    """A full disk, a closed pipe: exit code 1, no traceback."""
    environ = environment({"PYTHONPATH": str(ROOT), "ALLY_CONTENT": "content"})
    command = f"{shlex.quote(sys.executable)} -m bot library {words} {target}"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("standard output ")
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


async def test_new_says_where_to_write(folder: Path) -> None:
    """File, line and id, as editors jump to them; the words are tested with the drafts themselves."""
    code, out, err = await library(folder, "new", "bring-in")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "content/nudges.yaml:23: bring-in-02"
    lines = (folder / "content" / "nudges.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[22] == "  - id: bring-in-02"
    assert (await library(folder, "check", "content"))[0] == 0
    (folder / "content" / "packs").mkdir()
    _, out, _ = await library(folder, "new", "bring-in", "--file", "content/packs/ours.yaml")
    assert out.splitlines()[0] == "content/packs/ours.yaml:2: bring-in-51"


async def test_schema_prints_one_document(folder: Path) -> None:
    """And needs no library for it."""
    for words, name in ((("schema",), "schema.json"), (("schema", "--translation"), "translation.schema.json")):
        code, out, err = await library(folder, *words, content="nowhere")
        assert (code, err) == (0, "")
        assert out == (ROOT / "content" / name).read_text(encoding="utf-8")
        assert json.loads(out)["type"] == "object"


# -- what others run -------------------------------------------------------------------------------------------

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
WORKFLOW: dict[Any, Any] = yaml.safe_load(
    (ROOT / "docs" / "examples" / "library-check.yml").read_text(encoding="utf-8")
)
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["check"]["steps"]


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """A repository with the shipped library in it."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    return tmp_path


def test_the_hook_is_one_that_pre_commit_takes() -> None:
    """The keys that it needs and no others, with values of the right kind."""
    kinds = {
        "id": str, "name": str, "description": str, "entry": str, "language": str, "files": str, "args": list,
        "pass_filenames": bool,
    }  # fmt: skip
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        assert all(isinstance(value, kinds[key]) for key, value in hook.items())
        assert hook["language"] == "python"  # so that pre-commit installs Ally by itself
        assert re.search(hook["files"], "content/packs/ours.yaml")
        assert not re.search(hook["files"], "README.md")
    assert [hook["id"] for hook in HOOKS] == ["ally-library"]


@pytest.mark.parametrize("broken", [False, True], ids=["sound", "broken"])
async def test_the_hook_runs(fork: Path, broken: bool) -> None:
    """As pre-commit runs it: it lets a sound library pass and stops a broken one."""
    if broken:
        (fork / "content" / "more.yaml").write_text("nudges:\n  - id: x\n", encoding="utf-8")
    [hook] = HOOKS
    given: list[str] = hook["args"]
    program, *words = [*shlex.split(hook["entry"]), *given]
    assert program == "ally"
    code, _, err = await ally(*words, environ={}, cwd=fork)
    assert code == int(broken), err
    assert ("more.yaml:2" in err) == broken


def test_the_workflow_is_one_that_github_takes() -> None:
    """Each step runs something or uses something; what it installs from is there."""
    assert WORKFLOW[True] == {"pull_request": {"paths": ["content/**"]}}  # YAML 1.1 reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["jobs"]["check"]["runs-on"]
    for step in STEPS:
        assert len({"uses", "run"} & step.keys()) == 1
        assert step.keys() <= {"name", "uses", "run", "with"}
        for file in re.findall(r"-r (\S+)", step.get("run", "")):
            assert (ROOT / file).is_file()


async def test_the_workflow_passes_for_the_shipped_library(fork: Path) -> None:
    """Every `ally` command of it, in a fork that changed nothing; and the page that it keeps is there."""
    commands = [step["run"] for step in STEPS if step.get("run", "").startswith("ally ")]
    assert [command.split()[2] for command in commands] == ["check", "coverage", "preview"]
    for command in commands:
        _, *words = shlex.split(command)
        code, _, err = await ally(*words, environ={}, cwd=fork)
        assert (code, err) == (0, ""), command
    [kept] = [step["with"]["path"] for step in STEPS if "upload-artifact" in step.get("uses", "")]
    assert (fork / kept).is_file()
