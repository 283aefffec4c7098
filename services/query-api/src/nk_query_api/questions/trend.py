"""`GET /v1/sales/trend`: one KPI per hour, day, week or month."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, repeat

from nk_common.api.common import Compare, Grain
from nk_common.api.sales import SalesTrend, TrendPoint
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi
from nk_query_api.sales.buckets import Bucket, buckets, is_known, is_partial
from nk_query_api.sales.context import Context, covered_days, meta
from nk_query_api.sales.windows import Coverage, Window, comparison
from nk_query_api.serving.snapshot import Snapshot

MAX_HOURLY_DAYS = 93
Series = list[tuple[Bucket, float | None]]


def check_grain(window: Window, grain: Grain) -> None:
    """Raises BadQuestionError for more points than anybody can look at."""
    if grain == "hour" and len(window.days) > MAX_HOURLY_DAYS:
        raise BadQuestionError(
            f"Hours can be shown for at most {MAX_HOURLY_DAYS} days; ask for days, or for a shorter range."
        )


def trend(
    look: Snapshot, window: Window, kpi: Kpi, grain: Grain, compare: Compare, context: Context
) -> SalesTrend:
    """The answer, from one snapshot."""
    against = comparison(window, compare, context.now)
    covered = covered_days(look, window, context)
    now = series(look, window, kpi, grain, covered)
    before: Series = []
    if against:
        before = series(look, against.window, kpi, grain, covered_days(look, against.window, context))
    return SalesTrend(
        meta=meta(look, window, context),
        range=window.range,
        compare_range=against.window.range if against else None,
        grain=grain,
        kpi=kpi.slug,
        unit=kpi.unit,
        points=[
            _point(bucket, value, is_partial(bucket, window, covered, context.now), other)
            for (bucket, value), other in zip(now, chain(before, repeat(None)), strict=False)
        ],
    )


def series(look: Snapshot, window: Window, kpi: Kpi, grain: Grain, covered: Coverage) -> Series:
    """The KPI of every bucket; null where nothing was read, 0 where nothing was sold."""
    every = buckets(window, grain)
    values = _values(look, window, kpi, grain, every)
    return [(b, values[b.start] if is_known(b, window, covered) else None) for b in every]


def _values(
    look: Snapshot, window: Window, kpi: Kpi, grain: Grain, every: list[Bucket]
) -> dict[datetime, float | None]:
    rows = look.rows(
        f"SELECT bucket, {kpi.sql} FROM unnest(?::TIMESTAMP[]) AS every(bucket) LEFT JOIN "  # noqa: S608
        "(SELECT *, date_trunc(?, date) AS bucket FROM fact_sales WHERE date >= ? AND date < ?) AS sold "
        "USING (bucket) GROUP BY bucket",
        [[bucket.start for bucket in every], grain, window.begins, window.until],
    )
    return {start: kpi.present(value) for start, value in rows}


def _point(
    bucket: Bucket, value: float | None, partial: bool, other: tuple[Bucket, float | None] | None
) -> TrendPoint:
    return TrendPoint(
        bucket=bucket.start,
        value=value,
        partial=partial,
        compare_bucket=other[0].start if other else None,
        compare_value=other[1] if other else None,
    )
