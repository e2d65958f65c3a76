"""Measurements against a yardstick in the same run: ratios first, for a machine's seconds say little."""
