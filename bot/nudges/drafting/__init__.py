"""Putting a new draft into a file, and not touching a byte beside it."""
