"""Joining, pausing, leaving, privacy: what members are told, exactly."""

from __future__ import annotations

from datetime import date, datetime

from bot.model import Member, Rhythm
from bot.views import ids
from bot.views.blocks import Block, Message, View, actions, button, confirm, escape, modal, quote, section, titled
from bot.views.words import Words


def days_in_words(words: Words, days: frozenset[int]) -> str:
    """Working days as people say them."""
    if days == frozenset(range(5)):
        return words.say("Monday to Friday")
    if len(days) == 7:
        return words.say("every day")
    return ", ".join(words.weekday(day) for day in sorted(days))


def what_comes(words: Words, rhythm: Rhythm, check_in_day: int, zone: str) -> str:
    """What a member gets, and when."""
    return words.say(
        "One small action at around {time}, {days} ({zone} time). On {check_in_day} at around {check_in_time} Ally asks"
        " in private how your week went. Nothing else, and no reminders.",
        time=words.time(rhythm.nudge_time),
        days=days_in_words(words, rhythm.days),
        zone=zone.replace("_", " "),
        check_in_day=words.weekday(check_in_day),
        check_in_time=words.time(rhythm.check_in_time),
    )


def what_is_kept(words: Words) -> str:
    """What is kept of a member."""
    return words.say(
        "When you joined, your settings, what was sent and when. What you write and answer is kept encrypted."
    )


def who_could_read(words: Words) -> str:
    """Who can read what, exactly: never "only you"."""
    return words.say(
        "The people who run Ally here hold the key, so they could read it. On some Slack plans an employer can export"
        " direct messages: those show that you joined, what came and that you pressed a button, but not what you"
        " wrote or answered. A court order can open more. In Slack, Ally never tells who takes part."
    )


def how_to_stop(words: Words) -> str:
    return words.say("Stop any time with /ally leave, or from the menu on any message.")


def joining_modal(words: Words, rhythm: Rhythm, check_in_day: int, zone: str) -> View:
    """What *Join* shows before anything is kept."""
    blocks = [
        titled(words.say("What comes"), what_comes(words, rhythm, check_in_day, zone)),
        titled(words.say("What is kept"), what_is_kept(words)),
        titled(words.say("Who could read it"), who_could_read(words)),
        titled(words.say("How to stop"), how_to_stop(words)),
    ]
    return modal(words.say("Join Ally"), ids.MODAL_JOIN, blocks, submit=words.say("Start"), close=words.say("Not now"))


def welcome(words: Words, who: Member, check_in_day: int) -> Message:
    """The answer to joining by command."""
    first = _first(words, who)
    what = what_comes(words, who.rhythm, check_in_day, who.zone.key)
    kept, readers, stop = what_is_kept(words), who_could_read(words), how_to_stop(words)
    row = actions(
        button(words.say("Try one now"), ids.TRY_ONE),
        button(words.say("Settings"), ids.SETTINGS),
        button(words.say("Undo"), ids.JOIN_UNDO),
    )
    return Message(
        " ".join([first, what, kept, readers, stop]),
        [
            titled(first, what),
            titled(words.say("What is kept"), kept),
            titled(words.say("Who could read it"), readers),
            section(stop),
            row,
        ],
    )


def welcome_view(words: Words, who: Member, check_in_day: int) -> View:
    """The answer to joining by button: the modal changes in place."""
    blocks = [
        titled(_first(words, who), what_comes(words, who.rhythm, check_in_day, who.zone.key)),
        section(how_to_stop(words)),
        actions(button(words.say("Try one now"), ids.TRY_ONE), button(words.say("Settings"), ids.SETTINGS)),
    ]
    return modal(words.say("Join Ally"), ids.MODAL_JOIN + ".done", blocks, submit=None, close=words.say("Close"))


def already_in(words: Words, who: Member) -> Message:
    if who.next_nudge_at is None or who.paused:
        text = words.say("You're in already, and Ally is paused. /ally resume brings it back.")
    else:
        text = words.say(
            "You're in already. Your next nudge comes {when}. You can change the time in Settings.",
            when=words.when(who.next_nudge_at, who.zone),
        )
    return Message(text, [section(text), actions(button(words.say("Settings"), ids.SETTINGS))])


def join_undone(words: Words) -> Message:
    text = words.say("Undone. You're not in, and nothing is kept.")
    return Message(text, [section(text)])


def bad_time(words: Words, given: str) -> Message:
    """A time that is none, shown back."""
    text = words.say(
        "I can't read this as a time of day. Write it like this: /ally join 09:15. You have not joined yet."
    )
    row = actions(button(words.say("Join"), ids.JOIN_ASK))
    return Message(f"{text} {given}", [section(text), *quote(given), row])


def goodbye(words: Words, who: Member) -> Message:
    """The answer to leaving: it has stopped; what was kept is a question."""
    first = words.say("You've left. Nothing more will come.")
    if who.erase_at is None:
        then = words.say("What you kept stays until you come back, or erase it.")
    else:
        day = words.short_date(who.local_date(who.erase_at))
        then = words.say("Should Ally erase what you kept? If you don't say, it is erased on {date}.", date=day)
    row = actions(*leaving_buttons(words, keep=who.erase_at is not None))
    back = words.say("/ally join brings you back.")
    return Message(f"{first} {then} {back}", [section(f"*{first}*\n{then} {back}"), row])


def leaving_buttons(words: Words, *, keep: bool) -> list[Block]:
    """What a leaver may decide about what was kept."""
    sure = confirm(
        words.say("Erase everything?"),
        words.say("Your lines, answers and settings are deleted for good."),
        words.say("Erase"),
        words.say("Cancel"),
    )
    erase = button(words.say("Erase everything now"), ids.LEAVE_ERASE) | {"confirm": sure}
    return [erase, button(words.say("Keep it for when I return"), ids.LEAVE_KEEP)] if keep else [erase]


def erased(words: Words) -> Message:
    text = words.say("Everything is erased. You can join again any time with /ally join.")
    return Message(text, [section(text)])


def not_erased(words: Words) -> Message:
    """An old *Erase* pressed by somebody who has come back."""
    text = words.say("You have joined again, so nothing was erased. To erase everything, leave first: /ally leave.")
    return Message(text, [section(text)])


def nothing_kept(words: Words) -> Message:
    """An old *Keep* pressed by somebody whose lines are erased."""
    text = words.say("There is nothing kept any more.")
    return Message(text, [section(text)])


def kept(words: Words) -> Message:
    text = words.say("It stays until you come back. To erase it later, use the Home tab or /ally leave.")
    return Message(text, [section(text)])


def pausing(words: Words, who: Member, today: date) -> Message:
    """The answer to a pause: what was understood, and how it ends."""
    if who.resume_on is None:
        text = words.say("Paused. Nothing comes, and nothing piles up, until you say /ally resume.")
    else:
        text = words.say(
            "Paused. Nothing comes, and nothing piles up. Ally is back on {date}, or sooner with /ally resume.",
            date=words.far_date(who.resume_on, today),
        )
    return Message(text, [section(text), actions(button(words.say("Resume"), ids.RESUME))])


def bad_pause(words: Words, given: str) -> Message:
    """A pause that is none, shown back."""
    text = words.say(
        "I can't read this as a pause. Try /ally pause, /ally pause 3d or /ally pause until 2026-12-24. Nothing was"
        " changed."
    )
    row = actions(button(words.say("Pause until I resume"), ids.PAUSE))
    return Message(f"{text} {given}", [section(text), *quote(given), row])


def resumed(words: Words, who: Member) -> Message:
    assert who.next_nudge_at is not None  # noqa: S101 — an active member always has a next moment
    text = words.say("Welcome back. Your next nudge comes {when}.", when=words.when(who.next_nudge_at, who.zone))
    return Message(text, [section(text)])


def privacy(words: Words, support: dict[str, str]) -> Message:
    """What is kept, who could read it, how long, how to stop."""
    how_long = words.say(
        "What you keep stays until you erase it. If you leave, it is erased after 30 days, unless you choose to keep"
        " it."
    )
    parts = [what_is_kept(words), who_could_read(words), how_long, how_to_stop(words)]
    blocks = [
        titled(words.say("What is kept"), parts[0]),
        titled(words.say("Who could read it"), parts[1]),
        titled(words.say("How long"), how_long),
        section(parts[3]),
    ]
    if support:
        links = " · ".join(f"<{url}|{escape(label)}>" for label, url in support.items())
        blocks.append(titled(words.say("Support here"), links))
        parts.append(words.say("Support here: {links}", links=", ".join(f"{a}: {b}" for a, b in support.items())))
    return Message(" ".join(parts), blocks)


def _first(words: Words, who: Member) -> str:
    when: datetime | None = who.next_nudge_at
    assert when is not None  # noqa: S101 — whoever has just joined has a next moment
    return words.say("You're in. Your first nudge comes {when}.", when=words.when(when, who.zone))
