"""Rows of what stock moves did, by product and kind, from the smallest tables that know them. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.stretches import Tables, selects
from nk_query_api.serving.stock_moves import (
    STOCK_FLOW,
    STOCK_FLOW_MONTHLY,
    STOCK_MOVES,
    STOCK_MOVES_MONTHLY,
    flows_sql,
)

_A_DAY = timedelta(days=1)
_BY_PLACE: Tables = (STOCK_MOVES, STOCK_MOVES_MONTHLY)
_BY_PRODUCT: Tables = (STOCK_FLOW, STOCK_FLOW_MONTHLY)


def flow_rows(start: date, last: date, scope: Scope, held: str, binder: Binder) -> list[str]:
    """SQL, in parts, over the inclusive days: product_id, kind (the place of it in FLOWS), `held` and amount."""
    end, conditions = last + _A_DAY, list(scope.moved(binder))
    if not scope.locations:
        return selects(start, end, _BY_PRODUCT, f"product_id, kind, {held}, amount", conditions, binder)
    columns = "product_id, movement_type, arrived, departed"
    rows = " UNION ALL ".join(selects(start, end, _BY_PLACE, columns, conditions, binder))
    return [f"SELECT product_id, kind, {held}, amount FROM ({flows_sql(f'({rows})', 'product_id')})"]  # noqa: S608
