"""An access can be edited, so it says which version of it somebody looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accesses", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
