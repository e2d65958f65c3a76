"""The databases of the storage tests."""

from tests.storage.databases import db, postgres_with_tables, sqlite_with_tables, url_with_tables

__all__ = ["db", "postgres_with_tables", "sqlite_with_tables", "url_with_tables"]
