"""The goodwill ledger, and discounts for referrals with the credit they earn.

Referrals that were made before count in the ledger from their first day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referrals", sa.Column("closed_amount", sa.BigInteger(), nullable=True))
    op.add_column("referrals", sa.Column("closed_currency", sa.String(3), nullable=False, server_default=""))
    _create_ledger()
    _create_credit()
    _index()
    _count_what_was_given()


def _create_ledger() -> None:
    op.create_table(
        "goodwill_entries",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("value_amount", sa.BigInteger(), nullable=True),
        sa.Column("value_currency", sa.String(3), nullable=False),
        sa.Column("referral_id", sa.Integer(), nullable=True),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("struck_why", sa.String(500), nullable=False),
        *_owned("goodwill_entries"),
        *_recorded("goodwill_entries"),
        _refers("goodwill_entries", "vendor_id", "vendors", "CASCADE"),
        _refers("goodwill_entries", "referral_id", "referrals", "CASCADE"),
        sqlite_autoincrement=True,
    )


def _create_credit() -> None:
    op.create_table(
        "discount_terms",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("keeps_days", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.String(2000), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("discount_terms"),
        *_recorded("discount_terms"),
        _refers("discount_terms", "vendor_id", "vendors", "CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "credit_entries",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("terms_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("referral_id", sa.Integer(), nullable=True),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        *_owned("credit_entries"),
        *_recorded("credit_entries"),
        _refers("credit_entries", "vendor_id", "vendors", "CASCADE"),
        _refers("credit_entries", "terms_id", "discount_terms", "CASCADE"),
        _refers("credit_entries", "referral_id", "referrals", "NO ACTION"),
        _refers("credit_entries", "lot_id", "credit_entries", "CASCADE"),
        sqlite_autoincrement=True,
    )


def _index() -> None:
    for table, *columns in (
        ("goodwill_entries", "vendor_id", "happened_on"),
        ("goodwill_entries", "happened_on"),
        ("credit_entries", "vendor_id"),
        ("credit_entries", "terms_id"),
        ("credit_entries", "lot_id"),
    ):
        scoped = ["workspace_id", *columns]
        op.create_index(op.f(f"ix_{table}_{'_'.join(scoped)}"), table, scoped)
    for name, table, columns, where in (
        ("uq_goodwill_entries_referral", "goodwill_entries", ["referral_id", "side"], "struck_at IS NULL"),
        ("uq_discount_terms_in_force", "discount_terms", ["vendor_id"], "ended_on IS NULL"),
        ("uq_credit_entries_referral", "credit_entries", ["referral_id"], "kind = 'earned' AND withdrawn_at IS NULL"),
    ):
        op.create_index(
            name,
            table,
            ["workspace_id", *columns],
            unique=True,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def _count_what_was_given() -> None:
    """An introduction that was made is a good turn of the day on which it was made."""
    op.execute(
        "INSERT INTO goodwill_entries (workspace_id, vendor_id, side, kind, happened_on, note, value_currency,"
        " referral_id, struck_why, created_at, created_by)"
        " SELECT r.workspace_id, r.vendor_id, 'given', 'referral', min(s.happened_on), '', '', r.id, '',"
        " min(s.recorded_at), r.connector_id"
        " FROM referrals r JOIN referral_steps s ON s.workspace_id = r.workspace_id AND s.referral_id = r.id"
        " WHERE s.state = 'introduced' GROUP BY r.workspace_id, r.vendor_id, r.id, r.connector_id ORDER BY r.id"
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
        sa.ForeignKeyConstraint(
            ["workspace_id", "created_by"],
            ["memberships.workspace_id", "memberships.user_id"],
            name=op.f(f"fk_{table}_workspace_id_created_by"),
            ondelete="NO ACTION",
        ),
    ]


def _refers(table: str, column: str, other: str, on_delete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete=on_delete,
    )
