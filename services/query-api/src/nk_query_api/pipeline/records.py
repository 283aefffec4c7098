"""What the ledger knows of a range of days, for judging how far its figures may be relied on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from nk_common.datasets.base import PartitionKey
from nk_query_api.errors import LedgerUnavailableError
from nk_query_api.pipeline.ledger import Ledger

if TYPE_CHECKING:
    from nk_common.ledger.reader import DayOutcome
    from nk_common.ledger.reconciliations import NewestResult


@dataclass(frozen=True)
class Records:
    """Newest outcomes and comparisons with Odoo. With a `problem`, in a sentence, nothing is known."""

    outcomes: Mapping[PartitionKey, DayOutcome] = field(default_factory=dict)
    results: Mapping[PartitionKey, NewestResult] = field(default_factory=dict)
    problem: str | None = None


def read_records(ledger: Ledger, start: date, end: date, datasets: Sequence[str]) -> Records:
    """Of the inclusive days. Blocking; never fails."""
    try:
        outcomes = ledger.ask(lambda reader: reader.outcomes(start, end, datasets))
        results = ledger.ask_reconciliations(lambda held: held.newest_results(start, end, datasets))
    except LedgerUnavailableError as error:
        return Records(problem=str(error))
    return Records(
        {PartitionKey(one.dataset, one.day): one for one in outcomes},
        {PartitionKey(one.dataset, one.day): one for one in results},
    )
