"""Since when somebody is asked to review: who is asked later closes no scores that others have read."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trial_reviewers", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
