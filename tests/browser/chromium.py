"""The Chromium that is on this machine, for tests that look at pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """Where it is: what $CHROMIUM names, /usr/bin/chromium, or whatever the PATH has."""
    named = os.environ.get("CHROMIUM")
    places = [named, "/usr/bin/chromium", *(shutil.which(name) for name in _NAMES)]
    return next((place for place in places if place and Path(place).is_file()), None)


@contextmanager
def launch() -> Iterator[Browser]:
    """A headless browser, closed at the end. Skips the test, saying why, where there is none."""
    path = find()
    if path is None:
        reason = "no Chromium: set $CHROMIUM, or put it at /usr/bin/chromium or on the PATH"
        print(reason)  # noqa: T201 — a skipped look should not go unnoticed
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
