"""Since when a look of the change watch fails, and why."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("routines") as routines:
        routines.add_column(sa.Column("failing_since", UtcDateTime))
        routines.add_column(sa.Column("failed_at", UtcDateTime))
        routines.add_column(sa.Column("error_class", sa.String(80)))
        routines.add_column(sa.Column("error", sa.Text))


def downgrade() -> None:
    with op.batch_alter_table("routines") as routines:
        for name in ("error", "error_class", "failed_at", "failing_since"):
            routines.drop_column(name)
