"""The answer of `/v1/pipeline/alerts`: what somebody was told, and whether it is over."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel, Text

AlertCode = Literal[
    "dataset-late", "dataset-failing", "day-failed", "reconciliation-differs", "dead-letters", "odoo-key-expires",
    "disk-low", "query-api-away", "odoo-away",
]  # fmt: skip
Severity = Literal["warning", "critical"]
AlertState = Literal["open", "closed"]
NotificationEvent = Literal["opened", "recovered"]


class AlertNotification(ApiModel):
    """That a channel is told of an alert."""

    channel: str
    event: NotificationEvent
    sent_at: datetime | None = Field(description="When the channel accepted it; null: it is still tried.")
    attempts: int
    error: str | None = Field(description="Why the last attempt did not succeed.")


class Alert(ApiModel):
    """Something that held long enough for somebody to be told. `code` and `subject` say what it is about."""

    id: int
    code: AlertCode
    subject: str = Field(description="A dataset, a topic, or a part of nkdash.")
    severity: Severity
    state: AlertState
    reason: Text = Field(description="What happened, and what it means for the figures.")
    advice: Text = Field(description="What to do.")
    first_seen_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    notifications: list[AlertNotification] = Field(
        description="What was sent of it, and is to be sent; none without a channel."
    )


class Alerts(ApiModel):
    """`GET /v1/pipeline/alerts`: open ones first, newest first."""

    total: int
    open: int = Field(description="Open ones, whatever was asked for.")
    alerts: list[Alert]
