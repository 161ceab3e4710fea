"""What the fields of vendors and of people said before they were edited. Nothing has been edited yet."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _edits_of("vendor_edits", "vendor_id", "vendors")
    _edits_of("person_edits", "person_id", "people")


def _edits_of(table: str, column: str, other: str) -> None:
    op.create_table(
        table,
        sa.Column(column, sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_by", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", column],
            [f"{other}.workspace_id", f"{other}.id"],
            name=op.f(f"fk_{table}_workspace_id_{column}"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "edited_by"],
            ["memberships.workspace_id", "memberships.user_id"],
            name=op.f(f"fk_{table}_workspace_id_edited_by"),
            ondelete="NO ACTION",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f(f"uq_{table}_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{table}_workspace_id_{column}"), table, ["workspace_id", column])
