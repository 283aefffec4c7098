"""Alerts, what is to be sent of them, and digests."""

import sqlalchemy as sa
from alembic import op

from nk_common.ledger.models import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _alerts()
    _notifications()
    op.create_table(
        "digests",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    for table in ("digests", "notifications", "alerts"):
        op.drop_table(table)


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("active_key", sa.String(200), unique=True),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(150), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason_id", sa.Text, nullable=False),
        sa.Column("reason_en", sa.Text, nullable=False),
        sa.Column("advice_id", sa.Text, nullable=False),
        sa.Column("advice_en", sa.Text, nullable=False),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("opens_at", UtcDateTime, nullable=False),
        sa.Column("opened_at", UtcDateTime),
        sa.Column("gone_at", UtcDateTime),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_alerts_state", "alerts", ["state"])


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(100), unique=True, nullable=False),
        sa.Column("stream", sa.String(10), nullable=False),
        sa.Column("event", sa.String(10), nullable=False),
        sa.Column("alert_id", sa.Integer),
        sa.Column("day", sa.String(10)),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", UtcDateTime),
        sa.Column("error", sa.Text),
    )
    op.create_index("ix_notifications_due", "notifications", ["channel", "stream", "sent_at"])
