"""Custom fields of a business, and the standing of vendors."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("normal_name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("help", sa.String(length=500), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "created_by"],
            ["memberships.workspace_id", "memberships.user_id"],
            name=op.f("fk_custom_fields_workspace_id_created_by"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_custom_fields_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_custom_fields_workspace_id_id")),
        sa.UniqueConstraint("workspace_id", "normal_name", name=op.f("uq_custom_fields_workspace_id_normal_name")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("custom_fields", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_custom_fields_workspace_id_position"), ["workspace_id", "position"], unique=False
        )

    op.create_table(
        "custom_choices",
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("normal_name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "field_id"],
            ["custom_fields.workspace_id", "custom_fields.id"],
            name=op.f("fk_custom_choices_workspace_id_field_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_custom_choices_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_choices")),
        sa.UniqueConstraint("workspace_id", "field_id", "id", name=op.f("uq_custom_choices_workspace_id_field_id_id")),
        sa.UniqueConstraint(
            "workspace_id", "field_id", "normal_name", name=op.f("uq_custom_choices_workspace_id_field_id_normal_name")
        ),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_custom_choices_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "custom_values",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.Column("words_key", sa.String(length=500), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("choice_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "field_id", "choice_id"],
            ["custom_choices.workspace_id", "custom_choices.field_id", "custom_choices.id"],
            name=op.f("fk_custom_values_workspace_id_field_id_choice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "field_id"],
            ["custom_fields.workspace_id", "custom_fields.id"],
            name=op.f("fk_custom_values_workspace_id_field_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "vendor_id"],
            ["vendors.workspace_id", "vendors.id"],
            name=op.f("fk_custom_values_workspace_id_vendor_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_custom_values_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_values")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_custom_values_workspace_id_id")),
        sa.UniqueConstraint(
            "workspace_id", "vendor_id", "field_id", name=op.f("uq_custom_values_workspace_id_vendor_id_field_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("custom_values", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_custom_values_workspace_id_field_id_choice_id"),
            ["workspace_id", "field_id", "choice_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_custom_values_workspace_id_field_id_day"), ["workspace_id", "field_id", "day"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_custom_values_workspace_id_field_id_number"),
            ["workspace_id", "field_id", "number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_custom_values_workspace_id_field_id_words_key"),
            ["workspace_id", "field_id", "words_key"],
            unique=False,
        )

    op.create_table(
        "standings",
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "category_id"],
            ["categories.workspace_id", "categories.id"],
            name=op.f("fk_standings_workspace_id_category_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "ended_by"],
            ["memberships.workspace_id", "memberships.user_id"],
            name=op.f("fk_standings_workspace_id_ended_by"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "given_by"],
            ["memberships.workspace_id", "memberships.user_id"],
            name=op.f("fk_standings_workspace_id_given_by"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "vendor_id"],
            ["vendors.workspace_id", "vendors.id"],
            name=op.f("fk_standings_workspace_id_vendor_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_standings_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standings")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_standings_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_standings_workspace_id_level_ended_at"), ["workspace_id", "level", "ended_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_standings_workspace_id_vendor_id_ended_at"),
            ["workspace_id", "vendor_id", "ended_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_standings_category",
            ["workspace_id", "vendor_id", "category_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_standings_whole",
            ["workspace_id", "vendor_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND category_id IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND category_id IS NULL"),
        )
