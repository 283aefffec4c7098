"""Where the bytes of dead letters lie, and what was done about them."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NEW = (
    ("stage", sa.String(12)),
    ("attempts", sa.Integer()),
    ("run_id", sa.String(100)),
    ("source_partition", sa.Integer()),
    ("source_offset", sa.BigInteger()),
    ("letter_partition", sa.Integer()),
    ("letter_offset", sa.BigInteger()),
    ("retry_of", sa.Integer()),
    ("resolution", sa.String(10)),
    ("resolved_at", UtcDateTime),
    ("resolved_by", sa.String(100)),
    ("resolution_reason", sa.String(200)),
    ("resolved_command", sa.String(100)),
)


def upgrade() -> None:
    with op.batch_alter_table("dead_letters") as letters:
        for name, kind in _NEW:
            letters.add_column(sa.Column(name, kind))
        letters.create_index("ix_dead_letters_retry_of", ["retry_of"])


def downgrade() -> None:
    with op.batch_alter_table("dead_letters") as letters:
        letters.drop_index("ix_dead_letters_retry_of")
        for name, _ in reversed(_NEW):
            letters.drop_column(name)
