"""Whose turn it is to look for changes, of several extractors."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("routines") as routines:
        routines.add_column(sa.Column("turn_of", sa.String(32)))
        routines.add_column(sa.Column("turn_at", UtcDateTime))


def downgrade() -> None:
    with op.batch_alter_table("routines") as routines:
        for name in ("turn_at", "turn_of"):
            routines.drop_column(name)
