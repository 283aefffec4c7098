"""The first ledger: partitions, runs, watermarks, dead letters."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _partitions()
    _runs()
    _the_rest()


def _partitions() -> None:
    op.create_table(
        "partitions",
        sa.Column("dataset", sa.String(60), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("run_id", sa.String(100)),
        sa.Column("reason", sa.String(20)),
        sa.Column("requested_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error_stage", sa.String(12)),
        sa.Column("error_class", sa.String(80)),
        sa.Column("error", sa.Text),
        sa.Column("loaded_version", sa.BigInteger),
        sa.Column("loaded_at", UtcDateTime),
        sa.Column("as_of", UtcDateTime),
        sa.Column("documents", sa.Integer),
        sa.Column("lines", sa.Integer),
        sa.Column("quantity", sa.Float),
        sa.Column("amount", sa.Float),
        sa.Column("payments", sa.Float),
        sa.Column("rejected", sa.Integer, nullable=False),
    )
    op.create_index("ix_partitions_state", "partitions", ["state"])
    op.create_index("ix_partitions_day", "partitions", ["day"])


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("requested_by", sa.String(100)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
    )
    op.create_index("ix_runs_created_at", "runs", ["created_at"])
    op.create_table(
        "run_items",
        sa.Column("run_id", sa.String(100), primary_key=True),
        sa.Column("dataset", sa.String(60), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
    )


def _the_rest() -> None:
    op.create_table(
        "watermarks",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("write_date", UtcDateTime, nullable=False),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("topic", sa.String(120), nullable=False),
        sa.Column("error_class", sa.String(80), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("dataset", sa.String(60)),
        sa.Column("day", sa.String(10)),
    )
    op.create_index("ix_dead_letters_at", "dead_letters", ["at"])


def downgrade() -> None:
    for table in ("dead_letters", "watermarks", "run_items", "runs", "partitions"):
        op.drop_table(table)
