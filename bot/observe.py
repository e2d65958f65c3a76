"""Logs and metrics. Neither ever holds what a member wrote or answered: only ids, codes and counts."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_QUIET = ("slack_sdk", "slack_sdk.web.async_base_client", "slack_bolt", "apscheduler", "aiohttp.access", "alembic")

# Without the local variables: people's words, keys and tokens stand in them.
_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def configure_logs(style: str | None, stream: TextIO = sys.stderr) -> None:
    """`text` or `json`; by default text on a terminal, else JSON. Everything goes to `stream`."""
    text = style == "text" or (style is None and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if text
        else [_TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    foreign = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(foreign)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _QUIET:
        # slack_sdk formats the body of every call for its debug log unless the logger's own level forbids it:
        # people's words must not get that far.
        logging.getLogger(name).setLevel(logging.WARNING)


class Metrics:
    """Prometheus metrics, in a registry of their own so that two apps in one process do not share figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "ally_deliveries_total",
            "Deliveries planned, and deliveries that came to an end, with the reason",
            ["kind", "state", "reason"],
            registry=self.registry,
        )
        self.lateness = Histogram(
            "ally_delivery_lateness_seconds",
            "How long after its due moment a delivery was accepted by Slack",
            ["kind"],
            buckets=(1, 5, 15, 60, 300, 900, 3600, 10800, 86400),
            registry=self.registry,
        )
        self.queue = Gauge(
            "ally_queue",
            "Deliveries now due that wait: planned to be sent, sending to be settled",
            ["state"],
            registry=self.registry,
        )
        self.oldest_s = Gauge(
            "ally_queue_oldest_seconds", "How long the one that waits longest has been due", registry=self.registry
        )
        self.last_late_s = Gauge(
            "ally_queue_last_late_seconds",
            "How late the last one of the longest queue will be at its workspace's pace",
            registry=self.registry,
        )
        self.leases = Gauge("ally_leases", "Workspaces this process holds for sending", registry=self.registry)
        self.slack_answers = Counter(
            "ally_slack_answers_total", "Slack's answers to calls of ours", ["method", "code"], registry=self.registry
        )
        self.slack_seconds = Histogram(
            "ally_slack_seconds", "How long Slack took to answer", ["method"], registry=self.registry
        )
        self.answers = Histogram(
            "ally_answer_seconds", "How long people waited for an answer", ["what"], registry=self.registry
        )
        self.steps = Counter(
            "ally_steps_total",
            "Steps of the worker, and whether they failed",
            ["step", "result"],
            registry=self.registry,
        )
        self.library_refused = Gauge(
            "ally_library_refused",
            "1 while the last edit of the library is broken and the one before it goes on, else 0",
            registry=self.registry,
        )
        self.ready = Gauge(
            "ally_ready", "1 while the process can do all its work, 0.5 degraded, 0 not", registry=self.registry
        )

    def delivery(self, kind: str, state: str, reason: str | None = None) -> None:
        """Counts a delivery that was planned, or came to an end."""
        self.deliveries.labels(kind, state, reason or "").inc()
