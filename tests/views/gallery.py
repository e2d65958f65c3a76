"""Every message, modal and Home that Ally makes, each with its longest content: to be looked at, and measured.

`python -m tests.views.gallery FILE` writes them to one page.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bot.model import (
    Audience,
    CheckIn,
    Delivery,
    DeliveryId,
    Finding,
    Kind,
    Library,
    Member,
    Nudge,
    Reflection,
    Repair,
    Rhythm,
    Setting,
    Skip,
    State,
    Status,
    Step,
    Trigger,
)
from bot.nudges.library import load
from bot.nudges.shelf import Difference, Shelf, Turn
from bot.views import admin, answers, blocks, check_in, home, membership, nudge, repair, settings
from bot.views.blocks import Message, View
from bot.views.html import Look, render_blocks, stylesheet
from bot.views.words import words_for

# The English of India has the longest dates and times; Wednesday and September are the longest of their kind.
WORDS = words_for("en-IN")
ZONE = ZoneInfo("America/Argentina/ComodRivadavia")
NOON = datetime(2026, 9, 30, 15, 50, tzinfo=UTC)
DAY = date(2026, 9, 30)
WEDNESDAY = 2
DELIVERY = DeliveryId("5d1f0c7ae29b4c41b7fa3d2c9b8e6a10")
RHYTHM = Rhythm(time(12, 50), frozenset({0, 1, 2, 3, 5, 6}), WEDNESDAY, time(12, 50))
MEMBER = Member(
    id=1, workspace="T1", user="U1", dm="D1", zone=ZONE, locale="en-IN", rhythm=RHYTHM, audience=Audience.LEADER,
    settings=frozenset(Setting), joined_at=NOON, left_at=None, erase_at=None, gone=False, paused=False, resume_on=None,
    next_nudge_at=NOON, next_check_in_at=NOON,
)  # fmt: skip
PAUSED = replace(MEMBER, paused=True, resume_on=DAY)
LEFT = replace(MEMBER, left_at=NOON, erase_at=NOON)

SENTENCE = "In the planning meeting I asked whose idea it had been, and waited until she had said it herself. "
LONG = (SENTENCE * 31)[:2999].strip() + "."
UNBROKEN = "x" * 3000
MARKED = ("<script>alert(1)</script> & *not bold* :not_an_emoji: <@U1> `\u202eכך\u202c` " * 50)[:3000]
LINES = [Reflection(f"r{at}", NOON, text) for at, text in enumerate((LONG, UNBROKEN, MARKED, SENTENCE, SENTENCE))]
SUPPORT = {
    "Employee assistance programme, at any hour of the day": "https://assistance.example.org/" + "a/long/way/" * 12,
    "Confidential counselling": "https://counselling.example.org/",
    "Works council & equal opportunities": "https://intranet.example.org/council?topic=equal&lang=en",
    "HR business partner": "mailto:people@example.org",
    "External ombudsperson": "https://ombudsperson.example.org/",
}
ERRORS: dict[str, dict[str, str]] = {
    "settings.settings_modal": {
        settings.NUDGE_TIME: settings.choose_a_time(WORDS),
        settings.DAYS: settings.choose_a_day(WORDS),
        settings.CHECK_IN_TIME: settings.choose_a_time(WORDS),
    },
    "check_in.check_in_modal": {check_in.STEPS: check_in.tick_something(WORDS)},
    "answers.line_modal": {answers.LINE: answers.join_before_keeping(WORDS)},
    "answers.line_modal: alone": {answers.LINE: answers.write_something(WORDS)},
}
"""What may stand under the inputs of a modal, by its name here and block_id."""


def gallery() -> dict[str, Message | View]:
    """Each item by its function, `module.function`, and what is special about it after a colon."""
    words = WORDS
    library = _library()
    longest, question = _longest(library), max(library.questions.values(), key=lambda one: len(one.ask))
    shown = nudge.nudge_message(words, longest, DELIVERY, DAY)
    asked = nudge.question_message(words, question, DELIVERY)
    why, shelf = _longest_reasons(library), _shelf(library)
    return {
        "membership.joining_modal": membership.joining_modal(words, RHYTHM, WEDNESDAY, ZONE.key),
        "membership.welcome": membership.welcome(words, MEMBER, WEDNESDAY),
        "membership.welcome_view": membership.welcome_view(words, MEMBER, WEDNESDAY),
        "membership.already_in": membership.already_in(words, MEMBER),
        "membership.already_in: paused": membership.already_in(words, PAUSED),
        "membership.join_undone": membership.join_undone(words),
        "membership.bad_time": membership.bad_time(words, SENTENCE.strip()),
        "membership.goodbye": membership.goodbye(words, MEMBER),
        "membership.erased": membership.erased(words),
        "membership.kept": membership.kept(words),
        "membership.pausing": membership.pausing(words, PAUSED, NOON.date()),
        "membership.pausing: open": membership.pausing(words, MEMBER, NOON.date()),
        "membership.bad_pause": membership.bad_pause(words, SENTENCE.strip()),
        "membership.resumed": membership.resumed(words, MEMBER),
        "membership.privacy": membership.privacy(words, SUPPORT),
        "nudge.nudge_message": shown,
        "nudge.nudge_message: waits for its moment": nudge.nudge_message(words, _waiting(library), DELIVERY),
        "nudge.question_message": asked,
        "nudge.noted": nudge.noted(words, shown, DELIVERY),
        "nudge.noted: a question": nudge.noted(words, asked, DELIVERY),
        "nudge.with_buttons": nudge.with_buttons(words, shown, DELIVERY, Trigger.WHEN_IT_HAPPENS, question=False),
        "nudge.with_buttons: a question": nudge.with_buttons(words, asked, DELIVERY, Trigger.ANYTIME, question=True),
        "nudge.extra_nudge": nudge.extra_nudge(words, longest),
        "nudge.extra_question": nudge.extra_question(words, question),
        "nudge.nothing_left": nudge.nothing_left(words),
        "nudge.why": nudge.why(words, _most(library, lambda one: one.why)),
        "nudge.easier": nudge.easier(words, _most(library, lambda one: one.easier or "")),
        "nudge.easier: without one": nudge.easier(words, replace(longest, easier=None)),
        "nudge.ask": nudge.ask(words, _most(library, lambda one: one.ask).ask, DELIVERY),
        "nudge.put_off": nudge.put_off(words),
        "nudge.turned_down": nudge.turned_down(words),
        "nudge.taken_back": nudge.taken_back(words),
        "nudge.not_yours": nudge.not_yours(words),
        "check_in.check_in_message": check_in.check_in_message(words, DELIVERY, DAY),
        "check_in.check_in_modal": check_in.check_in_modal(
            words, DAY, CheckIn(DAY, frozenset(Step), LONG, UNBROKEN), UNBROKEN
        ),
        "check_in.check_in_modal: the first": check_in.check_in_modal(words, DAY, None, ""),
        "check_in.check_in_kept": check_in.check_in_kept(words),
        "settings.settings_modal": settings.settings_modal(words, MEMBER),
        "settings.settings_kept": settings.settings_kept(words, MEMBER, paused=False),
        "answers.help_message": answers.help_message(words),
        "repair.what_happened": repair.what_happened(words, library),
        "repair.card_message": repair.card_message(words, library, _longest_card(library), SUPPORT),
        "repair.card_message: alone": repair.card_message(words, library, library.repairs["interrupted-01"], {}),
        "answers.not_understood": answers.not_understood(words, LONG, None),
        "answers.not_understood: a near miss": answers.not_understood(words, "wyh " + "x" * 1996, "settings"),
        "answers.join_first": answers.join_first(words, MARKED, left=False),
        "answers.join_first: left": answers.join_first(words, MARKED, left=True),
        "membership.not_erased": membership.not_erased(words),
        "membership.nothing_kept": membership.nothing_kept(words),
        "answers.coming_soon": answers.coming_soon(words, "settings"),
        "answers.could_not_save": answers.could_not_save(words, LONG),
        "answers.too_long": answers.too_long(words, UNBROKEN * 4),
        "answers.line_kept": answers.line_kept(words, LINES[1]),
        "answers.line_taken_back": answers.line_taken_back(words, LINES[0]),
        "answers.line_taken_back: none": answers.line_taken_back(words, None),
        "answers.journal": answers.journal(words, [LINES[3]] * 3 + LINES + LINES, MEMBER, 3, "meeting"),
        "answers.journal: empty": answers.journal(words, [], MEMBER, 0, ""),
        "answers.journal: not found": answers.journal(words, [], MEMBER, 0, SENTENCE.strip()),
        "answers.typed_in_chat": answers.typed_in_chat(words),
        "answers.line_modal": answers.line_modal(words, question.ask),
        "answers.line_modal: alone": answers.line_modal(words),
        "answers.line_kept_view": answers.line_kept_view(words),
        "answers.why_message": answers.why_message(
            words, _a_fortnight(), why, membership.pausing(words, PAUSED, NOON.date()).text
        ),
        "answers.why_message: nothing yet": answers.why_message(words, [], "", ""),
        "home.home_before": home.home_before(words),
        "home.home_after_leaving": home.home_after_leaving(words, LEFT),
        "home.home_of": home.home_of(words, MEMBER, LINES, WEDNESDAY, answered=False, now=NOON),
        "home.home_of: paused, answered, no lines": home.home_of(
            words, replace(PAUSED, resume_on=date(2026, 12, 30)), [], WEDNESDAY, answered=True, now=NOON
        ),
        "admin.broken_notice": admin.broken_notice(words, FINDINGS, shelf.folder, DELIVERY),
        "admin.broken_notice: one": admin.broken_notice(words, FINDINGS[:1], shelf.folder, DELIVERY),
        "admin.library_message": admin.library_message(words, _refusing(shelf), ZONE, DAY),
        "admin.library_message: with warnings": admin.library_message(words, _warned(shelf), ZONE, DAY),
        "admin.library_message: all well": admin.library_message(words, shelf, ZONE, DAY),
        "admin.reloaded": admin.reloaded(words, Turn.LOADED, _warned(shelf), ZONE),
        "admin.reloaded: mended": admin.reloaded(words, Turn.MENDED, shelf, ZONE),
        "admin.reloaded: nothing changed": admin.reloaded(words, Turn.SAME, shelf, ZONE),
        "admin.reloaded: refused": admin.reloaded(words, Turn.REFUSED, _refusing(shelf), ZONE),
        "admin.reloaded: somebody saves": admin.reloaded(words, Turn.BUSY, shelf, ZONE),
        "admin.reloaded: still reading": admin.reloaded(words, None, shelf, ZONE),
        "admin.admin_help": admin.admin_help(words),
        "admin.admin_help: a near miss": admin.admin_help(words, "libary", "library"),
        "admin.admin_help: no word": admin.admin_help(words, MARKED),
        "admin.admin_help: more than it takes": admin.admin_help(words, LONG, "library", known=True),
        "admin.admin_soon": admin.admin_soon(words, "announce"),
        "admin.admin_soon: with a text": admin.admin_soon(words, "announce", LONG),
        "admin.not_an_admin": admin.not_an_admin(words),
        "admin.not_an_admin: a line": admin.not_an_admin(words, LONG),
        "admin.preview_sent": admin.preview_sent(words, longest.id, Status.LIVE),
        "admin.preview_sent: a draft": admin.preview_sent(words, longest.id, Status.DRAFT),
        "admin.preview_sent: retired": admin.preview_sent(words, longest.id, Status.RETIRED),
        "admin.preview_not_sent": admin.preview_not_sent(words, "messages_tab_disabled", perhaps=False),
        "admin.preview_not_sent: perhaps it was": admin.preview_not_sent(words, "http_503", perhaps=True),
        "admin.which_entry": admin.which_entry(words, "", None, refused=False),
        "admin.which_entry: near": admin.which_entry(words, "brin-in-01", "bring-in-01", refused=False),
        "admin.which_entry: nothing near": admin.which_entry(words, "<" * 3000, None, refused=True, text=LONG),
        "admin.only_a_preview": admin.only_a_preview(words),
        "answers.why_message: a question": answers.why_message(words, _a_fortnight(), "", why),
        "answers.why_message: deleted since": answers.why_message(
            words, _a_fortnight(), answers.no_longer_there(words), why
        ),
        "blocks.as_modal": blocks.as_modal(membership.privacy(words, SUPPORT)),
    }


_REASON = "says nearly the same as bring-in-03 (line 210): “Ask one person who has not spoken yet.” & *more* <@U1>"
FINDINGS = tuple(
    Finding(f"/srv/ally/content/packs/our-own/nudges-{at}.yaml", 1200 + at, 12, "credit-the-source-03", "why", "error",
            " ".join([_REASON] * (8 if at == 0 else 1)), "make the situation differ, or retire one of the two")
    for at in range(12)
)  # fmt: skip


def _shelf(library: Library) -> Shelf:
    """The shipped library in use, without a fault."""
    shelf = Shelf(Path("/srv/ally/content"))
    shelf.library, shelf.loaded_at, shelf.difference = library, NOON, Difference(12, 120, 3)
    return shelf


def _warned(shelf: Shelf) -> Shelf:
    other = _shelf(shelf.library)
    other.findings = tuple(replace(finding, level="warning") for finding in FINDINGS)
    return other


def _refusing(shelf: Shelf) -> Shelf:
    other = _warned(shelf)
    other.refused, other.refused_version = FINDINGS, "0" * 64
    return other


@lru_cache(maxsize=1)
def _library() -> Library:
    return load(Path(__file__).parents[2] / "content")


def _most(library: Library, words: Callable[[Nudge], str]) -> Nudge:
    return max(library.nudges.values(), key=lambda one: len(words(one)))


def _longest(library: Library) -> Nudge:
    """One nudge with the longest of each text that there is."""
    nudges = library.nudges.values()
    texts = {name: max((getattr(one, name) for one in nudges), key=len) for name in ("when", "do", "why", "ask")}
    return replace(next(iter(library.nudges.values())), trigger=Trigger.ANYTIME, **texts)


def _longest_card(library: Library) -> Repair:
    return max(library.repairs.values(), key=lambda one: len(one.own + one.repair + one.change + one.say))


def _waiting(library: Library) -> Nudge:
    return next(one for one in library.nudges.values() if one.trigger is Trigger.WHEN_IT_HAPPENS)


def _longest_reasons(library: Library) -> str:
    season = max((one.label for one in library.seasons.values()), key=len)
    codes = ("stance:forward", "stance:aside", "unseen", "again", "question")
    return max((answers.choice_in_words(WORDS, f"stance:aside {code}", season) for code in codes), key=len)


def _a_fortnight() -> list[Delivery]:
    """A row for each reason there is, the longest twice."""
    reasons: list[str | None] = [None, *Skip, "channel_not_found", Skip.UNKNOWN, Skip.UNKNOWN]
    return [
        Delivery(
            DELIVERY, "T1", "U1", Kind.CHECK_IN if at % 5 == 0 else Kind.NUDGE, DAY, NOON,
            State.SKIPPED if reason else State.SENT, reason, None, None,
        )
        for at, reason in enumerate(reasons)
    ]  # fmt: skip


# -- the page ------------------------------------------------------------------------------------------------

_STYLES = """
body { background: var(--bk-surface); color: var(--bk-text); margin: 0; font: 15px/1.46667 Lato, "Slack-Lato",
  "Helvetica Neue", Helvetica, "Segoe UI", Tahoma, Arial, sans-serif; overflow-wrap: anywhere; }
main { margin: 0 auto; max-width: 46rem; padding: 1rem; }
h1 { font-size: 1.375rem; }
h2 { color: var(--bk-muted); font: 0.75rem/1.5 monospace; margin: 2rem 0 0.5rem; }
.message { display: flex; gap: 0.5rem; }
.face { background: #007a5a; border-radius: 8px; color: #fff; flex: none; font: 900 1.125rem/2.25rem sans-serif;
  height: 2.25rem; text-align: center; width: 2.25rem; }
.body { flex: 1; min-width: 0; }
.by { font-weight: 900; }
.app { background: var(--bk-code-surface); border-radius: 2px; color: var(--bk-muted); font: 700 0.625rem/1 sans-serif;
  margin: 0 0.25rem; padding: 0.125rem 0.25rem; }
.at { color: var(--bk-muted); font-size: 0.75rem; }
.modal, .home { border: 1px solid var(--bk-line); border-radius: 8px; box-shadow: var(--bk-shadow); }
.modal { max-width: 32.5rem; }
.modal header, .modal footer { display: flex; gap: 0.75rem; padding: 1rem 1.5rem; }
.modal header { font-size: 1.375rem; font-weight: 900; }
.modal footer { justify-content: flex-end; }
.inside { padding: 0.5rem 1.5rem; }
.home { padding: 1rem; }
"""
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Everything Ally says</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>{}{}</style></head>'
    "<body><main><h1>Everything Ally says</h1>{}</main></body></html>"
)
_ITEM = Markup('<section class="item" aria-label="{0}"><h2>{0}</h2>{1}</section>')
_MESSAGE = Markup(
    '<div class="message"><div class="face" aria-hidden="true">A</div><div class="body">'
    '<div><span class="by">Ally</span> <span class="app">APP</span> <span class="at">9:30 AM</span></div>{}</div></div>'
)
_HOME = Markup('<div class="home">{}</div>')
_MODAL = Markup(
    '<div class="modal"><header>{}</header><div class="inside">{}</div><footer class="bk-blocks">{}{}</footer></div>'
)
_BUTTON = Markup('<button type="button" class="bk-button {}">{}</button>')


def write(path: Path) -> None:
    """The whole gallery as one page that needs nothing else."""
    drawn = Markup("").join(_ITEM.format(name, _frame(name, item)) for name, item in gallery().items())
    page = _PAGE.format(Markup(stylesheet()), Markup(_STYLES), drawn)  # noqa: S704 — our own style sheets
    path.write_text(page, encoding="utf-8")


def _frame(name: str, item: Message | View) -> Markup:
    look = Look(names={"U1": "Mina"}, zone=ZONE, errors=ERRORS.get(name, {}), scope=name)
    if isinstance(item, Message):
        return _MESSAGE.format(render_blocks(item.blocks, look))
    inside = render_blocks(item["blocks"], look)
    if item["type"] == "home":
        return _HOME.format(inside)
    close, submit = _said(item, "close"), _said(item, "submit")
    return _MODAL.format(
        _said(item, "title"),
        inside,
        _BUTTON.format("", close or "Close"),
        _BUTTON.format("bk-primary", submit) if submit else "",
    )


def _said(view: Mapping[str, Any], key: str) -> str:
    return str(view.get(key, {}).get("text", ""))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
