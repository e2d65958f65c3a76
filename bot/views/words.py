"""The message catalogue. Every string a member reads passes through `say` or `many`.

Babel with gettext, because: the English sentence stands in the view it belongs to, so a view reads as the message;
translators get the tools they know (`make words` collects the template); a string without a translation falls back
to English by itself; and Babel brings CLDR's dates and times. Catalogues are read from `.po` as they are, so there
is no compile step to forget.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
from collections.abc import Mapping
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_day_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_HOME = "en_GB"


class Words:
    """One language: sentences, dates and times as its readers expect them."""

    def __init__(self, locale: Locale, translations: NullTranslations) -> None:
        self.locale = locale
        self._translations = translations
        # CLDR has "Mon 23 Nov" for every language, and says that a pattern may be widened to "Monday 23 November".
        known = locale.datetime_skeletons
        wide = known.get("MMMMEEEEd") or known["MMMEd"]
        self._long_pattern = re.sub("M{3,}", "MMMM", re.sub("E+", "EEEE", wide.pattern))

    def say(self, sentence: str, /, **values: object) -> str:
        """The sentence in this language, with `{name}` filled in."""
        found = self._translations.gettext(sentence)
        return found.format_map(values) if values else found

    def many(self, one: str, more: str, count: int, /, **values: object) -> str:
        """Singular or plural, as the language counts; `{count}` is filled in."""
        return self._translations.ngettext(one, more, count).format_map({"count": count} | values)

    def time(self, at: dt.time) -> str:
        """`09:30`, or as the language writes it."""
        return format_time(at, "short", locale=self.locale)

    def date(self, day: dt.date) -> str:
        """`Monday 23 November`, or as the language writes it."""
        return str(format_date(day, self._long_pattern, locale=self.locale))

    def far_date(self, day: dt.date, today: dt.date) -> str:
        """A date that names its year where that is not this one's."""
        return self.date(day) if day.year == today.year else self.short_date(day)

    def short_date(self, day: dt.date) -> str:
        """`23 Nov 2026`, or as the language writes it."""
        return format_date(day, "medium", locale=self.locale)

    def month(self, day: dt.date) -> str:
        """`May`."""
        return format_date(day, "LLLL", locale=self.locale)

    def weekday(self, day: int) -> str:
        """The name of a weekday; Monday is 0."""
        return str(get_day_names("wide", context="stand-alone", locale=self.locale)[day])

    def language(self, code: str) -> str:
        """The name of a language such as `de` or `pt-BR`; the code itself where nobody knows it."""
        try:
            return Locale.parse(code, sep="-").get_display_name(self.locale) or code
        except (ValueError, UnknownLocaleError):
            return code

    def when(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """A moment as date and time on somebody's own clock: `Monday 23 November, 09:30`."""
        local = moment.astimezone(zone)
        return self.say("{date}, {time}", date=self.date(local.date()), time=self.time(local.time()))


@lru_cache(maxsize=64)
def words_for(slack_locale: str) -> Words:
    """The words for a Slack locale such as `en-GB` or `de-DE`; British English where there is no catalogue."""
    locale = _parsed(slack_locale) or Locale.parse(_HOME)
    if locale.language == "en":
        # One English. American members keep their own dates and times.
        return Words(locale if locale.territory else Locale.parse(_HOME), NullTranslations())
    known = _catalogues()
    parts = (locale.language, locale.script, locale.territory)
    nearest = (parts, parts[:2], (parts[0], parts[2]), parts[:1])  # zh_Hant_TW, zh_Hant, zh_TW, zh
    name = next((name for one in nearest if (name := "_".join(filter(None, one))) in known), None)
    if name is None:
        return Words(Locale.parse(_HOME), NullTranslations())
    return Words(locale, known[name])


def _parsed(slack_locale: str) -> Locale | None:
    """CLDR knows no `es-LA`, which Slack says for the Spanish of Latin America: then the language alone counts."""
    for one in (slack_locale, slack_locale.partition("-")[0]):
        with contextlib.suppress(ValueError, UnknownLocaleError):
            return Locale.parse(one, sep="-")
    return None


@lru_cache(maxsize=1)
def _catalogues() -> Mapping[str, NullTranslations]:
    found: dict[str, NullTranslations] = {}
    for path in sorted((Path(__file__).parent / "locale").glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=path.stem))
        compiled.seek(0)
        found[path.stem] = GNUTranslations(compiled)
    return found
