"""How stock changed over a range: the rows that the KPIs of flow are computed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from nk_common.star.base import UNKNOWN_ID
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.kpis.dimensions import PRODUCT_LABELS
from nk_query_api.kpis.flow import (
    BEGIN_ON_HAND,
    END_ON_HAND,
    FLOW_KPIS,
    SELL_THROUGH,
    UNEXPLAINED,
    UNITS_SOLD,
    VARIANCE,
)
from nk_query_api.kpis.sales import SALES_INPUTS
from nk_query_api.questions.context import Context, covered_days, is_any_loaded
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.ends import MOVES, Ends, ends_of
from nk_query_api.questions.inventory.moves import flow_sums
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sold import missing_sales, sold_rows
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.stock_days import STOCK_BY_PLACE
from nk_query_api.serving.stock_moves import FLOWS

_A_DAY = timedelta(days=1)
_NO_FLOWS = ", ".join("0" for _ in FLOWS)
_MOVED = {kpi.slug for kpi in FLOW_KPIS} - {BEGIN_ON_HAND.slug, END_ON_HAND.slug, UNITS_SOLD.slug}
"""KPIs that need moves."""


@dataclass(frozen=True)
class Receiving:
    """What counts as received besides what vendors deliver (rule 11)."""

    production: bool = True
    adjustments: bool = False

    @property
    def sql(self) -> str:
        """Over the sums of flows."""
        others = (("production_in", self.production), ("adjustment", self.adjustments))
        return " + ".join(["incoming", *(name for name, counts in others if counts)])


@dataclass(frozen=True)
class Flow:
    """What is known of a range. `elsewhere` are locations that are no stock. `missing_sales` counts days. Sales know
    no location, so with one they are not known."""

    scope: Scope
    ends: Ends
    elsewhere: Sequence[int]
    moves_loaded: bool
    sales_loaded: bool
    missing_sales: int

    @property
    def unknown(self) -> set[str]:
        """Slugs of the KPIs that cannot be known. A difference is known once all days are loaded."""
        begin, through, end = BEGIN_ON_HAND.slug, SELL_THROUGH.slug, END_ON_HAND.slug
        unexplained, variance = UNEXPLAINED.slug, VARIANCE.slug
        found: set[str] = set()
        if not self.moves_loaded:
            found |= _MOVED
        if not self.sales_loaded:
            found |= {UNITS_SOLD.slug, through, variance}
        if not self.ends.begin_known:
            found |= {begin, through, unexplained, variance}
        if self.ends.closing is None:
            found |= {end, unexplained, variance}
        if self.ends.missing:
            found |= {unexplained, variance}
        return found | {variance} if self.missing_sales else found

    def rows(self, receiving: Receiving, columns: str, binder: Binder) -> str:
        """SQL: the columns of `kpis.flow` by product_id, and `columns`, which are SQL over `f` and its labels.

        Of products that are kept in stock: consumables and services move and sell, and have no stock. One that a
        snapshot holds is kept, whatever the dimension says by now.
        """
        names = ["begun", "end_on_hand", "sold", *FLOWS]
        sums = ", ".join(f"sum({name}) AS {name}" for name in names)
        begin = "begun"
        if self.ends.rolled_back:
            begin = " - ".join(["end_on_hand", *MOVEMENT_TYPES])
        parts = [
            self._ends(binder),
            flow_sums(self.ends.start, self.ends.last, self.scope, "false, 0, 0, 0", binder),
        ]
        if self.sales_loaded:
            window = whole_days(self.ends.start, self.ends.last)
            parts.append(sold_rows(window, "false, 0, 0, ", _NO_FLOWS, binder))
        return (
            f"SELECT f.*, {begin} AS begin_on_hand, {receiving.sql} AS received{', ' if columns else ''}{columns} "  # noqa: S608
            f"FROM (SELECT product_id, bool_or(held) AS held, {sums} FROM ({' UNION ALL '.join(parts)}) "
            f"GROUP BY product_id) AS f {PRODUCT_LABELS} WHERE {self.scope.products(binder)} "
            f"AND (held OR (f.product_id <> {UNKNOWN_ID} AND coalesce(p.is_storable, true)))"
        )

    def _ends(self, binder: Binder) -> str:
        """Begin and end, from the snapshots of the day before the range and of its last day."""
        before, last = binder.bind(self.ends.start - _A_DAY), binder.bind(self.ends.last)
        where = " AND ".join([f"day IN ({before}, {last})", *self.scope.held(self.elsewhere, binder)])
        flows = ", ".join(f"0 AS {name}" for name in FLOWS)
        return (
            f"SELECT product_id, bool_or(held) AS held, sum(if(day = {before}, at_midnight, 0)) AS begun, "  # noqa: S608
            f"sum(if(day = {last}, at_midnight, 0)) AS end_on_hand, 0 AS sold, {flows} FROM {STOCK_BY_PLACE} "
            f"WHERE {where} GROUP BY product_id"
        )


def flow_of(look: Snapshot, window: Window, scope: Scope, context: Context) -> Flow:
    """What is known of the days of the window that have come."""
    ends = ends_of(look, window, context)
    come = whole_days(window.start, max(ends.last, window.start - _A_DAY))
    return Flow(
        scope,
        ends,
        scope.elsewhere(look),
        moves_loaded=is_any_loaded(come, covered_days(look, MOVES, context)),
        sales_loaded=not scope.locations and is_any_loaded(come, covered_days(look, SALES_INPUTS, context)),
        missing_sales=missing_sales(look, window, context),
    )
