"""What admins are told and what is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["workspace"], ["workspace.id"], name=op.f("fk_notice_workspace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace", "version", name=op.f("pk_notice")),
        comment="One row per broken version of a library file, so that admins hear of it once.",
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        comment="Admin actions and data-subject requests: what and when, for admins who; never content.",
    )
    op.create_table(
        "pulse",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("closes", sa.Date(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace"], ["workspace.id"], name=op.f("fk_pulse_workspace"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workspace", "kind", "closes", name=op.f("pk_pulse")),
        comment="The organisation's shares, computed once when a period closes and frozen.",
    )
