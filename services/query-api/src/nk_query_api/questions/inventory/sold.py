"""Units sold, by product: in the days before a day, and over a range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from nk_common.api.inventory import SoldDays
from nk_query_api.kpis.sales import ITEMS_SOLD, SALES_INPUTS
from nk_query_api.questions.context import Context, covered_days
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.plan import figures, rows_of
from nk_query_api.questions.windows import Window, completeness, whole_days
from nk_query_api.serving.snapshot import Snapshot

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RateOfSale:
    """The days that an average is of, and which of them are loaded."""

    window: Window
    loaded: list[date]
    answered: SoldDays

    def rows(self, before: str, after: str, binder: Binder) -> str:
        """As `sold_rows`, over the loaded days only, so that the average is of what it divides by."""
        missing = len(self.loaded) < len(self.window.days)
        return sold_rows(self.window, before, after, binder, self.loaded if missing else None)


def rate_of_sale(look: Snapshot, day: date, days: int, context: Context) -> RateOfSale:
    """Of the `days` days that end with `day`; before it when it is running, for it would drag the average down."""
    end = day - _A_DAY if day >= context.today else day
    window = whole_days(end - (days - 1) * _A_DAY, end)
    covered = covered_days(look, SALES_INPUTS, context)
    failed = frozenset().union(*(context.failed.get(name, frozenset()) for name in SALES_INPUTS))
    return RateOfSale(
        window,
        [one for one in window.days if covered.has(one)],
        SoldDays(range=window.range, days=completeness(window, covered, failed, context.today)),
    )


def sold_rows(window: Window, before: str, after: str, binder: Binder, days: list[date] | None = None) -> str:
    """SQL by product: product_id, the columns `before` (with a comma), units sold, the columns `after`. `days` are the
    only ones that count, where given."""
    dimensions = ("day", "product_id") if days is not None else ("product_id",)
    rows = rows_of(window, Filters(), dimensions, figures([ITEMS_SOLD], "document"), binder)
    counted = f" WHERE day = ANY({binder.bind(days)}::DATE[])" if days is not None else ""
    return f"SELECT product_id, {before}sum(quantity) AS sold, {after} FROM ({rows}){counted} GROUP BY product_id"  # noqa: S608


def missing_sales(look: Snapshot, window: Window, context: Context) -> int:
    """How many days of the window that have come are not loaded, or were read before they were over."""
    covered = covered_days(look, SALES_INPUTS, context)
    due = [day for day in window.days if day <= context.today]
    return sum(
        1 for day in due if not (covered.is_complete(day) or (day == context.today and covered.has(day)))
    )
