"""Points of a trend: the buckets of a range, each beside what its days are compared with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import zip_longest

from nk_common.api.common import Grain
from nk_common.api.sales import TrendPoint
from nk_query_api.questions.buckets import LONG, Bucket, buckets, counterparts, is_partial, is_whole
from nk_query_api.questions.windows import Comparison, Shift, Window
from nk_query_api.serving.holdings import Coverage

_A_MOMENT = timedelta(microseconds=1)
Series = list[tuple[Bucket, float | None]]
"""A value, or null where nothing was read, for every bucket of a window."""


def compared_series(
    window: Window,
    against: Comparison,
    grain: Grain,
    covered: Coverage,
    nothing: float | None,
    values_of: Callable[[Shift | None], Mapping[datetime, float | None]],
) -> Series:
    """For every bucket of the window, what it is compared with; null where not all of that is loaded.

    `values_of` gives the figures of the comparison's window by the start of their buckets; with a shift, of the
    buckets that their days are compared with. Where they have none, it is what the KPI is of `nothing`.
    """
    is_long = grain in LONG
    values = values_of(against.shift if is_long else None)
    pairs = zip(buckets(window, grain), counterparts(window, against, grain), strict=True)
    return [
        (
            stretch,
            values.get((bucket if is_long else stretch).start, nothing)
            if is_whole(stretch, against.window, covered)
            else None,
        )
        for bucket, stretch in pairs
    ]


def points(
    series: Series, before: Series, window: Window, covered: Coverage, now: datetime
) -> list[TrendPoint]:
    """A point for every bucket of `series`; `before` has one for each, or is empty."""
    return [
        TrendPoint(
            bucket=bucket.start,
            value=value,
            partial=is_partial(bucket, window, covered, now),
            compare_bucket=other[0].start if other else None,
            compare_end=(other[0].end - _A_MOMENT).date() if other else None,
            compare_value=other[1] if other else None,
        )
        for (bucket, value), other in zip_longest(series, before)
    ]
