"""What a hint rested on when somebody put it off, and whether an area spends our money."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hint_dismissals", sa.Column("about", sa.Text(), nullable=False, server_default=""))
    op.add_column("decision_areas", sa.Column("spends_money", sa.Boolean(), nullable=False, server_default=sa.false()))
