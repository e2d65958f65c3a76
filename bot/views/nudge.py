"""The daily nudge: when → do, three buttons, an overflow; after a press a quiet "Noted"."""

from __future__ import annotations

from datetime import date

from bot.model import Nudge, Question, Trigger
from bot.views import ids
from bot.views.blocks import Block, Message, actions, button, escape, option, overflow, section
from bot.views.words import Words


def nudge_message(words: Words, nudge: Nudge, delivery: str, last_seen: date | None = None) -> Message:
    """A day's nudge. `delivery` is the opaque id that the message carries as `block_id`."""
    blocks = [_what(words, nudge, delivery, last_seen), _answers(words, nudge.trigger, delivery)]
    return Message(_text(words, nudge, last_seen), blocks)


def question_message(words: Words, question: Question, delivery: str) -> Message:
    """A reflection question in place of a nudge, on a day when no nudge is left."""
    return Message(question.ask, [_asked(words, question, delivery), _question_answers(words, delivery)])


def noted(words: Words, shown: Message, delivery: str) -> Message:
    """The message as it stands, after any press: what was pressed does not show."""
    undo = button(words.say("Undo"), ids.NUDGE_UNDO, delivery)
    return _swap(shown, section(words.say("Noted."), block_id=_answer_id(delivery), accessory=undo))


def with_buttons(words: Words, shown: Message, delivery: str, trigger: Trigger, question: bool) -> Message:
    """The message as it stands, after *Undo*."""
    return _swap(shown, _question_answers(words, delivery) if question else _answers(words, trigger, delivery))


def extra_nudge(words: Words, nudge: Nudge) -> Message:
    """A nudge asked for by hand: ephemeral, and no delivery, so there is nothing to press but for another."""
    text = _text(words, nudge, None)
    more = words.say("This is an extra one, to try now.")
    row = actions(
        button(words.say("Write a reflection"), ids.WRITE, nudge.id),
        button(words.say("Another one"), ids.TRY_ONE),
    )
    return Message(
        f"{text} {nudge.why} {more}",
        [section(_body(nudge), verbatim=True), section(f"_{escape(nudge.why)}_", verbatim=True), section(more), row],
    )


def extra_question(words: Words, question: Question) -> Message:
    """A question, when somebody asks for a nudge and has seen all that fit."""
    first = words.say("You have seen every nudge that fits for now. Here is a question instead.")
    write = button(words.say("Write a reflection"), ids.WRITE, question.id)
    asked = section(f"*{escape(question.ask)}*", accessory=write, verbatim=True)
    return Message(f"{first} {question.ask}", [section(first), asked])


def nothing_left(words: Words) -> Message:
    """When even the questions have all been seen."""
    return _one_line(words.say("You have seen all there is for now. Older ones return after some months."))


def why(words: Words, nudge: Nudge) -> Message:
    """Why this one: what it is for."""
    return _one_line(nudge.why)


def easier(words: Words, nudge: Nudge) -> Message:
    """A smaller way to do the same thing."""
    smaller = words.say("A smaller step: notice one moment where this would fit. That is enough for today.")
    return _one_line(nudge.easier or smaller)


def ask(words: Words, question: str, delivery: str) -> Message:
    """After *Did it*: the question that goes with the nudge, and a place for a line."""
    text = " ".join(part for part in (question, words.say("You can keep a line about it if you like.")) if part)
    write = button(words.say("Write a line"), ids.WRITE, delivery)
    return Message(text, [section(escape(text), accessory=write, verbatim=True)])


def put_off(words: Words) -> Message:
    """After *Not today*."""
    return _one_line(words.say("All right. It may come back another day."))


def turned_down(words: Words) -> Message:
    """After *Not for me*."""
    return _one_line(words.say("Thanks for saying so. This one will not come again."))


def taken_back(words: Words) -> Message:
    """After *Undo*."""
    return _one_line(words.say("Undone. The buttons are back."))


def not_yours(words: Words) -> Message:
    """A press on something that is no longer there, or was never this person's."""
    return _one_line(words.say("This one can no longer be answered. Nothing was changed."))


def _one_line(text: str) -> Message:
    return Message(text, [section(escape(text), verbatim=True)])


def _answer_id(delivery: str) -> str:
    return f"{delivery}.answer"


def _swap(shown: Message, answer: Block) -> Message:
    # The rest stays as Slack shows it, whatever became of the entry in the library since.
    swapped = [answer if block.get("block_id") == answer["block_id"] else block for block in shown.blocks]
    return Message(shown.text, swapped)


def _body(nudge: Nudge) -> str:
    return f"*{escape(nudge.when)}*\n{escape(nudge.do)}"


def _again(words: Words, last_seen: date | None) -> str:
    return words.say("This came in {month}. Again?", month=words.month(last_seen)) if last_seen else ""


def _text(words: Words, nudge: Nudge, last_seen: date | None) -> str:
    return " ".join(part for part in (f"{nudge.when}: {nudge.do}", _again(words, last_seen)) if part)


def _what(words: Words, nudge: Nudge, delivery: str, last_seen: date | None) -> Block:
    body = _body(nudge) + (f"\n_{_again(words, last_seen)}_" if last_seen else "")
    choices = [option(words.say("Why this one?"), f"{ids.MORE_WHY}:{delivery}")]
    choices.append(option(words.say("An easier way"), f"{ids.MORE_EASIER}:{delivery}"))
    return section(body, block_id=delivery, accessory=_more(words, delivery, choices), verbatim=True)


def _more(words: Words, delivery: str, choices: list[Block]) -> Block:
    return overflow(
        ids.NUDGE_MORE,
        [
            *choices,
            option(words.say("Fewer nudges"), f"{ids.MORE_FEWER}:{delivery}"),
            option(words.say("Pause"), f"{ids.MORE_PAUSE}:{delivery}"),
            option(words.say("Stop Ally"), f"{ids.MORE_STOP}:{delivery}"),
        ],
    )


def _answers(words: Words, trigger: Trigger, delivery: str) -> Block:
    later = words.say("No opening yet") if trigger is Trigger.WHEN_IT_HAPPENS else words.say("Not today")
    return actions(
        button(words.say("Did it"), ids.DID_IT, delivery),
        button(later, ids.NOT_TODAY, delivery),
        button(words.say("Not for me"), ids.NOT_FOR_ME, delivery),
        block_id=_answer_id(delivery),
    )


def _asked(words: Words, question: Question, delivery: str) -> Block:
    more = _more(words, delivery, [])
    return section(f"*{escape(question.ask)}*", block_id=delivery, accessory=more, verbatim=True)


def _question_answers(words: Words, delivery: str) -> Block:
    return actions(
        button(words.say("Write a line"), ids.WRITE, delivery),
        button(words.say("Not today"), ids.NOT_TODAY, delivery),
        button(words.say("Not for me"), ids.NOT_FOR_ME, delivery),
        block_id=_answer_id(delivery),
    )
