"""Repair: what happened, and the card for it: own it, repair, change, and words to say."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import Library, Repair
from bot.views import ids
from bot.views.blocks import Block, Message, actions, button, context, escape, section, titled
from bot.views.words import Words

_IN_A_ROW = 25  # as many as Slack takes in one; it wraps them
_MOST = 1000


def what_happened(words: Words, library: Library) -> Message:
    """Each kind of misstep that the library knows, as a button."""
    title = words.say("When it went wrong")
    what = words.say("It happens to everybody who tries. What comes nearest?")
    unseen = words.say("Nobody sees what you choose here, and Ally keeps nothing of it.")
    if not library.repairs:
        none = words.say("This library holds no cards for that yet.")
        return Message(f"{title}. {none}", [section(f"*{title}*\n{none}")])
    first: dict[str, str] = {}
    for card in library.repairs.values():
        first.setdefault(card.kind, card.id)
    labels = [(kind_in_words(words, kind), card) for kind, card in first.items()][:_MOST]
    rows: list[Block] = [
        actions(*(button(label, f"{ids.REPAIR}.{card}", card) for label, card in labels[at : at + _IN_A_ROW]))
        for at in range(0, len(labels), _IN_A_ROW)
    ]
    choices = "; ".join(label for label, _ in labels)
    return Message(f"{title}. {what} {choices}. {unseen}", [section(f"*{title}*\n{what}"), *rows, context(unseen)])


def card_message(words: Words, library: Library, card: Repair, support: Mapping[str, str]) -> Message:
    """One card, the way to others, and where to go with what a card cannot mend."""
    label = kind_in_words(words, card.kind)
    parts = {
        words.say("Own it"): card.own,
        words.say("Repair"): card.repair,
        words.say("Change"): card.change,
        words.say("Words to say"): card.say,
    }
    blocks = [section(f"*{escape(label)}*")]
    blocks += [titled(title, escape(text), verbatim=True) for title, text in parts.items()]
    harm = words.say(
        "This is for slips between colleagues. It reports nothing to anybody: with harassment or other harm, turn to"
        " your organisation's own policy and support."
    )
    if support:
        links = " · ".join(f"<{url}|{escape(name)}>" for name, url in support.items())
        blocks.append(titled(words.say("Policy and support here"), links))
    blocks.append(context(harm))
    alike = [one.id for one in library.repairs.values() if one.kind == card.kind]
    buttons = [button(words.say("Something else happened"), f"{ids.RUN}.repair")]
    if len(alike) > 1:
        another = alike[(alike.index(card.id) + 1) % len(alike)]
        buttons.insert(0, button(words.say("A card for another case"), f"{ids.REPAIR}.{another}", another))
    blocks.append(actions(*buttons))
    said = [f"{title}: {text}" for title, text in parts.items()]
    named = ", ".join(f"{name}: {url}" for name, url in support.items())
    told = [words.say("Policy and support here: {links}", links=named)] if support else []
    return Message(" ".join([f"{label}.", *said, harm, *told]), blocks)


def kind_in_words(words: Words, kind: str) -> str:
    """What happened, in the first person; a kind of a library's own, as it is written."""
    known = {
        "spoke-over": words.say("I spoke over or for someone"),
        "took-credit": words.say("I took the credit"),
        "name-or-pronoun": words.say("I got a name or pronoun wrong"),
        "interrupted": words.say("I interrupted"),
        "joke-or-stereotype": words.say("I made a joke that hurt"),
        "asked-to-educate": words.say("I asked someone to teach me"),
        "outed-or-shared": words.say("I shared what was not mine"),
        "over-helped": words.say("I helped unasked"),
        "froze": words.say("I froze"),
        "call-out-backfired": words.say("I spoke up and it backfired"),
        "got-defensive": words.say("I got defensive"),
    }
    return known.get(kind) or kind.replace("-", " ").capitalize()
