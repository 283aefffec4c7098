"""Alerts, what is to be sent of them, and digests, in the ledger's database. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from nk_common.ledger.alerts import AlertRow, DigestRow, NotificationRow
from nk_notifier.changes import Begin, Change, Close, Forget, Known, Miss, Open, Renew
from nk_notifier.findings import Finding
from nk_notifier.ledger import Ledger

T = TypeVar("T")
Stream = Literal["alerts", "digests"]
FORGOTTEN_AFTER = timedelta(days=7)
"""What no channel took for so long is old news; the alert itself stays on the page."""
LEASE = timedelta(minutes=3)
"""So long one notifier may take to send something before another may try; sending is cut well before."""
AT_ONCE = 50

Decide = Callable[[Sequence[Known]], Sequence[Change]]


@dataclass(frozen=True)
class Due:
    """What a channel is to be told now: alerts with their events in the order in which they happened, or a digest."""

    ids: tuple[int, ...]
    attempts: int
    alerts: tuple[tuple[str, AlertRow], ...] = ()
    digest: DigestRow | None = None


class Store:
    """Blocking; raises LedgerUnavailableError."""

    def __init__(self, ledger: Ledger, channels: Sequence[str]) -> None:
        self._ledger = ledger
        self._channels = channels

    def apply(self, decide: Decide, now: datetime) -> list[Change]:
        """Do what `decide` says about the alerts that there are. Looks first without keeping others from writing."""
        if not decide(self._ledger.read(lambda engine: _read(engine, _known))):
            return []

        def change(session: Session) -> list[Change]:
            steps = list(decide(_known(session)))
            for step in steps:
                self._take(session, step, now)
            return steps

        return self._ledger.write(change)

    def open_by_code(self) -> Mapping[str, int]:
        """How many alerts are open, by code."""
        query = select(AlertRow.code, func.count()).where(AlertRow.state == "open").group_by(AlertRow.code)
        return self._ledger.read(
            lambda engine: _read(engine, lambda session: dict(session.execute(query).all()))
        )

    def claim(self, channel: str, stream: Stream, now: datetime) -> Due | None:
        """What is due on a channel. Nobody else gets it before the lease is over.

        Nothing while an earlier message still waits for its next attempt: it goes before, whole and in order.
        """
        waiting = (
            select(NotificationRow)
            .where(NotificationRow.channel == channel, NotificationRow.stream == stream)
            .where(NotificationRow.sent_at.is_(None), NotificationRow.created_at > now - FORGOTTEN_AFTER)
            .order_by(NotificationRow.id)
        )
        if not self._ledger.read(
            lambda engine: _read(engine, lambda session: session.scalars(waiting.limit(1)).first())
        ):
            return None

        def change(session: Session) -> Due | None:
            rows = list(session.scalars(waiting))
            if not rows or any(row.next_at > now for row in rows):
                return None
            taken = rows[:1] if stream == "digests" else rows[:AT_ONCE]
            for row in taken:
                row.next_at, row.attempts = now + LEASE, row.attempts + 1
            return _due(session, taken)

        return self._ledger.write(change)

    def sent(self, ids: Iterable[int], now: datetime) -> None:
        """The channel accepted it."""
        done = update(NotificationRow).where(NotificationRow.id.in_(list(ids)))
        self._ledger.write(lambda session: session.execute(done.values(sent_at=now, error=None)))

    def postpone(self, ids: Iterable[int], until: datetime, error: str) -> None:
        """The channel did not; `error` says why, for people."""
        later = update(NotificationRow).where(NotificationRow.id.in_(list(ids)))
        self._ledger.write(lambda session: session.execute(later.values(next_at=until, error=error)))

    def has_digest(self, day: date) -> bool:
        found = select(DigestRow.day).where(DigestRow.day == day.isoformat())
        return self._ledger.read(
            lambda engine: _read(engine, lambda session: session.scalar(found) is not None)
        )

    def keep_digest(self, digest: DigestRow, now: datetime) -> bool:
        """Note it to be sent, once, whoever else made one of that day. Returns whether it is new."""

        def change(session: Session) -> bool:
            if session.get(DigestRow, digest.day) is not None:
                return False
            session.add(digest)
            for channel in self._channels:
                session.add(_note("digests", "digest", channel, now, day=digest.day))
            return True

        return self._ledger.write(change)

    def _take(self, session: Session, step: Change, now: datetime) -> None:
        match step:
            case Begin(finding, opens):
                row = _new(finding, now)
                session.add(row)
                if opens:
                    session.flush()
                    self._open(session, row, now)
            case Open(id, finding):
                row = session.get_one(AlertRow, id)
                _reword(row, finding, now)
                self._open(session, row, now)
            case Renew(id, finding, opens_at):
                row = session.get_one(AlertRow, id)
                _reword(row, finding, now)
                row.gone_at, row.opens_at = None, opens_at
            case Miss(id):
                session.get_one(AlertRow, id).gone_at = now
            case Close(id, told):
                row = session.get_one(AlertRow, id)
                row.state, row.closed_at, row.active_key = "closed", now, None
                if told:
                    self._tell(session, "recovered", row, now)
            case Forget(id):
                session.delete(session.get_one(AlertRow, id))

    def _open(self, session: Session, row: AlertRow, now: datetime) -> None:
        row.state, row.opened_at, row.gone_at = "open", now, None
        self._tell(session, "opened", row, now)

    def _tell(self, session: Session, event: str, row: AlertRow, now: datetime) -> None:
        for channel in self._channels:
            session.add(_note("alerts", event, channel, now, alert_id=row.id))


def _read(engine: Engine, question: Callable[[Session], T]) -> T:
    with Session(engine, expire_on_commit=False) as session:
        return question(session)


def _known(session: Session) -> list[Known]:
    rows = session.scalars(select(AlertRow).where(AlertRow.active_key.is_not(None)).order_by(AlertRow.id))
    return [
        Known(
            id=row.id,
            code=row.code,
            subject=row.subject,
            severity=row.severity,
            reason=row.reason_en,
            state="open" if row.state == "open" else "pending",
            first_seen_at=row.first_seen_at,
            opens_at=row.opens_at,
            gone_at=row.gone_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _new(finding: Finding, now: datetime) -> AlertRow:
    row = AlertRow(
        active_key=finding.key, code=finding.code, subject=finding.subject, state="pending", first_seen_at=now,
        opens_at=now + finding.patience,
    )  # fmt: skip
    _reword(row, finding, now)
    return row


def _reword(row: AlertRow, finding: Finding, now: datetime) -> None:
    row.severity, row.updated_at = finding.severity, now
    row.reason_id, row.reason_en = finding.reason.id, finding.reason.en
    row.advice_id, row.advice_en = finding.advice.id, finding.advice.en


def _note(
    stream: Stream,
    event: str,
    channel: str,
    now: datetime,
    *,
    alert_id: int | None = None,
    day: str | None = None,
) -> NotificationRow:
    return NotificationRow(
        key=f"{event}:{alert_id or day}:{channel}", stream=stream, event=event, alert_id=alert_id, day=day,
        channel=channel, created_at=now, next_at=now, attempts=0,
    )  # fmt: skip


def _due(session: Session, rows: Sequence[NotificationRow]) -> Due:
    ids, attempts = tuple(row.id for row in rows), max(row.attempts for row in rows)
    if rows[0].day:
        return Due(ids, attempts, digest=session.get_one(DigestRow, rows[0].day))
    wanted = {row.alert_id for row in rows}
    alerts = {row.id: row for row in session.scalars(select(AlertRow).where(AlertRow.id.in_(wanted)))}
    told = tuple((row.event, alerts[row.alert_id]) for row in rows if row.alert_id in alerts)
    return Due(ids, attempts, told)
