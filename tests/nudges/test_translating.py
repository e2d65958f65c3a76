"""The library in other languages: which words a member gets, and what translators are told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.delivery.render import render
from bot.model import DeliveryId, Kind, Library, Parcel
from bot.nudges.coverage import survey
from bot.nudges.library import check, load
from tests.nudges.test_library import GOOD, only, written

GERMAN = """\
nudges:
  - id: bring-in-01
    rev: 2
    do: Teile die Frage früh.
    when: Vor einer Besprechung
    why: Du hörst auch die, die sich gern vorbereiten.
    ask: Was kam dabei heraus?
    easier: Schick eine Zeile.
practices:
  - {id: bring-in, label: Leute hereinholen}
seasons:
  - {id: hiring, label: Einstellen}
reflections:
  - {id: stance-01, ask: Wo standest du?}
repairs:
  - id: interrupted-01
    own: Ich bin ins Wort gefallen.
    repair: Gib das Wort zurück.
    change: Zähle bis drei.
    say: Entschuldige, sprich bitte weiter.
"""


def told(folder: Path) -> list[tuple[str, int, int, str, str]]:
    """Level, line, column, id and field of each finding."""
    return [(one.level, one.line, one.column, one.id, one.field) for one in check(folder)[1]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library, in English and whole in German."""
    written(tmp_path, GOOD)
    return written(tmp_path, GERMAN, "nudges.de.yaml")


def test_whoever_reads_german_gets_german(folder: Path) -> None:
    """`de` and `de-DE` alike, in every section with words; the rest of an entry is the base's."""
    library = load(folder)
    for locale in ("de", "de-DE", "de-AT"):
        german = library.in_words_of(locale)
        nudge = german.nudges["bring-in-01"]
        assert (nudge.do, nudge.when) == ("Teile die Frage früh.", "Vor einer Besprechung")
        assert (nudge.ask, nudge.easier) == ("Was kam dabei heraus?", "Schick eine Zeile.")
        assert (nudge.practice, nudge.settings) == ("bring-in", library.nudges["bring-in-01"].settings)
        assert german.practices["bring-in"].label == "Leute hereinholen"
        assert german.practices["bring-in"].role == "amplifier"
        assert german.seasons["hiring"].label == "Einstellen"
        assert german.questions["stance-01"].ask == "Wo standest du?"
        assert german.repairs["interrupted-01"].say == "Entschuldige, sprich bitte weiter."


def test_everybody_else_gets_the_base(folder: Path) -> None:
    """English, a language that is not there, and no locale at all."""
    library = load(folder)
    for locale in ("en-GB", "en", "fr-FR", ""):
        assert library.in_words_of(locale) is library


def test_the_script_counts_before_the_language() -> None:
    """Slack says `zh-TW`, and a file may be called `zh-Hant`; a file with the very name comes first."""
    hans, hant, taiwan, spanish = (Library() for _ in range(4))
    library = Library(translations={"zh": hans, "zh-Hant": hant, "es": spanish})
    assert library.in_words_of("zh-TW") is hant
    assert library.in_words_of("zh-CN") is hans
    assert library.in_words_of("es-LA") is spanish
    assert Library(translations={"zh-Hant": hant, "zh-TW": taiwan}).in_words_of("zh-TW") is taiwan


def test_a_message_goes_out_in_the_members_words(folder: Path) -> None:
    """End to end: a nudge and a question, in the text and in the blocks."""
    library = load(folder)
    for chosen, german, english in (
        ("bring-in-01", "Teile die Frage früh.", "Share the main question early."),
        ("stance-01", "Wo standest du?", "Where did you stand?"),
    ):
        for locale, said, unsaid in (
            ("de-DE", german, english),
            ("en-GB", english, german),
            ("pl-PL", english, german),
        ):
            message = render(library, parcel(chosen, locale))
            assert said in message.text
            assert said in str(message.blocks)
            assert unsaid not in message.text + str(message.blocks)


def parcel(chosen: str, locale: str) -> Parcel:
    """A delivery of `chosen` to somebody with that Slack locale."""
    due = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    return Parcel(DeliveryId("d" * 32), "T1", "U1", "D1", locale, Kind.NUDGE, date(2026, 11, 23), due, chosen, None, 0)


def test_a_stale_translation_is_said_and_told(folder: Path) -> None:
    """When the base moved on, its translator hears of it, and members go on getting the words there are."""
    written(folder, GOOD.replace("rev: 2", "rev: 3"))
    finding = only(folder)
    assert (finding.level, finding.line, finding.column) == ("warning", 3, 10)
    assert (finding.id, finding.field) == ("bring-in-01", "rev")
    assert "made from rev 2, and the entry is at rev 3" in finding.message
    assert "nudges.yaml:14" in finding.message
    assert "write `rev: 3`" in finding.mend
    library = load(folder)
    assert library.in_words_of("de-DE").nudges["bring-in-01"].do == "Teile die Frage früh."
    [german] = survey(library).languages
    assert german.stale == ("bring-in-01",)
    assert german.missing == ()


def test_no_rev_means_the_first(folder: Path) -> None:
    """As in the base: a translation without `rev` was made from rev 1."""
    written(folder, GERMAN.replace("    rev: 2\n", ""), "nudges.de.yaml")
    assert told(folder) == [("warning", 2, 5, "bring-in-01", "rev")]
    written(folder, GOOD.replace("    rev: 2\n", ""))
    assert told(folder) == []


def test_a_rev_ahead_of_the_base_is_told(folder: Path) -> None:
    """A translation of a wording that does not exist was made from something else."""
    written(folder, GERMAN.replace("rev: 2", "rev: 9"), "nudges.de.yaml")
    assert told(folder) == [("warning", 3, 10, "bring-in-01", "rev")]


def test_half_an_entry_is_not_said(folder: Path) -> None:
    """No message is half German: until all words are there, an entry comes in the base's, and what lacks is named."""
    for gone in ("    why: Du hörst auch die, die sich gern vorbereiten.\n", "    easier: Schick eine Zeile.\n"):
        for left in ("", gone.partition(":")[0] + ":\n"):  # left out, or begun
            written(folder, GERMAN.replace(gone, left), "nudges.de.yaml")
            assert told(folder) == [("warning", 2, 5, "bring-in-01", gone.split(":")[0].strip())]
            assert load(folder).in_words_of("de").nudges["bring-in-01"].do == "Share the main question early."


def test_what_is_not_translated_shows_in_coverage(folder: Path) -> None:
    """And nowhere else: a translation may grow entry by entry."""
    written(folder, "nudges:" + GERMAN.split("nudges:")[1].split("practices:")[0], "nudges.de.yaml")
    assert told(folder) == []
    [german] = survey(load(folder)).languages
    assert (german.language, german.have, german.want) == ("de", 1, 5)
    assert german.missing == ("bring-in", "hiring", "stance-01", "interrupted-01")
    assert german.gap().startswith("language de: 1 of 5, so 4 more; without words: bring-in, hiring")


def test_a_full_copy_is_fine(folder: Path) -> None:
    """Whoever copies the whole file and writes over the texts has made a translation; its other keys do not count."""
    copied = GOOD.replace("Share the main question early.", "Teile die Frage früh.").replace("stretch: 1", "stretch: 3")
    written(folder, copied, "nudges.de.yaml")
    assert told(folder) == []
    nudge = load(folder).in_words_of("de").nudges["bring-in-01"]
    assert (nudge.do, nudge.stretch) == ("Teile die Frage früh.", 1)


@pytest.mark.parametrize(
    ("old", "new", "level", "line", "column", "id_", "field", "message"),
    [
        ("id: bring-in-01", "id: bring-in-02", "error", 2, 9, "bring-in-02", "id", "is not among the nudges"),
        ("id: stance-01", "id: stance-09", "error", 14, 10, "stance-09", "id", "is not among the reflections"),
        ("do: Teile", "do: " + "Teile " * 30, "error", 4, 9, "bring-in-01", "do", "140 fit"),
        ("heraus?", "heraus.", "error", 7, 10, "bring-in-01", "ask", "question mark"),
        ("    rev: 2", "    points: 2", "error", 3, 5, "bring-in-01", "points", "is no key"),
        ("rev: 2", "rev: zwei", "error", 3, 10, "bring-in-01", "rev", "does not fit here"),
        ("Frage früh", "*Frage* früh", "error", 4, 19, "bring-in-01", "do", "is formatting"),
        ("Frage früh.", "Frage #früh", "warning", 4, 9, "bring-in-01", "do", "ends at the #"),
        ("Besprechung", "Besprechung,", "warning", 5, 32, "bring-in-01", "when", "ends in “,”"),
        ("reflections:", "reflektionen:", "error", 13, 1, "", "reflektionen", "no section"),
        ("  - {id: stance-01, ask: Wo standest du?}", "\t- x", "error", 14, 1, "", "", "a tab"),
        ("practices:\n", "  - {id: bring-in-01, do: D, when: W, why: D., ask: E?, easier: F., rev: 2}\npractices:\n",
         "error", 9, 10, "bring-in-01", "id", "is translated twice"),
    ],
)  # fmt: skip
def test_a_translators_slip_is_found_where_it_stands(
    folder: Path, old: str, new: str, level: str, line: int, column: int, id_: str, field: str, message: str
) -> None:
    """In the translation, at its line, with the mend; the English rules about words are not asked of it."""
    assert old in GERMAN
    written(folder, GERMAN.replace(old, new, 1), "nudges.de.yaml")
    finding = next(one for one in check(folder)[1] if one.level == level)
    assert (finding.line, finding.column, finding.id, finding.field) == (line, column, id_, field), str(finding)
    assert finding.file.endswith("nudges.de.yaml")
    assert message in finding.message
    assert finding.mend


def test_words_for_a_retired_entry_are_told(folder: Path) -> None:
    """Nobody gets them any more; an id of a retired entry is not named elsewhere."""
    more = GOOD.split("nudges:\n")[1].split("reflections:")[0].replace("bring-in-01", "bring-in-02")
    more = more.replace("Share the main question early", "Walk to the far end").replace("What came", "Who came")
    written(folder, GOOD.replace("live", "retired").replace("reflections:", more + "reflections:"))
    assert told(folder) == [("warning", 2, 9, "bring-in-01", "id")]


def test_a_broken_base_is_told_once(folder: Path) -> None:
    """An entry that is wrong in the base is no finding in its translations."""
    written(folder, GOOD.replace("stance: aside", "stance: left").replace("label: Hiring", "label: ''"))
    assert {one.file.rpartition("/")[2] for one in check(folder)[1]} == {"nudges.yaml"}


def test_a_region_says_differently_what_it_says_itself(tmp_path: Path) -> None:
    """Brazil reads its own words where there are some, else Portugal's, else the base."""
    second = GOOD.split("reflections:\n")[1].split("repairs:")[0].replace("stance-01", "stance-02")
    written(tmp_path, GOOD.replace("repairs:", second.replace("Where did", "How did") + "repairs:"))
    written(tmp_path, "reflections: [{id: stance-01, ask: Onde?}, {id: stance-02, ask: Como?}]", "nudges.pt.yaml")
    written(tmp_path, "reflections: [{id: stance-01, ask: Aonde?}]", "nudges.pt-br.yaml")
    library = load(tmp_path)
    assert set(library.translations) == {"pt", "pt-BR"}
    asked = {
        locale: [library.in_words_of(locale).questions[id_].ask for id_ in ("stance-01", "stance-02")]
        for locale in ("pt-PT", "pt-BR", "en-GB")
    }
    assert asked["pt-PT"] == ["Onde?", "Como?"]
    assert asked["pt-BR"] == ["Aonde?", "Como?"]
    assert asked["en-GB"] == ["Where did you stand?", "How did you stand?"]


def test_a_translation_may_be_checked_alone(folder: Path) -> None:
    """It is read with the file it translates."""
    assert check(folder / "nudges.de.yaml")[1] == ()
    written(folder, GERMAN.replace("id: stance-01", "id: stance-09"), "nudges.de.yaml")
    assert "stance-01" in only(folder / "nudges.de.yaml").mend


MISNAMED = {
    "nudges_de.yaml": "nudges.de.yaml",
    "nudges-de.yaml": "nudges.de.yaml",
    "de/nudges.yaml": "nudges.de.yaml",
    "nudges.german.yaml": "nudges.de.yaml",
    "nudges.de_AT.yaml": "nudges.de-AT.yaml",
    "words.yaml": "nudges.de.yaml if it is German",
}


@pytest.mark.parametrize("whole", [False, True], ids=["words", "whole entries"])
@pytest.mark.parametrize(("name", "right"), MISNAMED.items(), ids=MISNAMED)
def test_a_translation_under_another_name_is_told_its_own(tmp_path: Path, name: str, right: str, whole: bool) -> None:
    """One finding, with the name under which it would be read."""
    written(tmp_path, GOOD)
    text = GERMAN
    if whole and "German" not in right:
        text = GOOD
        for line in GERMAN.splitlines():
            key, _, said = line.strip().partition(": ")
            if key in ("do", "when", "why", "ask", "easier", "own", "repair", "change", "say"):
                old = next(one for one in GOOD.splitlines() if one.strip().startswith(f"{key}: "))
                text = text.replace(old, f"    {key}: {said}", 1)
    written(tmp_path, text, name)
    finding = only(tmp_path)
    assert (finding.file, finding.line, finding.level) == ((tmp_path / name).as_posix(), 1, "error")
    assert finding.mend == f"call it {right}, beside nudges.yaml"


def test_another_english_keeps_the_rules_of_english(tmp_path: Path) -> None:
    """Words for the United States are judged as the library's own are."""
    written(tmp_path, GOOD)
    words = GERMAN.split("practices:")[0].replace("Teile die Frage früh", "It would be nice to share it")
    for old, new in (("Vor einer Besprechung", "Before a meeting"), ("Was kam dabei heraus", "What came up"),
                     ("Du hörst auch die, die sich gern vorbereiten", "You hear more"),
                     ("Schick eine Zeile", "Send one line")):  # fmt: skip
        words = words.replace(old, new)
    written(tmp_path, words, "nudges.en-US.yaml")
    assert told(tmp_path) == [("error", 4, 9, "bring-in-01", "do")]
