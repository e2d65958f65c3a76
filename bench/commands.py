"""Slash commands as Slack sends them: a signed form."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlencode


def signed(
    secret: str, app: str, team: str, user: str, text: str, number: int, origin: str
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of `/ally TEXT`; `number` makes it a command of its own."""
    body = urlencode(
        {
            "command": "/ally", "text": text, "team_id": team, "user_id": user, "channel_id": "D1",
            "trigger_id": f"1.{number}", "response_url": f"{origin}/none", "api_app_id": app, "token": "-",
        }
    )  # fmt: skip
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return body.encode(), {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={digest}",
    }
