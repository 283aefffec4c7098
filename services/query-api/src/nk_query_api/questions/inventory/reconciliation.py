"""`/v1/inventory/reconciliation`: whether moves explain how stock changed: begin + what moves did = end, product by
product."""

from __future__ import annotations

import numpy as np

from nk_common.api.inventory import ReconciledRow, StockReconciliation
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.kpis.base import Columns
from nk_query_api.kpis.flow import BEGIN_ON_HAND, END_ON_HAND, UNEXPLAINED, UNITS_SOLD, VARIANCE
from nk_query_api.kpis.sales import SALES_INPUTS
from nk_query_api.questions.context import Context, meta
from nk_query_api.questions.inventory.catalogue import Places, catalogue
from nk_query_api.questions.inventory.ends import MOVES, STOCK
from nk_query_api.questions.inventory.flow import Flow, FlowRows, Receiving, flow_of
from nk_query_api.questions.inventory.listing import (
    Figures,
    Page,
    figures,
    rows_of_page,
    sorted_by,
    taken,
    total,
)
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sell_through import DAYS_SHOWN
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

RECONCILED = (BEGIN_ON_HAND, END_ON_HAND, UNITS_SOLD, UNEXPLAINED, VARIANCE)


def reconciliation(
    look: Snapshot, window: Window, scope: Scope, page: Page, context: Context
) -> StockReconciliation:
    """The products of the scope, those that moves explain least first; of them a page."""
    flow = flow_of(look, window, scope, context)
    rows = flow.rows(look, Receiving())
    whole = total(rows.sums)
    differences = np.abs(sorted_by(RECONCILED, rows.sums, flow.unknown, page.sort))
    begin, end = flow.ends.moments()
    return StockReconciliation(
        meta=meta(look, window, (*STOCK, *MOVES, *SALES_INPUTS), context),
        range=window.range,
        begin=begin,
        end=end,
        missing_moves=flow.ends.missing[:DAYS_SHOWN],
        missing_moves_count=len(flow.ends.missing),
        missing_sales_count=flow.missing_sales,
        effects=_effects(whole, 0, flow),
        values=figures(RECONCILED, whole, flow.unknown)[0],
        products=len(rows.products),
        differing=_differing(rows.sums, flow),
        rows=_rows(look, rows, rows_of_page(page, differences, rows.products), flow),
    )


def _differing(sums: Columns, flow: Flow) -> int | None:
    if UNEXPLAINED.slug in flow.unknown:
        return None
    return sum(1 for value in UNEXPLAINED.values(sums) if value)


def _rows(look: Snapshot, rows: FlowRows, shown: Places, flow: Flow) -> list[ReconciledRow]:
    known, sums = catalogue(look), taken(rows.sums, shown)
    values = figures(RECONCILED, sums, flow.unknown)
    paths = [known.path(at) for at in rows.at[shown]]
    return [
        ReconciledRow(
            product_id=product, label=path[-1], path=path, effects=_effects(sums, n, flow), values=values[n]
        )
        for n, (product, path) in enumerate(zip(rows.products[shown].tolist(), paths, strict=True))
    ]


def _effects(sums: Columns, row: int, flow: Flow) -> Figures:
    """What moves of each kind did to stock; null where none of them are loaded."""
    return {
        kind: UNEXPLAINED.present(sums[kind][row]) if flow.moves_loaded else None for kind in MOVEMENT_TYPES
    }
