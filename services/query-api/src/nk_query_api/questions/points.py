"""Points of a trend: the buckets of a range beside those of the range it is compared with, by position. Pure."""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest

from nk_common.api.sales import TrendPoint
from nk_query_api.questions.buckets import Bucket, is_partial
from nk_query_api.questions.windows import Window
from nk_query_api.serving.holdings import Coverage

Series = list[tuple[Bucket, float | None]]
"""A value, or null where nothing was read, for every bucket of a window."""


def points(
    series: Series, before: Series, window: Window, covered: Coverage, now: datetime
) -> list[TrendPoint]:
    """A point for every bucket of `series`; what `before` has beyond those is left out."""
    return [
        TrendPoint(
            bucket=bucket.start,
            value=value,
            partial=is_partial(bucket, window, covered, now),
            compare_bucket=other[0].start if other else None,
            compare_value=other[1] if other else None,
        )
        for (bucket, value), other in zip_longest(series, before[: len(series)])
    ]
