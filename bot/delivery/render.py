"""The message of a delivery."""

from __future__ import annotations

from bot.model import Kind, Library, Parcel
from bot.nudges.schedule import week_of
from bot.views.blocks import Message
from bot.views.check_in import check_in_message
from bot.views.nudge import nudge_message, question_message
from bot.views.words import words_for


def render(library: Library, parcel: Parcel) -> Message:
    """What goes out for `parcel`, in its member's language. Raises KeyError when its nudge left the library."""
    words, chosen, library = words_for(parcel.locale), parcel.nudge or "", library.in_words_of(parcel.locale)
    if parcel.kind is Kind.CHECK_IN:
        return check_in_message(words, parcel.id, week_of(parcel.local_date))
    if chosen in library.questions:
        return question_message(words, library.questions[chosen], parcel.id)
    return nudge_message(words, library.nudges[chosen], parcel.id, parcel.last_seen)
