"""Storage, on SQLite and on a real PostgreSQL: the same tests for both."""
