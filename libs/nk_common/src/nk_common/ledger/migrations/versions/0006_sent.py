"""When a partition's newest request was put on the bus."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partitions", sa.Column("sent_at", UtcDateTime))


def downgrade() -> None:
    with op.batch_alter_table("partitions") as table:
        table.drop_column("sent_at")
