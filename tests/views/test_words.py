"""Words: whatever locale Slack names, the best catalogue there is, and dates as its readers expect them."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from bot.views import words as module
from bot.views.words import words_for


class Named(NullTranslations):
    """A catalogue that answers with its own name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def gettext(self, message: str) -> str:
        return self._name


@pytest.fixture(autouse=True)
def catalogues(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Spanish, German, two kinds of Chinese and of Portuguese."""
    known = {name: Named(name) for name in ("es", "de", "zh_Hant", "zh", "pt", "pt_BR")}
    monkeypatch.setattr(module, "_catalogues", lambda: known)
    words_for.cache_clear()
    yield
    words_for.cache_clear()


@pytest.mark.parametrize(
    ("locale", "catalogue"),
    [
        ("de-DE", "de"), ("de-AT", "de"), ("es-ES", "es"), ("es-LA", "es"), ("zh-TW", "zh_Hant"), ("zh-CN", "zh"),
        ("pt-BR", "pt_BR"), ("pt-PT", "pt"), ("en-GB", "Hello"), ("fr-FR", "Hello"), ("xx-XX", "Hello"), ("", "Hello"),
    ],
)  # fmt: skip
def test_the_nearest_catalogue(locale: str, catalogue: str) -> None:
    """Region and script before the language; `es-LA`, which CLDR does not know, is Spanish; else English."""
    assert words_for(locale).say("Hello") == catalogue
