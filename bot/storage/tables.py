"""The tables, and the rules that the database itself holds.

Moments are UTC. Columns named `…_sealed` are ciphertext (see `vault`). `delivery.ready_at` is the moment a row
next wants attention (planned: try to send; sending: settle) and is empty once its fate is known, so one index
answers "is there anything to do?" however many rows wait.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bot.model import Kind, Skip, State

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(sa.types.TypeDecorator[datetime]):
    """A UTC moment; SQLite hands back naive ones, which this makes aware again. Refuses naive input."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _one_of(column: str, values: Any) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def _member_id(**kwargs: Any) -> sa.Column[int]:
    return sa.Column("member_id", sa.ForeignKey("member.id", ondelete="CASCADE"), nullable=False, **kwargs)


workspace = sa.Table(
    "workspace",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.CheckConstraint(_one_of("state", ["active", "revoked", "gone"]), "state"),
)

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("workspace", sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("token_sealed", sa.LargeBinary, nullable=False),
    sa.Column("bot_user", sa.Text, nullable=False),
    sa.Column("bot_id", sa.Text, nullable=False),
    sa.Column("app_id", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("installed_at", Moment, nullable=False),
)

member = sa.Table(
    "member",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("workspace", sa.ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("dm", sa.Text),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("nudge_time", sa.Time, nullable=False),
    sa.Column("days", sa.Text, nullable=False),
    sa.Column("check_in_day", sa.SmallInteger, nullable=False),
    sa.Column("check_in_time", sa.Time, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("joined_at", Moment, nullable=False),
    sa.Column("left_at", Moment),
    sa.Column("erase_at", Moment),
    sa.Column("gone", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("profile_at", Moment),
    sa.Column("paused", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("resume_on", sa.Date),
    sa.Column("next_nudge_at", Moment, index=True),
    sa.Column("next_check_in_at", Moment, index=True),
    sa.UniqueConstraint("workspace", "user"),
    sa.CheckConstraint("check_in_day BETWEEN 0 AND 6", "check_in_day"),
    sa.CheckConstraint("left_at IS NULL OR (next_nudge_at IS NULL AND next_check_in_at IS NULL)", "left_is_quiet"),
    sa.CheckConstraint("resume_on IS NULL OR paused", "resume_needs_pause"),
)

MET = "nudge IS NOT NULL AND state IN ('planned', 'sending', 'sent')"
"""What belongs to a member's history; a query has to say just that to be answered from `ix_delivery_met`."""

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _member_id(),
    sa.Column("workspace", sa.ForeignKey("workspace.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("local_date", sa.Date, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("ready_at", Moment),
    sa.Column("nudge", sa.Text),
    sa.Column("last_seen", sa.Date),
    sa.Column("why_sealed", sa.LargeBinary),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("fence", sa.BigInteger),
    sa.Column("sent_at", Moment),
    sa.Column("message_ts", sa.Text),
    sa.UniqueConstraint("member_id", "kind", "local_date"),
    sa.CheckConstraint(_one_of("kind", Kind), "kind"),
    sa.CheckConstraint(_one_of("state", State), "state"),
    sa.CheckConstraint("(state = 'skipped') = (" + _one_of("coalesce(reason, '')", Skip) + ")", "skip_reason"),
    sa.CheckConstraint("state <> 'failed' OR reason IS NOT NULL", "failed_reason"),
    sa.CheckConstraint("(state IN ('planned', 'sending')) = (ready_at IS NOT NULL)", "ready"),
    sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", "sent_at"),
    sa.CheckConstraint("state <> 'sent' OR reason IS NULL", "sent_reason"),
    sa.CheckConstraint("state <> 'sending' OR fence IS NOT NULL", "sending_fence"),
    # A queue for each workspace: a claim reads its own alone, and an idle look hops from queue to queue (`leases`).
    sa.Index("ix_delivery_queue", "workspace", "state", "ready_at", sqlite_where=sa.text("ready_at IS NOT NULL"),
             postgresql_where=sa.text("ready_at IS NOT NULL")),
    # A member's history side by side: in the table itself it lies scattered over every day that Ally has run.
    sa.Index("ix_delivery_met", "member_id", "local_date", "nudge", sqlite_where=sa.text(MET),
             postgresql_where=sa.text(MET)),
    sa.Index("ix_delivery_due", "workspace", "due_at"),
)  # fmt: skip

reflection = sa.Table(
    "reflection",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _member_id(),
    sa.Column("written_at", Moment, nullable=False),
    sa.Column("text_sealed", sa.LargeBinary, nullable=False),
    sa.Index("ix_reflection_member", "member_id", "written_at"),
)

check_in = sa.Table(
    "check_in",
    metadata,
    _member_id(primary_key=True),
    sa.Column("week", sa.Date, primary_key=True),
    sa.Column("answered_at", Moment, nullable=False),
    sa.Column("answers_sealed", sa.LargeBinary, nullable=False),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("delivery_id", sa.ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True),
    _member_id(index=True),
    sa.Column("answered_at", Moment, nullable=False),
    sa.Column("answer_sealed", sa.LargeBinary, nullable=False),
)

seen = sa.Table(
    "seen",
    metadata,
    _member_id(primary_key=True),
    sa.Column("nudge", sa.Text, primary_key=True),
    sa.Column("seen_on", sa.Date, primary_key=True),
    comment="Nudges asked for by hand; what was delivered stands in the ledger.",
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("workspace", sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    # Seconds since the epoch by the database's own clock: workers' clocks may disagree about who is late.
    sa.Column("until", sa.Float(53), nullable=False),
    sa.Column("rate", sa.Float(53)),
    sa.Column("not_before", Moment),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("workspace", sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("claimed_at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("ready_at", Moment),
    sa.CheckConstraint(_one_of("state", [one for one in State if one is not State.SKIPPED]), "state"),
    sa.CheckConstraint("(state IN ('planned', 'sending')) = (ready_at IS NOT NULL)", "ready"),
    sa.CheckConstraint("state <> 'failed' OR reason IS NOT NULL", "failed_reason"),
    comment="One row for each admin and broken version of the library, so that each hears of it once.",
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("workspace", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("who", sa.Text),
    comment="Admin actions and data-subject requests: what and when, for admins who; never content.",
)

pulse = sa.Table(
    "pulse",
    metadata,
    sa.Column("workspace", sa.ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("closes", sa.Date, primary_key=True),
    sa.Column("figures", sa.Text, nullable=False),
    comment="The organisation's shares, computed once when a period closes and frozen.",
)

event_seen = sa.Table(
    "event_seen",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    comment="Slack delivers an event up to four times; a row here makes the later ones no-ops.",
)

schema_floor = sa.Table(
    "schema_floor",
    metadata,
    sa.Column("revision", sa.Text, primary_key=True),
    comment="One row: the oldest revision whose code still works on this schema. Contracting migrations raise it.",
)
