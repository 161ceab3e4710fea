"""Trial tasks in full: a brief for several vendors, criteria and reviewers, questions, deliverables, decisions.

The minimal trial tasks of before each get a brief of their own, with the criteria that a new one begins with.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_CRITERIA = (
    ("Quality", False),
    ("Instructions followed", False),
    ("Turnaround", False),
    ("Communication", False),
    ("Problem solving", False),
    ("Fit", True),
)
_REFERENCES = (("brief_id", "trial_briefs"), ("extends_id", "trial_tasks"), ("letter_id", "vendor_letters"))


def upgrade() -> None:
    _create_briefs()
    _carry_over()
    _widen_trials()
    _create_reviews()
    _create_what_happens()
    _index()
    op.add_column("workspaces", sa.Column("working_hours", sa.String(100), nullable=False, server_default=""))


def _create_briefs() -> None:
    op.create_table(
        "trial_briefs",
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("skill", sa.String(500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("deliverable", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("paid_amount", sa.BigInteger(), nullable=True),
        sa.Column("paid_currency", sa.String(3), nullable=False),
        sa.Column("unpaid_why", sa.String(500), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("revision_rounds", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("trial_briefs"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        _member("trial_briefs", "created_by"),
        _refers("trial_briefs", "need_id", "needs", "NO ACTION"),
        _refers("trial_briefs", "category_id", "categories", "NO ACTION"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_conditions",
        sa.Column("brief_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(500), nullable=False),
        sa.Column("is_must", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *_owned("trial_conditions"),
        _refers("trial_conditions", "brief_id", "trial_briefs", "CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_criteria",
        sa.Column("brief_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("is_fit", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *_owned("trial_criteria"),
        _refers("trial_criteria", "brief_id", "trial_briefs", "CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_reviewers",
        sa.Column("brief_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *_owned("trial_reviewers"),
        _refers("trial_reviewers", "brief_id", "trial_briefs", "CASCADE"),
        _member("trial_reviewers", "user_id"),
        sa.UniqueConstraint(
            "workspace_id", "brief_id", "user_id", name=op.f("uq_trial_reviewers_workspace_id_brief_id_user_id")
        ),
        sqlite_autoincrement=True,
    )


def _carry_over() -> None:
    """A brief has the number of the trial task that it was written for, which makes the two easy to join."""
    op.execute(
        "INSERT INTO trial_briefs (id, workspace_id, title, skill, body, deliverable, given, paid_currency, unpaid_why,"
        " version, created_at, created_by)"
        " SELECT id, workspace_id, substr(what, 1, 500), '', CASE WHEN length(what) > 500 THEN what ELSE '' END,"
        " '', '', '', '', 1, created_at, created_by FROM trial_tasks ORDER BY id"
    )
    criteria = sa.table(
        "trial_criteria",
        *(sa.column(name) for name in ("workspace_id", "brief_id", "name", "counts", "position")),
        sa.column("is_fit", sa.Boolean()),
    )
    briefs = sa.table("trial_briefs", sa.column("id"), sa.column("workspace_id"))
    bind = op.get_bind()
    rows = [
        {
            "workspace_id": workspace_id,
            "brief_id": brief_id,
            "name": name,
            "counts": 1,
            "is_fit": is_fit,
            "position": position,
        }
        for brief_id, workspace_id in bind.execute(sa.select(briefs.c.id, briefs.c.workspace_id)).all()
        for position, (name, is_fit) in enumerate(_CRITERIA)
    ]
    if rows:
        op.bulk_insert(criteria, rows)
    if bind.dialect.name == "postgresql":
        # The next one that is written down gets a number of its own.
        op.execute(
            "SELECT setval(pg_get_serial_sequence('trial_briefs', 'id'),"
            " (SELECT coalesce(max(id), 0) + 1 FROM trial_briefs), false)"
        )


def _widen_trials() -> None:
    for column in (
        sa.Column("brief_id", sa.Integer(), nullable=True),
        sa.Column("extends_id", sa.Integer(), nullable=True),
        sa.Column("extension", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_how", sa.String(32), nullable=True),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("gave_notice", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("rounds", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("review_due_on", sa.Date(), nullable=True),
        sa.Column("gave_promised", sa.Boolean(), nullable=True),
        sa.Column("shared", sa.Text(), nullable=False, server_default=""),
        sa.Column("to_explain", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("trial_tasks", column)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("UPDATE trial_tasks SET brief_id = id, started_on = created_at::date")
    else:
        op.execute("UPDATE trial_tasks SET brief_id = id, started_on = date(created_at)")
    with op.batch_alter_table("trial_tasks", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("brief_id", existing_type=sa.Integer(), nullable=False)
        table.alter_column("started_on", existing_type=sa.Date(), nullable=False)
        for column, other in _REFERENCES:
            table.create_foreign_key(
                op.f(f"fk_trial_tasks_workspace_id_{column}"),
                other,
                ["workspace_id", column],
                ["workspace_id", "id"],
                ondelete="NO ACTION",
            )


def _create_reviews() -> None:
    op.create_table(
        "trial_reviews",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("trial_reviews"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        _member("trial_reviews", "created_by"),
        _refers("trial_reviews", "trial_id", "trial_tasks", "CASCADE"),
        sa.UniqueConstraint(
            "workspace_id", "trial_id", "created_by", name=op.f("uq_trial_reviews_workspace_id_trial_id_created_by")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_scores",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(500), nullable=False),
        *_owned("trial_scores"),
        _refers("trial_scores", "review_id", "trial_reviews", "CASCADE"),
        _refers("trial_scores", "criterion_id", "trial_criteria", "CASCADE"),
        sa.UniqueConstraint(
            "workspace_id",
            "review_id",
            "criterion_id",
            name=op.f("uq_trial_scores_workspace_id_review_id_criterion_id"),
        ),
        sqlite_autoincrement=True,
    )


def _create_what_happens() -> None:
    op.create_table(
        "trial_checks",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("condition_id", sa.Integer(), nullable=False),
        sa.Column("is_met", sa.Boolean(), nullable=False),
        sa.Column("checked_by", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        *_owned("trial_checks"),
        _refers("trial_checks", "trial_id", "trial_tasks", "CASCADE"),
        _refers("trial_checks", "condition_id", "trial_conditions", "CASCADE"),
        _member("trial_checks", "checked_by"),
        sa.UniqueConstraint(
            "workspace_id", "trial_id", "condition_id", name=op.f("uq_trial_checks_workspace_id_trial_id_condition_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_questions",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        *_owned("trial_questions"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        _member("trial_questions", "created_by"),
        _member("trial_questions", "answered_by"),
        _refers("trial_questions", "trial_id", "trial_tasks", "CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_deliverables",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(500), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        *_owned("trial_deliverables"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        _member("trial_deliverables", "created_by"),
        _refers("trial_deliverables", "trial_id", "trial_tasks", "CASCADE"),
        _refers("trial_deliverables", "attachment_id", "attachments", "NO ACTION"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_decisions",
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("advice", sa.String(32), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("move_id", sa.Integer(), nullable=True),
        sa.Column("next_trial_id", sa.Integer(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        *_owned("trial_decisions"),
        _refers("trial_decisions", "trial_id", "trial_tasks", "CASCADE"),
        _refers("trial_decisions", "next_trial_id", "trial_tasks", "NO ACTION"),
        _refers("trial_decisions", "move_id", "stage_moves", "NO ACTION"),
        _refers("trial_decisions", "letter_id", "vendor_letters", "NO ACTION"),
        _member("trial_decisions", "decided_by"),
        sqlite_autoincrement=True,
    )


def _index() -> None:
    for table, column in (
        ("trial_briefs", "need_id"),
        ("trial_briefs", "category_id"),
        ("trial_conditions", "brief_id"),
        ("trial_criteria", "brief_id"),
        ("trial_reviewers", "user_id"),
        ("trial_tasks", "brief_id"),
        ("trial_tasks", "extends_id"),
        ("trial_checks", "condition_id"),
        ("trial_questions", "trial_id"),
        ("trial_deliverables", "trial_id"),
        ("trial_deliverables", "attachment_id"),
        ("trial_scores", "criterion_id"),
        ("trial_decisions", "trial_id"),
        ("trial_decisions", "next_trial_id"),
        ("trial_decisions", "move_id"),
    ):
        op.create_index(op.f(f"ix_{table}_workspace_id_{column}"), table, ["workspace_id", column])


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
