"""A strict stand-in for Slack on this machine: slack_bolt and slack_sdk talk to it unpatched, over real sockets.

`Slack` is the face for tests; `python -m sandbox` serves the same thing to another process. The rule of the
house: this Slack never accepts what the real one would refuse.
"""

from sandbox.clock import Clock
from sandbox.limits import Limits
from sandbox.people import Person
from sandbox.slack import Slack
from sandbox.world import App, Message, User, View

__all__ = ["App", "Clock", "Limits", "Message", "Person", "Slack", "User", "View"]
