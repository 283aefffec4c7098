"""Runs that were taken back."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("cancelled_at", UtcDateTime))
        runs.add_column(sa.Column("cancelled", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.drop_column("cancelled")
        runs.drop_column("cancelled_at")
