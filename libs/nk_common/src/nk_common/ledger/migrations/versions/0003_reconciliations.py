"""Comparisons of the lake with Odoo."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliation_runs",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("start", sa.String(10), nullable=False),
        sa.Column("end", sa.String(10), nullable=False),
        sa.Column("datasets", sa.JSON, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("requested_by", sa.String(100)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime),
        sa.Column("heartbeat_at", UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
    )
    op.create_index("ix_reconciliation_runs_created_at", "reconciliation_runs", ["created_at"])
    op.create_table(
        "reconciliation_results",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(100), nullable=False),
        sa.Column("dataset", sa.String(60), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("store_id", sa.BigInteger),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("odoo", sa.JSON),
        sa.Column("lake", sa.JSON),
        sa.Column("differing", sa.Integer, nullable=False),
        sa.Column("document_ids", sa.JSON, nullable=False),
        sa.Column("error", sa.Text),
    )
    op.create_index("ix_reconciliation_results_run", "reconciliation_results", ["run_id", "dataset", "day"])


def downgrade() -> None:
    for table in ("reconciliation_results", "reconciliation_runs"):
        op.drop_table(table)
