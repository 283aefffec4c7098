"""`nk reconcile`: posts a comparison with Odoo, waits for it in the ledger, shows what was found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from nk_common.errors import LedgerUnavailableError
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.reconciliations import (
    UNFINISHED,
    Reconciliation,
    ReconciliationResultRow,
    Reconciliations,
)

_POLL = 0.5
TAKEN_UP_WITHIN = 60.0
"""Seconds in which a running extractor notes a command."""
GIVEN_UP_AFTER = 180.0
"""Seconds without a sign of life of any comparison after which a run is no longer waited for."""
_IDS = 5


def wait_for(ledger_url: str, run_id: str, sleep: Callable[[float], None] = time.sleep) -> Reconciliation:
    """The run, once it has come to its end, or as it is when the extractor shows no sign of life any more.

    Raises LedgerUnavailableError when nobody takes it up.
    """
    engine = open_ledger(ledger_url)
    try:
        return _ended(Reconciliations(engine), run_id, sleep)
    except SQLAlchemyError as error:
        raise LedgerUnavailableError(
            "The ledger cannot be read; check that the extractor runs and that NK_LEDGER_URL is right."
        ) from error
    finally:
        engine.dispose()


def results(ledger_url: str, run_id: str) -> list[ReconciliationResultRow]:
    """What the run found, by dataset and day, each day before its stores."""
    engine = open_ledger(ledger_url)
    try:
        return Reconciliations(engine).results(run_id)
    finally:
        engine.dispose()


def _ended(ledger: Reconciliations, run_id: str, sleep: Callable[[float], None]) -> Reconciliation:
    waited = quiet = 0.0
    before: tuple[str, datetime | None] | None = None
    while True:
        found = ledger.one(run_id)
        if found is not None:
            life = found.run.state, ledger.heartbeat()
            quiet = quiet + _POLL if life == before else 0.0
            before = life
            if found.run.state not in UNFINISHED or quiet >= GIVEN_UP_AFTER:
                return found
        if found is None and waited >= TAKEN_UP_WITHIN:
            raise LedgerUnavailableError(
                f"Nobody has taken up {run_id} within {TAKEN_UP_WITHIN:.0f} seconds. Is the extractor running?"
            )
        sleep(_POLL)
        waited += _POLL


def show(console: Console, found: Reconciliation, rows: Sequence[ReconciliationResultRow]) -> None:
    """One table: how many days of each dataset are equal, and every day that is not."""
    days = [row for row in rows if row.store_id is None]
    table = Table(title=f"Odoo and the lake, {found.run.start} to {found.run.end}")
    for name in ("dataset", "day", "status"):
        table.add_column(name, no_wrap=True)
    for name in ("documents: Odoo / lake", "amount: Odoo / lake"):
        table.add_column(name, justify="right")
    table.add_column("documents that differ")
    for dataset, number in Counter(row.dataset for row in days if row.status == "equal").items():
        table.add_row(
            dataset, f"{number} days" if number > 1 else "1 day", "[green]equal[/green]", "", "", ""
        )
    for row in days:
        if row.status != "equal":
            table.add_row(row.dataset, row.day, f"[red]{row.status}[/red]", *_figures(row), _differing(row))
    console.print(table)
    problem = _problem(found)
    if problem:
        console.print(f"[red]Broken off: {problem}[/red]", soft_wrap=True)


def _problem(found: Reconciliation) -> str | None:
    if found.run.state not in UNFINISHED:
        return found.run.error
    return (
        f"the extractor has shown no sign of life for {GIVEN_UP_AFTER / 60:.0f} minutes. Is it running? It begins "
        f"the comparison anew by itself; what it finds is kept under {found.run.id}."
    )


def as_json(found: Reconciliation, rows: Sequence[ReconciliationResultRow]) -> dict[str, Any]:
    """The same for scripts; everything, also what is equal."""
    return {
        "id": found.run.id,
        "state": found.run.state,
        "error": _problem(found),
        "total": found.run.total,
        "counts": dict(found.counts),
        "is_proof": found.is_proof,
        "results": [
            {
                "dataset": row.dataset,
                "day": row.day,
                "store_id": row.store_id,
                "status": row.status,
                "odoo": row.odoo,
                "lake": row.lake,
                "differing": row.differing,
                "document_ids": row.document_ids,
                "error": row.error,
            }
            for row in rows
        ],
    }


def _figures(row: ReconciliationResultRow) -> list[str]:
    sides = (row.odoo or {}, row.lake or {})
    documents = [_number(side.get("documents"), 0) for side in sides]
    amounts = [_number(_amount(side), 2) for side in sides]
    return [" / ".join(documents), " / ".join(amounts)]


def _amount(side: dict[str, float | None]) -> float | None:
    """With tax where it is compared, else without; of moves there is neither."""
    return next((side[name] for name in ("amount", "untaxed") if side.get(name) is not None), None)


def _number(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"


def _differing(row: ReconciliationResultRow) -> str:
    if row.error:
        return row.error
    shown = ", ".join(str(number) for number in row.document_ids[:_IDS])
    more = row.differing - min(row.differing, _IDS)
    return f"{shown} and {more} more" if more else shown
