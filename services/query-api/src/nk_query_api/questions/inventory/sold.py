"""Units sold, by product: in the days before a day, and over a range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from nk_common.api.inventory import SoldDays
from nk_query_api.kpis.sales import SALES_INPUTS
from nk_query_api.questions.context import Context, covered_days
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.stretches import selects
from nk_query_api.questions.windows import Window, completeness, whole_days
from nk_query_api.serving.snapshot import Snapshot

_A_DAY = timedelta(days=1)
_TABLES = ("sales_by_product", "sales_by_product_monthly")


@dataclass(frozen=True)
class RateOfSale:
    """The days that an average is of, and which of them are loaded."""

    window: Window
    loaded: list[date]
    answered: SoldDays

    def rows(self, columns: str, binder: Binder) -> list[str]:
        """SQL, in parts, of columns over sums of sale lines by product; of the loaded days only, so that the average
        is of what it divides by."""
        if len(self.loaded) == self.window.length:
            return sold_rows(self.window, columns, binder)
        if not self.loaded:
            return []
        days = f"day IN (SELECT unnest({binder.bind(self.loaded)}::DATE[]))"
        return [f"SELECT {columns} FROM {_TABLES[0]} WHERE {days}"]  # noqa: S608


def rate_of_sale(look: Snapshot, day: date, days: int, context: Context) -> RateOfSale:
    """Of the `days` days that end with `day`; before it when it is running, for it would drag the average down."""
    end = day - _A_DAY if day >= context.today else day
    window = whole_days(end - (days - 1) * _A_DAY, end)
    covered = covered_days(look, SALES_INPUTS, context)
    failed = frozenset().union(*(context.failed.get(name, frozenset()) for name in SALES_INPUTS))
    return RateOfSale(
        window,
        covered.between(window.start, window.end),
        SoldDays(range=window.range, days=completeness(window, covered, failed, context.today)),
    )


def sold_rows(window: Window, columns: str, binder: Binder) -> list[str]:
    """SQL, in parts, of columns over sums of sale lines by product; not yet summed up."""
    return selects(window.start, window.end + _A_DAY, _TABLES, columns, (), binder)


def missing_sales(look: Snapshot, window: Window, context: Context) -> int:
    """How many days of the window that have come are not loaded, or were read before they were over."""
    covered = covered_days(look, SALES_INPUTS, context)
    known = covered.complete | {context.today} if covered.has(context.today) else covered.complete
    return sum(1 for day in window.days if day <= context.today and day not in known)
