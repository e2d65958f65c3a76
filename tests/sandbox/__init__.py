"""The sandbox, driven by the real slack_sdk and slack_bolt."""
