"""One notice for each admin, with its fate. The table was never written to before this revision."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("notice")
    op.create_table(
        "notice",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('planned', 'sending', 'sent', 'failed')", name=op.f("ck_notice_state")),
        sa.CheckConstraint("(state IN ('planned', 'sending')) = (ready_at IS NOT NULL)", name=op.f("ck_notice_ready")),
        sa.CheckConstraint("state <> 'failed' OR reason IS NOT NULL", name=op.f("ck_notice_failed_reason")),
        sa.ForeignKeyConstraint(["workspace"], ["workspace.id"], name=op.f("fk_notice_workspace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace", "user", "version", name=op.f("pk_notice")),
        comment="One row for each admin and broken version of the library, so that each hears of it once.",
    )
