"""The pure core: the library and its rules, choosing, schedules. Nothing here knows the time or Slack."""
