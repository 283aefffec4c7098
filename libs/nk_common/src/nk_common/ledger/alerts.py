"""Tables of the notifier: alerts, what is to be sent of them, and digests. The notifier is their only writer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Engine, Index, Integer, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from nk_common.ledger.models import Base, UtcDateTime


class AlertRow(Base):
    """Something that was found and is `pending` until it has held long enough, then `open`, then `closed`.

    `active_key` names what it is about until it is closed, and is null then: of one thing there is one alert at
    a time, whoever looks. `gone_at` is since when it is not found any more.
    """

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    active_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    code: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(150))
    severity: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    reason_id: Mapped[str] = mapped_column(Text)
    reason_en: Mapped[str] = mapped_column(Text)
    advice_id: Mapped[str] = mapped_column(Text)
    advice_en: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_alerts_state", "state"),)


class NotificationRow(Base):
    """One thing that one channel is to tell: that an alert opened or recovered, or a digest.

    It is sent once `sent_at` says so; until then it is due at `next_at`, which also keeps other replicas away
    while one of them sends it. `stream` is alerts or digests: one never waits for the other.
    """

    __tablename__ = "notifications"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    stream: Mapped[str] = mapped_column(String(10))
    event: Mapped[str] = mapped_column(String(10))
    alert_id: Mapped[int | None] = mapped_column(Integer)
    day: Mapped[str | None] = mapped_column(String(10))
    channel: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_notifications_due", "channel", "stream", "sent_at"),)


class DigestRow(Base):
    """The summary of a day as it was sent: written once, so that every channel and every retry says the same."""

    __tablename__ = "digests"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


class AlertsReader:
    """Questions about alerts. Every method opens and closes its own session."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, states: Sequence[str], limit: int, offset: int) -> tuple[int, list[AlertRow]]:
        """How many alerts of these states there are, and a page of them: those that last first, newest first."""
        wanted = select(AlertRow).where(AlertRow.state.in_(list(states)))
        query = wanted.order_by(
            AlertRow.closed_at.is_not(None), AlertRow.opened_at.desc(), AlertRow.id.desc()
        )
        with Session(self._engine) as session:
            total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
            return total, list(session.scalars(query.limit(limit).offset(offset)))

    def notifications(self, alert_ids: Sequence[int]) -> list[NotificationRow]:
        """What was, or is to be, sent of these alerts, in the order of being noted."""
        query = select(NotificationRow).where(NotificationRow.alert_id.in_(list(alert_ids)))
        with Session(self._engine) as session:
            return list(session.scalars(query.order_by(NotificationRow.id)))
