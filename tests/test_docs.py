"""The documents tell the truth: everything that can be set, typed or measured stands in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from bot.cli import ally
from bot.config import Settings
from bot.handlers.desk import SOON, WORDS
from bot.nudges.library import check
from bot.nudges.reading.schema import NudgeEntry
from bot.observe import Metrics
from bot.views.admin import broken_notice
from bot.views.words import words_for

ROOT = Path(__file__).parent.parent
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
MANIFEST = yaml.safe_load((ROOT / "manifest.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    """By its name in the environment."""
    assert f"`{name.upper()}`" in REFERENCE


@pytest.mark.parametrize("word", [*WORDS, *SOON])
def test_every_word_of_ally_is_documented(word: str) -> None:
    """As people type it."""
    assert f"/ally {word}" in REFERENCE


def _commands() -> list[str]:
    top = get_command(ally)
    found = []
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found += [f"{name} {sub}" for sub in below] if below else [name]
    return found


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_documented(command: str) -> None:
    """As operators type it."""
    assert f"`ally {command}" in REFERENCE


def test_every_metric_is_documented() -> None:
    """By the name that Prometheus shows."""
    for family in Metrics().registry.collect():
        name = family.name + ("_total" if family.type == "counter" else "")
        assert f"`{name}" in REFERENCE, name


def test_the_reference_names_nothing_that_is_not_there() -> None:
    """No command, no setting that somebody would look for in vain."""
    commands = {command.split()[0] for command in _commands()}
    assert set(re.findall(r"`ally ([a-z]+)", REFERENCE)) <= commands
    settings = {name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"^\| `([A-Z_]{4,})`", REFERENCE, flags=re.MULTILINE)) <= settings


def test_the_manifest_asks_for_what_the_outer_surface_says_and_no_more() -> None:
    """Scopes, events, tabs, the one command."""
    scopes, features, settings = MANIFEST["oauth_config"]["scopes"], MANIFEST["features"], MANIFEST["settings"]
    assert set(scopes["bot"]) == {"chat:write", "commands", "users:read", "im:write", "im:history"}
    assert scopes["bot_optional"] == ["im:history"]
    assert set(settings["event_subscriptions"]["bot_events"]) == {
        "app_home_opened", "user_change", "app_uninstalled", "tokens_revoked", "message.im",
    }  # fmt: skip
    assert [(one["command"], one["should_escape"]) for one in features["slash_commands"]] == [("/ally", False)]
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert settings["interactivity"]["is_enabled"] is True


def _said(tree: ast.AST) -> Iterator[str]:
    """Every sentence handed to `say` or `many`, wherever the call stands: Babel itself does not look into f-strings
    on Python 3.11, so a sentence in one would never reach a translator."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("say", "many"):
            sentence = node.args[0]
            assert isinstance(sentence, ast.Constant), f"line {node.lineno}: no constant, so nobody can translate it"
            yield str(sentence.value)


def test_sentences_inside_f_strings_are_seen() -> None:
    """The next test would not notice them otherwise."""
    assert list(_said(ast.parse("""f"*{words.say('Next')}* {words.many('one', 'more', 2)}" """))) == ["Next", "one"]


def test_the_catalogue_template_is_up_to_date() -> None:
    """`make words` was run after the last change to a sentence, and found each of them."""
    from babel.messages.pofile import read_po

    found = {said for path in (ROOT / "bot").rglob("*.py") for said in _said(ast.parse(path.read_text("utf-8")))}
    with (ROOT / "bot" / "views" / "locale" / "ally.pot").open("rb") as file:
        kept = {one.id if isinstance(one.id, str) else one.id[0] for one in read_po(file) if one.id}
    assert found == kept


GUIDE = (ROOT / "docs" / "curating.md").read_text(encoding="utf-8")


def test_the_curators_guide_shows_a_shipped_nudge_and_names_each_key() -> None:
    """The nudge it explains is one that members get, and each key that an entry may have is explained."""
    shown = GUIDE.split("This is one nudge:\n\n")[1].split("\n\n")[0]
    entry = "\n".join(line.removeprefix("  ") for line in shown.splitlines())
    assert entry in (ROOT / "content" / "nudges.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", GUIDE)) == set(NudgeEntry.model_fields) - {"id"}


def test_the_curators_guide_quotes_what_admins_get() -> None:
    """The message in the guide is the message."""
    quoted = " ".join(line.removeprefix("> ") for line in GUIDE.splitlines() if line.startswith("> "))
    assert quoted in broken_notice(words_for("en-GB"), (), ROOT / "content", "-").text
    assert quoted


def test_the_curators_guide_follows_a_slip_to_what_the_checker_says(tmp_path: Path) -> None:
    """Each message that the guide explains is one that the checker gives for just that slip."""
    table = GUIDE.split("| it says |")[1].split("\n\n")[0].splitlines()[2:]
    explained = {line.split("|")[1].strip() for line in table}
    slips = {
        "  - id: bring-in-01\n   do: Ask.\n": "this line is not lined up with those above",
        "\t- id: bring-in-01\n": "a tab stands before the text",
        "  - id: bring-in-01\n    do: Say: yes\n": "a colon stands where none can",
        '  - id: bring-in-01\n    do: "Ask.\n': "a quotation mark opens here and never closes",
        "  - id: bring-in-01\n    doo: Ask.\n": "is no key of this kind of entry",
        "  - id: bring-in-01\n  - id: bring-in-01\n": "is taken by",
    }
    for text, message in slips.items():
        (tmp_path / "nudges.yaml").write_text(f"nudges:\n{text}", encoding="utf-8")
        assert any(one.message.startswith(message) for one in check(tmp_path)[1]), message
        assert any(line.startswith(message) for line in explained), message
    assert len(explained) == len(slips)


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    """Every file that a page points to is there, and every heading within the page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in headings, link
        elif not link.startswith("https://"):
            assert (ROOT / page.parent / link.split("#")[0]).exists(), link
