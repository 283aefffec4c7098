"""From what is known of the system to what somebody should be told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from nk_common.api.alerts import AlertCode, Severity
from nk_common.api.common import Text
from nk_common.api.health import DatasetHealth, FindingCode, PipelineHealth
from nk_common.errors import ODOO_AWAY, TransientError, is_odoo_away
from nk_common.ledger.states import UNFINISHED
from nk_notifier import sentences as words

if TYPE_CHECKING:
    from nk_common.ledger.reader import Reading

KEY_WARNING = timedelta(days=14)
"""So long before it expires, the key of Odoo is said to expire."""
_OF_AGE: frozenset[FindingCode] = frozenset({"old", "early-days", "never-read"})
"""What says that reading does not go on. Days that are missing or wait are on their way, and a pause is on purpose."""


@dataclass(frozen=True)
class Finding:
    """Something that somebody should know once it has held for `patience`. `code` and `subject` name it."""

    code: AlertCode
    subject: str
    severity: Severity
    reason: Text
    advice: Text
    patience: timedelta

    @property
    def key(self) -> str:
        return f"{self.code}|{self.subject}"


@dataclass(frozen=True)
class Letters:
    """Messages of a topic that could not be used and belong to no day, newest error class last known."""

    topic: str
    number: int
    error_class: str


@dataclass(frozen=True)
class Disk:
    """Bytes of the lake's disk; `least` is what should be free."""

    free: int
    total: int
    least: int


@dataclass(frozen=True)
class Facts:
    """What was seen at one moment. What could not be seen (`disk` None) is not known, and not well."""

    health: PipelineHealth
    readings: Sequence[Reading]
    """Of the window, and of days before it that failed."""
    differing: Mapping[str, Sequence[date]]
    """Days, by dataset, that differed from Odoo, were read again and differ still."""
    letters: Sequence[Letters]
    disk: Disk | None
    api_answers: bool
    key_expires: date | None
    odoo_unknown: bool = False
    """Odoo was away when it was last looked for, and nobody looks any more."""

    @property
    def now(self) -> datetime:
        return self.health.at

    @property
    def unknown(self) -> frozenset[AlertCode]:
        """Codes about which nothing can be said: their alerts stay as they are."""
        unseen: dict[AlertCode, bool] = {"disk-low": self.disk is None, "odoo-away": self.odoo_unknown}
        return frozenset(code for code, is_unseen in unseen.items() if is_unseen)


@dataclass(frozen=True)
class Patience:
    """How long something must hold; `failed`: a day whose error may still go away by itself."""

    usual: timedelta
    failed: timedelta


def findings(facts: Facts, patience: Patience) -> list[Finding]:
    """Everything that is not as it should be, each once."""
    return [
        *_of_odoo(facts.health, patience.usual),
        *_of_datasets(facts.health.datasets, patience.usual),
        *_of_failures(facts, patience),
        *_of_differences(facts, patience.usual),
        *_of_letters(facts.letters, patience.usual),
        *_of_key(facts, patience.usual),
        *_of_machine(facts, patience.usual),
    ]


def _of_odoo(health: PipelineHealth, hold: timedelta) -> Iterator[Finding]:
    away = health.odoo_away
    if away:
        yield Finding("odoo-away", "odoo", "critical", away.reason, away.advice, hold)


def _of_datasets(datasets: Iterable[DatasetHealth], hold: timedelta) -> Iterator[Finding]:
    for one in datasets:
        # Findings come gravest first. What was never read and is on its way for the first time is only late.
        # What comes of something that is an alert already is none of its own.
        found = next(
            (
                finding
                for finding in one.findings
                if finding.code in _OF_AGE
                and finding.cause is None
                and not (finding.code == "never-read" and finding.state == "late")
            ),
            None,
        )
        if found:
            grave = found.state == "failing"
            yield Finding(
                "dataset-failing" if grave else "dataset-late", one.dataset, "critical" if grave else "warning",
                words.about(one.title, found.reason), found.advice, hold,
            )  # fmt: skip


def _of_failures(facts: Facts, patience: Patience) -> Iterator[Finding]:
    failed: dict[str, list[Reading]] = {}
    for row in facts.readings:
        if _has_failed(row) and not _waits_for_odoo(row, facts.health):
            failed.setdefault(row.dataset, []).append(row)
    # A key that was refused is the alert of Odoo; once there is a new one, catching up is given time.
    passing = _names_below(TransientError) | {kind.__name__ for kind in ODOO_AWAY}
    for one in facts.health.datasets:
        rows = failed.get(one.dataset)
        if not rows:
            continue
        final = [row for row in rows if row.error_class not in passing]
        newest = max(final or rows, key=lambda row: row.day or date.max)
        yield Finding(
            "day-failed", one.dataset, "warning" if all(row.loaded for row in rows) else "critical",
            words.failed(one.title, [row.day for row in rows], newest.error), words.READ_ERROR,
            patience.usual if final else patience.failed,
        )  # fmt: skip


def _has_failed(row: Reading) -> bool:
    """Also while it is tried again: until that succeeds, nothing has recovered."""
    return row.state == "failed" or (row.state in UNFINISHED and row.error_class is not None)


def _waits_for_odoo(row: Reading, health: PipelineHealth) -> bool:
    """What comes of an Odoo that is away is that alert's."""
    return health.odoo_away is not None and is_odoo_away(row.error_class)


def _of_differences(facts: Facts, hold: timedelta) -> Iterator[Finding]:
    for one in facts.health.datasets:
        days = facts.differing.get(one.dataset)
        if days:
            yield Finding(
                "reconciliation-differs", one.dataset, "critical", words.differs(one.title, days),
                words.LOOK_AT_DOCUMENTS, hold,
            )  # fmt: skip


def _of_letters(letters: Iterable[Letters], hold: timedelta) -> Iterator[Finding]:
    for one in letters:
        reason = words.dead_letters(one.topic, one.number, one.error_class)
        yield Finding("dead-letters", one.topic, "warning", reason, words.LOOK_AT_LETTERS, hold)


def _of_key(facts: Facts, hold: timedelta) -> Iterator[Finding]:
    if facts.key_expires is None:
        return
    left = facts.key_expires - facts.health.window_end
    if left <= KEY_WARNING:
        severity: Severity = "critical" if left <= timedelta() else "warning"
        reason = words.key_expires(facts.key_expires, left.days)
        yield Finding("odoo-key-expires", "odoo", severity, reason, words.NEW_KEY, hold)


def _of_machine(facts: Facts, hold: timedelta) -> Iterator[Finding]:
    disk = facts.disk
    if disk and disk.free < disk.least:
        reason = words.disk_low(disk.free, disk.total)
        yield Finding("disk-low", "lake", "critical", reason, words.MAKE_ROOM, hold)
    if not facts.api_answers:
        yield Finding("query-api-away", "query-api", "critical", words.API_AWAY, words.CHECK_QUERY_API, hold)


def _names_below(kind: type[Exception]) -> frozenset[str]:
    below = kind.__subclasses__()
    return frozenset({kind.__name__, *(name for one in below for name in _names_below(one))})
