"""A new draft stands where it belongs, under an id that nothing ever had, and not a byte else in the file changes."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.model import Library, Status
from bot.nudges.drafting import add
from bot.nudges.drafting.add import add_draft
from bot.nudges.drafting.draft import Draft, draft
from bot.nudges.drafting.insertion import NoDraft
from bot.nudges.library import check

FRAME = """\
# A library of ours.
sources:
  - id: chambers   # cited below
    cite: Lee Chambers
practices:
  - {id: bring-in, label: Bring people in, role: amplifier}
  - {id: bring, label: Bring something, role: amplifier}
  - {id: sponsor, label: Back work, role: sponsor}
nudges:
  # ---- bring-in ----
"""
ENTRY = """\
  - id: bring-in-01
    do: Share the main question early.
    when: Before a meeting
    why: You hear from those who like to prepare.
    ask: What came up?
    practice: bring-in
    stance: aside
    sphere: self
    trigger: when-it-happens
    stretch: 1
    minutes: 5   # kept
    audience: manager
    settings: [document, chat]
    source:
      - chambers
"""
OTHER = """\
  # ---- bring ----
  - id: bring-01
    do: Offer the last biscuit.
    when: At tea
    why: Someone else gets one.
    ask: Who took it?
    practice: bring
    stance: back
    sphere: moment
    trigger: anytime
    stretch: 1
    minutes: 1
    audience: everyone
    settings: [any]
    source: [chambers]
"""
TAIL = "reflections: []\n"
WHOLE = f"{FRAME}{ENTRY}\n{OTHER}\n{TAIL}"

LAYOUTS = {
    "as ours are": WHOLE,
    "the last of the file": FRAME + ENTRY,
    "the last, and no line end": (FRAME + ENTRY).rstrip("\n"),
    "without blank lines": FRAME + ENTRY + OTHER + TAIL,
    "many blank lines": f"{FRAME}{ENTRY}\n\n\n{OTHER}\n\n{TAIL}",
    "Windows' line ends": WHOLE.replace("\n", "\r\n"),
    "Windows' line ends, none at the end": (FRAME + ENTRY).rstrip("\n").replace("\n", "\r\n"),
    "old line ends": WHOLE.replace("\n", "\r"),
    "a byte order mark": "\ufeff" + WHOLE,
    "hyphens at the margin": re.sub(r"(?m)^  ", "", WHOLE),
    "hyphens far in": re.sub(r"(?m)^(?=  )", "    ", WHOLE),
    "keys far in": re.sub(r"(?m)^  - ", "  -   ", re.sub(r"(?m)^    ", "      ", WHOLE)),
    "folded text at the end": WHOLE.replace(
        "    source:\n      - chambers\n", "    source: [chambers]\n    easier: >\n      Ask for a\n      line.\n\n"
    ),
    "quotes over two lines": WHOLE.replace(
        "    source:\n      - chambers\n", '    source: [chambers]\n    easier: "Ask for a\n      line."\n'
    ),
    "comments of its own below": WHOLE.replace(
        "      - chambers\n", "      - chambers\n    # season: hiring\n\n    # ?\n"
    ),
    "entries in braces": FRAME.replace("nudges:", "nudges: # all\n")
    + "  - {id: bring-in-01, do: Ask., when: At tea, why: It helps., ask: Who?, practice: bring-in, stance: back,\n"
    "     sphere: self, trigger: anytime, stretch: 1, minutes: 1, audience: everyone, settings: [any],\n"
    "     source: [chambers]} # kept\n" + TAIL,
    "keys in another order": WHOLE.replace("  - id: bring-in-01\n", "  - status: live\n    id: 'bring-in-01'\n"),
    "letters from far away": WHOLE.replace("Lee Chambers", "Łukasz Ćwik 李 🙂"),
}


def library_in(folder: Path) -> Library:
    """The sound library in a folder."""
    library, findings = check(folder)
    assert library is not None, "\n".join(map(str, findings))
    return library


def written(folder: Path, text: str, name: str = "nudges.yaml") -> Path:
    """A file of the library."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_nothing_but_lines_are_added(tmp_path: Path, text: str) -> None:
    """However the file is laid out: the old bytes are all there, in order, around one run of new whole lines."""
    path = written(tmp_path, text)
    before = path.read_bytes()
    made = add_draft(tmp_path, library_in(tmp_path), "bring-in")
    after = path.read_bytes()
    assert made.id == "bring-in-02"
    grown = len(after) - len(before)
    start = after.index(b"bring-in-02")
    cuts = [at for at in range(start + 1) if after[:at] == before[:at] and after[at + grown :] == before[at:]]
    assert cuts, "the rest of the file has changed"
    ends = (b"\n", b"\r", b"")
    assert any(after[:at][-1:] in ends or after[at:].startswith((b"\n", b"\r")) for at in cuts)
    # It has the line ends of the file, and ends as the file ended.
    kinds = set(re.findall(rb"\r\n|\n|\r", before))
    assert set(re.findall(rb"\r\n|\n|\r", after)) == kinds
    assert after[-1:] == before[-1:] or not before.endswith((b"\n", b"\r"))
    assert after.endswith((b"\n", b"\r")) == before.endswith((b"\n", b"\r"))


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_the_draft_is_valid_and_stands_after_the_last_of_its_practice(tmp_path: Path, text: str) -> None:
    """It has no error, nobody gets it, and it comes before whatever followed; its line is the one to edit."""
    path = written(tmp_path, text)
    before = list(library_in(tmp_path).nudges)
    made = add_draft(tmp_path, library_in(tmp_path), "bring-in")
    library, findings = check(tmp_path)
    assert library is not None, "\n".join(map(str, findings))
    assert list(library.nudges) == ["bring-in-01", "bring-in-02", *before[1:]]
    new = library.nudges["bring-in-02"]
    assert new.status is Status.DRAFT
    lines = re.split(r"\r\n|\n|\r", path.read_bytes().decode())
    assert "- id: bring-in-02" in " ".join(lines[made.line - 1].split())
    # What it is about is taken from the last one of its practice; how risky and for whom, from the gentlest.
    old = library.nudges["bring-in-01"]
    assert (new.stance, new.sphere, new.settings, new.source) == (old.stance, old.sphere, old.settings, old.source)
    assert (new.stretch, new.audience.value) == (1, "everyone")


def test_a_draft_says_what_belongs_in_it(tmp_path: Path) -> None:
    """Each text names its own place; each choice has the choices beside it."""
    path = written(tmp_path, WHOLE)
    add_draft(tmp_path, library_in(tmp_path), "bring-in")
    assert (
        path.read_text(encoding="utf-8")
        .split("      - chambers\n")[1]
        .startswith(
            "\n  - id: bring-in-02\n"
            "    do: Write the action of bring-in-02 here, verb first, in at most 140 characters.\n"
            "    when: When the moment of bring-in-02 comes\n"
            "    why: Write the reason for bring-in-02 here, in at most 160 characters.\n"
            "    ask: Which effect does bring-in-02 ask about?\n"
            "    practice: bring-in\n"
            "    stance: aside  # forward, aside or back\n"
            "    sphere: self  # self, moment or system\n"
            "    trigger: when-it-happens  # anytime or when-it-happens\n"
            "    stretch: 1  # 1 comfortable, 2 noticeable or 3 risky\n"
            "    minutes: 2  # 1, 2, 5 or 10\n"
            "    audience: everyone  # everyone, manager or leader\n"
            "    settings: [chat, document]  # where it can be done, as a list such as [meeting, chat]\n"
            "    source: [chambers]  # ids of the sources, as a list such as [chambers]\n"
            "    status: draft  # draft, live or retired\n"
            "\n  # ---- bring ----\n"
        )
    )


def test_an_unwritten_draft_cannot_go_live(tmp_path: Path) -> None:
    """Whoever only changes the status hears that the words are missing."""
    path = written(tmp_path, WHOLE)
    add_draft(tmp_path, library_in(tmp_path), "bring-in")
    path.write_text(path.read_text(encoding="utf-8").replace("status: draft", "status: live"), encoding="utf-8")
    library, findings = check(tmp_path)
    assert library is None
    missing = {("bring-in-02", name) for name in ("do", "when", "why", "ask")}
    assert {(one.id, one.field) for one in findings if one.level == "error"} == missing


@pytest.mark.parametrize("entry", ["  - id: bring-in-07\n", "  - id: bring-in-07\n    status: retired\n"])
def test_an_id_is_never_used_again(tmp_path: Path, entry: str) -> None:
    """The next number is above all that there are, retired ones and those of other files included: gaps stay gaps."""
    written(tmp_path, WHOLE)
    more = ENTRY.replace("  - id: bring-in-01\n", entry).replace("Share the main", "Send round the first")
    written(tmp_path, "nudges:\n" + more.replace("Before a meeting", "On Mondays"), "more.yaml")
    made = add_draft(tmp_path, library_in(tmp_path), "bring-in", tmp_path / "nudges.yaml")
    assert made.id == "bring-in-08"
    assert add_draft(tmp_path, library_in(tmp_path), "bring-in", tmp_path / "nudges.yaml").id == "bring-in-09"


def pack(practice: str = "bring-in", number: int = 60) -> str:
    """A pack with one nudge."""
    more = ENTRY.replace("bring-in-01", f"{practice}-{number}").replace("practice: bring-in", f"practice: {practice}")
    return "nudges:\n" + more.replace("Share the main", "Send round the first").replace("Before a", "After a")


def test_packs_have_numbers_of_their_own(tmp_path: Path) -> None:
    """From 51 up, each going on where the last ended; the shipped files never reach into them."""
    written(tmp_path, WHOLE)
    ours = written(tmp_path, pack(), "packs/ours.yaml")
    assert add_draft(tmp_path, library_in(tmp_path), "bring-in").id == "bring-in-02"
    assert add_draft(tmp_path, library_in(tmp_path), "bring-in", ours).id == "bring-in-61"
    assert add_draft(tmp_path, library_in(tmp_path), "sponsor", ours).id == "sponsor-51"


def test_a_practice_with_no_nudge_yet_goes_to_the_end_of_the_nudges(tmp_path: Path) -> None:
    """In the file that has nudges, not in the first that comes by name, and not in a pack."""
    written(tmp_path, "reflections: []\n", "a.yaml")
    path = written(tmp_path, WHOLE)
    written(tmp_path, pack("bring-in"), "packs/ours.yaml")
    made = add_draft(tmp_path, library_in(tmp_path), "sponsor")
    assert (made.file, made.id) == (path, "sponsor-01")
    assert list(library_in(tmp_path).nudges) == ["bring-in-01", "bring-01", "sponsor-01", "bring-in-60"]


def test_a_practice_of_a_pack_stays_in_it(tmp_path: Path) -> None:
    """Its nudges begin there, with the numbers of packs, in a section that is made where there is none."""
    written(tmp_path, WHOLE)
    path = written(tmp_path, "practices:\n  - {id: share-tea, label: Share tea, role: host}\n", "packs/ours.yaml")
    made = add_draft(tmp_path, library_in(tmp_path), "share-tea")
    assert (made.file, made.id, made.line) == (path, "share-tea-51", 5)
    assert path.read_text(encoding="utf-8").splitlines()[2:4] == ["", "nudges:"]
    assert add_draft(tmp_path, library_in(tmp_path), "share-tea").id == "share-tea-52"


@pytest.mark.parametrize("empty", ["nudges:\n", "nudges:  # none yet\n", "nudges:", "# ours\n", "", "\ufeffnudges:\n"])
def test_a_file_without_nudges_gets_its_first(tmp_path: Path, empty: str) -> None:
    """Whether its section is there and empty, or not there at all."""
    written(tmp_path, WHOLE)
    library = library_in(tmp_path)
    path = written(tmp_path, empty, "packs/ours.yaml")
    made = add_draft(tmp_path, library, "bring-in", path)
    assert path.read_bytes().startswith(empty.encode())
    assert library_in(tmp_path).nudges[made.id].status is Status.DRAFT


def test_a_new_file_is_begun(tmp_path: Path) -> None:
    """With the line by which editors find the schema, where there is one."""
    written(tmp_path, WHOLE)
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "packs").mkdir()
    path = tmp_path / "packs" / "ours.yaml"
    made = add_draft(tmp_path, library_in(tmp_path), "bring-in", path)
    assert made.id == "bring-in-51"
    first, section, entry, *_ = path.read_text(encoding="utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=../schema.json"
    assert (section, entry) == ("nudges:", "  - id: bring-in-51")
    assert "bring-in-51" in library_in(tmp_path).nudges


REFUSED = {
    "elsewhere": ("../ours.yaml", "is not in"),
    "another ending": ("ours.yml", "call it ours.yaml"),
    "hidden": (".ours.yaml", "call it ours.yaml"),
    "a translation": ("nudges.de.yaml", "is a translation"),
}


@pytest.mark.parametrize(("name", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_ally_would_not_read_is_refused(tmp_path: Path, name: str, said: str) -> None:
    """A draft that nobody would find again is not written."""
    folder = tmp_path / "content"
    written(folder, WHOLE)
    with pytest.raises(NoDraft, match=re.escape(said)):
        add_draft(folder, library_in(folder), "bring-in", folder / name)
    assert sorted(os.listdir(folder)) == ["nudges.yaml"]
    assert sorted(os.listdir(tmp_path)) == ["content"]


UNFIT = {
    "brackets": FRAME.split("nudges:")[0] + "nudges: []\n",
    "nothing, spelt out": FRAME.split("nudges:")[0] + "nudges: null\n",
}


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_a_layout_that_lines_cannot_be_added_to_is_refused(tmp_path: Path, text: str) -> None:
    """It says what to write instead, and the file stays as it is."""
    written(tmp_path, WHOLE)
    library = library_in(tmp_path)
    path = written(tmp_path, text)
    with pytest.raises(NoDraft, match="→ write them one below the other"):
        add_draft(tmp_path, library, "bring-in")
    assert path.read_bytes() == text.encode()


def test_numbers_run_out_politely(tmp_path: Path) -> None:
    """At 50 for the shipped files, at 99 for packs; the number after is not another practice's or a pack's."""
    written(tmp_path, WHOLE.replace("bring-in-01", "bring-in-50"))
    ours = written(tmp_path, pack("bring-in", 99), "packs/ours.yaml")
    library = library_in(tmp_path)
    with pytest.raises(NoDraft, match="numbers up to 50"):
        add_draft(tmp_path, library, "bring-in")
    with pytest.raises(NoDraft, match="numbers from 51 to 99"):
        add_draft(tmp_path, library, "bring-in", ours)


def test_no_source_no_draft(tmp_path: Path) -> None:
    """A nudge needs a source; where there is none to name, that comes first."""
    written(tmp_path, WHOLE)
    practices = library_in(tmp_path).practices
    with pytest.raises(NoDraft, match="names no source yet"):
        add_draft(tmp_path, Library(practices=practices), "bring-in")


def test_the_longest_practice_has_room(tmp_path: Path) -> None:
    """The words of a draft keep their limits whatever the practice is called."""
    name = "x" * 57
    written(tmp_path, WHOLE.replace("id: sponsor,", f"id: {name},"))
    made = add_draft(tmp_path, library_in(tmp_path), name)
    assert library_in(tmp_path).nudges[made.id].id == f"{name}-01"


def test_the_mode_is_kept_and_a_link_stays_one(tmp_path: Path) -> None:
    """The file is replaced in one step; nothing is left beside it."""
    real = written(tmp_path / "elsewhere", WHOLE)
    real.chmod(0o640)
    folder = tmp_path / "content"
    folder.mkdir()
    link = folder / "nudges.yaml"
    link.symlink_to(real)
    add_draft(folder, library_in(folder), "bring-in")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert b"bring-in-02" in real.read_bytes()
    assert os.listdir(folder) == os.listdir(real.parent) == ["nudges.yaml"]


def test_a_file_that_may_only_be_read_stays_as_it_is(tmp_path: Path) -> None:
    """Replacing it would get round its owner's wish. The message names the file itself."""
    path = written(tmp_path, WHOLE)
    path.chmod(0o444)
    with pytest.raises(NoDraft, match=r"nudges\.yaml may only be read → let yourself write it") as refused:
        add_draft(tmp_path, library_in(tmp_path), "bring-in")
    assert ".tmp" not in str(refused.value)
    assert path.read_text(encoding="utf-8") == WHOLE


def test_a_folder_that_cannot_be_written_into_is_named_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by a file beside it that nobody ever heard of."""

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / ".x.tmp"))

    path = written(tmp_path, WHOLE)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(PermissionError) as refused:
        add_draft(tmp_path, library_in(tmp_path), "bring-in")
    assert refused.value.filename == str(path)


@pytest.mark.parametrize("name", ["site-packages", "dist-packages"])
def test_an_installed_library_is_not_written_into(tmp_path: Path, name: str) -> None:
    """The next update would take the draft away; it says what to do instead."""
    folder = tmp_path / name / "bot" / "content"
    path = written(folder, WHOLE)
    with pytest.raises(
        NoDraft, match=rf"installed in {name}.*copy the folder to a place of yours, and set ALLY_CONTENT"
    ):
        add_draft(folder, library_in(folder), "bring-in")
    assert path.read_text(encoding="utf-8") == WHOLE


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk costs nothing but the draft."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = written(tmp_path, WHOLE)
    library = library_in(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        add_draft(tmp_path, library, "bring-in")
    assert path.read_bytes() == WHOLE.encode()
    assert os.listdir(tmp_path) == ["nudges.yaml"]


def test_a_save_in_between_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody saves the file while the draft is made, theirs stays and the draft is not written."""
    path = written(tmp_path, WHOLE)
    library = library_in(tmp_path)

    def draft_while_somebody_saves(
        library: Library, texts: Mapping[Path, str], practice: str, *file: Path, pack: bool
    ) -> Draft:
        path.write_bytes(b"# theirs\n")
        return draft(library, texts, practice, *file, pack=pack)

    monkeypatch.setattr(add, "draft", draft_while_somebody_saves)
    with pytest.raises(NoDraft, match="was changed just now"):
        add_draft(tmp_path, library, "bring-in")
    assert path.read_bytes() == b"# theirs\n"


def test_the_shipped_library_takes_a_draft_for_each_practice(tmp_path: Path) -> None:
    """Every practice of ours can be continued, one draft after the other, and all of it stays sound."""
    shipped = Path(__file__).parents[2] / "content"
    for path in shipped.rglob("*.yaml"):
        written(tmp_path, path.read_text(encoding="utf-8"), path.relative_to(shipped).as_posix())
    library = library_in(tmp_path)
    for practice in list(library.practices)[::6]:
        made = add_draft(tmp_path, library, practice)
        assert (made.file, int(made.id[-2:])) == (
            tmp_path / "nudges.yaml",
            1 + max(int(id_[-2:]) for id_ in library.nudges if id_[:-3] == practice and int(id_[-2:]) < 51),
        )
        library = library_in(tmp_path)
