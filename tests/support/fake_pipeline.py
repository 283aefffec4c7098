"""Lag and comparisons with Odoo behind `FakeQueryApi`, and a comparison that found something of every kind."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol

from nk_common.api.pipeline import (
    ComparedDay,
    ComparedFigures,
    ComparedStatus,
    GroupLag,
    Lag,
    Reconciliation,
    ReconciliationDetail,
    Reconciliations,
    ReconciliationState,
)

GROUPS = ("nk-planner", "nk-extractor", "nk-cleaner", "nk-loader", "nk-ledger")
COMPARED = ("pos", "invoice_sales")


class Pipeline(Protocol):
    now: datetime
    comparisons: list[ReconciliationDetail]
    waiting: dict[str, int]


def lag(pipeline: Pipeline) -> Lag:
    waiting = pipeline.waiting
    groups = [
        GroupLag(group=name, topic="nk.some.topic.v1", partitions=6, waiting=bool(lag), lag=lag)
        for name in (*GROUPS, *(waiting.keys() - set(GROUPS)))
        for lag in [waiting.get(name, 0)]
    ]
    return Lag(at=pipeline.now, total=sum(waiting.values()), groups=groups)


def reconciliations(pipeline: Pipeline) -> Reconciliations:
    return Reconciliations(reconciliations=[detail.reconciliation for detail in pipeline.comparisons])


def reconciliation(pipeline: Pipeline, run_id: str) -> ReconciliationDetail:
    return next(detail for detail in pipeline.comparisons if detail.reconciliation.id == run_id)


def figures(documents: int, amount: float) -> ComparedFigures:
    return ComparedFigures(
        documents=documents, lines=documents * 2, quantity=None, amount=amount, untaxed=None, payments=None
    )


def compared_day(
    day: date,
    status: ComparedStatus,
    *,
    dataset: str = "pos",
    here: ComparedFigures | None = None,
    ids: tuple[int, ...] = (),
    error: str | None = None,
) -> ComparedDay:
    """Odoo has 40 documents and Rp 5.000.000; `here` is what the lake has, the same if not said."""
    odoo = figures(40, 5_000_000)
    there = status in {"equal", "different"}
    return ComparedDay(
        dataset=dataset, day=day, status=status, odoo=None if status == "failed" else odoo,
        lake=(here or odoo) if there else None, differing=len(ids), document_ids=list(ids), error=error, stores={},
    )  # fmt: skip


def comparison(
    run_id: str, at: datetime, days: list[ComparedDay], state: ReconciliationState = "done"
) -> ReconciliationDetail:
    counts = {
        status: sum(day.status == status for day in days)
        for status in ("equal", "different", "missing", "failed")
    }
    dates = [day.day for day in days] or [at.date()]
    run = Reconciliation(
        id=run_id, state=state, start=min(dates), end=max(dates),
        datasets=list(dict.fromkeys(day.dataset for day in days)) or ["pos"], reason=None, requested_by=None,
        created_at=at, started_at=at, finished_at=at if state == "done" else None, total=len(days),
        is_proof=counts["equal"] == len(days), error="The ledger was away." if state == "failed" else None, **counts,
    )  # fmt: skip
    return ReconciliationDetail(reconciliation=run, days=days)


def unequal(today: date, at: datetime) -> ReconciliationDetail:
    """Something of every kind."""
    days = [today - timedelta(days=ago) for ago in range(1, 8)]
    found = [compared_day(day, "equal", dataset=name) for name in COMPARED for day in days[3:]]
    found += [
        compared_day(days[0], "different", here=figures(38, 4_750_000), ids=(1201, 1207)),
        compared_day(days[1], "missing"),
        compared_day(days[2], "failed", dataset="invoice_sales", error="Akses ke account.move ditolak"),
    ]
    return comparison("unequal", at, found)
