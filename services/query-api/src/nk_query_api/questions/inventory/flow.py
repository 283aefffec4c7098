"""How stock changed over a range: the rows that the KPIs of flow are computed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from nk_common.star.base import UNKNOWN_ID
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.kpis.base import Columns
from nk_query_api.kpis.flow import (
    BEGIN_ON_HAND,
    END_ON_HAND,
    FLOW_KPIS,
    SELL_THROUGH,
    TAKEN_AWAY,
    UNEXPLAINED,
    UNITS_SOLD,
    VARIANCE,
)
from nk_query_api.kpis.sales import SALES_INPUTS
from nk_query_api.questions.context import Context, covered_days, is_any_loaded
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.catalogue import Ints, Places, catalogue
from nk_query_api.questions.inventory.ends import MOVES, Ends, ends_of
from nk_query_api.questions.inventory.moves import flow_rows
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sold import missing_sales, sold_rows
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.stock_days import STOCK_BY_PLACE
from nk_query_api.serving.stock_moves import FLOWS

_A_DAY = timedelta(days=1)
_AMOUNTS = (*FLOWS, "begun", "end_on_hand", "units_sold")
_MOVED = {kpi.slug for kpi in FLOW_KPIS} - {BEGIN_ON_HAND.slug, END_ON_HAND.slug, UNITS_SOLD.slug}
"""KPIs that need moves."""


@dataclass(frozen=True)
class Receiving:
    """What counts as received besides what vendors deliver (rule 11)."""

    production: bool = True
    adjustments: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of moves."""
        others = (("production_in", self.production), ("adjustment", self.adjustments))
        return ("incoming", *(name for name, counts in others if counts))


@dataclass(frozen=True)
class FlowRows:
    """Products, their places in the catalogue, and the columns of `kpis.flow`."""

    products: Ints
    at: Places
    sums: Columns


@dataclass(frozen=True)
class Flow:
    """What is known of a range. `missing_sales` counts days. Sales know no location, so with one they are not
    known."""

    scope: Scope
    ends: Ends
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

    def rows(self, look: Snapshot, receiving: Receiving) -> FlowRows:
        """By product. Of those that are kept in stock: consumables and services move and sell, and have no stock. One
        that a snapshot holds is kept, whatever the dimension says by now."""
        known, found = catalogue(look), self._sums(look)
        products, row = np.unique(found["product_id"], return_inverse=True)
        amounts = np.zeros((len(_AMOUNTS), len(products)))
        amounts[found["kind"], row] = found["amount"]
        held = np.zeros(len(products), np.bool_)
        held[row[found["held"].astype(np.bool_)]] = True
        at = known.places(products)
        kept = held | ((products != UNKNOWN_ID) & known.columns["is_storable"][at])
        kept &= self.scope.chosen(known, products, at)
        sums = dict(zip(_AMOUNTS, amounts[:, kept], strict=True))
        sums["begin_on_hand"] = sums["begun"]
        if self.ends.rolled_back:
            sums["begin_on_hand"] = sums["end_on_hand"] - sum(sums[kind] for kind in MOVEMENT_TYPES)
        sums["received"] = sum(sums[kind] for kind in receiving.kinds)
        sums |= {name: -sums[kind] for name, kind in TAKEN_AWAY.items()}
        return FlowRows(products[kept], at[kept], sums)

    def _sums(self, look: Snapshot) -> Mapping[str, npt.NDArray[Any]]:
        """product_id, kind (the place of it in _AMOUNTS), held, and amount: in one statement, for to prepare three
        takes longer. The ends come from the snapshots of the day before the range and of its last day."""
        binder = Binder()
        before, last = binder.bind(self.ends.start - _A_DAY), binder.bind(self.ends.last)
        where = " AND ".join([f"day IN ({before}, {last})", *self.scope.held(look, binder)])
        kind = f"if(day = {last}, {_AMOUNTS.index('end_on_hand')}, {_AMOUNTS.index('begun')})"
        parts = [
            f"SELECT product_id, {kind}::TINYINT AS kind, held, at_midnight AS amount "  # noqa: S608
            f"FROM {STOCK_BY_PLACE} WHERE {where}",
            *flow_rows(self.ends.start, self.ends.last, self.scope, "false", binder),
        ]
        if self.sales_loaded:
            window = whole_days(self.ends.start, self.ends.last)
            parts += sold_rows(window, f"product_id, {_AMOUNTS.index('units_sold')}, false, quantity", binder)
        return look.columns(
            "SELECT product_id, kind, bool_or(held) AS held, sum(amount) AS amount "  # noqa: S608
            f"FROM ({' UNION ALL '.join(parts)}) GROUP BY product_id, kind",
            binder.values,
        )


def flow_of(look: Snapshot, window: Window, scope: Scope, context: Context) -> Flow:
    """What is known of the days of the window that have come."""
    ends = ends_of(look, window, context)
    come = whole_days(window.start, max(ends.last, window.start - _A_DAY))
    return Flow(
        scope,
        ends,
        moves_loaded=is_any_loaded(come, covered_days(look, MOVES, context)),
        sales_loaded=not scope.locations and is_any_loaded(come, covered_days(look, SALES_INPUTS, context)),
        missing_sales=missing_sales(look, window, context),
    )
