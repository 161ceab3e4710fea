"""Introductions by letters from here: what was sent, what they answered themselves, and addresses that get no more.

Referrals that exist keep their steps as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referrals", sa.Column("introduction_subject", sa.String(500), nullable=False, server_default=""))
    op.add_column("referrals", sa.Column("introduction_body", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "referral_letters",
        sa.Column("referral_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("side", sa.String(32), nullable=False),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("recipient_name", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("disclosure", sa.String(1000), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        *_owned("referral_letters"),
        *_recorded("referral_letters"),
        _refers("referral_letters", "referral_id", "referrals"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_messages.id"], name=op.f("fk_referral_letters_message_id"), ondelete="SET NULL"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "referral_consents",
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        *_owned("referral_consents"),
        _refers("referral_consents", "step_id", "referral_steps"),
        _refers("referral_consents", "letter_id", "referral_letters"),
        sa.UniqueConstraint("workspace_id", "step_id", name=op.f("uq_referral_consents_workspace_id_step_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stopped_addresses",
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        *_owned("stopped_addresses"),
        *_recorded("stopped_addresses"),
        sa.UniqueConstraint("workspace_id", "address", name=op.f("uq_stopped_addresses_workspace_id_address")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_referral_letters_message_id"), "referral_letters", ["message_id"])
    for table, column in (
        ("referral_letters", "referral_id"),
        ("referral_letters", "recipient"),
        ("referral_consents", "letter_id"),
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


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Goes with the row that it belongs to."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete="CASCADE",
    )
