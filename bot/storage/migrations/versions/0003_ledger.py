"""The ledger of deliveries, and who may send."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nudge", sa.Text(), nullable=True),
        sa.Column("last_seen", sa.Date(), nullable=True),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_ts", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_delivery_sent_at")),
        sa.CheckConstraint(
            "(state = 'skipped') = (coalesce(reason, '') IN ('paused', 'left', 'gone', 'answered', 'holiday', 'late', 'nothing_fits', 'revoked', 'unknown'))",
            name=op.f("ck_delivery_skip_reason"),
        ),
        sa.CheckConstraint(
            "(state IN ('planned', 'sending')) = (ready_at IS NOT NULL)", name=op.f("ck_delivery_ready")
        ),
        sa.CheckConstraint("kind IN ('nudge', 'check_in')", name=op.f("ck_delivery_kind")),
        sa.CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name=op.f("ck_delivery_failed_reason")),
        sa.CheckConstraint("state <> 'sending' OR fence IS NOT NULL", name=op.f("ck_delivery_sending_fence")),
        sa.CheckConstraint("state <> 'sent' OR reason IS NULL", name=op.f("ck_delivery_sent_reason")),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'skipped', 'failed')", name=op.f("ck_delivery_state")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_delivery_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspace.id"], name=op.f("fk_delivery_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("member_id", "kind", "local_date", name=op.f("uq_delivery_member_id_kind_local_date")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_due", ["workspace", "due_at"], unique=False)
        batch_op.create_index(
            "ix_delivery_ready",
            ["ready_at", "workspace"],
            unique=False,
            sqlite_where=sa.text("ready_at IS NOT NULL"),
            postgresql_where=sa.text("ready_at IS NOT NULL"),
        )
    op.create_table(
        "lease",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Float(precision=53), nullable=False),
        sa.Column("rate", sa.Float(precision=53), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["workspace"], ["workspace.id"], name=op.f("fk_lease_workspace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_lease")),
    )
    op.create_table(
        "seen",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("nudge", sa.Text(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_seen_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "nudge", "seen_on", name=op.f("pk_seen")),
        comment="Nudges asked for by hand; what was delivered stands in the ledger.",
    )
    op.create_table(
        "feedback",
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_feedback_delivery_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_feedback_member_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_member_id"), ["member_id"], unique=False)
