"""The last look at the lease: in the statement before a request is written.

Between a check of ours and the bytes on the wire aiohttp may wait for a connection, and for its turn in the loop. A
worker that was frozen there (SIGSTOP, a laptop's lid) would write all of a batch when it wakes, though another worker
has the work by then. aiohttp calls its trace right before it hands the first bytes to the socket, with no wait
between; what raises there keeps the request from being written at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import SimpleNamespace

import aiohttp


class NotWritten(Exception):
    """The last look forbade the request; not a byte of it left."""


class LastLook:
    """Whether one request may still go; `forbade` once it was kept from being written."""

    __slots__ = ("_may_go", "forbade")

    def __init__(self, may_go: Callable[[], bool]) -> None:
        self._may_go, self.forbade = may_go, False

    def check(self) -> None:
        """Raises NotWritten where the request may no longer go."""
        if not self._may_go():
            self.forbade = True
            raise NotWritten


_LOOK: ContextVar[LastLook | None] = ContextVar("last_look", default=None)


@contextmanager
def last_look(may_go: Callable[[], bool]) -> Iterator[LastLook]:
    """Requests of this task are written only if `may_go` says so at the last moment.

    Holds on a session with `looking` among its traces. aiohttp wraps what the look raises into a connection error:
    ask `forbade` before believing that.
    """
    look = LastLook(may_go)
    token = _LOOK.set(look)
    try:
        yield look
    finally:
        _LOOK.reset(token)


def looking() -> aiohttp.TraceConfig:
    """The trace that looks; for the session by which Ally sends."""

    async def before_writing(
        session: aiohttp.ClientSession, context: SimpleNamespace, chunk: aiohttp.TraceRequestChunkSentParams
    ) -> None:
        if (look := _LOOK.get()) is not None:
            look.check()

    trace = aiohttp.TraceConfig()
    trace.on_request_chunk_sent.append(before_writing)
    return trace
