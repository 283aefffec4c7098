"""`/v1/inventory/stock`: what lay there on a day, product by product."""

from __future__ import annotations

from typing import Any

from nk_common.api.inventory import StockLevels, StockRow, StockStatus
from nk_query_api.kpis.dimensions import PRODUCT
from nk_query_api.kpis.stock import (
    AVERAGE_DAILY_SOLD,
    DAYS_OF_COVER,
    DEAD,
    LOW,
    NEGATIVE,
    ON_HAND,
    OVERSTOCK,
    RESERVED,
    STOCK_VALUE_COST,
    STOCK_VALUE_LIST,
)
from nk_query_api.questions.context import Context
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.listing import Listed, Page, aggregates, check_sort, figures_of, listed
from nk_query_api.questions.inventory.stock import (
    StockDay,
    StockQuestion,
    heading,
    stock_day,
    stock_rows,
    unknown_of,
)
from nk_query_api.serving.sale_lines import UNKNOWN_NAME
from nk_query_api.serving.snapshot import Snapshot

ROW_KPIS = (ON_HAND, RESERVED, STOCK_VALUE_COST, STOCK_VALUE_LIST, AVERAGE_DAILY_SOLD, DAYS_OF_COVER)
"""Figures of every row, and of all rows."""
_CONDITIONS: dict[StockStatus, str] = {"negative": NEGATIVE, "low": LOW, "dead": DEAD, "overstock": OVERSTOCK}
_NAMES = (
    f"[{', '.join(PRODUCT.path)}] AS path, p.default_code AS code, p.barcode AS barcode, "
    f"coalesce(p.product_brand, unknown.product_brand, '{UNKNOWN_NAME}') AS brand"
)
_OF_ROW = ("path", "code", "barcode", "brand", "unit_cost", "unit_price", "sold", "status")
_SORTS = (*(kpi.slug for kpi in ROW_KPIS), "sold", "label")


def check_levels(page: Page) -> None:
    """Raises BadQuestionError for an order that the rows do not have."""
    check_sort(page, _SORTS)


def levels(
    look: Snapshot, asked: StockQuestion, status: StockStatus | None, page: Page, context: Context
) -> StockLevels:
    """The answer, from one snapshot. With `status`, every row for which it holds: a product of negative stock that
    sells is low as well."""
    found = stock_day(look, asked, context)
    nothing = Listed(0, (None,) * (2 + len(_OF_ROW) + len(ROW_KPIS)), [])
    answer = _listed(look, asked, found, status, page) if found.taken else nothing
    places = _places(look) if asked.by_location else {}
    known = bool(found.rate.loaded)
    return StockLevels(
        **heading(look, asked, found, context),
        by="location" if asked.by_location else "product",
        total_rows=answer.found,
        total=figures_of(ROW_KPIS, answer.total[2 + len(_OF_ROW) :]),
        rows=[_row(row, places, sales_known=known) for row in answer.rows],
    )


def _listed(
    look: Snapshot, asked: StockQuestion, found: StockDay, status: StockStatus | None, page: Page
) -> Listed:
    binder = Binder()
    conditions = _conditions(asked, found)
    cases = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in conditions.items())
    rows = stock_rows(look, asked, found, _NAMES, binder)
    of_row = ", ".join(f"any_value({name}) AS {name}" for name in _OF_ROW)
    wanted = "true" if status is None else conditions.get(status, "false")
    if status == "ok":
        wanted = "status = 'ok'"
    members = (
        f"SELECT grouping(product_id) AS whole, product_id, location_id, {of_row}, "  # noqa: S608
        f"{aggregates(ROW_KPIS, unknown_of(asked, found))} FROM (SELECT *, CASE {cases} END AS status FROM ({rows})) "
        f"WHERE {wanted} GROUP BY GROUPING SETS ((product_id, location_id), ())"
    )
    sort = "lower(path[-1])" if page.sort == "label" else ""
    return listed(look, members, page, "product_id, location_id", binder, sort=sort)


def _conditions(asked: StockQuestion, found: StockDay) -> dict[StockStatus, str]:
    """What a row may be, the first that holds first. Without sales nothing is known to be dead; without a rate of
    sale nothing to be enough."""
    if not found.rate.loaded:
        return {"negative": NEGATIVE}
    return _CONDITIONS if asked.by_places else {**_CONDITIONS, "ok": "true"}


def _places(look: Snapshot) -> dict[int, str]:
    return dict(look.rows("SELECT location_id, complete_name FROM dim_locations"))


def _row(row: tuple[Any, ...], places: dict[int, str], *, sales_known: bool) -> StockRow:
    product_id, location_id, path, code, barcode, brand, cost, price, sold, status, *figures = row
    return StockRow(
        product_id=product_id,
        code=code,
        barcode=barcode,
        label=path[-1],
        path=path,
        brand=brand,
        location_id=location_id,
        location=places.get(location_id, UNKNOWN_NAME) if location_id is not None else None,
        unit_cost=_number(cost),
        list_price=_number(price),
        sold=_number(sold) if sales_known else None,
        values=figures_of(ROW_KPIS, figures),
        status=status,
    )


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 4) + 0.0
