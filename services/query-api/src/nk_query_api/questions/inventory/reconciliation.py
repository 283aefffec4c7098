"""Whether moves explain how stock changed: begin + what moves did = end, product by product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nk_common.api.inventory import ReconciledRow, StockReconciliation
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.kpis.dimensions import PRODUCT
from nk_query_api.kpis.flow import BEGIN_ON_HAND, END_ON_HAND, UNEXPLAINED, UNITS_SOLD, VARIANCE
from nk_query_api.questions.context import Context
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.flow import Flow, Receiving, flow_of
from nk_query_api.questions.inventory.listing import Listed, Page, aggregates, figures_of, listed
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sell_through import DAYS_SHOWN
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

RECONCILED = (BEGIN_ON_HAND, END_ON_HAND, UNITS_SOLD, UNEXPLAINED, VARIANCE)
_NOT_FIGURES = 2
"""Columns of a row before its figures."""


def reconciliation(
    look: Snapshot, window: Window, scope: Scope, page: Page, context: Context
) -> StockReconciliation:
    """The products of the scope, those that moves explain least first; of them a page."""
    flow = flow_of(look, window, scope, context)
    answer = _listed(look, flow, page)
    begin, end = flow.ends.moments()
    total = answer.total[_NOT_FIGURES:]
    return StockReconciliation(
        begin=begin,
        end=end,
        missing_moves=flow.ends.missing[:DAYS_SHOWN],
        missing_moves_count=len(flow.ends.missing),
        missing_sales_count=flow.missing_sales,
        effects=_effects(total, flow),
        values=figures_of(RECONCILED, total),
        products=answer.found,
        differing=None if UNEXPLAINED.slug in flow.unknown else int(total[-1]),
        rows=[
            ReconciledRow(
                product_id=product,
                label=path[-1],
                path=path,
                effects=_effects(figures, flow),
                values=figures_of(RECONCILED, figures),
            )
            for product, path, *figures in answer.rows
        ],
    )


def _listed(look: Snapshot, flow: Flow, page: Page) -> Listed:
    binder = Binder()
    effects = ", ".join(f"coalesce(sum({kind}), 0) AS {kind}" for kind in MOVEMENT_TYPES)
    differs = f"begin_on_hand + {' + '.join(MOVEMENT_TYPES)} <> end_on_hand"
    rows = flow.rows(Receiving(), f"[{', '.join(PRODUCT.path)}] AS path", binder)
    members = (
        "SELECT grouping(product_id) AS whole, product_id, any_value(path) AS path, "  # noqa: S608
        f"{aggregates(RECONCILED, flow.unknown)}, {effects}, count(*) FILTER ({differs}) AS differing "
        f"FROM ({rows}) GROUP BY GROUPING SETS ((product_id), ())"
    )
    return listed(look, members, page, "product_id", binder, sort=f"abs({page.sort})")


def _effects(figures: Sequence[Any], flow: Flow) -> dict[str, float | None]:
    """What moves of each kind did to stock; null where none of them are loaded."""
    moved = figures[len(RECONCILED) :]
    return {
        kind: UNEXPLAINED.present(value) if flow.moves_loaded else None
        for kind, value in zip(MOVEMENT_TYPES, moved, strict=False)
    }
