"""Second steps and passkeys, notifications and follows, the bin, webhooks.

Browsers that are signed in stay so; each counts as confirmed when it was signed in. Nobody follows anything yet.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _extend_what_exists()
    _ways_in()
    _sharing()
    _webhooks()
    _bin()


def _extend_what_exists() -> None:
    op.add_column("workspaces", sa.Column("retention_months", sa.Integer(), nullable=False, server_default="24"))
    for name in ("mail_handed", "mail_followed"):
        op.add_column("memberships", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("totp_secret", sa.Text(), nullable=False, server_default=""))
    op.add_column("users", sa.Column("totp_since", INSTANT, nullable=True))
    op.add_column("users", sa.Column("totp_last_step", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("passkey_handle", sa.String(64), nullable=True))
    op.create_index(op.f("ix_users_passkey_handle"), "users", ["passkey_handle"], unique=True)
    op.add_column("user_sessions", sa.Column("address", sa.String(64), nullable=False, server_default=""))
    op.add_column("user_sessions", sa.Column("way", sa.String(32), nullable=False, server_default="password"))
    op.add_column(
        "user_sessions",
        sa.Column("confirmed_at", INSTANT, nullable=False, server_default=sa.text("'2026-01-01 00:00:00'")),
    )
    op.execute("UPDATE user_sessions SET confirmed_at = created_at")


def _ways_in() -> None:
    op.create_table(
        "recovery_codes",
        *_of_a_person("recovery_codes"),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "passkeys",
        *_of_a_person("passkeys"),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "known_devices",
        *_of_a_person("known_devices"),
        sa.Column("device_hash", sa.String(64), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.UniqueConstraint("user_id", "device_hash", name=op.f("uq_known_devices_user_id_device_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "identities",
        *_of_a_person("identities"),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer_subject")),
        sqlite_autoincrement=True,
    )
    for table in ("passkeys", "identities"):
        op.create_index(op.f(f"ix_{table}_user_id"), table, ["user_id"])


def _sharing() -> None:
    op.create_table(
        "follows",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *_owned("follows"),
        _refers("follows", "vendor_id", "vendors"),
        _names("follows", "user_id"),
        sa.UniqueConstraint(
            "workspace_id", "vendor_id", "user_id", name=op.f("uq_follows_workspace_id_vendor_id_user_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "news",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("mention_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        *_owned("news"),
        _refers("news", "vendor_id", "vendors"),
        _refers("news", "entry_id", "timeline_entries"),
        _refers("news", "mention_id", "mentions"),
        _names("news", "user_id"),
        _names("news", "actor_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "presences",
        sa.Column("form", sa.String(100), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        *_owned("presences"),
        _names("presences", "user_id"),
        sa.UniqueConstraint("workspace_id", "form", "user_id", name=op.f("uq_presences_workspace_id_form_user_id")),
        sqlite_autoincrement=True,
    )
    _scoped("follows", "user_id")
    for columns in (("user_id", "read_at"), ("user_id", "happened_at"), ("entry_id",), ("mention_id",), ("vendor_id",)):
        _scoped("news", *columns)


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text(), nullable=False),
        sa.Column("former_until", INSTANT, nullable=True),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("stopped_why", sa.Text(), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_owned("webhooks"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        _names("webhooks", "created_by"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("claimed_by", sa.String(64), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        *_owned("webhook_deliveries"),
        _refers("webhook_deliveries", "webhook_id", "webhooks"),
        sqlite_autoincrement=True,
    )
    _scoped("webhook_deliveries", "webhook_id", "created_at")
    op.create_index(op.f("ix_webhook_deliveries_state_not_before"), "webhook_deliveries", ["state", "not_before"])


def _bin() -> None:
    op.create_table(
        "bin_items",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("visibility", sa.String(32), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=False),
        sa.Column("deleted_by", sa.Integer(), nullable=False),
        *_owned("bin_items"),
        _names("bin_items", "author_id"),
        _names("bin_items", "deleted_by"),
        sqlite_autoincrement=True,
    )
    for column in ("deleted_at", "vendor_id"):
        _scoped("bin_items", column)


def _of_a_person(table: str) -> list[sa.schema.SchemaItem]:
    """What a table of somebody who signs in has; it goes with them."""
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"),
    ]


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


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Goes with the row that it belongs to."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete="CASCADE",
    )


def _names(table: str, column: str) -> sa.ForeignKeyConstraint:
    """Names a person who is, or was, in the team."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        ["memberships.workspace_id", "memberships.user_id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
        ondelete="NO ACTION",
    )


def _scoped(table: str, *columns: str) -> None:
    """An index that begins with the workspace."""
    op.create_index(op.f(f"ix_{table}_workspace_id_{'_'.join(columns)}"), table, ["workspace_id", *columns])
