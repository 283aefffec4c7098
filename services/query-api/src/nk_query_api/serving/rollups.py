"""Tables that the serving database makes of the star schema, so that no answer has to read every sale line.

Each is remade for exactly the days whose facts changed, in the transaction that changes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import duckdb

from nk_common.datasets.base import PartitionKey
from nk_query_api.serving import payments, sale_lines, stock_moves
from nk_query_api.serving.sale_lines import MEASURES, SALE_LINES, dimension_columns, measure_columns

SOLD = frozenset({"pos", "invoice-sales", "profit"})
MOVED = frozenset({"inventory-moves"})
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rollup:
    """A derived table. `select` gives its rows for the days from $1 to before $2; `day` is the column that says
    which day, or first day of a month, a row is of. `feeds` are the datasets that it is made of."""

    name: str
    create: str
    select: str
    feeds: frozenset[str]
    day: str = "day"
    period: Literal["day", "month"] = "day"


@dataclass(frozen=True)
class Cube:
    """Sums of sale lines over some of their dimensions, per day and per month."""

    name: str
    dimensions: tuple[str, ...]

    @property
    def monthly(self) -> str:
        return f"{self.name}_monthly"

    def rollups(self) -> tuple[Rollup, Rollup]:
        """Per day from the lines, per month from the days."""
        return (
            Rollup(self.name, self._create(self.name), self._select(SALE_LINES, "day"), SOLD),
            Rollup(
                self.monthly, self._create(self.monthly), self._select(self.name, "date_trunc('month', day)"),
                SOLD, period="month",
            ),
        )  # fmt: skip

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
            f"GROUP BY ALL ORDER BY day, {names}"
        )


CUBES: tuple[Cube, ...] = (
    Cube("sales_by_store", ("source", "store_id")),
    Cube("sales_by_hour", ("source", "hour", "store_id", "cashier_id")),
    Cube("sales_by_payment", ("source", "store_id", "payments")),
    Cube("sales_by_product", ("source", "product_id")),
    Cube("sales_by_store_product", ("source", "store_id", "product_id")),
    Cube("sales_by_customer", ("source", "customer_id")),
)
"""Smaller ones first: the first that has the dimensions of a question answers it."""

ROLLUPS: tuple[Rollup, ...] = (
    Rollup(SALE_LINES, sale_lines.CREATE, sale_lines.OF_DAYS, SOLD),
    *(rollup for cube in CUBES for rollup in cube.rollups()),
    Rollup(payments.PAYMENTS, payments.CREATE, payments.OF_DAYS, frozenset({"pos"})),
    Rollup(stock_moves.STOCK_MOVES, stock_moves.CREATE, stock_moves.OF_DAYS, MOVED),
)
"""In the order in which they are made of each other."""


def refresh(connection: duckdb.DuckDBPyConnection, touched: Mapping[str, Collection[date]]) -> None:
    """Remake what is made of the touched days; `touched` by dataset."""
    for rollup in ROLLUPS:
        days = set().union(*(touched.get(dataset, ()) for dataset in rollup.feeds))
        for start, end in spans(days, rollup.period):
            old = f"DELETE FROM {rollup.name} WHERE {rollup.day} >= $1 AND {rollup.day} < $2"  # noqa: S608
            connection.execute(old, [start, end])
            connection.execute(f"INSERT INTO {rollup.name} BY NAME {rollup.select}", [start, end])


def spans(days: Collection[date], period: Literal["day", "month"]) -> Iterator[tuple[date, date]]:
    """The days, or the months that they lie in, as stretches without a gap, ends exclusive."""
    starts = sorted({day.replace(day=1) for day in days} if period == "month" else set(days))
    while starts:
        begin = starts.pop(0)
        end = _after(begin, period)
        while starts and starts[0] == end:
            end = _after(starts.pop(0), period)
        yield begin, end


def _after(start: date, period: Literal["day", "month"]) -> date:
    return (start + timedelta(days=31)).replace(day=1) if period == "month" else start + _A_DAY


def touched_days(keys: Sequence[PartitionKey]) -> dict[str, set[date]]:
    """Days by dataset."""
    found: dict[str, set[date]] = {}
    for key in keys:
        if key.day:
            found.setdefault(key.dataset, set()).add(key.day)
    return found
