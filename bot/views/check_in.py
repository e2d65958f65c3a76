"""The weekly check-in: a DM that only asks, and a modal that holds the answers."""

from __future__ import annotations

from datetime import date

from bot.model import CheckIn, Step
from bot.views import ids
from bot.views.blocks import (
    LINE_LIMIT,
    Message,
    View,
    actions,
    button,
    context,
    field_input,
    modal,
    option,
    overflow,
    plain,
    section,
)  # fmt: skip
from bot.views.words import Words

STEPS, LINE, NEXT_WEEK = "steps", "line", "next_week"

_LINE_SHOWN = 3000


def check_in_message(words: Words, delivery: str, week: date) -> Message:
    """The weekly question. The answers never stand in the DM."""
    ask = words.say("How was your week? Where did you step: forward, to the side, back?")
    how = words.say("Answer in private, now or later.")
    menu = overflow(
        ids.CHECK_IN_MORE,
        [
            option(words.say("Pause"), f"{ids.MORE_PAUSE}:{delivery}"),
            option(words.say("Stop Ally"), f"{ids.MORE_STOP}:{delivery}"),
        ],
    )
    row = actions(button(words.say("Answer"), ids.WEEK, f"{delivery}:{week}"), block_id=f"{delivery}.answer")
    return Message(f"{ask} {how}", [section(f"*{ask}*\n{how}", block_id=delivery, accessory=menu), row])


def check_in_modal(words: Words, week: date, before: CheckIn | None, hoped: str) -> View:
    """The five answers, a line, a hope for next week. `before`: answers to edit. `hoped`: last week's hope."""
    labels = {
        Step.FORWARD: words.say("*Forward*: I questioned or challenged something"),
        Step.ASIDE: words.say("*To the side*: I joined others in changing something"),
        Step.BACK: words.say("*Back, on purpose*: someone else got the floor or the lead"),
        Step.HELD_BACK: words.say("*Held back*: I wanted to act"),
        Step.QUIET: words.say("*Quiet week*"),
    }
    options = {step: {"text": {"type": "mrkdwn", "text": label}, "value": step.value} for step, label in labels.items()}
    boxes: dict[str, object] = {"type": "checkboxes", "options": list(options.values())}
    ticked = before.steps if before else frozenset()
    if ticked:
        boxes["initial_options"] = [options[step] for step in Step if step in ticked]
    blocks = []
    if hoped:
        blocks.append(section(words.say("Last week you wrote what you would like:")))
        blocks.append({"type": "section", "text": plain(hoped[:_LINE_SHOWN])})
        blocks.append(context(words.say("Which did the moment need?")))
    blocks += [
        field_input(words.say("This week, where did you step? Tick any."), STEPS, boxes),
        field_input(
            words.say("One line, if you like"),
            LINE,
            _writing(before.line if before else ""),
            optional=True,
            hint=words.say("Please leave names out."),
        ),
        field_input(
            words.say("Next week I'd like to…"), NEXT_WEEK, _writing(before.next_week if before else ""), optional=True
        ),
        context(words.say("Your answers stay out of this chat. They are kept encrypted; see /ally privacy.")),
    ]
    title = words.say("Your week")
    return modal(
        title, ids.MODAL_WEEK, blocks, submit=words.say("Save"), close=words.say("Cancel"), about=week.isoformat()
    )


def check_in_kept(words: Words) -> View:
    """What the modal turns into once the answers are on disk."""
    text = words.say("Saved. You can open it again to change it.")
    title, close = words.say("Your week"), words.say("Close")
    return modal(title, ids.MODAL_WEEK + ".kept", [section(text)], submit=None, close=close)


def tick_something(words: Words) -> str:
    """The error when nothing is ticked."""
    return words.say("Tick at least one. Quiet week is an answer too.")


def _writing(initial: str) -> dict[str, object]:
    element: dict[str, object] = {"type": "plain_text_input", "multiline": True, "max_length": LINE_LIMIT}
    if initial:
        element["initial_value"] = initial
    return element
