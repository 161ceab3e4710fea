"""Indexes: the cards of the board in their order, and what corrects or mends a trust entry."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_vendors_workspace_id_stage_next_on"), table_name="vendors")
    op.create_index(
        op.f("ix_vendors_workspace_id_stage_next_on_normal_name_id"),
        "vendors",
        ["workspace_id", "stage", "next_on", "normal_name", "id"],
    )
    for column in ("supersedes_id", "repairs_id"):
        is_set = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            op.f(f"ix_trust_entries_workspace_id_{column}"),
            "trust_entries",
            ["workspace_id", column],
            sqlite_where=is_set,
            postgresql_where=is_set,
        )
