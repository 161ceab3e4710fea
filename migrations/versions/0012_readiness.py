"""Readiness: checks with their answers, what they gave to do, and who was told to look again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_checks()
    _create_answers()
    _create_tasks()
    _create_reminders()
    for table, column in (
        ("readiness_checks", "concluded_on"),
        ("readiness_tasks", "check_id"),
        ("readiness_reminders", "check_id"),
    ):
        op.create_index(op.f(f"ix_{table}_workspace_id_{column}"), table, ["workspace_id", column])


def _create_checks() -> None:
    op.create_table(
        "readiness_checks",
        sa.Column("concluded_on", sa.Date(), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_by", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(32), nullable=True),
        sa.Column("recheck_on", sa.Date(), nullable=True),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("snoozed_before", sa.Date(), nullable=True),
        sa.Column("snoozed_on", sa.Date(), nullable=True),
        sa.Column("snoozed_by", sa.Integer(), nullable=True),
        *_owned("readiness_checks"),
        *_recorded("readiness_checks"),
        _member("readiness_checks", "concluded_by"),
        _member("readiness_checks", "snoozed_by"),
        sqlite_autoincrement=True,
    )
    _single("uq_readiness_checks_draft", "readiness_checks", "created_by", "concluded_on IS NULL")


def _create_answers() -> None:
    op.create_table(
        "readiness_answers",
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("statement", sa.String(32), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=False),
        *_owned("readiness_answers"),
        _of_check("readiness_answers"),
        _member("readiness_answers", "answered_by"),
        sa.UniqueConstraint(
            "workspace_id",
            "check_id",
            "statement",
            name=op.f("uq_readiness_answers_workspace_id_check_id_statement"),
        ),
        sqlite_autoincrement=True,
    )


def _create_tasks() -> None:
    op.create_table(
        "readiness_tasks",
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("statement", sa.String(32), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        *_owned("readiness_tasks"),
        *_recorded("readiness_tasks"),
        _of_check("readiness_tasks"),
        _member("readiness_tasks", "done_by"),
        _member("readiness_tasks", "removed_by"),
        sqlite_autoincrement=True,
    )
    _single("uq_readiness_tasks_open", "readiness_tasks", "statement", "done_at IS NULL AND removed_at IS NULL")


def _create_reminders() -> None:
    op.create_table(
        "readiness_reminders",
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("named_on", sa.Date(), nullable=True),
        *_owned("readiness_reminders"),
        _of_check("readiness_reminders"),
        _member("readiness_reminders", "user_id"),
        sa.UniqueConstraint(
            "workspace_id",
            "user_id",
            "check_id",
            "due_on",
            name=op.f("uq_readiness_reminders_workspace_id_user_id_check_id_due_on"),
        ),
        sqlite_autoincrement=True,
    )


def _single(name: str, table: str, column: str, where: str) -> None:
    op.create_index(
        name,
        table,
        ["workspace_id", column],
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


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


def _of_check(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", "check_id"],
        ["readiness_checks.workspace_id", "readiness_checks.id"],
        name=op.f(f"fk_{table}_workspace_id_check_id"),
        ondelete="CASCADE",
    )
