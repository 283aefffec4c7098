"""Since when a look fails and why, and letters whose day was loaded since: nobody need act on these."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HEALED = """
UPDATE dead_letters SET resolution = 'healed', resolved_by = 'nkdash', resolved_at = (
    SELECT partitions.loaded_at FROM partitions
    WHERE partitions.dataset = dead_letters.dataset AND partitions.day = dead_letters.day
)
WHERE resolution IS NULL AND EXISTS (
    SELECT 1 FROM partitions WHERE partitions.dataset = dead_letters.dataset AND partitions.day = dead_letters.day
        AND (partitions.as_of > dead_letters.at
             OR (partitions.state = 'loaded' AND partitions.loaded_at > dead_letters.at))
)
"""


def upgrade() -> None:
    with op.batch_alter_table("routines") as routines:
        routines.add_column(sa.Column("failing_since", UtcDateTime))
        routines.add_column(sa.Column("failed_at", UtcDateTime))
        routines.add_column(sa.Column("error_class", sa.String(80)))
        routines.add_column(sa.Column("error", sa.Text))
    op.execute(HEALED)


def downgrade() -> None:
    with op.batch_alter_table("routines") as routines:
        for name in ("error", "error_class", "failed_at", "failing_since"):
            routines.drop_column(name)
