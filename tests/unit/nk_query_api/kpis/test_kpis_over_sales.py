"""Every KPI over sale lines, over the same documents, with results worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis import KPIS, OVER_SALES, kpi_called
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.profit import PROFIT_KPIS
from nk_query_api.kpis.sales import SALES_KPIS
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.summary import kpi_values
from support.lake_factory import LakeFactory, Row, sale
from support.questions import Ask, asked, context, days

DAY = date(2025, 12, 23)

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
COSTS = {0: 20.0, 1: 60.0, 2: 27.0, 3: 35.0, 4: 10.0}
"""Cost of one, by the line's place in SALES; the last line's product has none."""
PROFIT_EXPECTED = {
    "cogs": 152.0,  # 2 x 20 + 60 + 27 + 35 - 10
    "gross_profit": 43.0,  # 100 + 50 + 30 + 40 - 25 - 152
    "margin": 0.220513,  # 43 / 195
    "cost_coverage": 1.444444,  # 195 / 135: what has no cost is a refund
    "below_cost_lines": 1.0,  # 50 < 60
}
PROFIT_OF_NOTHING = {
    "cogs": 0.0,
    "gross_profit": 0.0,
    "margin": None,
    "cost_coverage": None,
    "below_cost_lines": 0.0,
}
# fmt: on


ONLY_REFUNDS = [sale(4, -60.0, is_refund=True, quantity=-2.0)]
TENTHS = [sale(n, 0.1) for n in range(10)]


def filled(rows: Sequence[Row], costs: dict[int, float] | None = None) -> Any:
    """Writes the rows as a day of the till, and their costs as its profit."""

    def fill(lake: LakeFactory) -> None:
        lines = [{"line_id": n, **row} for n, row in enumerate(rows)]
        lake.sales(DAY, *lines)
        lake.dimensions()
        known = [
            {"source": "pos", "line_id": n, "cost_unit_tax_in": cost, "product_id": 1}
            for n, cost in (costs or {}).items()
        ]
        lake.day("profit", DAY, {"fact_sales_lines_profit": known})
        lake.day("invoice-sales", DAY, {})

    return fill


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask[Any]]:
    with asked(tmp_path_factory.mktemp("kpis"), filled(SALES, COSTS)) as ask:
        yield ask


def value_of(kpi: Kpi, ask: Ask[Any]) -> float | None:
    found: dict[str, float | None] = ask(
        lambda look: kpi_values(look, [kpi], days("2025-12-23"), Filters(), context())
    )
    return found[kpi.slug]


@pytest.mark.parametrize("kpi", OVER_SALES, ids=lambda kpi: kpi.slug)
def test_a_kpi_gives_what_was_worked_out_by_hand(kpi: Kpi, ask: Ask[Any]) -> None:
    """A KPI without an expected result fails here."""
    assert value_of(kpi, ask) == {**EXPECTED, **PROFIT_EXPECTED}[kpi.slug]


def test_over_no_sales_a_kpi_is_zero_or_undefined(tmp_path: Path) -> None:
    expected = {**NOTHING_SOLD, **PROFIT_OF_NOTHING}
    with asked(tmp_path, filled([])) as ask:
        assert {kpi.slug: value_of(kpi, ask) for kpi in OVER_SALES} == expected
    assert {kpi.slug: kpi.of_nothing for kpi in OVER_SALES} == expected


def test_only_refunds_leave_averages_undefined(tmp_path: Path) -> None:
    with asked(tmp_path, filled(ONLY_REFUNDS)) as ask:
        found = {kpi.slug: value_of(kpi, ask) for kpi in SALES_KPIS}
    assert found["average_transaction_value"] is None
    assert found["refunds_share"] is None
    assert found["revenue"] == -60.0


def test_binary_fractions_leave_no_dust(tmp_path: Path) -> None:
    with asked(tmp_path, filled(TENTHS)) as ask:
        assert value_of(kpi_called("revenue"), ask) == 1.0


def test_a_discount_on_the_whole_order_is_a_discount_and_no_goods(tmp_path: Path) -> None:
    """A lipstick for 100 that cost 70, less 20; and an invoice that takes back two things of half a rupiah, which are
    not sold below their cost. That what takes off costs nothing is told by the loader."""
    rows = [
        sale(1, 100.0),
        sale(1, -20.0, price_unit=-20.0, product_id=2),
        sale(2, -1.0, price_unit=0.5, quantity=-2.0),
    ]
    expected = {
        "revenue": 79.0, "transactions": 2.0, "items_sold": -1.0, "discount_amount": 20.0,
        "discount_share": 0.20202,
        "cogs": 70.0 - 2 * 0.1, "gross_profit": 9.2, "cost_coverage": 1.0, "below_cost_lines": 0.0,
    }  # fmt: skip
    with asked(tmp_path, filled(rows, {0: 70.0, 1: 0.0, 2: 0.1})) as ask:
        assert {slug: value_of(kpi_called(slug), ask) for slug in expected} == expected


def test_a_sale_without_a_cost_is_no_profit_and_no_margin(tmp_path: Path) -> None:
    """Never 100 % margin: it is counted in the coverage (rule 8)."""
    with asked(tmp_path, filled([sale(1, 100.0), sale(2, 50.0)], {0: 60.0})) as ask:
        found = {kpi.slug: value_of(kpi, ask) for kpi in PROFIT_KPIS}
    assert (found["gross_profit"], found["margin"], found["cost_coverage"]) == (40.0, 0.4, 0.666667)


NO_COST: list[tuple[list[Row], dict[int, float], list[float | None]]] = [
    # sold, and of no known cost
    ([sale(1, 100.0)], {}, [None, None, None, 0.0, 0.0]),
    # given away: what it cost is not known either
    ([sale(1, 0.0)], {}, [None, None, None, None, 0.0]),
    # given away at a cost of 60
    ([sale(1, 0.0)], {0: 60.0}, [-60.0, None, 60.0, None, 1.0]),
    # sold and brought back: nothing is left whose cost could matter
    ([sale(1, 100.0), sale(2, -100.0, quantity=-1.0, is_refund=True)], {}, [0.0, None, 0.0, None, 0.0]),
    ([sale(1, 100.0), sale(2, -100.0, quantity=-1.0, is_refund=True)], {0: 60.0, 1: 60.0}, [0.0, None, 0.0, None, 0.0]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "costs", "expected"), NO_COST)
def test_profit_without_any_known_cost_is_not_known(
    tmp_path: Path, rows: list[Row], costs: dict[int, float], expected: list[float | None]
) -> None:
    """Null, and not the 0 of a day without sales: gross profit, margin, cost; coverage; lines below cost."""
    with asked(tmp_path, filled(rows, costs)) as ask:
        assert [value_of(kpi, ask) for kpi in PROFIT_KPIS] == expected


def test_every_kpi_is_named_described_and_put_in_words_in_both_languages() -> None:
    assert len({kpi.slug for kpi in KPIS}) == len(KPIS)
    for kpi in KPIS:
        texts = (kpi.name, kpi.description, kpi.formula)
        assert all(text.id and text.en for text in texts), kpi.slug
        assert kpi.inputs, kpi.slug


def test_an_unknown_kpi_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadQuestionError, match=r"no KPI 'luck'\. Known KPIs: revenue, "):
        kpi_called("luck")
