"""The settings modal: when nudges and check-ins come."""

from __future__ import annotations

from bot.model import Member
from bot.views import ids
from bot.views.blocks import View, context, field_input, modal, option, plain, section
from bot.views.words import Words

NUDGE_TIME, DAYS, CHECK_IN_DAY, CHECK_IN_TIME = "nudge_time", "days", "check_in_day", "check_in_time"


def settings_modal(words: Words, who: Member) -> View:
    """What may be changed, with what holds now."""
    rhythm = who.rhythm
    days = {day: option(words.weekday(day), str(day)) for day in range(7)}
    boxes = {
        "type": "checkboxes",
        "options": list(days.values()),
        "initial_options": [days[day] for day in sorted(rhythm.days)],
    }
    check_in = {"type": "static_select", "options": list(days.values()), "initial_option": days[rhythm.check_in_day]}
    blocks = [
        field_input(words.say("Nudge at about"), NUDGE_TIME, _timepicker(rhythm.nudge_time.strftime("%H:%M"))),
        field_input(words.say("On these days"), DAYS, boxes, hint=words.say("Fewer days, fewer nudges.")),
        field_input(words.say("Weekly check-in on"), CHECK_IN_DAY, check_in),
        field_input(words.say("Check-in at about"), CHECK_IN_TIME, _timepicker(rhythm.check_in_time.strftime("%H:%M"))),
        context(
            words.say(
                "Times are in {zone} time, as your Slack profile says. Yours comes around {time}: when many are due at"
                " once, Slack takes a while, and the order changes each day.",
                zone=who.zone.key.replace("_", " "),
                time=words.time(rhythm.nudge_time),
            )
        ),
    ]
    return modal(words.say("Settings"), ids.MODAL_SETTINGS, blocks, submit=words.say("Save"), close=words.say("Cancel"))


def settings_kept(words: Words, who: Member, paused: bool) -> View:
    """What the modal turns into once the settings are on disk."""
    assert who.next_nudge_at is not None  # noqa: S101 — an active member always has a next moment
    if paused:
        text = words.say("Saved. Ally is paused; it begins again when you resume.")
    else:
        local = who.next_nudge_at.astimezone(who.zone)
        on, at = words.date(local.date()), words.time(local.time())
        text = words.say("Saved. Your next nudge comes {date}, around {time}.", date=on, time=at)
    close = words.say("Close")
    return modal(words.say("Settings"), ids.MODAL_SETTINGS + ".kept", [section(text)], submit=None, close=close)


def choose_a_day(words: Words) -> str:
    """The error under the days when none is ticked."""
    return words.say("Choose at least one day. To stop for a while, use /ally pause.")


def choose_a_time(words: Words) -> str:
    """The error under a time that was left empty."""
    return words.say("Choose a time.")


def _timepicker(initial: str) -> dict[str, object]:
    return {"type": "timepicker", "initial_time": initial, "placeholder": plain("09:30")}
