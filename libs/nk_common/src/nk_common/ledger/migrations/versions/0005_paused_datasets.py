"""Datasets of which nothing is read until they are resumed."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paused_datasets",
        sa.Column("dataset", sa.String(60), primary_key=True),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("requested_by", sa.String(100)),
    )


def downgrade() -> None:
    op.drop_table("paused_datasets")
