"""What stands in a business's own fields is searched, and what two people may edit at once has a version.

The words that are searched lie in tables that are made after each upgrade, by crm/core/search_index.py.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_VERSIONED = {
    "accepted_flaws": "version",
    "vendor_links": "version",
    "categories": "version",
    "workspaces": "cadences_version",
}


def upgrade() -> None:
    for table, column in _VERSIONED.items():
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=False, server_default="1"))
