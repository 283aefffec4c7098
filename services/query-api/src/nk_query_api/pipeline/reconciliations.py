"""From the ledger's comparisons with Odoo to what people see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from nk_common.api.pipeline import (
    ComparedDay,
    ComparedFigures,
    ComparedStore,
    Reconciliation,
    ReconciliationDetail,
)

if TYPE_CHECKING:
    from nk_common.ledger import reconciliations as ledger
    from nk_common.ledger.reconciliations import ReconciliationResultRow


def summary(found: ledger.Reconciliation) -> Reconciliation:
    """A run with its counts."""
    run, counts = found.run, found.counts
    return Reconciliation.model_validate(
        {
            "id": run.id,
            "state": run.state,
            "start": run.start,
            "end": run.end,
            "datasets": run.datasets,
            "reason": run.reason,
            "requested_by": run.requested_by,
            "created_at": run.created_at,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "total": run.total,
            "is_proof": found.is_proof,
            "error": run.error,
            **{status: counts.get(status, 0) for status in ("equal", "different", "missing", "failed")},
        }
    )


def detail(found: ledger.Reconciliation, rows: Sequence[ReconciliationResultRow]) -> ReconciliationDetail:
    """A run with what it found; `rows` in the ledger's order, each day before its stores."""
    stores: dict[tuple[str, str], dict[int, ComparedStore]] = {}
    for row in rows:
        if row.store_id is not None:
            stores.setdefault((row.dataset, row.day), {})[row.store_id] = _store(row)
    days = [_day(row, stores.get((row.dataset, row.day), {})) for row in _wholes(rows)]
    return ReconciliationDetail(reconciliation=summary(found), days=days)


def _wholes(rows: Iterable[ReconciliationResultRow]) -> Iterable[ReconciliationResultRow]:
    return (row for row in rows if row.store_id is None)


def _day(row: ReconciliationResultRow, stores: dict[int, ComparedStore]) -> ComparedDay:
    return ComparedDay(
        **_store(row).__dict__,
        dataset=row.dataset,
        day=date.fromisoformat(row.day),
        error=row.error,
        stores=stores,
    )


def _store(row: ReconciliationResultRow) -> ComparedStore:
    return ComparedStore.model_validate(
        {
            "status": row.status,
            "odoo": row.odoo and ComparedFigures.model_validate(row.odoo),
            "lake": row.lake and ComparedFigures.model_validate(row.lake),
            "differing": row.differing,
            "document_ids": row.document_ids,
        }
    )
