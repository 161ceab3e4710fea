"""The next touch in full: plans, holidays, time off, triggers, letters to vendors, calendars."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SNAPSHOT = (
    "availability",
    "currency",
    "rate_amount",
    "rate_period",
    "minimum_amount",
    "minimum_period",
)


def upgrade() -> None:
    for table, columns in _new_columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(op.f("ix_workspaces_next_night_at"), "workspaces", ["next_night_at"])
    with op.batch_alter_table("memberships", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.create_unique_constraint(op.f("uq_memberships_calendar_hash"), ["calendar_hash"])
    _remember_what_was_known()
    _create_tables()


def _new_columns() -> dict[str, list[sa.Column[object]]]:
    return {
        "workspaces": [
            sa.Column("holidays_country", sa.String(2), nullable=False, server_default=""),
            sa.Column("holidays_region", sa.String(16), nullable=False, server_default=""),
            sa.Column("touches_a_day", sa.Integer(), nullable=False, server_default="5"),
            sa.Column("postal_address", sa.Text(), nullable=False, server_default=""),
            sa.Column("next_night_at", sa.DateTime(timezone=True), nullable=True),
        ],
        "memberships": [
            sa.Column("digest_minute", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("mail_mentions", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("mail_triggers", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("away_from", sa.Date(), nullable=True),
            sa.Column("away_to", sa.Date(), nullable=True),
            sa.Column("summarised_on", sa.Date(), nullable=True),
            sa.Column("calendar_hash", sa.String(64), nullable=True),
            sa.Column("calendar_made_at", sa.DateTime(timezone=True), nullable=True),
        ],
        "vendors": [sa.Column("planned_on", sa.Date(), nullable=True)],
        "parkings": [
            sa.Column("condition_now", sa.BigInteger(), nullable=True),
            sa.Column("condition_goal", sa.BigInteger(), nullable=True),
            sa.Column("condition_currency", sa.String(3), nullable=False, server_default=""),
            sa.Column("condition_unit", sa.String(40), nullable=False, server_default=""),
            sa.Column("at_parking", sa.JSON(), nullable=False, server_default="{}"),
        ],
    }


def _remember_what_was_known() -> None:
    """Nobody kept what was true on the day of a parking that is open: what is true today stands in for it."""
    bind = op.get_bind()
    parkings = sa.table(
        "parkings",
        sa.column("id"),
        sa.column("vendor_id"),
        sa.column("ended_on", sa.Date()),
        sa.column("at_parking", sa.JSON()),
    )
    vendors = sa.table("vendors", sa.column("id"), *(sa.column(name) for name in _SNAPSHOT))
    known = (
        sa.select(parkings.c.id, *(vendors.c[name] for name in _SNAPSHOT))
        .join(vendors, vendors.c.id == parkings.c.vendor_id)
        .where(parkings.c.ended_on.is_(None))
    )
    for parking_id, *values in bind.execute(known).all():
        bind.execute(
            sa.update(parkings)
            .where(parkings.c.id == parking_id)
            .values(at_parking=dict(zip(_SNAPSHOT, values, strict=True)))
        )


def _create_tables() -> None:
    op.create_table(
        "parking_triggers",
        sa.Column("parking_id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("cause_id", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("fired_on", sa.Date(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_by", sa.Integer(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        *_owned("parking_triggers"),
        _refers("parking_triggers", "parking_id", "parkings", "CASCADE"),
        _refers("parking_triggers", "vendor_id", "vendors", "CASCADE"),
        _member("parking_triggers", "fired_by"),
        sa.UniqueConstraint(
            "workspace_id",
            "parking_id",
            "kind",
            "cause_id",
            name=op.f("uq_parking_triggers_workspace_id_parking_id_kind_cause_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "closed_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        *_owned("closed_days"),
        *_recorded("closed_days"),
        sa.UniqueConstraint("workspace_id", "day", name=op.f("uq_closed_days_workspace_id_day")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "vendor_letters",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("interaction_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        *_owned("vendor_letters"),
        *_recorded("vendor_letters"),
        _refers("vendor_letters", "vendor_id", "vendors", "CASCADE"),
        _refers("vendor_letters", "person_id", "people", "NO ACTION"),
        _refers("vendor_letters", "interaction_id", "interactions", "NO ACTION"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_messages.id"], name=op.f("fk_vendor_letters_message_id"), ondelete="SET NULL"
        ),
        sqlite_autoincrement=True,
    )
    for table in ("parking_triggers", "vendor_letters"):
        op.create_index(op.f(f"ix_{table}_workspace_id_vendor_id"), table, ["workspace_id", "vendor_id"])
    op.create_index(op.f("ix_vendor_letters_message_id"), "vendor_letters", ["message_id"])
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("how", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_suppressions_fingerprint")),
        sqlite_autoincrement=True,
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


def _refers(table: str, column: str, other: str, on_delete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete=on_delete,
    )
