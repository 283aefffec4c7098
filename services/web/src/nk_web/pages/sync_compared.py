"""Comparisons with Odoo as the reader is told them: the newest of every dataset, and what differs, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nk_common.api.pipeline import (
    ComparedDay,
    ComparedFigures,
    ComparedStatus,
    Reconciliation,
    ReconciliationDetail,
)
from nk_web.i18n import say
from nk_web.reader import Reader

MOST_FINDINGS = 12
MOST_IDS = 8
ACTIVE = frozenset({"waiting", "running"})


@dataclass(frozen=True)
class Proof:
    """The newest comparison of one dataset, and how many of its days were found how."""

    dataset: str
    run: Reconciliation
    counts: Mapping[ComparedStatus, int]

    @property
    def equal(self) -> bool:
        return self.total > 0 and self.counts["equal"] == self.total

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Finding:
    """A day that is not equal, and what is different in it."""

    day: ComparedDay
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    proofs: tuple[Proof, ...]
    findings: tuple[Finding, ...]
    more: int
    """Findings that are not listed."""
    active: Reconciliation | None
    """Of those that wait or run, the one that was asked for first."""
    broken: Reconciliation | None
    """The newest one, if it could not be brought to its end."""

    @property
    def equal(self) -> bool:
        return bool(self.proofs) and all(proof.equal for proof in self.proofs)


def newest_by_dataset(runs: Iterable[Reconciliation]) -> dict[str, Reconciliation]:
    """`runs` newest first; only those that are done have results."""
    newest: dict[str, Reconciliation] = {}
    for run in runs:
        for dataset in run.datasets if run.state == "done" else ():
            newest.setdefault(dataset, run)
    return newest


def build_compared(
    runs: Sequence[Reconciliation], details: Iterable[ReconciliationDetail], reader: Reader
) -> Compared:
    """`details` of the runs that `newest_by_dataset` names."""
    days = {detail.reconciliation.id: detail.days for detail in details}
    newest = newest_by_dataset(runs)
    own = {
        dataset: [day for day in days.get(run.id, ()) if day.dataset == dataset]
        for dataset, run in newest.items()
    }
    unequal = [day for found in own.values() for day in found if day.status != "equal"]
    unequal.sort(key=lambda day: (-day.day.toordinal(), day.dataset))
    active = [run for run in runs if run.state in ACTIVE]
    return Compared(
        proofs=tuple(Proof(name, newest[name], _counts(found)) for name, found in own.items() if found),
        findings=tuple(Finding(day, _sentences(day, reader)) for day in unequal[:MOST_FINDINGS]),
        more=max(0, len(unequal) - MOST_FINDINGS),
        active=active[-1] if active else None,
        broken=runs[0] if runs and runs[0].state == "failed" else None,
    )


def _counts(days: Iterable[ComparedDay]) -> dict[ComparedStatus, int]:
    counts: dict[ComparedStatus, int] = {"equal": 0, "different": 0, "missing": 0, "failed": 0}
    for day in days:
        counts[day.status] += 1
    return counts


def _sentences(day: ComparedDay, reader: Reader) -> tuple[str, ...]:
    if day.status == "missing":
        return (reader.tr(say("Odoo has something on this day; here it is not loaded.")),)
    if day.status == "failed" or day.odoo is None or day.lake is None:
        return (reader.tr(say("Odoo did not tell: %(why)s", why=day.error or "–")),)
    found = _differences(day.odoo, day.lake, reader)
    if not found:
        found = [reader.tr(say("The sums are equal, but single documents are not."))]
    if day.document_ids:
        ids = ", ".join(map(str, day.document_ids[:MOST_IDS]))
        more = " …" if day.differing > MOST_IDS else ""
        found.append(reader.tr(say("Numbers in Odoo: %(ids)s", ids=ids + more)))
    return tuple(found)


def _differences(odoo: ComparedFigures, lake: ComparedFigures, reader: Reader) -> list[str]:
    """What both sides have and do not agree on; null was not compared."""
    f = reader.formats
    pairs = (
        (say("Documents"), odoo.documents, lake.documents, f.number),
        (say("Lines"), odoo.lines, lake.lines, f.number),
        (say("Quantity"), odoo.quantity, lake.quantity, lambda value: f.number(value, 2)),
        (say("Amount"), odoo.amount, lake.amount, f.currency),
        (say("Amount without tax"), odoo.untaxed, lake.untaxed, f.currency),
        (say("Payments"), odoo.payments, lake.payments, f.currency),
    )
    return [
        reader.tr(
            say(
                "%(what)s: %(odoo)s in Odoo, %(here)s here",
                what=reader.tr(what),
                odoo=write(a),
                here=write(b),
            )
        )
        for what, a, b, write in pairs
        if a is not None and b is not None and round(a - b, 2)
    ]
