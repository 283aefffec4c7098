"""What the extractor does by itself, and what a run found that loads nothing."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "routines",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("looked_at", UtcDateTime),
        sa.Column("fired_at", UtcDateTime),
        sa.Column("run_id", sa.String(100)),
        sa.Column("taken_at", UtcDateTime),
        sa.Column("ordered_at", UtcDateTime),
    )
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("outcome", sa.String(20)))


def downgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.drop_column("outcome")
    op.drop_table("routines")
