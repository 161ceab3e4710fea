"""The day from which a vendor's next touch counts: planned, else due."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vendors", sa.Column("next_on", sa.Date(), nullable=True))
    vendors = sa.table("vendors", *(sa.column(name, sa.Date()) for name in ("due_on", "planned_on", "next_on")))
    op.execute(
        sa.update(vendors)
        .where(vendors.c.due_on.is_not(None))
        .values(next_on=sa.func.coalesce(vendors.c.planned_on, vendors.c.due_on))
    )
    op.drop_index(op.f("ix_vendors_workspace_id_stage_due_on"), "vendors")
    op.create_index(op.f("ix_vendors_workspace_id_stage_next_on"), "vendors", ["workspace_id", "stage", "next_on"])
    op.create_index(op.f("ix_vendors_workspace_id_next_on"), "vendors", ["workspace_id", "next_on"])
