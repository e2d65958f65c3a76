"""The page: this Slack in a browser, for people. Drawn here, kept live over a WebSocket.

doors.py     what is served, and to whom
session.py   one browser: whom it acts as, where it looks, and what it was last sent
scenes.py    what a person sees, as fragments of HTML
deeds.py     what a browser asks for, done by a person of this Slack
moves.py     the clock, forward only, with the bot given its turn at every due minute
mood.py      Slack slow, rate-limited, broken, down, and well again
traffic.py   what goes to the bot and comes from it, for the inspector
"""

from sandbox.page.doors import Page

__all__ = ["Page"]
