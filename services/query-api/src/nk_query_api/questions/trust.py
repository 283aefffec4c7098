"""`/v1/pipeline/trust`: which days of a range are whole, failed, and proven equal to Odoo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from nk_common.api.trust import DatasetTrust, DimensionsTrust, Trust, TrustFigures
from nk_common.datasets import WHOLES
from nk_common.datasets.base import Dataset, PartitionKey
from nk_common.ledger.states import UNFINISHED
from nk_query_api.kpis.trust import TRUST_KPIS
from nk_query_api.pipeline.records import Records
from nk_query_api.questions.context import Context, covered_days
from nk_query_api.questions.summary import kpi_value
from nk_query_api.questions.windows import Window, fresh_until
from nk_query_api.serving.snapshot import Snapshot

TOGETHER = ""
"""Stands where a dataset would, for all of them."""

DAYS_NAMED = 31
"""Days of a kind that the answer names, at most."""


@dataclass(frozen=True)
class DayTrust:
    """What is known of a day: 1 or 0, a number of rows, or None where nobody can tell. KPIs of trust sum it up."""

    complete: int
    partial: int
    missing: int
    failed: int | None
    running: int | None
    rejected: int | None
    reconciled: int | None
    differs: int | None


_COLUMNS = tuple(column.name for column in fields(DayTrust))
Days = dict[date, DayTrust]


def trust(
    look: Snapshot, window: Window, datasets: Sequence[Dataset], records: Records, context: Context
) -> Trust:
    """The answer, from one snapshot and what the ledger knew a moment before."""
    due = [day for day in window.days if day <= context.today]
    days = {one.name: _days(look, one, due, records, context) for one in datasets}
    days[TOGETHER] = _together([days[one.name] for one in datasets], datasets, due)
    sums = _sums(look, days)
    fresh = {one.name: _fresh(look, one, window, context) for one in datasets}
    compared = {one.name: _compared([one], due, records) for one in datasets}
    oldest = min((moment for moment in fresh.values() if moment), default=None)
    together = days[TOGETHER]
    known = records.problem is None
    return Trust(
        data_version=look.data_version(),
        timezone=context.zone.key,
        range=window.range,
        together=_figures(sums[TOGETHER], len(due), oldest, _compared(datasets, due, records)),
        missing_days=_first(together, lambda day: day.missing),
        failed_days=_first(together, lambda day: day.failed) if known else None,
        differing_days=_first(together, lambda day: day.differs) if known else None,
        datasets=[
            DatasetTrust(
                dataset=name, **_figures(sums[name], len(due), fresh[name], compared[name]).model_dump()
            )
            for name in fresh
        ],
        dimensions=_dimensions(look),
        kpis=[kpi_value(kpi, sums[TOGETHER][kpi.slug], None, comparable=False) for kpi in TRUST_KPIS],
        ledger_problem=records.problem,
    )


def _days(look: Snapshot, dataset: Dataset, due: Iterable[date], records: Records, context: Context) -> Days:
    """One dataset, day by day."""
    covered = covered_days(look, (dataset.name,), context)
    # A snapshot is of the moment at which it was taken; it is never half a day.
    snapshots = dataset.rebuilt == "past days"
    found = {}
    for day in due:
        key = PartitionKey(dataset.name, day)
        whole = covered.has(day) if snapshots else covered.is_complete(day)
        outcome, result = records.outcomes.get(key), records.results.get(key)
        known = records.problem is None
        comparable = known and dataset.rebuilt != "always"
        found[day] = DayTrust(
            complete=int(whole),
            partial=int(covered.has(day) and not whole),
            missing=int(not covered.has(day)),
            failed=int(outcome is not None and outcome.state == "failed") if known else None,
            running=int(outcome is not None and outcome.state in UNFINISHED) if known else None,
            rejected=(outcome.rejected if outcome else 0) if known else None,
            reconciled=int(result is not None and result.status == "equal") if comparable else None,
            differs=int(result is not None and result.status == "different") if comparable else None,
        )
    return found


def _together(each: Sequence[Days], datasets: Sequence[Dataset], due: Iterable[date]) -> Days:
    """All datasets as one: a day is as good as the worst of them.

    Odoo cannot be asked about past stock, so a day does not need it to be reconciled.
    """
    return {day: _worst([days[day] for days in each], datasets) for day in due}


def _worst(day: Sequence[DayTrust], datasets: Sequence[Dataset]) -> DayTrust:
    proofs = [one.reconciled for one, of in zip(day, datasets, strict=True) if of.rebuilt == "never"]
    differs = _any(one.differs for one in day)
    missing = int(any(one.missing for one in day))
    complete = int(all(one.complete for one in day))
    rejected = [one.rejected for one in day if one.rejected is not None]
    return DayTrust(
        complete=complete,
        partial=int(not missing and not complete),
        missing=missing,
        failed=_any(one.failed for one in day),
        running=_any(one.running for one in day),
        rejected=sum(rejected) if rejected else None,
        reconciled=int(all(proofs) and not differs) if proofs and None not in proofs else None,
        differs=differs,
    )


def _first(days: Days, holds: Callable[[DayTrust], int | None]) -> list[date]:
    """The first days for which something holds, oldest first."""
    return sorted(day for day, known in days.items() if holds(known))[:DAYS_NAMED]


def _any(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def _sums(look: Snapshot, days: dict[str, Days]) -> dict[str, dict[str, Any]]:
    """By dataset: every column summed up, and the KPIs by their slugs. None where nothing is known."""
    rows = [(name, *astuple(day)) for name, found in days.items() for day in found.values()]
    columns = ", ".join(f"unnest(${n}::BIGINT[]) AS {name}" for n, name in enumerate(_COLUMNS, start=2))
    wanted = {**{name: f"sum({name})" for name in _COLUMNS}, **{kpi.slug: kpi.sql for kpi in TRUST_KPIS}}
    found = look.rows(
        f"SELECT dataset, {', '.join(wanted.values())} "  # noqa: S608
        f"FROM (SELECT unnest($1::VARCHAR[]) AS dataset, {columns}) GROUP BY dataset",
        [list(column) for column in zip(*rows, strict=True)]
        if rows
        else [[] for _ in range(len(_COLUMNS) + 1)],
    )
    known = {name: dict(zip(wanted, values, strict=True)) for name, *values in found}
    return {name: known.get(name, dict.fromkeys(wanted)) for name in days}


def _figures(
    sums: dict[str, Any], requested: int, fresh: datetime | None, compared: datetime | None
) -> TrustFigures:
    return TrustFigures(
        requested=requested,
        loaded=sums["complete"] or 0,
        partial=sums["partial"] or 0,
        missing=sums["missing"] or 0,
        failed=sums["failed"],
        running=sums["running"],
        rejected_rows=sums["rejected"],
        reconciled=sums["reconciled"],
        differing=sums["differs"],
        last_reconciled_at=compared,
        fresh_until=fresh,
    )


def _fresh(look: Snapshot, dataset: Dataset, window: Window, context: Context) -> datetime | None:
    covered = covered_days(look, (dataset.name,), context)
    if dataset.rebuilt == "past days":
        return covered.newest(window.start, window.end)
    return fresh_until(window, covered)


def _compared(datasets: Iterable[Dataset], due: Sequence[date], records: Records) -> datetime | None:
    """When any of the days was last compared with Odoo."""
    keys = (PartitionKey(one.name, day) for one in datasets for day in due)
    return max((records.results[key].at for key in keys if key in records.results), default=None)


def _dimensions(look: Snapshot) -> DimensionsTrust:
    rows = look.rows("SELECT as_of FROM loaded_days WHERE day IS NULL")
    oldest = min((as_of for (as_of,) in rows), default=None)
    return DimensionsTrust(
        loaded=len(rows),
        missing=len(WHOLES) - len(rows),
        fresh_until=oldest.replace(tzinfo=UTC) if oldest else None,
    )
