"""`/v1/inventory/stock`: what lay there on a day, product by product."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nk_common.api.inventory import StockLevels, StockRow, StockStatus
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.stock import (
    AVERAGE_DAILY_SOLD,
    DAYS_OF_COVER,
    ON_HAND,
    RESERVED,
    STOCK_VALUE_COST,
    STOCK_VALUE_LIST,
)
from nk_query_api.questions.context import Context
from nk_query_api.questions.inventory.catalogue import catalogue, places
from nk_query_api.questions.inventory.listing import (
    Figures,
    Page,
    check_sort,
    figures,
    rows_of_page,
    sorted_by,
    taken,
    total,
)
from nk_query_api.questions.inventory.stock import (
    StockDay,
    StockQuestion,
    StockRows,
    heading,
    stock_day,
    stock_rows,
    unknown_of,
)
from nk_query_api.serving.sale_lines import UNKNOWN_NAME
from nk_query_api.serving.snapshot import Snapshot

ROW_KPIS = (ON_HAND, RESERVED, STOCK_VALUE_COST, STOCK_VALUE_LIST, AVERAGE_DAILY_SOLD, DAYS_OF_COVER)
"""Figures of every row, and of all rows."""
_STATUSES: tuple[StockStatus, ...] = ("negative", "low", "dead", "overstock")
"""What a row may be, the first that holds first."""
_SORTS = (*(kpi.slug for kpi in ROW_KPIS), "sold", "label")


def check_levels(asked: StockQuestion, status: StockStatus | None, page: Page) -> None:
    """Raises BadQuestionError for an order that the rows do not have, and for a status that nobody knows of single
    places: an empty list would say that there is none."""
    check_sort(page, _SORTS)
    if asked.by_places and status not in (None, "negative"):
        raise BadQuestionError(
            f"Sales are not known by location, so nobody can tell what is {status} there; leave out the location or "
            "the status."
        )


def levels(
    look: Snapshot, asked: StockQuestion, status: StockStatus | None, page: Page, context: Context
) -> StockLevels:
    """The answer, from one snapshot. With `status`, every row for which it holds: a product of negative stock that
    sells is low as well."""
    found = stock_day(look, asked, context)
    rows = _rows(look, asked, found, status)
    unknown = unknown_of(asked, found)
    shown = rows_of_page(page, _sorted_by(look, rows, unknown, page.sort), *_ties(rows))
    names = {key: place.name for key, place in places(look).items()} if asked.by_location else {}
    return StockLevels(
        **heading(look, asked, found, context),
        by="location" if asked.by_location else "product",
        total_rows=len(rows.products),
        total=figures(ROW_KPIS, total(rows.sums), unknown)[0],
        rows=[
            _row(look, rows, int(n), values, names, _known_statuses(asked, found))
            for n, values in zip(shown, figures(ROW_KPIS, taken(rows.sums, shown), unknown), strict=True)
        ],
    )


def _rows(look: Snapshot, asked: StockQuestion, found: StockDay, status: StockStatus | None) -> StockRows:
    """Those of which the status holds, if one is asked for; none where the day is not held."""
    (rows,) = stock_rows(look, asked, [found])
    statuses = _known_statuses(asked, found)
    those = np.full(len(rows.products), found.taken is not None and (status is None or status in statuses))
    if status == "ok":
        those &= ~np.any([rows.is_[name] for name in statuses if name != "ok"], axis=0)
    elif status in statuses:
        those &= rows.is_[status]
    return rows.only(those)


def _known_statuses(asked: StockQuestion, found: StockDay) -> tuple[StockStatus, ...]:
    """Without sales nothing is known to be dead; without a rate of sale nothing to be enough."""
    if not found.rate.loaded:
        return _STATUSES[:1]
    return _STATUSES if asked.by_places else (*_STATUSES, "ok")


def _sorted_by(look: Snapshot, rows: StockRows, unknown: set[str], sort: str) -> npt.NDArray[Any]:
    if sort == "label":
        return catalogue(look).columns["folded"][rows.at]
    return rows.sold if sort == "sold" else sorted_by(ROW_KPIS, rows.sums, unknown, sort)


def _ties(rows: StockRows) -> list[npt.NDArray[Any]]:
    return [rows.products] if rows.locations is None else [rows.products, np.ma.getdata(rows.locations)]


def _row(
    look: Snapshot,
    rows: StockRows,
    n: int,
    values: Figures,
    names: dict[int, str | None],
    statuses: tuple[StockStatus, ...],
) -> StockRow:
    known, at = catalogue(look), rows.at[n]
    location = None if rows.locations is None or rows.locations[n] is np.ma.masked else int(rows.locations[n])
    path = known.path(at)
    return StockRow(
        product_id=int(rows.products[n]),
        code=known.columns["code"][at],
        barcode=known.columns["barcode"][at],
        label=path[-1],
        path=path,
        brand=known.columns["brand"][at],
        location_id=location,
        location=names.get(location, UNKNOWN_NAME) if location is not None else None,
        unit_cost=_number(rows.unit_cost[n]),
        list_price=_number(rows.unit_price[n]),
        sold=_number(rows.sold[n]) if "dead" in statuses else None,
        values=values,
        status=next((name for name in statuses if name == "ok" or rows.is_[name][n]), None),
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4) + 0.0
