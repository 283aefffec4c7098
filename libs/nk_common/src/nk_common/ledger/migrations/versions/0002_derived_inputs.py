"""What a derived partition was last made of, and which versions are made without Odoo."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partitions", sa.Column("inputs", sa.String(40)))
    op.add_column("partitions", sa.Column("rebuild", sa.String(10)))


def downgrade() -> None:
    op.drop_column("partitions", "rebuild")
    op.drop_column("partitions", "inputs")
