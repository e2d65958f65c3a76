"""Workspaces and the tokens Ally speaks with there."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workspace",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('active', 'revoked', 'gone')", name=op.f("ck_workspace_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
    )
    op.create_table(
        "installation",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("bot_user", sa.Text(), nullable=False),
        sa.Column("bot_id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace"], ["workspace.id"], name=op.f("fk_installation_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace", name=op.f("pk_installation")),
    )
    op.create_table(
        "event_seen",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_seen")),
        comment="Slack delivers an event up to four times; a row here makes the later ones no-ops.",
    )
    with op.batch_alter_table("event_seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_seen_at"), ["at"], unique=False)
    op.create_table(
        "schema_floor",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_floor")),
        comment="One row: the oldest revision whose code still works on this schema. Contracting migrations raise it.",
    )
    op.execute("INSERT INTO schema_floor (revision) VALUES ('0001')")
