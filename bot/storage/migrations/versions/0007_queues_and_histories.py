"""Two indexes for speed: each workspace's queue by itself, and each member's history side by side."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("ready_at IS NOT NULL")
MET = sa.text("nudge IS NOT NULL AND state IN ('planned', 'sending', 'sent')")


def upgrade() -> None:
    op.create_index(
        "ix_delivery_queue", "delivery", ["workspace", "state", "ready_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index(
        "ix_delivery_met", "delivery", ["member_id", "local_date", "nudge"], sqlite_where=MET, postgresql_where=MET
    )
    op.drop_index("ix_delivery_ready", "delivery")
