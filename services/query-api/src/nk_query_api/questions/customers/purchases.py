"""Where the purchases of a question about customers come from: the smallest tables that know them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nk_common.star.base import UNKNOWN_ID
from nk_query_api.questions.counting import counted_group, counts
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.customers import CUSTOMER_DAYS, CUSTOMER_ENDS, CUSTOMER_MONTHS
from nk_query_api.serving.sale_lines import SALE_LINES

_A_DAY = timedelta(days=1)
_IN_CUBE = {"source", "store_id", "customer_id"}
_CUBE = "sales_by_customer"
_MOST_OF_ALL = 400
"""Days from which on a window and all that came before it are gone through together."""


def is_precounted(window: Window, filters: Filters) -> bool:
    """Whether whole days are asked of all purchases, for which customers are counted already."""
    return not filters.columns and cut_day(window) is None


def cut_day(window: Window) -> date | None:
    """The day at a time of which the window ends, whose documents have to be read; None if it ends with a day."""
    last = window.until.date()
    return last if last <= window.end else None


def purchases(window: Window, filters: Filters, binder: Binder, *, months: bool) -> str:
    """SQL of the window's purchases, one row or more of each customer: day, customer_id, transactions, revenue and
    last_day, which is null where something was only brought back. With `months`, `day` may be the first of one."""
    end, cut = window.end + _A_DAY, cut_day(window)
    if filters.columns - _IN_CUBE:
        return _of_lines(window.start, end, window.until if cut else None, filters, binder)
    parts = list(
        _of_cube(window.start, cut or end, filters, binder)
        if filters.columns
        else _of_all(window.start, cut or end, binder, months=months)
    )
    if cut:
        parts.append(_of_lines(cut, cut + _A_DAY, window.until, filters, binder))
    return " UNION ALL ".join(parts)


@dataclass(frozen=True)
class Bought:
    """SQL: `tables` to begin a statement with, `rows` of a window's purchases, and `firsts`, which are customers and
    the `first_day` of their purchases, of those that began before the window's end."""

    tables: str
    rows: str
    firsts: str


def bought(window: Window, filters: Filters, binder: Binder, *, months: bool) -> Bought:
    """Purchases of a window, and who had bought before. Both are found in one go through all that came before where the
    window is a large part of that."""
    if not filters.columns or window.length < _MOST_OF_ALL:
        rows = purchases(window, filters, binder, months=months)
        return Bought("", rows, _first_purchases(window, filters, binder))
    ever = purchases(replace(window, start=date.min), filters, binder, months=False)
    tables = (
        "WITH bought AS MATERIALIZED (SELECT day, customer_id, sum(transactions) AS transactions, "  # noqa: S608
        f"sum(revenue) AS revenue, max(last_day) AS last_day FROM ({ever}) GROUP BY ALL)"
    )
    rows = f"SELECT * FROM bought WHERE day >= {binder.bind(window.start)}"  # noqa: S608
    firsts = (
        "SELECT customer_id, min(last_day) AS first_day FROM bought WHERE last_day IS NOT NULL GROUP BY 1"
    )
    return Bought(tables, rows, firsts)


def _first_purchases(window: Window, filters: Filters, binder: Binder) -> str:
    end, cut = window.end + _A_DAY, cut_day(window)
    if filters.columns - _IN_CUBE or (filters.columns and cut):
        lines = _lines(date.min, end, window.until if cut else None, filters, binder)
        return f"SELECT customer_id, min(day) AS first_day {lines} AND NOT is_refund GROUP BY customer_id"
    if filters.columns:
        sold = f"sold_document > 0 AND {_conditions(date.min, end, filters, binder)}"
        return f"SELECT customer_id, min(day) AS first_day FROM {_CUBE} WHERE {sold} GROUP BY customer_id"  # noqa: S608
    known = f"SELECT customer_id, first_day FROM {CUSTOMER_ENDS} WHERE first_day < {binder.bind(end)}"  # noqa: S608
    if not cut:
        return known
    today = f"SELECT customer_id {_lines(cut, end, window.until, filters, binder)} AND NOT is_refund"
    return f"{known} AND (first_day < {binder.bind(cut)} OR customer_id IN ({today}))"


def by_customer(rows: str) -> str:
    """SQL of the purchases, summed up: customer_id, transactions, revenue, last_day."""
    return (
        "SELECT customer_id, sum(transactions) AS transactions, sum(revenue) AS revenue, "  # noqa: S608
        f"max(last_day) AS last_day FROM ({rows}) GROUP BY customer_id"
    )


def _of_all(start: date, end: date, binder: Binder, *, months: bool) -> Iterator[str]:
    first = start if start.day == 1 else (start.replace(day=1) + timedelta(days=31)).replace(day=1)
    last = end.replace(day=1)
    if not months or first >= last:
        first = last = end
    if start < first:
        yield _days(start, first, binder)
    if first < last:
        yield (
            f"SELECT day, customer_id, transactions, revenue, last_day FROM {CUSTOMER_MONTHS} "  # noqa: S608
            f"WHERE day >= {binder.bind(first)} AND day < {binder.bind(last)}"
        )
    if last < end:
        yield _days(last, end, binder)


def _days(start: date, end: date, binder: Binder) -> str:
    return (
        "SELECT day, customer_id, transactions, revenue, if(transactions > 0, day, NULL) AS last_day "  # noqa: S608
        f"FROM {CUSTOMER_DAYS} WHERE day >= {binder.bind(start)} AND day < {binder.bind(end)}"
    )


def _of_cube(start: date, end: date, filters: Filters, binder: Binder) -> Iterator[str]:
    if start < end:
        yield (
            "SELECT day, customer_id, sold_document AS transactions, revenue, "  # noqa: S608
            f"if(sold_document > 0, day, NULL) AS last_day FROM {_CUBE} "
            f"WHERE {_conditions(start, end, filters, binder)}"
        )


def _of_lines(start: date, end: date, until: datetime | None, filters: Filters, binder: Binder) -> str:
    lines = _lines(start, end, until, filters, binder)
    group = counted_group(None, filters)
    if group:
        # Whoever asks adds up anyway, and once is faster than twice.
        return (
            f"SELECT day, customer_id, sold_{group} AS transactions, revenue, "
            f"if(is_refund, NULL, day) AS last_day {lines}"
        )
    sold = counts(None)["sold"]
    return (
        f"SELECT day, customer_id, {sold} AS transactions, sum(revenue) AS revenue, "
        "if(bool_or(NOT is_refund), day, NULL) AS last_day "
        f"{lines} GROUP BY day, customer_id"
    )


def _lines(start: date, end: date, until: datetime | None, filters: Filters, binder: Binder) -> str:
    """SQL from FROM on. What has no time of day belongs to its day as a whole."""
    before = f" AND (moment < {binder.bind(until)} OR hour IS NULL)" if until else ""
    return f"FROM {SALE_LINES} WHERE {_conditions(start, end, filters, binder)}{before}"


def _conditions(start: date, end: date, filters: Filters, binder: Binder) -> str:
    days = f"day >= {binder.bind(start)} AND day < {binder.bind(end)}"
    return " AND ".join([days, f"customer_id <> {UNKNOWN_ID}", *filters.conditions(binder)])
