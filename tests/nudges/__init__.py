"""The library, its rules, choosing and schedules."""
