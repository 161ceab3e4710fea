"""A readiness check can be about one need."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "need_checks",
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_need_checks_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_checks")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_need_checks_workspace_id_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "check_id"],
            ["readiness_checks.workspace_id", "readiness_checks.id"],
            name=op.f("fk_need_checks_workspace_id_check_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "need_id"],
            ["needs.workspace_id", "needs.id"],
            name=op.f("fk_need_checks_workspace_id_need_id"),
            ondelete="NO ACTION",
        ),
        sa.UniqueConstraint("workspace_id", "check_id", name=op.f("uq_need_checks_workspace_id_check_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_need_checks_workspace_id_need_id"), "need_checks", ["workspace_id", "need_id"])
