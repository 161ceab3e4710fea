"""The audit log: who signed in, what was deleted, exported or made readable, by whom and when.

It begins empty. Its lines can be added and, when they are old, dropped; the database refuses to change one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("audit_days", sa.Integer(), nullable=False, server_default="365"))
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("about", sa.String(300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_audit_entries_workspace_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_entries_user_id")),
        sqlite_autoincrement=True,
    )
    for columns in (["workspace_id", "happened_at"], ["user_id", "happened_at"], ["happened_at"]):
        op.create_index(op.f(f"ix_audit_entries_{'_'.join(columns)}"), "audit_entries", columns)
    _refuse_changes()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_entries_stand BEFORE UPDATE ON audit_entries"
            " BEGIN SELECT RAISE(ABORT, 'lines of the audit log are never changed'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_entries_stand() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'lines of the audit log are never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_stand BEFORE UPDATE ON audit_entries"
        " FOR EACH ROW EXECUTE FUNCTION audit_entries_stand()"
    )
