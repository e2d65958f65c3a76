"""Tests of Ally; `tests/e2e` is the whole of it over real sockets."""
