"""From the alerts that there are and what is found now to what becomes of them. Pure.

A finding is `pending` until it has held, then an alert opens; the alert closes once the finding has been gone for
long enough. So a finding that comes and goes is one alert, and one that passes at once is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from nk_notifier.findings import Finding

REWORDED_EVERY = timedelta(minutes=5)
"""Sentences count minutes and days; they are written anew no more often than this."""
_INSTEAD: Mapping[str, str] = {"dataset-late": "dataset-failing", "dataset-failing": "dataset-late"}
"""An alert that turns into the other has not recovered."""

_EXPLAINED: Mapping[str, str] = {"dataset-late": "odoo-away", "dataset-failing": "odoo-away"}
"""What may be a consequence of the other. While that is over and not yet told to be, catching up is given time."""


@dataclass(frozen=True)
class Known:
    """An alert that is pending or open."""

    id: int
    code: str
    subject: str
    severity: str
    reason: str
    state: Literal["pending", "open"]
    first_seen_at: datetime
    opens_at: datetime
    gone_at: datetime | None
    updated_at: datetime

    @property
    def key(self) -> str:
        return f"{self.code}|{self.subject}"


@dataclass(frozen=True)
class Begin:
    """Something new; it opens at once if it need not hold."""

    finding: Finding
    opens: bool


@dataclass(frozen=True)
class Open:
    id: int
    finding: Finding


@dataclass(frozen=True)
class Renew:
    """Found still, or again: what it says now, and when it would open."""

    id: int
    finding: Finding
    opens_at: datetime


@dataclass(frozen=True)
class Miss:
    """Not found for the first time."""

    id: int


@dataclass(frozen=True)
class Close:
    """`told`: people are told that it is over. It is not when another alert took its place."""

    id: int
    told: bool


@dataclass(frozen=True)
class Forget:
    """It passed before it counted."""

    id: int


Change = Begin | Open | Renew | Miss | Close | Forget


def changes(
    known: Iterable[Known],
    found: Iterable[Finding],
    now: datetime,
    recover: timedelta,
    unknown: frozenset[str] = frozenset(),
) -> list[Change]:
    """What to do about every alert and every finding; nothing where all stays as it is.

    `unknown` are codes about which nothing could be found out: their alerts stay as they are, and explain nothing.
    """
    present = {finding.key: finding for finding in found}
    alerts = {one.key: one for one in known}
    recovering = {
        one.code for key, one in alerts.items() if one.state == "open" and key not in present
    } - unknown
    steps = [*_begun(present, alerts, recovering)]
    for alert in alerts.values():
        finding = present.get(alert.key)
        if finding and alert.state == "pending" and _EXPLAINED.get(alert.code) in recovering:
            continue
        if finding:
            steps += _held(alert, finding, now)
        elif alert.code not in unknown:
            steps += _absent(alert, alerts, present, now, recover)
    return steps


def _begun(
    present: Mapping[str, Finding], alerts: Mapping[str, Known], recovering: Set[str]
) -> Iterator[Change]:
    """`recovering` are codes of alerts that are open although they are not found any more."""
    for key, finding in present.items():
        if key not in alerts:
            waits = _EXPLAINED.get(finding.code) in recovering
            yield Begin(finding, opens=finding.patience <= timedelta() and not waits)


def _held(alert: Known, finding: Finding, now: datetime) -> Iterator[Change]:
    opens_at = min(alert.opens_at, alert.first_seen_at + finding.patience)
    if alert.state == "pending" and now >= opens_at:
        yield Open(alert.id, finding)
        return
    reworded = finding.reason.en != alert.reason and now - alert.updated_at >= REWORDED_EVERY
    sooner = alert.state == "pending" and opens_at < alert.opens_at
    if alert.gone_at or reworded or sooner or finding.severity != alert.severity:
        yield Renew(alert.id, finding, opens_at)


def _absent(
    alert: Known,
    alerts: Mapping[str, Known],
    present: Mapping[str, Finding],
    now: datetime,
    recover: timedelta,
) -> Iterator[Change]:
    other = f"{_INSTEAD.get(alert.code, '')}|{alert.subject}"
    if alert.state == "open" and other in present:
        # It lasts until the other one counts, so that nobody hears of a recovery that is none.
        if other in alerts and alerts[other].state == "open":
            yield Close(alert.id, told=False)
        return
    # What is tried again for an hour is away for a moment at every try; other things have passed.
    tolerated = (
        recover if alert.state == "open" or alert.opens_at - alert.first_seen_at > recover else timedelta()
    )
    gone_at = alert.gone_at or now
    if now - gone_at >= tolerated:
        yield Close(alert.id, told=True) if alert.state == "open" else Forget(alert.id)
    elif alert.gone_at is None:
        yield Miss(alert.id)
