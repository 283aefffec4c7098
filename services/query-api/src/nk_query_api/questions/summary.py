"""`/v1/sales/summary`, `/v1/profit/summary`: KPIs over the range, beside the range it is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nk_common.api.common import Compare
from nk_common.api.sales import KpiValue, SalesSummary
from nk_query_api.kpis.base import Columns, Kpi
from nk_query_api.questions.context import (
    Context,
    compared,
    covered_days,
    inputs_of,
    is_any_loaded,
    meta,
    missing_days,
)
from nk_query_api.questions.counting import counted_group
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.kept import kept_rows
from nk_query_api.questions.plan import Figures, figures, rows_of
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

Values = dict[str, float | None]


def summary(
    look: Snapshot, kpis: Sequence[Kpi], window: Window, filters: Filters, compare: Compare, context: Context
) -> SalesSummary:
    """The answer, from one snapshot."""
    inputs = inputs_of(kpis, filters)
    against = compared(look, window, compare, inputs, context)
    asked = [window, against.window] if against and not against.days_missing else [window]
    values, *before = values_of(look, kpis, asked, filters, context)
    previous = before[0] if before else {}
    comparable = not missing_days(look, window, inputs, context)
    return SalesSummary(
        meta=meta(look, window, inputs, context),
        range=window.range,
        compare=compare,
        compare_range=against.window.range if against else None,
        compare_days_missing=against.days_missing if against else 0,
        to_date=bool(against and against.to_date),
        kpis=[
            kpi_value(kpi, values[kpi.slug], previous.get(kpi.slug), comparable=comparable) for kpi in kpis
        ],
    )


def kpi_values(
    look: Snapshot, kpis: Sequence[Kpi], window: Window, filters: Filters, context: Context
) -> Values:
    """KPIs of the window; all null when none of its days is loaded."""
    (values,) = values_of(look, kpis, [window], filters, context)
    return values


def values_of(
    look: Snapshot, kpis: Sequence[Kpi], windows: Sequence[Window], filters: Filters, context: Context
) -> list[Values]:
    """The same of several windows, in one statement: preparing it takes longer than adding up."""
    covered = covered_days(look, inputs_of(kpis, filters), context)
    loaded = [n for n, window in enumerate(windows) if is_any_loaded(window, covered)]
    found = {n: {kpi.slug: kpi.of_nothing for kpi in kpis} for n in loaded}
    asked = figures(kpis, counted_group(None, filters))
    for parts, sums in _sums(look, {n: windows[n] for n in loaded}, filters, asked):
        for kpi in kpis:
            for part, value in zip(parts, kpi.values(sums), strict=True):
                found[part][kpi.slug] = value
    nothing: Values = {kpi.slug: None for kpi in kpis}
    return [found.get(n, nothing) for n in range(len(windows))]


def _sums(
    look: Snapshot, windows: Mapping[int, Window], filters: Filters, asked: Figures
) -> Iterator[tuple[list[int], Columns]]:
    """What the figures are made of, with the numbers of the windows that each row is of; none of one without rows."""
    rest = dict(windows)
    for n, window in windows.items():
        kept = kept_rows(look, window, filters, asked)
        if kept:
            del rest[n]
            yield [n][: len(kept.day)], kept.together()
    if rest:
        binder = Binder()
        rows = rows_of(rest, filters, (), asked, binder)
        sums = look.columns(f"SELECT part, {asked.sql} FROM ({rows}) AS f GROUP BY part", binder.values)  # noqa: S608
        yield sums["part"].tolist(), sums


def delta(value: float | None, previous: float | None) -> float | None:
    """Change relative to `previous`; null against nothing or zero. More is positive, also from below zero."""
    if value is None or previous is None or previous == 0:
        return None
    return round((value - previous) / abs(previous), 6) + 0.0


def kpi_value(kpi: Kpi, value: float | None, previous: float | None, *, comparable: bool) -> KpiValue:
    """A KPI's figure beside the one it is compared with."""
    return KpiValue(
        slug=kpi.slug,
        name=kpi.name,
        description=kpi.description,
        formula=kpi.formula,
        unit=kpi.unit,
        value=value,
        previous=previous,
        delta=delta(value, previous) if comparable else None,
        higher_is_better=kpi.higher_is_better,
    )
