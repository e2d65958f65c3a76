"""App Home: the place to live. One view before joining, one after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.model import Member, Reflection
from bot.views import ids
from bot.views.blocks import Block, View, actions, button, context, divider, header, quote, section, titled
from bot.views.membership import days_in_words, how_to_stop, leaving_buttons
from bot.views.words import Words

_RECENT = 3


def home_before(words: Words) -> View:
    """For somebody who has not joined, or has left."""
    what = words.say(
        "Ally helps you practise allyship at work. Join, and one small action comes each working day in a direct"
        " message. Once a week Ally asks in private where you stepped: forward, to the side, back."
    )
    private = words.say("Nothing is kept before you join. In Slack, Ally never tells who takes part.")
    join = button(words.say("Join"), ids.JOIN_ASK, style="primary")
    row = actions(join, button(words.say("Privacy"), ids.PRIVACY))
    return _home([header("Ally"), section(what), context(private), row])


def home_after_leaving(words: Words, who: Member) -> View:
    """For somebody who has left and whose lines are still kept: the choice stays within reach."""
    if who.erase_at is None:
        kept = words.say("What you kept stays until you come back.")
    else:
        day = words.short_date(who.local_date(who.erase_at))
        kept = words.say("What you kept is erased on {date}, unless you come back or keep it.", date=day)
    view = home_before(words)
    choices = actions(*leaving_buttons(words, keep=who.erase_at is not None))
    first = words.say("You have left.")
    left = section(f"*{first}* {kept}")
    return _home([*view["blocks"], divider(), left, choices])


def home_of(
    words: Words, who: Member, recent: Sequence[Reflection], check_in_day: int, answered: bool, now: datetime
) -> View:
    """For a member: what comes next, this week, own recent lines, settings."""
    blocks: list[Block] = [header("Ally")]
    if who.is_paused(who.local_date(now)):
        blocks += _paused(words, who, who.local_date(now))
    elif who.next_nudge_at is not None:
        text = words.say("Your next nudge comes {when}.", when=words.when(who.next_nudge_at, who.zone))
        blocks += [
            titled(words.say("Next"), text),
            actions(button(words.say("Give me one now"), ids.TRY_ONE), button(words.say("Pause"), ids.PAUSE)),
        ]
    week = words.say("You have answered for this week.") if answered else words.say("Where did you step this week?")
    label = words.say("Change") if answered else words.say("Answer")
    lines = words.say("Your lines")
    blocks += [
        divider(),
        titled(words.say("This week"), week, accessory=button(label, ids.WEEK, "-")),
        divider(),
        section(f"*{lines}*", accessory=button(words.say("Write a reflection"), ids.WRITE)),
    ]
    for line in recent[:_RECENT]:
        blocks.append(context(words.short_date(who.local_date(line.written_at))))
        blocks += quote(line.text)
    if not recent:
        blocks.append(section(words.say("You have kept no lines yet.")))
    blocks.append(
        actions(
            button(words.say("All my lines"), f"{ids.RUN}.journal"),
            button(words.say("Why this nudge?"), f"{ids.RUN}.why"),
        )
    )
    when = words.say(
        "{time}, {days}; check-in on {check_in_day} at {check_in_time} ({zone} time)",
        time=words.time(who.rhythm.nudge_time),
        days=days_in_words(words, who.rhythm.days),
        check_in_day=words.weekday(check_in_day),
        check_in_time=words.time(who.rhythm.check_in_time),
        zone=who.zone.key.replace("_", " "),
    )
    blocks += [
        divider(),
        titled(words.say("Settings"), when, accessory=button(words.say("Change settings"), ids.SETTINGS)),
        actions(button(words.say("Privacy"), ids.PRIVACY), button(words.say("Leave"), ids.LEAVE)),
        context(how_to_stop(words)),
    ]
    return _home(blocks)


def _paused(words: Words, who: Member, today: date) -> list[Block]:
    until = (
        words.say("Paused until {date}.", date=words.far_date(who.resume_on, today))
        if who.resume_on
        else words.say("Paused until you resume.")
    )
    return [section(f"*{until}*"), actions(button(words.say("Resume"), ids.RESUME, style="primary"))]


def _home(blocks: Sequence[Block]) -> View:
    """Its blocks keep their ids when it is drawn anew: a press that is under way still finds its button."""
    return {
        "type": "home",
        "blocks": [block | {"block_id": f"home.{number}"} for number, block in enumerate(blocks)],
    }
