"""From the notifier's rows to what people see. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from nk_common.api.alerts import Alert, AlertNotification, Alerts, AlertState
from nk_common.api.common import Text

if TYPE_CHECKING:
    from nk_common.ledger.alerts import AlertRow, AlertsReader, NotificationRow

AskedState = Literal["open", "closed", "all"]
_STATES: dict[AskedState, tuple[AlertState, ...]] = {
    "open": ("open",),
    "closed": ("closed",),
    "all": ("open", "closed"),
}


def read_alerts(reader: AlertsReader, state: AskedState, limit: int, offset: int) -> Alerts:
    """A page of alerts with what was sent of them. Blocking; raises what SQLAlchemy raises."""
    total, rows = reader.page(_STATES[state], limit, offset)
    open_ones, _ = (total, rows) if state == "open" else reader.page(("open",), 1, 0)
    sent: dict[int, list[NotificationRow]] = {}
    for note in reader.notifications([row.id for row in rows]):
        if note.alert_id is not None:
            sent.setdefault(note.alert_id, []).append(note)
    return Alerts(total=total, open=open_ones, alerts=[_alert(row, sent.get(row.id, ())) for row in rows])


def _alert(row: AlertRow, sent: Sequence[NotificationRow]) -> Alert:
    return Alert.model_validate(
        {
            "id": row.id,
            "code": row.code,
            "subject": row.subject,
            "severity": row.severity,
            "state": row.state,
            "reason": Text(id=row.reason_id, en=row.reason_en),
            "advice": Text(id=row.advice_id, en=row.advice_en),
            "first_seen_at": row.first_seen_at,
            "opened_at": row.opened_at or row.first_seen_at,
            "closed_at": row.closed_at,
            "notifications": [_notification(one) for one in sent],
        }
    )


def _notification(row: NotificationRow) -> AlertNotification:
    return AlertNotification.model_validate(
        {
            "channel": row.channel,
            "event": row.event,
            "sent_at": row.sent_at,
            "attempts": row.attempts,
            "error": row.error,
        }
    )
