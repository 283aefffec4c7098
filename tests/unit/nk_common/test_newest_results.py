"""What a comparison with Odoo found counts once it is over."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from nk_common.ledger.reconciliations import ReconciliationResultRow, Reconciliations, run_row
from support.ledger import empty_ledger

NOW = datetime(2026, 1, 8, 3, tzinfo=UTC)
DAY = date(2026, 1, 8)


def found(status: str) -> ReconciliationResultRow:
    return ReconciliationResultRow(
        run_id="r", dataset="pos", day=str(DAY), store_id=None, status=status, odoo=None, lake=None, differing=0,
        document_ids=[], error=None,
    )  # fmt: skip


def test_what_differs_is_told_when_it_was_compared_once_more(tmp_path: Path) -> None:
    """Something was sold while the running day was compared: that is no difference."""
    with empty_ledger(tmp_path) as engine:
        ledger = Reconciliations(engine)
        run = run_row("r", "{}", (DAY, DAY), ["pos"], 1, NOW, reason=None, requested_by=None)
        assert ledger.accept(run)
        assert ledger.begin("r", NOW, 1)
        ledger.record([found("different")])
        assert ledger.newest_results(DAY, DAY, ["pos"]) == []
        ledger.record([found("equal")])
        ledger.finish("r", "done", NOW, None)
        assert [one.status for one in ledger.newest_results(DAY, DAY, ["pos"])] == ["equal"]
