"""The day that was agreed on when a trial task first came: what goes back for changes gets another day, and was late
or in time all the same.

What came before this and never went back has the day that it still has.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trial_tasks", sa.Column("due_when_it_came", sa.Date(), nullable=True))
    op.execute("UPDATE trial_tasks SET due_when_it_came = due_on WHERE delivered_on IS NOT NULL AND rounds = 0")
