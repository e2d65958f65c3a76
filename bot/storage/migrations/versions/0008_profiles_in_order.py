"""When Slack last spoke of a member's profile, so that an event which comes late undoes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("member", sa.Column("profile_at", sa.DateTime(timezone=True), nullable=True))
