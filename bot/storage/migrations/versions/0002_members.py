"""Members and when they are due."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("dm", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("nudge_time", sa.Time(), nullable=False),
        sa.Column("days", sa.Text(), nullable=False),
        sa.Column("check_in_day", sa.SmallInteger(), nullable=False),
        sa.Column("check_in_time", sa.Time(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("resume_on", sa.Date(), nullable=True),
        sa.Column("next_nudge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_check_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("check_in_day BETWEEN 0 AND 6", name=op.f("ck_member_check_in_day")),
        sa.CheckConstraint(
            "left_at IS NULL OR (next_nudge_at IS NULL AND next_check_in_at IS NULL)",
            name=op.f("ck_member_left_is_quiet"),
        ),
        sa.CheckConstraint("resume_on IS NULL OR paused", name=op.f("ck_member_resume_needs_pause")),
        sa.ForeignKeyConstraint(["workspace"], ["workspace.id"], name=op.f("fk_member_workspace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("workspace", "user", name=op.f("uq_member_workspace_user")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_next_check_in_at"), ["next_check_in_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_member_next_nudge_at"), ["next_nudge_at"], unique=False)
