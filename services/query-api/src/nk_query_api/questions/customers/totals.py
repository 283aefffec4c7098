"""What each customer bought in a range: one row of every customer who bought, or brought something back.

Of whole months it is kept in memory, by customer, until the month is another one: to add up the purchases of all
customers takes the database several times longer than all the rest of an answer. Quarters and years are kept
summed up, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from nk_query_api.questions.customers.purchases import by_customer, is_precounted, purchases
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.customers import CUSTOMER_MONTHS
from nk_query_api.serving.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]
NEVER = -1
"""The day of the last purchase of who only brought something back; other days count from 1970."""
CENTS = 10_000
"""Revenue is kept as a whole number of these in one: such numbers are added up exactly."""
EPOCH = date(1970, 1, 1)
_NOBODY = NEVER - 1
_SPARSE = 20
_PERIODS = (12, 3, 1)
"""Months that are kept summed up."""


@dataclass(frozen=True)
class Totals:
    """By customer, each once, ids ascending; `last` is the day of the last purchase."""

    customers: Ints
    transactions: Ints
    revenue: Amounts
    last: Ints

    def only(self, those: npt.NDArray[np.bool_]) -> Totals:
        return Totals(self.customers[those], self.transactions[those], self.revenue[those], self.last[those])


NOBODY = Totals(*(np.empty(0, kind) for kind in (np.int64, np.int64, np.float64, np.int64)))  # type: ignore[arg-type]


def in_money(amount: float) -> float:
    """Revenue as it is answered."""
    return round(amount / CENTS, 4) + 0.0


def on_day(number: int) -> date | None:
    """The day of a purchase."""
    return None if number == NEVER else EPOCH + timedelta(days=number)


def totals_of(look: Snapshot, window: Window, filters: Filters) -> Totals:
    """Of the window's purchases."""
    if not is_precounted(window, filters):
        return _read(look, window, filters)
    return added_up(
        [_of(look, *stretch) for stretch in _stretches(window.start, window.end + timedelta(days=1))]
    )


def added_up(parts: Sequence[Totals]) -> Totals:
    """The parts as one; later ones are of later days."""
    parts = [part for part in parts if len(part.customers)]
    if len(parts) < 2:
        return parts[0] if parts else NOBODY
    first = min(int(part.customers[0]) for part in parts)
    size = max(int(part.customers[-1]) for part in parts) - first + 1
    # Odoo numbers its partners one after the other, so places by id are rarely many more than there are customers.
    is_sparse = size > _SPARSE * sum(len(part.customers) for part in parts)
    known = np.unique(np.concatenate([part.customers for part in parts])) if is_sparse else None
    size = size if known is None else len(known)
    transactions, revenue, last = np.zeros(size, np.int64), np.zeros(size), np.full(size, _NOBODY)
    for part in parts:
        at = part.customers - first if known is None else np.searchsorted(known, part.customers)
        transactions[at] += part.transactions
        revenue[at] += part.revenue
        last[at] = np.maximum(last[at], part.last)
    found = np.flatnonzero(last > _NOBODY)
    customers = found + first if known is None else known[found]
    return Totals(customers, transactions[found], revenue[found], last[found])


def _stretches(start: date, end: date) -> Iterator[tuple[date, date]]:
    """The days from `start` to before `end`, as years, quarters, months, and what is left of either."""
    while start < end:
        ends = [
            _after(start, months) for months in _PERIODS if start.day == 1 and not (start.month - 1) % months
        ]
        stop = next((stop for stop in ends if stop <= end), min(_after(start.replace(day=1), 1), end))
        yield start, stop
        start = stop


def _after(month: date, months: int) -> date:
    """The first day of the month so many months later."""
    year, index = divmod(12 * month.year + month.month - 1 + months, 12)
    return date(year, index + 1, 1)


def _of(look: Snapshot, start: date, end: date) -> Totals:
    if start.day > 1 or end < _after(start, 1):
        return _read(look, whole_days(start, end - timedelta(days=1)), Filters())
    stamp = tuple(_stamps(look).get(one) for one in _months(start, end))
    make = _month if len(stamp) == 1 else _sum_of_months
    return look.holdings().memory.of(f"customers of {start} to {end}", stamp, lambda: make(look, start, end))


def _months(start: date, end: date) -> Iterator[date]:
    while start < end:
        yield start
        start = _after(start, 1)


def _stamps(look: Snapshot) -> dict[date, object]:
    """By month, what changes when any of its days does."""
    return look.holdings().once(
        "versions of months of sales",
        lambda: dict(
            look.rows(
                "SELECT CAST(date_trunc('month', day) AS DATE), sum(hash(dataset, day, version)) FROM loaded_days "
                "WHERE day IS NOT NULL AND dataset IN ('pos', 'invoice-sales') GROUP BY 1"
            )
        ),
    )


def _sum_of_months(look: Snapshot, start: date, end: date) -> Totals:
    return added_up([_of(look, month, _after(month, 1)) for month in _months(start, end)])


def _month(look: Snapshot, start: date, _: date) -> Totals:
    rows = f"SELECT customer_id, transactions, revenue, last_day FROM {CUSTOMER_MONTHS} WHERE day = $1"  # noqa: S608
    return _totals(look, rows, [start])


def _read(look: Snapshot, window: Window, filters: Filters) -> Totals:
    binder = Binder()
    rows = by_customer(purchases(window, filters, binder, months=True))
    return _totals(look, rows, binder.values)


def _totals(look: Snapshot, rows: str, values: list[object]) -> Totals:
    found = look.columns(
        "SELECT customer_id, transactions::BIGINT AS transactions, "  # noqa: S608
        f"(revenue * {CENTS})::BIGINT AS revenue, coalesce(last_day - DATE '{EPOCH}', {NEVER})::BIGINT AS last "
        f"FROM ({rows}) ORDER BY customer_id",
        values,
    )
    return Totals(
        found["customer_id"], found["transactions"], found["revenue"].astype(np.float64), found["last"]
    )
