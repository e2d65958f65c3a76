"""Short answers to what people type: help, what was not understood, lines kept and taken back, the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.model import Delivery, Kind, Member, Reflection, State
from bot.views import ids
from bot.views.blocks import (
    LINE_LIMIT,
    Block,
    Message,
    View,
    actions,
    button,
    context,
    divider,
    escape,
    field_input,
    modal,
    quote,
    section,
)  # fmt: skip
from bot.views.words import Words

LINE = "line"
PAGE = 5
_BUTTON_HOLDS = 2000
_ROWS = 14
_WORD_HOLDS = 1900  # what is left of a button beside the page's number
_MESSAGE_HOLDS = 9000  # characters of lines in one message, well below what Slack takes in all blocks together


def help_message(words: Words) -> Message:
    """What Ally can do, as buttons."""
    what = words.say("Ally helps you practise allyship: one small action each working day, in private.")
    more = words.say(
        "You can also type: /ally join, leave, pause, resume, nudge, log, undo, journal, week, why, repair, settings,"
        " privacy."
    )
    rows = [
        actions(
            button(words.say("Join"), ids.JOIN_ASK),
            button(words.say("Give me one now"), ids.TRY_ONE),
            button(words.say("My week"), ids.RUN + ".week"),
            button(words.say("My lines"), ids.RUN + ".journal"),
            button(words.say("Why this nudge?"), ids.RUN + ".why"),
        ),
        actions(
            button(words.say("Write a reflection"), ids.WRITE),
            button(words.say("It went wrong"), f"{ids.RUN}.repair"),
            button(words.say("Settings"), ids.SETTINGS),
            button(words.say("Pause"), ids.PAUSE),
            button(words.say("Privacy"), ids.PRIVACY),
        ),
        actions(button(words.say("Leave"), ids.LEAVE)),
    ]
    return Message(f"{what} {more}", [section(f"*{what}*\n{more}"), *rows])


def not_understood(words: Words, text: str, meant: str | None) -> Message:
    """An unknown word: the text is shown back, and may be kept. `meant` is a near miss, such as `log` for `lgo`."""
    if len(text) > LINE_LIMIT:
        return too_long(words, text)
    if meant is not None:
        first = words.say("I don't know that word. Did you mean {word}? Nothing was kept.", word=f"/ally {meant}")
    else:
        first = words.say("I don't know that word. Here is what you typed; nothing was kept.")
    line = text.split(None, 1)[-1] if meant == "log" else text
    return Message(f"{first} {text}", [section(first), *shown_back(words, text, line)])


def shown_back(words: Words, text: str, line: str) -> list[Block]:
    """What was typed and not understood, and a button that keeps `line`, where it is short enough to be kept.

    A button holds 2,000 characters, and Slack does not send an ephemeral message back with a press; a longer text is
    shown in a field, whose content does come back.
    """
    if len(text) > LINE_LIMIT:
        return too_long(words, text).blocks
    held = len(text) <= _BUTTON_HOLDS
    row = actions(
        button(words.say("Save as a reflection"), ids.SAVE, line if held else ids.IN_FIELD),
        button(words.say("Show help"), ids.HELP),
    )
    shown = quote(text) if held else [field_input(words.say("What you typed"), LINE, _written(line))]
    return [*shown, row]


def join_first(words: Words, text: str, *, left: bool) -> Message:
    """Something for members, from somebody who is none, or no longer: nothing is kept, so the text is shown back."""
    if left:
        first = words.say("You have left, so nothing was kept now. What you kept earlier is in the Home tab.")
    elif text:
        first = words.say("You haven't joined yet, so nothing was kept.")
    else:
        first = words.say("You haven't joined yet. Join first, then this works. Nothing was kept.")
    shown = quote(text) if text else []
    row = actions(button(words.say("Join"), ids.JOIN_ASK))
    return Message(f"{first} {text}".strip(), [section(first), *shown, row])


def join_before_keeping(words: Words) -> str:
    """The error in a modal that somebody sends who has left meanwhile. Their text stays in it."""
    return words.say("You are not in at the moment, so this cannot be kept. /ally join brings you back.")


def write_something(words: Words) -> str:
    """The error under an empty line."""
    return words.say("Write a few words first.")


def coming_soon(words: Words, word: str) -> Message:
    text = words.say("{word} comes soon. It is not ready yet.", word=f"/ally {word}")
    return Message(text, [section(text)])


def could_not_save(words: Words, text: str) -> Message:
    """The database did not answer in time. What was typed is shown back so that nothing is lost."""
    first = words.say("That did not work just now, and Ally could not save anything. Please try again in a minute.")
    return Message(f"{first} {text}".strip(), [section(first), *(quote(text) if text else [])])


def too_long(words: Words, text: str) -> Message:
    first = words.many(
        "That is {count} character too long: one line holds up to {limit}. Nothing was kept.",
        "That is {count} characters too long: one line holds up to {limit}. Nothing was kept.",
        len(text) - LINE_LIMIT,
        limit=LINE_LIMIT,
    )
    return Message(f"{first} {text}", [section(first), *quote(text)])


def line_kept(words: Words, line: Reflection) -> Message:
    first = words.say("Kept. Please leave names out.")
    undo = button(words.say("Undo"), ids.TAKE_BACK, line.id)
    return Message(f"{first} {line.text}", [section(first, accessory=undo), *quote(line.text)])


def line_taken_back(words: Words, line: Reflection | None) -> Message:
    if line is None:
        text = words.say("There is no line to take back.")
        return Message(text, [section(text)])
    first = words.say("Taken back. It is no longer kept:")
    return Message(f"{first} {line.text}", [section(first), *quote(line.text)])


def journal(words: Words, lines: Sequence[Reflection], who: Member, start: int, word: str) -> Message:
    """Own lines, newest first, a page at a time."""
    if not lines:
        write = actions(button(words.say("Write a reflection"), ids.WRITE))
        if not word:
            text = words.say("You have kept no lines yet. Type /ally log and a few words to keep one.")
            return Message(text, [section(text), write])
        text = words.say("No line of yours has this in it:")
        return Message(f"{text} {word}", [section(text), *quote(word), write])
    page = _page(lines[start:])
    title = words.say("Your lines {first} to {last} of {all}", first=start + 1, last=start + len(page), all=len(lines))
    blocks: list[Block] = [section(f"*{title}*")]
    for line in page:
        blocks.append(context(words.short_date(who.local_date(line.written_at))))
        blocks += quote(line.text)
    turn = []
    if start > 0:
        turn.append(button(words.say("Newer"), ids.JOURNAL_NEWER, f"{_page_before(lines, start)}:{word}"))
    if start + len(page) < len(lines):
        turn.append(button(words.say("Older"), ids.JOURNAL_OLDER, f"{start + len(page)}:{word}"))
    if turn and len(word) <= _WORD_HOLDS:
        blocks.append(actions(*turn))
    said = " ".join(f"{words.short_date(who.local_date(line.written_at))}: {line.text}" for line in page)
    return Message(f"{title}. {said}", blocks)


def _page_before(lines: Sequence[Reflection], start: int) -> int:
    """Where the page begins that ends where this one starts."""
    at = 0
    while at + (step := len(_page(lines[at:]))) < start:
        at += step
    return at


def _page(lines: Sequence[Reflection]) -> list[Reflection]:
    """As many as one message takes: five, fewer when they are long, one at least."""
    page: list[Reflection] = []
    for line in lines[:PAGE]:
        if page and sum(len(one.text) for one in page) + len(line.text) > _MESSAGE_HOLDS:
            break
        page.append(line)
    return page


def typed_in_chat(words: Words) -> Message:
    """The answer to something typed in the DM."""
    text = words.say(
        "Ally does not keep what is typed here. What you typed now stands in Slack's history; you can delete it"
        " there. To keep a reflection, use the button or /ally log."
    )
    return Message(text, [section(text), actions(button(words.say("Write a reflection"), ids.WRITE))])


def line_modal(words: Words, ask: str = "") -> View:
    """A place to write one line; `ask` is the question it answers."""
    blocks: list[Block] = []
    if ask:
        blocks.append(section(f"*{escape(ask)}*", verbatim=True))
    hint = words.say("Please leave names out.")
    blocks.append(field_input(words.say("Your line"), LINE, _written(""), hint=hint))
    return modal(
        words.say("Keep a line"), ids.MODAL_LINE, blocks, submit=words.say("Keep"), close=words.say("Cancel")
    )  # fmt: skip


def _written(text: str) -> Block:
    element: Block = {"type": "plain_text_input", "multiline": True, "max_length": LINE_LIMIT}
    return element | {"initial_value": text} if text else element


def line_kept_view(words: Words) -> View:
    text = words.say("Kept. You can find it in the Home tab and with /ally journal.")
    return modal(
        words.say("Keep a line"), ids.MODAL_LINE + ".kept", [section(text)], submit=None, close=words.say("Close")
    )


def why_message(words: Words, rows: Sequence[Delivery], why: str, now_text: str) -> Message:
    """Why the latest nudge, and the last 14 days of what was sent or skipped."""
    came = any(row.kind is Kind.NUDGE and row.state is State.SENT for row in rows)
    parts = [part for part in (why or ("" if came else words.say("No nudge has come yet.")), now_text) if part]
    said = [_row_in_words(words, row) for row in rows]
    blocks: list[Block] = [section(escape(part), verbatim=True) for part in parts]
    if said:
        # Two short lists rather than a cut one: a section holds 3,000 characters.
        title = words.say("The last 14 days")
        blocks += [divider(), section(f"*{title}*")]
        blocks += [section(escape("\n".join(said[at : at + _ROWS]))) for at in range(0, len(said), _ROWS)]
    return Message(" ".join([*parts, *said]), blocks)


def no_longer_there(words: Words) -> str:
    """In place of the reason for a nudge that was deleted since it came."""
    return words.say("What came last is no longer in the library, so its reason is gone too.")


def reason_in_words(words: Words, code: str) -> str:
    """Why a due moment brought nothing, for a member."""
    reasons = {
        "paused": words.say("you had paused"),
        "left": words.say("you had left"),
        "gone": words.say("your Slack account was off"),
        "answered": words.say("you had answered already"),
        "holiday": words.say("it was a public holiday"),
        "late": words.say("it would have come too late"),
        "nothing_fits": words.say("nothing new fitted"),
        "revoked": words.say("Ally was off in this workspace"),
        "unknown": words.say("Ally could not tell whether it arrived"),
        "not_in_library": words.say("it was taken out of the library"),
        "error": words.say("Ally made a mistake"),
    }
    return reasons.get(code, words.say("Slack refused it"))


def choice_in_words(words: Words, codes: str, season: str) -> str:
    """The kept reasons of a choice, for the member it was made for."""
    stances = {
        "stance:forward": words.say("It is a step forward."),
        "stance:aside": words.say("It is a step to the side."),
        "stance:back": words.say("It is a step back."),
    }
    said = [stances[code] for code in codes.split() if code in stances]
    if "unseen" in codes.split():
        said.append(
            words.say("You had not seen it in the last five months. Among those that fit, it was picked at random.")
        )
    if "again" in codes.split():
        said.append(words.say("You had seen all that fits, so the one longest ago came again."))
    if "question" in codes.split():
        said.append(words.say("You had seen every nudge that fits, so a question came instead."))
    if season:
        said.append(words.say("It goes with {season}.", season=season))
    return " ".join(said)


def _row_in_words(words: Words, row: Delivery) -> str:
    what = words.say("check-in") if row.kind is Kind.CHECK_IN else words.say("nudge")
    day: date = row.local_date
    match row.state:
        case State.SENT:
            fate = words.say("sent")
        case State.PLANNED | State.SENDING:
            fate = words.say("on its way")
        case _:
            fate = words.say("not sent: {reason}", reason=reason_in_words(words, row.reason or ""))
    return words.say("{date}, {what}: {fate}", date=words.short_date(day), what=what, fate=fate)
