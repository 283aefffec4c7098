"""Every KPI of inventory over a few products, with results worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.flow import FLOW_KPIS, TAKEN_AWAY
from nk_query_api.kpis.inventory import INVENTORY_KPIS
from nk_query_api.kpis.stock import STOCK_KPIS
from nk_query_api.questions.inventory.listing import total
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.stock import StockQuestion, stock_sums

Row = dict[str, Any]

# fmt: off
STOCK: list[Row] = [
    {"on_hand": on_hand, "reserved": reserved, "unit_cost": cost, "unit_price": price, "sold": sold, "average": average}
    for on_hand, reserved, cost, price, sold, average in [
        # on hand, reserved, cost, price, sold, a day
        (20.0, 2.0, 10.0, 15.0, 60.0, 2.0),  # lasts 10 days
        (3.0, 1.0, None, 20.0, 30.0, 1.0),   # low, and its cost is not known
        (0.0, 0.0, 7.0, 9.0, 15.0, 0.5),     # sold out
        (4.0, 0.0, 5.0, None, 0.0, 0.0),     # dead: nobody bought it, and it has no price
        (1.0, 0.0, 2.0, 3.0, -3.0, 0.0),     # more came back than was sold: neither dead nor low
        (50.0, 0.0, 1.0, 2.0, 15.0, 0.5),    # far too much
        (-2.0, 0.0, 6.0, 8.0, 30.0, 1.0),    # more left than came, and it sells: low as well
    ]
]
FLOWS = ("incoming", "outgoing", "transfer", "production_in", "production_out", "adjustment", "scrap", "return_in",
         "return_out", "transferred")
FLOW: list[Row] = [
    # 10 + 20 - 6 + 1 - 1 - 2 - 3 = 19, less 2 that are stuck on the way; net sold are 5, and 1 of the 19 is not there
    {"begin_on_hand": 10.0, "end_on_hand": 16.0, "received": 20.0, "units_sold": 5.0, "incoming": 20.0,
     "outgoing": -6.0, "transfer": -2.0, "production_in": 0.0, "production_out": 0.0, "adjustment": -1.0,
     "scrap": -2.0, "return_in": 1.0, "return_out": -3.0, "transferred": 7.0},
    # 0 + 8 made - 3 used + 2 found - 4 = 3; 5 were sold, so one more than left
    {"begin_on_hand": 0.0, "end_on_hand": 3.0, "received": 8.0, "units_sold": 5.0, "incoming": 0.0, "outgoing": -4.0,
     "transfer": 0.0, "production_in": 8.0, "production_out": -3.0, "adjustment": 2.0, "scrap": 0.0, "return_in": 0.0,
     "return_out": 0.0, "transferred": 0.0},
]
EXPECTED: dict[str, float] = {
    "on_hand": 76.0,                 # 20 + 3 + 0 + 4 + 1 + 50 - 2
    "reserved": 3.0,                 # 2 + 1
    "stock_value_cost": 260.0,       # 200 + 0 + 20 + 2 + 50 - 12; of 3 units the cost is not known
    "stock_value_list": 447.0,       # 300 + 60 + 0 + 3 + 100 - 16; of 4 units the price is not known
    "stock_cost_coverage": 0.961538, # 75 / 78, of what is there
    "average_daily_sold": 5.0,       # 2 + 1 + 0.5 + 0 + 0 + 0.5 + 1
    "days_of_cover": 15.2,           # 76 / 5
    "products_in_stock": 5.0,
    "low_stock_count": 3.0,          # covers 3, 0 and -2
    "dead_stock_count": 1.0,
    "overstock_count": 1.0,
    "negative_stock_count": 1.0,
    "sell_through": 0.263158,        # 10 / (10 + 28)
    "begin_on_hand": 10.0,
    "end_on_hand": 19.0,
    "sold": 10.0,
    "received": 28.0,
    "adjusted": 1.0,                 # -1 + 2
    "produced": 8.0,
    "consumed": 3.0,
    "transferred": 7.0,
    "returned": 1.0,
    "returned_to_vendors": 3.0,
    "scrapped": 2.0,
    "shipped": 10.0,                 # 6 + 4
    "variance": 0.0,                 # 10 + 20 - 2 - 1 - 2 - 3 - 5 - 16 = 1, and 0 + 8 - 3 + 2 - 5 - 3 = -1
    "unexplained": 1.0,              # 17 - 16, and 3 - 3
}
UNDEFINED = {"stock_cost_coverage", "days_of_cover", "sell_through"}
# fmt: on


def columns_of(rows: Sequence[Row], *names: str) -> dict[str, Any]:
    return {name: np.array([row[name] for row in rows], np.float64) for name in names}


def value_of(kpi: Kpi, rows: Sequence[Row]) -> float | None:
    if kpi.relation == "stock":
        given = columns_of(rows, "on_hand", "reserved", "unit_cost", "unit_price", "sold", "average")
        asked = StockQuestion(None, Scope(("internal",)), low_cover=7.0, over_cover=90.0)
        sums = stock_sums(asked=asked, **given)[0]
    else:
        sums = columns_of(rows, "begin_on_hand", "end_on_hand", "received", "units_sold", *FLOWS)
        sums |= {name: -sums[kind] for name, kind in TAKEN_AWAY.items()}
    (value,) = kpi.values(total(sums))
    return value


def rows_for(kpi: Kpi) -> list[Row]:
    return STOCK if kpi.relation == "stock" else FLOW


@pytest.mark.parametrize("kpi", INVENTORY_KPIS, ids=lambda kpi: kpi.slug)
def test_a_kpi_gives_what_was_worked_out_by_hand(kpi: Kpi) -> None:
    """A KPI without an expected result fails here."""
    assert value_of(kpi, rows_for(kpi)) == EXPECTED[kpi.slug]


@pytest.mark.parametrize("kpi", INVENTORY_KPIS, ids=lambda kpi: kpi.slug)
def test_over_no_products_a_kpi_is_zero_or_undefined(kpi: Kpi) -> None:
    expected = None if kpi.slug in UNDEFINED else 0.0
    assert (value_of(kpi, []), kpi.of_nothing) == (expected, expected)


def by_slug(kpis: Sequence[Kpi], slug: str) -> Kpi:
    return next(kpi for kpi in kpis if kpi.slug == slug)


def test_what_no_price_is_known_of_is_not_worth_nothing() -> None:
    value = by_slug(STOCK_KPIS, "stock_value_cost")
    assert value_of(value, [STOCK[1]]) is None
    assert value_of(value, [STOCK[2]]) == 0.0, "nothing of it is there"


def test_without_sales_stock_has_no_cover() -> None:
    assert value_of(by_slug(STOCK_KPIS, "days_of_cover"), [STOCK[3]]) is None


def test_with_nothing_to_sell_sell_through_is_undefined() -> None:
    """Sold from stock that was already negative."""
    nothing = {**FLOW[1], "begin_on_hand": -8.0}
    assert value_of(by_slug(FLOW_KPIS, "sell_through"), [nothing]) is None


def test_variance_by_product() -> None:
    """One unit is missing of the first; one of the second was sold and never left."""
    variance, unexplained = by_slug(FLOW_KPIS, "variance"), by_slug(FLOW_KPIS, "unexplained")
    assert [value_of(variance, [row]) for row in FLOW] == [1.0, -1.0]
    assert [value_of(unexplained, [row]) for row in FLOW] == [1.0, 0.0]


def test_every_kpi_is_named_described_and_worked_out_in_both_languages() -> None:
    assert len({kpi.slug for kpi in INVENTORY_KPIS}) == len(INVENTORY_KPIS)
    for kpi in INVENTORY_KPIS:
        texts = (kpi.name, kpi.description, kpi.formula)
        assert all(text.id and text.en for text in texts), kpi.slug
