"""From files to entries, each knowing its line."""
