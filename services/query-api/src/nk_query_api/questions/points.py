"""Points of a trend: the buckets of a range, each beside what its days are compared with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from nk_common.api.common import Grain
from nk_common.api.sales import TrendPoint
from nk_query_api.questions.buckets import (
    LONG,
    Bucket,
    buckets,
    counterparts,
    is_known,
    is_partial,
    is_whole,
)
from nk_query_api.questions.windows import Comparison, Shift, Window
from nk_query_api.serving.holdings import Coverage

_A_MOMENT = timedelta(microseconds=1)
Values = Mapping[datetime, float | None]
"""Figures by the start of their bucket; a bucket in which nothing happened need not be there."""


@dataclass(frozen=True)
class Drawn:
    """What a trend draws. `values_of` gives the figures of a window: by its own buckets, or with a shift by those that
    its days are compared with. `nothing` is the figure of a bucket in which nothing happened."""

    grain: Grain
    values_of: Callable[[Window, Shift | None], Values]
    nothing: float | None


def points(
    drawn: Drawn, window: Window, against: Comparison | None, covered: Coverage, now: datetime
) -> list[TrendPoint]:
    """A point for every bucket of the window: null where nothing was read, compared where all is loaded that its days
    are compared with."""
    own = buckets(window, drawn.grain)
    values = drawn.values_of(window, None)
    before = _before(own, drawn, window, against, covered) if against else [_NOTHING] * len(own)
    return [
        TrendPoint(
            bucket=bucket.start,
            value=values.get(bucket.start, drawn.nothing) if is_known(bucket, window, covered) else None,
            partial=is_partial(bucket, window, covered, now),
            compare_bucket=other.start,
            compare_end=other.last,
            compare_value=other.value,
        )
        for bucket, other in zip(own, before, strict=True)
    ]


class _Before(NamedTuple):
    """What a bucket is compared with."""

    start: datetime | None
    last: date | None
    value: float | None


_NOTHING = _Before(None, None, None)


def _before(
    own: list[Bucket], drawn: Drawn, window: Window, against: Comparison, covered: Coverage
) -> list[_Before]:
    # An hour and a day are found by themselves; a week by the week that it is compared with.
    is_long = drawn.grain in LONG
    values = drawn.values_of(against.window, against.shift if is_long else None)
    return [
        _Before(
            stretch.start,
            (stretch.end - _A_MOMENT).date(),
            values.get((bucket if is_long else stretch).start, drawn.nothing)
            if is_whole(stretch, against.window, covered)
            else None,
        )
        for bucket, stretch in zip(own, counterparts(window, against, drawn.grain), strict=True)
    ]
