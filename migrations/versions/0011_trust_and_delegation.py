"""Trust and delegation: pieces of work, what shows a trust entry, hints put off, agreements shared."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accesses", sa.Column("offboarding_on", sa.Date(), nullable=True))
    _create_works()
    _create_records()
    _create_hints()
    _index()


def _create_works() -> None:
    op.create_table(
        "delegated_works",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("original_due_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("redelivered_on", sa.Date(), nullable=True),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("gave_promised", sa.Boolean(), nullable=True),
        sa.Column("our_minutes", sa.Integer(), nullable=True),
        sa.Column("vendor_minutes", sa.Integer(), nullable=True),
        sa.Column("cost_amount", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", sa.String(3), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("delegated_works"),
        *_recorded("delegated_works"),
        _refers("delegated_works", "vendor_id", "vendors", "CASCADE"),
        _refers("delegated_works", "area_id", "decision_areas", "NO ACTION"),
        sqlite_autoincrement=True,
    )


def _create_records() -> None:
    op.create_table(
        "trust_records",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("work_id", sa.Integer(), nullable=True),
        sa.Column("trial_id", sa.Integer(), nullable=True),
        sa.Column("promise_id", sa.Integer(), nullable=True),
        sa.Column("interaction_id", sa.Integer(), nullable=True),
        *_owned("trust_records"),
        _refers("trust_records", "entry_id", "trust_entries", "CASCADE"),
        _refers("trust_records", "work_id", "delegated_works", "CASCADE"),
        _refers("trust_records", "trial_id", "trial_tasks", "CASCADE"),
        _refers("trust_records", "promise_id", "promises", "CASCADE"),
        _refers("trust_records", "interaction_id", "interactions", "CASCADE"),
        sa.UniqueConstraint("workspace_id", "entry_id", name=op.f("uq_trust_records_workspace_id_entry_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "interaction_areas",
        sa.Column("interaction_id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        *_owned("interaction_areas"),
        _refers("interaction_areas", "interaction_id", "interactions", "CASCADE"),
        _refers("interaction_areas", "area_id", "decision_areas", "CASCADE"),
        sa.UniqueConstraint(
            "workspace_id",
            "interaction_id",
            "area_id",
            name=op.f("uq_interaction_areas_workspace_id_interaction_id_area_id"),
        ),
        sqlite_autoincrement=True,
    )


def _create_hints() -> None:
    op.create_table(
        "hint_dismissals",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("dismissed_by", sa.Integer(), nullable=False),
        sa.Column("dismissed_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        *_owned("hint_dismissals"),
        _refers("hint_dismissals", "vendor_id", "vendors", "CASCADE"),
        _refers("hint_dismissals", "area_id", "decision_areas", "CASCADE"),
        _member("hint_dismissals", "dismissed_by"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "agreement_links",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        *_owned("agreement_links"),
        *_recorded("agreement_links"),
        _refers("agreement_links", "vendor_id", "vendors", "CASCADE"),
        sqlite_autoincrement=True,
    )


def _index() -> None:
    for table, *columns in (
        ("delegated_works", "vendor_id", "outcome"),
        ("delegated_works", "area_id"),
        ("trust_records", "work_id"),
        ("trust_records", "trial_id"),
        ("trust_records", "promise_id"),
        ("trust_records", "interaction_id"),
        ("interaction_areas", "area_id"),
        ("hint_dismissals", "vendor_id"),
        ("agreement_links", "vendor_id"),
    ):
        scoped = ["workspace_id", *columns]
        op.create_index(op.f(f"ix_{table}_{'_'.join(scoped)}"), table, scoped)


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
