"""Every KPI over the same five documents, with results worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import duckdb
import pyarrow as pa
import pytest

from nk_common.star.facts import FACT_SALES
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis import SALES_KPIS, sales_kpi
from nk_query_api.kpis.base import Kpi
from support.lake_factory import Row, sale

DAY = datetime(2025, 12, 23, 10)

# fmt: off
SALES: list[Row] = [
    # an order of two lines by a known customer
    sale(1, 100.0, revenue_untaxed=90.0, discount_amount=10.0, quantity=2.0, customer_id=7),
    sale(1, 50.0, revenue_untaxed=45.0, quantity=1.0, customer_id=7),
    # an order by nobody in particular; -1 is the unknown member
    sale(2, 30.0, revenue_untaxed=27.0, discount_amount=20.0, quantity=1.0, customer_id=-1),
    # an exchange: one line sold, one returned; it is a transaction and no refund document
    sale(3, 40.0, revenue_untaxed=36.0, quantity=1.0),
    sale(3, -25.0, revenue_untaxed=-22.5, quantity=-1.0, is_refund=True),
    # a refund document
    sale(4, -60.0, revenue_untaxed=-54.0, discount_amount=-6.0, quantity=-2.0, is_refund=True, customer_id=7),
]
EXPECTED = {
    "revenue": 135.0,                      # 100 + 50 + 30 + 40 - 25 - 60
    "revenue_untaxed": 121.5,              # 90 + 45 + 27 + 36 - 22.5 - 54
    "transactions": 3.0,                   # orders 1, 2, 3
    "items_sold": 2.0,                     # 2 + 1 + 1 + 1 - 1 - 2
    "average_transaction_value": 45.0,     # 135 / 3
    "items_per_transaction": 0.6667,       # 2 / 3
    "refunds_amount": 85.0,                # 25 + 60
    "refunds_count": 1.0,                  # order 4
    "refunds_share": 0.386364,             # 85 / (100 + 50 + 30 + 40)
    "discount_amount": 30.0,               # 10 + 20
    "discount_share": 0.12,                # 30 / (220 + 30)
    "identified_share": 0.666667,          # (100 + 50 - 60) / 135
}
NOTHING_SOLD = {
    "revenue": 0.0, "revenue_untaxed": 0.0, "transactions": 0.0, "items_sold": 0.0,
    "average_transaction_value": None, "items_per_transaction": None,
    "refunds_amount": 0.0, "refunds_count": 0.0, "refunds_share": None,
    "discount_amount": 0.0, "discount_share": None, "identified_share": None,
}
# fmt: on


ONLY_REFUNDS = [sale(4, -60.0, is_refund=True, quantity=-2.0)]
TENTHS = [sale(n, 0.1) for n in range(10)]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def value_of(kpi: Kpi, connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> float | None:
    schema = FACT_SALES.schema
    lines = [{"line_id": n, "date": DAY, **row} for n, row in enumerate(rows)]
    sold = pa.Table.from_pylist([{name: line.get(name) for name in schema.names} for line in lines], schema)
    connection.register("fact_sales", sold)
    ((value,),) = connection.execute(f"SELECT {kpi.sql} FROM fact_sales").fetchall()
    return kpi.present(value)


@pytest.mark.parametrize("kpi", SALES_KPIS, ids=lambda kpi: kpi.slug)
def test_a_kpi_gives_what_was_worked_out_by_hand(kpi: Kpi, connection: duckdb.DuckDBPyConnection) -> None:
    """A KPI without an expected result fails here."""
    assert value_of(kpi, connection, SALES) == EXPECTED[kpi.slug]


@pytest.mark.parametrize("kpi", SALES_KPIS, ids=lambda kpi: kpi.slug)
def test_over_no_sales_a_kpi_is_zero_or_undefined(kpi: Kpi, connection: duckdb.DuckDBPyConnection) -> None:
    assert value_of(kpi, connection, []) == NOTHING_SOLD[kpi.slug]


def test_only_refunds_leave_averages_undefined(connection: duckdb.DuckDBPyConnection) -> None:
    assert value_of(sales_kpi("average_transaction_value"), connection, ONLY_REFUNDS) is None
    assert value_of(sales_kpi("refunds_share"), connection, ONLY_REFUNDS) is None
    assert value_of(sales_kpi("revenue"), connection, ONLY_REFUNDS) == -60.0


def test_binary_fractions_leave_no_dust(connection: duckdb.DuckDBPyConnection) -> None:
    assert value_of(sales_kpi("revenue"), connection, TENTHS) == 1.0


def test_every_kpi_is_named_and_described_in_both_languages() -> None:
    assert len({kpi.slug for kpi in SALES_KPIS}) == len(SALES_KPIS)
    for kpi in SALES_KPIS:
        assert all((kpi.name.id, kpi.name.en, kpi.description.id, kpi.description.en)), kpi.slug


def test_an_unknown_kpi_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadQuestionError, match=r"no KPI 'profit'\. Known KPIs: revenue, "):
        sales_kpi("profit")
