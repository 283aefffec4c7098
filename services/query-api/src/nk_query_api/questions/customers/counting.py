"""How customers are counted: from what precedes each purchase where that is known, one by one where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nk_query_api.kpis.base import Kpi
from nk_query_api.questions.customers.purchases import bought, is_precounted
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Shift, Window
from nk_query_api.serving.customers import CUSTOMER_ENDS, CUSTOMER_GAPS, CUSTOMER_VISITS
from nk_query_api.serving.snapshot import Snapshot

Grain = Literal["day", "week", "month"]
Values = dict[str, float | None]

_LONGEST = {"week": 8, "month": 32}
"""Days that a bucket has at most, where 29 February belongs to the week that a year later has none."""


def counted(
    look: Snapshot,
    kpis: Sequence[Kpi],
    window: Window,
    filters: Filters,
    grain: Grain | None,
    shift: Shift | None = None,
) -> dict[datetime, Values]:
    """The KPIs of each bucket in which somebody bought, by its start; without a grain the window is the only one. With
    a `shift`, a day belongs to the bucket of the day that is compared with it."""
    binder = Binder()
    buckets = _Buckets(window, grain, shift, binder)
    write = _precounted if is_precounted(window, filters) else _one_by_one
    rows = write(window, filters, buckets, binder)
    figures = ", ".join(kpi.sql for kpi in kpis)
    found = look.rows(
        f"SELECT CAST(bucket AS TIMESTAMP), {figures} FROM ({rows}) AS f GROUP BY 1",  # noqa: S608
        binder.values,
    )
    return {
        start: {kpi.slug: kpi.present(value) for kpi, value in zip(kpis, values, strict=True)}
        for start, *values in found
    }


@dataclass(frozen=True)
class _Buckets:
    """SQL of the buckets that days lie in."""

    window: Window
    grain: Grain | None
    shift: Shift | None
    binder: Binder

    def day(self, day: str) -> str:
        """The day that counts instead of `day`."""
        return self.shift.forth(day) if self.shift else day

    def of(self, day: str) -> str:
        """The first day of the bucket that `day` lies in, also if the window begins within it."""
        if self.grain is None:
            return f"CAST({self.binder.bind(self.window.start)} AS DATE)"
        return day if self.grain == "day" else f"CAST(date_trunc('{self.grain}', {self.day(day)}) AS DATE)"


def _precounted(window: Window, filters: Filters, buckets: _Buckets, binder: Binder) -> str:
    """Purchases of the bucket, less those that follow on another purchase in it: the first of each customer. The
    same one purchase further on counts those who bought twice."""
    start, end = binder.bind(window.start), binder.bind(window.end)
    bucket, first_bucket = map(buckets.of, ("day", "first_day"))
    near = f"AND earlier > day - {_LONGEST[buckets.grain]}" if buckets.grain in _LONGEST else ""
    parts = [
        f"SELECT {bucket} AS bucket, customers AS active, transactions - customers - thirds AS repeaters, "  # noqa: S608
        f"0 AS newcomers, transactions, revenue FROM {CUSTOMER_VISITS} WHERE day BETWEEN {start} AND {end}",
        f"SELECT {first_bucket}, 0, 0, 1, 0, 0 FROM {CUSTOMER_ENDS} WHERE first_day BETWEEN {start} AND {end}",  # noqa: S608
    ]
    if buckets.grain != "day":
        # Purchases that follow on another one of their own day are known by the day alone.
        parts.append(
            f"SELECT {bucket}, -seconds, seconds - thirds, 0, 0, 0 FROM {CUSTOMER_GAPS} "  # noqa: S608
            f"WHERE day BETWEEN {start} AND {end} AND earlier >= {start} {near} "
            f"AND {buckets.day('earlier')} >= {bucket}"
        )
    return " UNION ALL ".join(parts)


def _one_by_one(window: Window, filters: Filters, buckets: _Buckets, binder: Binder) -> str:
    start = binder.bind(window.start)
    bucket, first_bucket = map(buckets.of, ("day", "first_day"))
    found = bought(window, filters, binder, months=buckets.grain is None)
    return f"""
        {found.tables}
        SELECT bucket, if(transactions > 0, 1, 0) AS active, if(transactions > 1, 1, 0) AS repeaters,
               0 AS newcomers, transactions, revenue
        FROM (
          SELECT {bucket} AS bucket, customer_id, sum(transactions) AS transactions, sum(revenue) AS revenue
          FROM ({found.rows}) GROUP BY ALL
        )
        UNION ALL
        SELECT {first_bucket}, 0, 0, 1, 0, 0 FROM ({found.firsts}) WHERE first_day >= {start}
    """  # noqa: S608
