"""Where the sums of stock moves come from: whole months from the monthly tables, other days from the daily ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.serving.stock_moves import (
    FLOWS,
    STOCK_FLOW,
    STOCK_FLOW_MONTHLY,
    STOCK_MOVES,
    STOCK_MOVES_BY_PRODUCT,
    STOCK_MOVES_BY_PRODUCT_MONTHLY,
    STOCK_MOVES_MONTHLY,
    flows_sql,
)

_A_DAY = timedelta(days=1)


def stretches(start: date, end: date) -> Iterator[tuple[date, date, bool]]:
    """The days from `start` to before `end`: (first, before, whether these are whole months)."""
    first = start if start.day == 1 else _next_month(start)
    last = end.replace(day=1)
    if first >= last:
        yield start, end, False
        return
    for begin, stop, whole in ((start, first, False), (first, last, True), (last, end, False)):
        if begin < stop:
            yield begin, stop, whole


def move_rows(start: date, last: date, binder: Binder, *, by_day: bool = False, by_place: bool = True) -> str:
    """SQL: the rows of `stock_moves` for the inclusive days; unless `by_day`, some of whole months; unless
    `by_place`, without the places."""
    days = [(start, last + _A_DAY, False)] if by_day else stretches(start, last + _A_DAY)
    by_product = (STOCK_MOVES_BY_PRODUCT, STOCK_MOVES_BY_PRODUCT_MONTHLY)
    tables = (STOCK_MOVES, STOCK_MOVES_MONTHLY) if by_place else by_product
    return " UNION ALL ".join(_selects(days, tables, "*", [], binder))


def flow_sums(start: date, last: date, scope: Scope, before: str, binder: Binder) -> str:
    """SQL by product: product_id, the columns `before`, FLOWS over the inclusive days."""
    if scope.locations:
        sums = flows_sql()
        rows = move_rows(start, last, binder)
        where = f" WHERE {' AND '.join(scope.moved(binder))}"
    else:
        sums, where = ", ".join(f"sum({name}) AS {name}" for name in FLOWS), ""
        columns = f"product_id, {', '.join(FLOWS)}"
        days = stretches(start, last + _A_DAY)
        tables = (STOCK_FLOW, STOCK_FLOW_MONTHLY)
        rows = " UNION ALL ".join(_selects(days, tables, columns, list(scope.moved(binder)), binder))
    return f"SELECT product_id, {before}, {sums} FROM ({rows}){where} GROUP BY product_id"  # noqa: S608


def _selects(
    days: Iterable[tuple[date, date, bool]],
    tables: tuple[str, str],
    columns: str,
    conditions: list[str],
    binder: Binder,
) -> list[str]:
    """`tables`: daily and monthly."""
    return [
        f"SELECT {columns} FROM {tables[whole]} WHERE "  # noqa: S608
        + " AND ".join([f"day >= {binder.bind(start)}", f"day < {binder.bind(end)}", *conditions])
        for start, end, whole in days
    ]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
