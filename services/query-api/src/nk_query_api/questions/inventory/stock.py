"""Stock of one day: the rows that the KPIs of stock are computed over, and the answer's cards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from nk_common.api.inventory import InventorySummary
from nk_common.datasets.pos import POS
from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.dimensions import PRODUCT_LABELS
from nk_query_api.kpis.stock import (
    AVERAGE_DAILY_SOLD,
    DAYS_OF_COVER,
    LOW_STOCK_COUNT,
    OVERSTOCK_COUNT,
    RESERVED,
    STOCK_KPIS,
)
from nk_query_api.questions.context import Context, meta
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.ends import (
    STOCK,
    Taken,
    moment,
    nearest_held,
    newest_held,
    taken_on,
)
from nk_query_api.questions.inventory.listing import aggregates, figures_of
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sold import RateOfSale, rate_of_sale
from nk_query_api.questions.summary import Values, kpi_value
from nk_query_api.questions.windows import whole_days
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.stock_days import PRODUCT_COSTS, STOCK_BY_PLACE


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
    values = _values(look, asked, found)
    earlier = _values(look, asked, stock_day(look, replace(asked, as_of=before), context)) if before else {}
    return InventorySummary(
        **heading(look, asked, found, context),
        compare_as_of=before,
        kpis=[
            kpi_value(kpi, values[kpi.slug], earlier.get(kpi.slug), comparable=compared) for kpi in STOCK_KPIS
        ],
    )


def _values(look: Snapshot, asked: StockQuestion, found: StockDay) -> Values:
    """Every KPI of stock; null where the day is not held."""
    if found.taken is None:
        return {kpi.slug: None for kpi in STOCK_KPIS}
    binder = Binder()
    rows = stock_rows(look, asked, found, "", binder)
    figures = aggregates(STOCK_KPIS, unknown_of(asked, found))
    return figures_of(STOCK_KPIS, look.row(f"SELECT {figures} FROM ({rows})", binder.values))  # noqa: S608


def unknown_of(asked: StockQuestion, found: StockDay) -> set[str]:
    """Slugs of the KPIs that cannot be known: without sales their rate, of single places the rate of sale there, and
    of a reconstructed day what was reserved."""
    unknown = {kpi.slug for kpi in STOCK_KPIS if POS.name in kpi.inputs and not found.rate.loaded}
    if asked.by_places:
        unknown |= {AVERAGE_DAILY_SOLD.slug, DAYS_OF_COVER.slug, LOW_STOCK_COUNT.slug, OVERSTOCK_COUNT.slug}
    if found.taken and found.taken.reconstructed:
        unknown.add(RESERVED.slug)
    return unknown


def stock_rows(look: Snapshot, asked: StockQuestion, found: StockDay, columns: str, binder: Binder) -> str:
    """SQL: the columns of `kpis.stock` by product_id and location_id (null unless by location), and `columns`, which
    are SQL over `f` and its labels.

    Products without stock are rows if they sold something and are kept in stock. Where only some places are looked
    at they are not, and there is no rate of sale.
    """
    loaded = len(found.rate.loaded)
    rate = f"greatest(sold, 0) / {binder.bind(loaded)}::DOUBLE" if loaded and not asked.by_places else "NULL"
    bounds = ", ".join(
        f"{binder.bind(bound)}::DOUBLE AS {name}"
        for name, bound in (("low_cover", asked.low_cover), ("over_cover", asked.over_cover))
    )
    kept = "held"
    if not asked.by_places:
        kept = f"(held OR (sold > 0 AND f.product_id <> {UNKNOWN_ID} AND coalesce(p.is_storable, true)))"
    summed = _by_location if asked.by_location else _by_product
    return (
        f"SELECT *, on_hand / nullif(average_daily_sold, 0) AS cover FROM (SELECT f.*, p.list_price AS unit_price, "  # noqa: S608
        f"CAST({rate} AS DOUBLE) AS average_daily_sold, {bounds}{', ' if columns else ''}{columns} "
        f"FROM ({summed(look, asked, found, binder)}) AS f {PRODUCT_LABELS} "
        f"WHERE {asked.scope.products(binder)} AND {kept})"
    )


def _by_product(look: Snapshot, asked: StockQuestion, found: StockDay, binder: Binder) -> str:
    """SQL by product: what a snapshot holds, what was sold, and the newest cost."""
    held = (
        "SELECT product_id, true AS held, sum(on_hand) AS on_hand, sum(reserved) AS reserved, 0 AS sold, "  # noqa: S608
        f"NULL::DECIMAL(18, 4) AS cost FROM {STOCK_BY_PLACE} "
        f"WHERE {_held(look, asked, found, binder)} GROUP BY product_id"
    )
    parts = " UNION ALL ".join([held, *_sold_and_costs(found, "false, 0, 0, ", binder)])
    return (
        "SELECT product_id, NULL::BIGINT AS location_id, bool_or(held) AS held, sum(on_hand) AS on_hand, "  # noqa: S608
        f"sum(reserved) AS reserved, sum(sold) AS sold, max(cost) AS unit_cost FROM ({parts}) GROUP BY product_id"
    )


def _by_location(look: Snapshot, asked: StockQuestion, found: StockDay, binder: Binder) -> str:
    """SQL by product and location. Sales and costs know no location: they are those of the product."""
    nothing = "SELECT -1 AS product_id, 0 AS sold, NULL::DECIMAL(18, 4) AS cost WHERE false"
    parts = " UNION ALL ".join([nothing, *_sold_and_costs(found, "", binder)])
    return (
        "SELECT product_id, location_id, held, on_hand, reserved, coalesce(sold, 0) AS sold, unit_cost FROM ("  # noqa: S608
        "SELECT product_id, location_id, true AS held, sum(on_hand) AS on_hand, sum(reserved) AS reserved "
        f"FROM {STOCK_BY_PLACE} WHERE {_held(look, asked, found, binder)} GROUP BY product_id, location_id) LEFT JOIN ("
        f"SELECT product_id, sum(sold) AS sold, max(cost) AS unit_cost FROM ({parts}) GROUP BY product_id"
        ") USING (product_id)"
    )


def _held(look: Snapshot, asked: StockQuestion, found: StockDay, binder: Binder) -> str:
    places = asked.scope.held(asked.scope.elsewhere(look), binder)
    return " AND ".join([f"day = {binder.bind(found.day)}", "held", *places])


def _sold_and_costs(found: StockDay, before: str, binder: Binder) -> list[str]:
    """SQL by product: product_id, the columns `before`, units sold, and the newest cost by the day."""
    sold = [found.rate.rows(before, "NULL", binder)] if found.rate.loaded else []
    day = binder.bind(found.day)
    costs = (
        f"SELECT product_id, {before}0, arg_max(unit_cost, day) FROM {PRODUCT_COSTS} WHERE day <= {day} "  # noqa: S608
        "GROUP BY product_id"
    )
    return [*sold, costs]
