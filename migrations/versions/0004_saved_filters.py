"""Filters that are kept, and acts on many vendors at once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_filters",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *_owned("saved_filters"),
        *_recorded("saved_filters"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "list_preferences",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("opens_with_id", sa.Integer(), nullable=True),
        *_owned("list_preferences"),
        _member("list_preferences", "user_id"),
        _refers("list_preferences", "opens_with_id", "saved_filters", "NO ACTION"),
        sa.UniqueConstraint("workspace_id", "user_id", name=op.f("uq_list_preferences_workspace_id_user_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bulk_acts",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        *_owned("bulk_acts"),
        *_recorded("bulk_acts"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bulk_items",
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        *_owned("bulk_items"),
        _refers("bulk_items", "act_id", "bulk_acts", "CASCADE"),
        _refers("bulk_items", "vendor_id", "vendors", "CASCADE"),
        sqlite_autoincrement=True,
    )
    for table, *columns in (
        ("saved_filters", "created_by"),
        ("bulk_acts", "state"),
        ("bulk_acts", "created_by", "created_at"),
        ("bulk_items", "act_id", "state"),
        ("bulk_items", "vendor_id"),
    ):
        indexed = ["workspace_id", *columns]
        op.create_index(op.f(f"ix_{table}_{'_'.join(indexed)}"), table, indexed)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    """What a table of a workspace has."""
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f(f"uq_{table}_workspace_id_id")),
    ]


def _recorded(table: str) -> list[sa.schema.SchemaItem]:
    """Who made a row, and when."""
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        _member(table, "created_by"),
    ]


def _member(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        ["memberships.workspace_id", "memberships.user_id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete="NO ACTION",
    )


def _refers(table: str, column: str, other: str, on_delete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete=on_delete,
    )
