"""Needs with what has to come first, what the business values, and ratings by it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_VALUES = ("Quality", "Turnaround", "Cost", "Communication", "Reliability", "Breadth")

_COME_FIRST = {
    "Social media": ("A landing page that turns visitors into enquiries", "Something to post about"),
    "Ads": ("Tracking that shows what an enquiry costs", "A landing page that turns visitors into enquiries"),
    "Being found": ("Access to the website", "Access to its statistics"),
    "Design and packaging": ("A brand guide",),
    "Books and tax": ("Bank feeds", "A chart of accounts"),
    "Inbox and errands": ("Three written procedures",),
}
"""By the name that a category ships with; a business that has named it anew has its own ideas."""


def upgrade() -> None:
    _create_needs()
    _create_prerequisites()
    _create_ratings()
    _index()
    _begin_with_values()
    _say_what_comes_first()


def _create_needs() -> None:
    op.create_table(
        "needs",
        sa.Column("outcome", sa.String(500), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("deliverables", sa.Text(), nullable=False),
        sa.Column("volume", sa.String(200), nullable=False),
        sa.Column("budget_amount", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", sa.String(3), nullable=False),
        sa.Column("starts_from", sa.Date(), nullable=True),
        sa.Column("starts_by", sa.Date(), nullable=True),
        sa.Column("acceptance", sa.Text(), nullable=False),
        sa.Column("importance", sa.String(32), nullable=False),
        sa.Column("is_small", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("status_since", sa.Date(), nullable=False),
        sa.Column("filled_by_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("needs"),
        *_recorded("needs"),
        _refers("needs", "category_id", "categories", "NO ACTION"),
        _refers("needs", "filled_by_id", "vendors", "NO ACTION"),
        _member("needs", "owner_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "need_moves",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("from_status", sa.String(32), nullable=True),
        sa.Column("to_status", sa.String(32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=False),
        *_owned("need_moves"),
        _refers("need_moves", "need_id", "needs", "CASCADE"),
        _member("need_moves", "moved_by"),
        sqlite_autoincrement=True,
    )


def _create_prerequisites() -> None:
    op.create_table(
        "need_prerequisites",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("what", sa.String(500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_by", sa.Integer(), nullable=True),
        *_owned("need_prerequisites"),
        *_recorded("need_prerequisites"),
        _refers("need_prerequisites", "need_id", "needs", "CASCADE"),
        _refers("need_prerequisites", "other_id", "needs", "CASCADE"),
        _member("need_prerequisites", "met_by"),
        sa.UniqueConstraint(
            "workspace_id",
            "need_id",
            "other_id",
            name=op.f("uq_need_prerequisites_workspace_id_need_id_other_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "parking_needs",
        sa.Column("parking_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        *_owned("parking_needs"),
        _refers("parking_needs", "parking_id", "parkings", "CASCADE"),
        _refers("parking_needs", "need_id", "needs", "CASCADE"),
        sa.UniqueConstraint("workspace_id", "parking_id", name=op.f("uq_parking_needs_workspace_id_parking_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "category_prerequisites",
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *_owned("category_prerequisites"),
        _refers("category_prerequisites", "category_id", "categories", "CASCADE"),
        sqlite_autoincrement=True,
    )


def _create_ratings() -> None:
    op.create_table(
        "criteria",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("is_must", sa.Boolean(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("criteria"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "need_weights",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        *_owned("need_weights"),
        _refers("need_weights", "need_id", "needs", "CASCADE"),
        _refers("need_weights", "criterion_id", "criteria", "CASCADE"),
        sa.UniqueConstraint(
            "workspace_id", "need_id", "criterion_id", name=op.f("uq_need_weights_workspace_id_need_id_criterion_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ratings",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(200), nullable=False),
        sa.Column("work_id", sa.Integer(), nullable=True),
        sa.Column("rated_on", sa.Date(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("ratings"),
        *_recorded("ratings"),
        _refers("ratings", "vendor_id", "vendors", "CASCADE"),
        _refers("ratings", "criterion_id", "criteria", "CASCADE"),
        _refers("ratings", "work_id", "delegated_works", "NO ACTION"),
        sqlite_autoincrement=True,
    )


def _index() -> None:
    for table, *columns in (
        ("needs", "status"),
        ("needs", "category_id"),
        ("needs", "filled_by_id"),
        ("need_moves", "need_id"),
        ("need_prerequisites", "other_id"),
        ("parking_needs", "need_id"),
        ("category_prerequisites", "category_id"),
        ("criteria", "position"),
        ("ratings", "vendor_id", "criterion_id"),
        ("ratings", "work_id"),
    ):
        scoped = ["workspace_id", *columns]
        op.create_index(op.f(f"ix_{table}_{'_'.join(scoped)}"), table, scoped)


def _begin_with_values() -> None:
    """Each business has the values that a new one begins with."""
    bind = op.get_bind()
    workspaces = bind.execute(sa.select(sa.table("workspaces", sa.column("id")).c.id)).scalars().all()
    criteria = sa.table(
        "criteria",
        *(sa.column(name) for name in ("workspace_id", "name", "position", "version")),
        sa.column("is_must", sa.Boolean()),
    )
    rows = [
        {"workspace_id": workspace_id, "name": name, "position": position, "is_must": False, "version": 1}
        for workspace_id in workspaces
        for position, name in enumerate(_VALUES)
    ]
    if rows:
        op.bulk_insert(criteria, rows)


def _say_what_comes_first() -> None:
    bind = op.get_bind()
    categories = sa.table("categories", *(sa.column(name) for name in ("id", "workspace_id", "name", "parent_id")))
    named = sa.select(categories.c.id, categories.c.workspace_id, categories.c.name).where(
        categories.c.parent_id.is_(None), categories.c.name.in_(_COME_FIRST)
    )
    rows = [
        {"workspace_id": workspace_id, "category_id": category_id, "what": what, "position": position}
        for category_id, workspace_id, name in bind.execute(named).all()
        for position, what in enumerate(_COME_FIRST[name])
    ]
    lines = sa.table(
        "category_prerequisites", *(sa.column(name) for name in ("workspace_id", "category_id", "what", "position"))
    )
    if rows:
        op.bulk_insert(lines, rows)


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
