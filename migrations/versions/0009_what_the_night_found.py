"""What the last night found in a business, and regions with longer names."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("workspaces", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("last_night", sa.JSON(), nullable=True))
        batch.alter_column("holidays_region", existing_type=sa.String(16), type_=sa.String(64), existing_nullable=False)
