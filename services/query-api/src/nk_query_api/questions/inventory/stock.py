"""Stock of one day: the rows that the KPIs of stock are computed over, and the answer's cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from nk_common.api.inventory import InventorySummary
from nk_common.datasets.pos import POS
from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.base import Columns
from nk_query_api.kpis.stock import (
    AVERAGE_DAILY_SOLD,
    DAYS_OF_COVER,
    DEAD_STOCK_COUNT,
    LOW_STOCK_COUNT,
    OVERSTOCK_COUNT,
    RESERVED,
    STOCK_KPIS,
)
from nk_query_api.questions.context import Context, meta
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.catalogue import Catalogue, Flags, Ints, Places, catalogue
from nk_query_api.questions.inventory.ends import (
    STOCK,
    Taken,
    moment,
    nearest_held,
    newest_held,
    taken_on,
)
from nk_query_api.questions.inventory.listing import figures, total
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sold import RateOfSale, rate_of_sale
from nk_query_api.questions.summary import Values, kpi_value
from nk_query_api.questions.windows import whole_days
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.stock_days import PRODUCT_COSTS, STOCK_BY_PLACE

Amounts = npt.NDArray[np.float64]


_RATED = frozenset(
    kpi.slug
    for kpi in (AVERAGE_DAILY_SOLD, DAYS_OF_COVER, LOW_STOCK_COUNT, DEAD_STOCK_COUNT, OVERSTOCK_COUNT)
)
"""KPIs that are made of what sells."""


@dataclass(frozen=True)
class StockQuestion:
    """`as_of` None: the newest held day. `days` are those of the average; a cover below `low_cover` days is low, one
    above `over_cover` too much."""

    as_of: date | None
    scope: Scope
    days: int = 30
    low_cover: float = 7.0
    over_cover: float = 90.0
    by_location: bool = False

    @property
    def by_places(self) -> bool:
        """Whether only some places of a product are looked at, of which sales know nothing."""
        return self.by_location or bool(self.scope.locations)


@dataclass(frozen=True)
class StockDay:
    """The day that is answered: its snapshot, None where it is not held, and the rate of sale by then."""

    day: date
    taken: Taken | None
    rate: RateOfSale


def stock_day(look: Snapshot, asked: StockQuestion, context: Context) -> StockDay:
    """The asked day, and no other; the newest held one when none was asked for."""
    day = asked.as_of or newest_held(look, context) or context.today
    return StockDay(day, taken_on(look, day, context), rate_of_sale(look, day, asked.days, context))


def heading(look: Snapshot, asked: StockQuestion, found: StockDay, context: Context) -> dict[str, Any]:
    """Fields of `StockOfDay`."""
    return {
        "meta": meta(look, whole_days(found.day, found.day), STOCK, context),
        "as_of": found.day,
        "stock": moment(found.taken),
        "nearest": None if found.taken else nearest_held(look, found.day, context),
        "sold": found.rate.answered,
        "low_cover": asked.low_cover,
        "over_cover": asked.over_cover,
    }


def summary(look: Snapshot, asked: StockQuestion, context: Context, *, compared: bool) -> InventorySummary:
    """`/v1/inventory/summary`, from one snapshot. `compared`: beside the day before."""
    found = stock_day(look, asked, context)
    before = found.day - timedelta(days=1) if compared else None
    days = [found, stock_day(look, replace(asked, as_of=before), context)] if before else [found]
    values, *earlier = _values(look, asked, days)
    previous = earlier[0] if earlier else {}
    return InventorySummary(
        **heading(look, asked, found, context),
        compare_as_of=before,
        kpis=[
            kpi_value(kpi, values[kpi.slug], previous.get(kpi.slug), comparable=compared)
            for kpi in STOCK_KPIS
        ],
    )


def _values(look: Snapshot, asked: StockQuestion, days: Sequence[StockDay]) -> list[Values]:
    """Every KPI of stock on each of the days; null where it is not known."""
    return [
        figures(STOCK_KPIS, total(rows.sums), unknown_of(asked, day))[0]
        for day, rows in zip(days, stock_rows(look, asked, days), strict=True)
    ]


def unknown_of(asked: StockQuestion, found: StockDay) -> set[str]:
    """Slugs of the KPIs that cannot be known: all where the day is not held, without sales their rate, of single
    places what sells there, and of a reconstructed day what was reserved."""
    if not found.taken:
        return {kpi.slug for kpi in STOCK_KPIS}
    unknown = {kpi.slug for kpi in STOCK_KPIS if POS.name in kpi.inputs and not found.rate.loaded}
    if asked.by_places:
        # Also how much is dead: what sells elsewhere may not sell here.
        unknown |= _RATED
    if found.taken.reconstructed:
        unknown.add(RESERVED.slug)
    return unknown


@dataclass(frozen=True)
class StockRows:
    """Products, or products in places: their ids, places in the catalogue, and the columns of `kpis.stock` as `sums`.
    `sold`, `unit_cost` and `unit_price` are those of the product (NaN: not known). `is_` says what holds of each."""

    products: Ints
    locations: npt.NDArray[Any] | None
    at: Places
    sold: Amounts
    unit_cost: Amounts
    unit_price: Amounts
    sums: Columns
    is_: Mapping[str, Flags]

    def only(self, those: Flags) -> StockRows:
        """Some of the rows."""
        return StockRows(
            self.products[those],
            None if self.locations is None else self.locations[those],
            self.at[those],
            self.sold[those],
            self.unit_cost[those],
            self.unit_price[those],
            {name: column[those] for name, column in self.sums.items()},
            {name: flags[those] for name, flags in self.is_.items()},
        )


def stock_rows(look: Snapshot, asked: StockQuestion, days: Sequence[StockDay]) -> list[StockRows]:
    """The rows of each of the days.

    Products without stock are rows if they sold something and are kept in stock. Where only some places are looked
    at they are not, and there is no rate of sale. Sales and costs know no location: they are those of the product.
    """
    found = _sums(look, asked, days)
    known = catalogue(look)
    return [
        _rows({name: column[found["part"] == n] for name, column in found.items()}, asked, day, known)
        for n, day in enumerate(days)
    ]


def _rows(
    found: Mapping[str, npt.NDArray[Any]], asked: StockQuestion, day: StockDay, known: Catalogue
) -> StockRows:
    products, held = found["product_id"], found["held"].astype(np.bool_)
    sold, unit_cost = found["sold"], np.ma.filled(found["unit_cost"].astype(np.float64), np.nan)
    if asked.by_location:
        sold, unit_cost = _of_products(products, sold, unit_cost)
    at = known.places(products)
    kept = held
    if not asked.by_places:
        stored = (products != UNKNOWN_ID) & known.columns["is_storable"][at]
        kept = held | ((sold > 0) & stored)
    kept = kept & asked.scope.chosen(known, products, at)
    products, at, sold, unit_cost = products[kept], at[kept], sold[kept], unit_cost[kept]
    prices = known.columns["unit_price"][at]
    loaded = 0 if asked.by_places else len(day.rate.loaded)
    average = np.maximum(sold, 0.0) / loaded if loaded else np.full(len(sold), np.nan)
    sums, conditions = stock_sums(
        asked, found["on_hand"][kept], found["reserved"][kept], unit_cost, prices, sold, average
    )
    locations = found["location_id"][kept] if asked.by_location else None
    return StockRows(products, locations, at, sold, unit_cost, prices, sums, conditions)


def stock_sums(
    asked: StockQuestion,
    on_hand: Amounts,
    reserved: Amounts,
    unit_cost: Amounts,
    unit_price: Amounts,
    sold: Amounts,
    average: Amounts,
) -> tuple[Columns, Mapping[str, Flags]]:
    """The columns of `kpis.stock`, and of those the conditions, as flags. NaN: not known."""
    conditions = _conditions(on_hand, sold, average, asked)
    flags = {name: holds.astype(np.float64) for name, holds in conditions.items()}
    amounts = {"on_hand": on_hand, "reserved": reserved, "average_daily_sold": average}
    return {**amounts, **_valued(on_hand, unit_cost, unit_price), **flags}, conditions


def _conditions(on_hand: Amounts, sold: Amounts, average: Amounts, asked: StockQuestion) -> dict[str, Flags]:
    """What may hold of a product. Low stock may be negative, too. Without a rate of sale there is no cover."""
    cover = np.divide(on_hand, average, out=np.full_like(average, np.nan), where=average > 0)
    return {
        "in_stock": on_hand > 0,
        "negative": on_hand < 0,
        "low": cover < asked.low_cover,
        "dead": (on_hand > 0) & (sold == 0),
        "overstock": cover > asked.over_cover,
    }


def _valued(on_hand: Amounts, unit_cost: Amounts, unit_price: Amounts) -> dict[str, Amounts]:
    """What stock is worth; what has no price is left out."""
    costed, priced, units = ~np.isnan(unit_cost), ~np.isnan(unit_price), np.maximum(on_hand, 0.0)
    return {
        "value_at_cost": np.where(costed, on_hand * unit_cost, 0.0),
        "value_at_list": np.where(priced, on_hand * unit_price, 0.0),
        "costed": costed.astype(np.float64),
        "priced": priced.astype(np.float64),
        "stocked": (on_hand != 0).astype(np.float64),
        "units": units,
        "costed_units": np.where(costed, units, 0.0),
    }


def _of_products(products: Ints, sold: Amounts, unit_cost: Amounts) -> tuple[Amounts, Amounts]:
    """What is known of a product, in every row of it."""
    ids, row = np.unique(products, return_inverse=True)
    costs = np.full(len(ids), np.nan)
    np.fmax.at(costs, row, unit_cost)
    return np.bincount(row, sold, len(ids)).astype(np.float64, copy=False)[row], costs[row]


def _sums(look: Snapshot, asked: StockQuestion, days: Sequence[StockDay]) -> dict[str, npt.NDArray[Any]]:
    """What a snapshot holds, what was sold, and the newest cost, by `part`, the number of the day: in one statement,
    for to prepare three takes longer."""
    binder = Binder()
    keys = "part, product_id, location_id" if asked.by_location else "part, product_id"
    here, nowhere = (", location_id", ", NULL") if asked.by_location else ("", "")
    parts = []
    for n, found in enumerate(days):
        day = binder.bind(found.day)
        held = " AND ".join([f"day = {day}", "held", *asked.scope.held(look, binder)])
        parts += [
            f"SELECT {n} AS part, product_id{here}, held, on_hand, reserved, 0 AS sold, "  # noqa: S608
            f"NULL::DECIMAL(18, 4) AS unit_cost FROM {STOCK_BY_PLACE} WHERE {held}",
            f"SELECT {n}, product_id{nowhere}, false, 0, 0, 0, arg_max(unit_cost, day) FROM {PRODUCT_COSTS} "  # noqa: S608
            f"WHERE day <= {day} GROUP BY product_id",
        ]
        parts += found.rate.rows(f"{n}, product_id{nowhere}, false, 0, 0, quantity, NULL", binder)
    return look.columns(
        f"SELECT {keys}, bool_or(held) AS held, sum(on_hand) AS on_hand, sum(reserved) AS reserved, "  # noqa: S608
        f"sum(sold) AS sold, max(unit_cost) AS unit_cost FROM ({' UNION ALL '.join(parts)}) GROUP BY {keys}",
        binder.values,
    )
