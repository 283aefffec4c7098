"""Tables that the serving database makes of the star schema, so that no answer has to read every sale line.

Each is remade for exactly the days whose facts changed, in the transaction that changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import duckdb

from nk_common.datasets.base import PartitionKey
from nk_query_api.serving import below_cost, customers, payments, sale_lines, stock_days, stock_moves
from nk_query_api.serving.sale_lines import MEASURES, SALE_LINES, dimension_columns, measure_columns

SOLD = frozenset({"pos", "invoice-sales", "profit"})
BOUGHT = frozenset({"pos", "invoice-sales"})
MOVED = frozenset({"inventory-moves"})
HELD = frozenset({"stock-quants"})
_A_DAY = timedelta(days=1)
_STRETCH_ROWS = 400_000
"""Sale lines, or whatever a day has most of, that are gone through by one statement: this is what memory is needed
for."""


@dataclass(frozen=True)
class Rollup:
    """A derived table. `select` gives its rows for the days from $1 to before $2; `day` is the column that says
    which day, or first day of a month, a row is of. `feeds` are the datasets that it is made of. `order` is how rows
    of several days are put down, where `select` does not say it. One whose rows depend on other days, too, brings
    its own `remake`, which is told the days that were touched."""

    name: str
    create: str
    select: str
    feeds: frozenset[str]
    day: str = "day"
    period: Literal["day", "month"] = "day"
    order: str = ""
    remake: Callable[[duckdb.DuckDBPyConnection, Collection[date]], None] | None = None


@dataclass(frozen=True)
class Cube:
    """Sums of sale lines over some of their dimensions, per day and, where that makes them fewer, per month."""

    name: str
    dimensions: tuple[str, ...]
    by_month: bool = True

    @property
    def monthly(self) -> str:
        return f"{self.name}_monthly"

    def rollups(self, finer: Sequence[Cube]) -> Iterator[Rollup]:
        """Of the first of the `finer` cubes that knows enough; else per day from the lines, per month from the days."""
        found = next((cube for cube in finer if set(self.dimensions) <= set(cube.dimensions)), None)
        order = f"ORDER BY day, {', '.join(self.dimensions)}"
        days = found.name if found else SALE_LINES
        yield Rollup(self.name, self._create(self.name), self._select(days, "day"), SOLD, order=order)
        if self.by_month:
            months = found.monthly if found and found.by_month else self.name
            month = self._select(months, "date_trunc('month', day)")
            yield Rollup(self.monthly, self._create(self.monthly), month, SOLD, period="month", order=order)

    def _create(self, table: str) -> str:
        return (
            f"CREATE TABLE {table} (day DATE NOT NULL, {dimension_columns(self.dimensions)}, "
            f"{measure_columns('BIGINT')})"
        )

    def _select(self, source: str, day: str) -> str:
        names = ", ".join(self.dimensions)
        sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
        return (
            f"SELECT {day} AS day, {names}, {sums} FROM {source} WHERE day >= $1 AND day < $2 "  # noqa: S608
            "GROUP BY ALL"
        )


CUBES: tuple[Cube, ...] = (
    Cube("sales_by_store", ("source", "store_id")),
    Cube("sales_by_hour", ("source", "hour", "store_id", "cashier_id")),
    Cube("sales_by_payment", ("source", "store_id", "payments")),
    Cube("sales_by_product", ("source", "product_id")),
    Cube("sales_by_store_product", ("source", "store_id", "product_id")),
    Cube("sales_by_customer", ("source", "store_id", "customer_id"), by_month=False),
)
"""Smaller ones first: the first that has the dimensions of a question answers it. Customers rarely come twice in a
month, so their months would be two thirds of their days."""

ROLLUPS: tuple[Rollup, ...] = (
    Rollup(SALE_LINES, sale_lines.CREATE, sale_lines.OF_DAYS, SOLD),
    Rollup(below_cost.BELOW_COST, below_cost.CREATE, below_cost.OF_DAYS, SOLD),
    *(rollup for n, cube in reversed(list(enumerate(CUBES))) for rollup in cube.rollups(CUBES[n + 1 :])),
    Rollup(
        customers.CUSTOMER_DAYS, customers.CREATE_DAYS, customers.DAYS_OF_DAYS, BOUGHT,
        remake=customers.remake_days,
    ),
    Rollup(customers.CUSTOMER_VISITS, customers.CREATE_VISITS, customers.VISITS_OF_DAYS, BOUGHT),
    Rollup(
        customers.CUSTOMER_MONTHS, customers.CREATE_MONTHS, customers.MONTHS_OF_MONTHS, BOUGHT, period="month"
    ),
    Rollup(customers.CUSTOMER_GAPS, customers.CREATE_GAPS, customers.GAPS, BOUGHT, remake=customers.remake_gaps),
    Rollup(
        customers.CUSTOMER_ENDS, customers.CREATE_ENDS, customers.ENDS, BOUGHT,
        remake=customers.remake_ends,
    ),
    Rollup(
        customers.CUSTOMER_COHORTS, customers.CREATE_COHORTS, customers.COHORTS_OF_MONTHS, BOUGHT, period="month",
        remake=customers.remake_cohorts,
    ),
    Rollup(payments.PAYMENTS, payments.CREATE, payments.OF_DAYS, frozenset({"pos"})),
    Rollup(stock_moves.STOCK_MOVES, stock_moves.CREATE, stock_moves.OF_DAYS, MOVED),
    Rollup(
        stock_moves.STOCK_MOVES_MONTHLY, stock_moves.CREATE_MONTHLY, stock_moves.MONTHLY, MOVED, period="month"
    ),
    Rollup(stock_moves.STOCK_MOVES_BY_PLACE, stock_moves.CREATE_BY_PLACE, stock_moves.BY_PLACE, MOVED),
    Rollup(stock_moves.STOCK_MOVES_BY_PRODUCT, stock_moves.CREATE_BY_PRODUCT, stock_moves.BY_PRODUCT, MOVED),
    Rollup(
        stock_moves.STOCK_MOVES_BY_PRODUCT_MONTHLY, stock_moves.CREATE_BY_PRODUCT_MONTHLY,
        stock_moves.BY_PRODUCT_MONTHLY, MOVED, period="month",
    ),
    Rollup(stock_moves.STOCK_FLOW, stock_moves.CREATE_FLOW, stock_moves.FLOW, MOVED),
    Rollup(
        stock_moves.STOCK_FLOW_MONTHLY, stock_moves.CREATE_FLOW_MONTHLY, stock_moves.FLOW_MONTHLY, MOVED,
        period="month",
    ),
    Rollup(stock_days.STOCK_DAYS, stock_days.CREATE_STOCK_DAYS, stock_days.OF_STOCK_DAYS, HELD),
    Rollup(
        stock_days.STOCK_BY_PLACE, stock_days.CREATE_STOCK_BY_PLACE, stock_days.OF_STOCK_BY_PLACE, HELD | MOVED
    ),
    Rollup(
        stock_days.PRODUCT_COSTS, stock_days.CREATE_PRODUCT_COSTS, stock_days.OF_PRODUCT_COSTS,
        frozenset({"purchases"}),
    ),
)  # fmt: skip
"""In the order in which they are made of each other."""


def refresh(
    connection: duckdb.DuckDBPyConnection,
    touched: Mapping[str, Collection[date]],
    rows: Mapping[date, int] | None = None,
) -> None:
    """Remake what is made of the touched days; `touched` by dataset. `rows` says how long days are, about."""
    for rollup in ROLLUPS:
        days = set().union(*(touched.get(dataset, ()) for dataset in rollup.feeds))
        if rollup.remake:
            if days:
                rollup.remake(connection, days)
            continue
        for start, end in spans(days, rollup.period, rows or {}):
            old = f"DELETE FROM {rollup.name} WHERE {rollup.day} >= $1 AND {rollup.day} < $2"  # noqa: S608
            connection.execute(old, [start, end])
            # What is found by its day needs no order within one.
            order = rollup.order if _after(start, rollup.period) < end else ""
            connection.execute(f"INSERT INTO {rollup.name} BY NAME {rollup.select} {order}", [start, end])


def spans(
    days: Collection[date], period: Literal["day", "month"], rows: Mapping[date, int]
) -> Iterator[tuple[date, date]]:
    """The days, or the months that they lie in, as stretches without a gap, ends exclusive. A stretch of days ends
    where it has enough of the `rows`."""
    starts = sorted({day.replace(day=1) for day in days} if period == "month" else set(days))
    begin: date | None = None
    length = 0
    for start, following in zip(starts, [*starts[1:], None], strict=False):
        begin = begin or start
        length += rows.get(start, 0) if period == "day" else 0
        end = _after(start, period)
        if following != end or length >= _STRETCH_ROWS:
            yield begin, end
            begin, length = None, 0


def _after(start: date, period: Literal["day", "month"]) -> date:
    return (start + timedelta(days=31)).replace(day=1) if period == "month" else start + _A_DAY


def touched_days(keys: Sequence[PartitionKey]) -> dict[str, set[date]]:
    """Days by dataset."""
    found: dict[str, set[date]] = {}
    for key in keys:
        if key.day:
            found.setdefault(key.dataset, set()).add(key.day)
    return found
