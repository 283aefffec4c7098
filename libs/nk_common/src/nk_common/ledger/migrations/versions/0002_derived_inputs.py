"""What a derived partition was last made of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partitions", sa.Column("inputs", sa.String(40)))


def downgrade() -> None:
    op.drop_column("partitions", "inputs")
