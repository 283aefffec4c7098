"""`GET /v1/sales/summary`: every KPI over the range, beside the range it is compared with."""

from __future__ import annotations

from nk_common.api.common import Compare
from nk_common.api.sales import KpiValue, SalesSummary
from nk_query_api.kpis import SALES_KPIS
from nk_query_api.kpis.base import Kpi
from nk_query_api.sales.context import Context, covered_days, meta
from nk_query_api.sales.windows import Window, comparison
from nk_query_api.serving.snapshot import Snapshot

Values = dict[str, float | None]


def summary(look: Snapshot, window: Window, compare: Compare, context: Context) -> SalesSummary:
    """The answer, from one snapshot."""
    against = comparison(window, compare, context.now)
    values = kpi_values(look, window, context)
    gaps = _missing(look, against.window, context) if against else 0
    # Against half a month everything has doubled: what is not complete is nothing to compare with.
    previous = kpi_values(look, against.window, context) if against and not gaps else nothing()
    comparable = not _missing(look, window, context)
    return SalesSummary(
        meta=meta(look, window, context),
        range=window.range,
        compare=compare,
        compare_range=against.window.range if against else None,
        compare_days_missing=gaps,
        to_date=bool(against and against.to_date),
        kpis=[
            _answer(kpi, values[kpi.slug], previous[kpi.slug], comparable=comparable) for kpi in SALES_KPIS
        ],
    )


def kpi_values(look: Snapshot, window: Window, context: Context) -> Values:
    """All KPIs of the window; all null when none of its days is loaded."""
    if not covered_days(look, window, context).read_until:
        return nothing()
    columns = ", ".join(kpi.sql for kpi in SALES_KPIS)
    row = look.row(
        f"SELECT {columns} FROM fact_sales WHERE date >= ? AND date < ?",  # noqa: S608
        [window.begins, window.until],
    )
    return {kpi.slug: kpi.present(value) for kpi, value in zip(SALES_KPIS, row, strict=True)}


def nothing() -> Values:
    return {kpi.slug: None for kpi in SALES_KPIS}


def delta(value: float | None, previous: float | None) -> float | None:
    """Change relative to `previous`; null against nothing or zero. More is positive, also from below zero."""
    if value is None or previous is None or previous == 0:
        return None
    return round((value - previous) / abs(previous), 6) + 0.0


def _missing(look: Snapshot, window: Window, context: Context) -> int:
    return len(
        covered_days(look, window, context).missing([day for day in window.days if day <= context.today])
    )


def _answer(kpi: Kpi, value: float | None, previous: float | None, *, comparable: bool) -> KpiValue:
    return KpiValue(
        slug=kpi.slug,
        name=kpi.name,
        description=kpi.description,
        unit=kpi.unit,
        value=value,
        previous=previous,
        delta=delta(value, previous) if comparable else None,
        higher_is_better=kpi.higher_is_better,
    )
