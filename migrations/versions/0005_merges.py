"""Merged vendors, and what undoes it; pairs that are not the same."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("winner_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("loser_id", sa.Integer(), nullable=False),
        sa.Column("loser_name", sa.String(length=200), nullable=False),
        sa.Column("merged_on", sa.Date(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        *_members("merges", "merged_by", "undone_by"),
        *_vendors("merges", "winner_id"),
        *_owned("merges"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("merges", schema=None) as batch_op:
        for column in ("winner_id", "loser_id", "merged_at"):
            batch_op.create_index(
                batch_op.f(f"ix_merges_workspace_id_{column}"), ["workspace_id", column], unique=False
            )
    op.create_table(
        "distinct_pairs",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        *_members("distinct_pairs", "said_by"),
        *_vendors("distinct_pairs", "vendor_id", "other_id"),
        *_owned("distinct_pairs"),
        sa.UniqueConstraint(
            "workspace_id", "vendor_id", "other_id", name=op.f("uq_distinct_pairs_workspace_id_vendor_id_other_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("distinct_pairs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_distinct_pairs_workspace_id_other_id"), ["workspace_id", "other_id"], unique=False
        )


def _owned(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f(f"uq_{table}_workspace_id_id")),
    )


def _members(table: str, *columns: str) -> tuple[sa.Constraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint(
            ["workspace_id", column],
            ["memberships.workspace_id", "memberships.user_id"],
            name=op.f(f"fk_{table}_workspace_id_{column}"),
            ondelete="NO ACTION",
        )
        for column in columns
    )


def _vendors(table: str, *columns: str) -> tuple[sa.Constraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint(
            ["workspace_id", column],
            ["vendors.workspace_id", "vendors.id"],
            name=op.f(f"fk_{table}_workspace_id_{column}"),
            ondelete="CASCADE",
        )
        for column in columns
    )
