"""What moved in a range, by a member and kind of move: the sums that the movements answer is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.catalogue import catalogue
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.stretches import Tables, selects
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.stock_moves import (
    STOCK_MOVES,
    STOCK_MOVES_BY_PLACE,
    STOCK_MOVES_BY_PRODUCT,
    STOCK_MOVES_BY_PRODUCT_MONTHLY,
    STOCK_MOVES_MONTHLY,
)

By = Literal["type", "day", "product", "location"]
MEMBERS: dict[By, str] = {
    "type": "movement_type",
    "day": "day",
    "product": "product_id",
    "location": "location_id",
}
"""The column of the moves that names a member."""
SUMS = ("lines", "quantity", "arrived", "departed", "effect")
_A_DAY = timedelta(days=1)
_ALL_PLACES: Tables = (STOCK_MOVES_BY_PLACE, STOCK_MOVES_BY_PLACE)


@dataclass(frozen=True)
class Moved:
    """Which moves are summed up, and by what."""

    by: By
    types: tuple[str, ...]
    scope: Scope

    @property
    def from_places(self) -> bool:
        """Whether moves are seen from single places, which a transfer leaves or comes to."""
        return self.by == "location" or bool(self.scope.locations)

    @property
    def knows_products(self) -> bool:
        return self.by == "product" or self.scope.narrows_products

    @property
    def tables(self) -> Tables:
        if not self.knows_products:
            return _ALL_PLACES
        if self.from_places:
            return STOCK_MOVES, STOCK_MOVES_MONTHLY
        return STOCK_MOVES_BY_PRODUCT, STOCK_MOVES_BY_PRODUCT_MONTHLY


def moved(look: Snapshot, asked: Moved, window: Window) -> dict[str, npt.NDArray[Any]]:
    """Columns: SUMS by `member` and movement_type. Seen from places, `lines` are those that touched one, and `quantity`
    is what it gained."""
    binder = Binder()
    usage = "" if asked.from_places else ", usage"
    counted = "sides" if asked.from_places else "lines"
    keys = f"{MEMBERS[asked.by]} AS member, movement_type AS kind{usage}"
    found = look.columns(
        f"SELECT {keys}, sum({counted})::DOUBLE AS lines, sum(moved) AS quantity, sum(arrived) AS arrived, "  # noqa: S608
        f"sum(departed) AS departed FROM ({_rows(look, asked, window, binder)}) GROUP BY ALL",
        binder.values,
    )
    if not asked.from_places:
        # A move counts wherever it went; what stock gained is told of the places that are stock.
        here = np.isin(np.ma.filled(found["usage"].astype(object), ""), list(asked.scope.usages))
        found |= {name: np.where(here, found[name], 0.0) for name in ("arrived", "departed")}
    found["effect"] = found["arrived"] - found["departed"]
    return found | {"quantity": found["effect"]} if asked.from_places else found


def _rows(look: Snapshot, asked: Moved, window: Window, binder: Binder) -> str:
    """SQL: the rows of the moves, some of whole months where the day is not asked for."""
    conditions = list(asked.scope.moved(binder)) if asked.from_places else []
    if asked.scope.narrows_products:
        conditions.append(asked.scope.product_ids(catalogue(look), binder))
    if asked.types:
        conditions.append(f"movement_type IN ({', '.join(binder.bind(kind) for kind in asked.types)})")
    by_day = asked.by == "day" or not asked.knows_products
    parts = selects(window.start, window.end + _A_DAY, asked.tables, "*", conditions, binder, by_day=by_day)
    return " UNION ALL ".join(parts)
