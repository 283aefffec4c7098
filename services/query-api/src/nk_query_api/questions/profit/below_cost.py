"""`/v1/profit/below-cost`: sold lines that brought in less than their goods cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from nk_common.api.profit import BelowCost, BelowCostLine, BelowCostTotals
from nk_query_api.kpis.dimensions import NO_LABEL, PRODUCT_LABELS
from nk_query_api.kpis.profit import BELOW_COST_LINES
from nk_query_api.questions.context import Context, covered_days, inputs_of, is_any_loaded, meta
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.below_cost import BELOW_COST
from nk_query_api.serving.snapshot import Snapshot

_ONE_DAY = timedelta(days=1)
Sort = Literal["loss", "revenue", "cogs", "quantity", "day", "product"]
Order = Literal["asc", "desc"]
_KEYS: dict[Sort, str] = {
    "loss": "f.loss", "revenue": "f.revenue", "cogs": "f.cogs", "quantity": "f.quantity", "day": "f.day",
    "product": "lower(f.product)",
}  # fmt: skip
_TIES = "f.loss DESC, f.day DESC, f.source, f.line_id"


@dataclass(frozen=True)
class Lines:
    """A page of lines: sorted, and those of products whose name, code or barcode contains `search`."""

    sort: Sort = "loss"
    order: Order = "desc"
    search: str = ""
    limit: int = 50
    offset: int = 0

    @property
    def order_by(self) -> str:
        """SQL over lines `f`; ties by loss, the newest day and line."""
        return f"ORDER BY {_KEYS[self.sort]} {self.order.upper()}, {_TIES}"


def below_cost(look: Snapshot, window: Window, filters: Filters, page: Lines, context: Context) -> BelowCost:
    """The answer, from one snapshot. Totals are over all lines, also those that are not found or beyond the page."""
    inputs = inputs_of((BELOW_COST_LINES,), filters)
    totals: BelowCostTotals | None = None
    found, lines = 0, list[BelowCostLine]()
    if is_any_loaded(window, covered_days(look, inputs, context)):
        totals = _totals(look, window, filters)
        found = _count(look, window, filters, page.search) if page.search else totals.lines
        lines = _lines(look, window, filters, page)
    return BelowCost(
        meta=meta(look, window, inputs, context),
        range=window.range,
        totals=totals,
        total_rows=found,
        lines=lines,
    )


def _totals(look: Snapshot, window: Window, filters: Filters) -> BelowCostTotals:
    binder = Binder()
    lines, *sums = look.row(
        "SELECT count(*), coalesce(sum(quantity), 0), coalesce(sum(revenue), 0), coalesce(sum(cogs), 0) "  # noqa: S608
        f"FROM {_below(window, filters, binder)}",
        binder.values,
    )
    quantity, revenue, cogs = (float(value) for value in sums)
    return BelowCostTotals(
        lines=lines, quantity=quantity, revenue=revenue, cogs=cogs, loss=round(cogs - revenue, 4) + 0.0
    )


def _count(look: Snapshot, window: Window, filters: Filters, search: str) -> int:
    binder = Binder()
    found = _named(window, filters, search, binder)
    return int(look.row(f"SELECT count(*) FROM ({found})", binder.values)[0])  # noqa: S608


def _lines(look: Snapshot, window: Window, filters: Filters, page: Lines) -> list[BelowCostLine]:
    """One page."""
    binder = Binder()
    rows = look.rows(
        f"SELECT * FROM ({_named(window, filters, page.search, binder)}) AS f {page.order_by} "  # noqa: S608
        f"LIMIT {binder.bind(page.limit)} OFFSET {binder.bind(page.offset)}",
        binder.values,
    )
    return [_line(row) for row in rows]


def _named(window: Window, filters: Filters, search: str, binder: Binder) -> str:
    """SQL: lines below cost with the names of their products, those that the search finds."""
    product = f"coalesce(p.product_name, unknown.product_name, '{NO_LABEL}')"
    texts = f"concat_ws(chr(10), {product}, p.default_code, p.barcode)"
    wanted = f"WHERE contains(lower({texts}), {binder.bind(search.lower())})" if search else ""
    return (
        "SELECT f.day, CAST(f.source AS VARCHAR) AS source, f.line_id, f.document_id, f.document, f.product_id, "  # noqa: S608
        f"{product} AS product, f.quantity, f.revenue, f.unit_cost, f.cogs, f.cogs - f.revenue AS loss "
        f"FROM (FROM {_below(window, filters, binder)}) AS f {PRODUCT_LABELS} {wanted}"
    )


def _below(window: Window, filters: Filters, binder: Binder) -> str:
    """SQL: sale lines below cost, and the conditions that the filters set."""
    conditions = [
        f"day >= {binder.bind(window.start)}",
        f"day < {binder.bind(window.end + _ONE_DAY)}",
        *filters.conditions(binder),
    ]
    return f"{BELOW_COST} WHERE {' AND '.join(conditions)}"


def _line(row: tuple[Any, ...]) -> BelowCostLine:
    day, source, line, document_id, document, product_id, product, *figures = row
    quantity, revenue, unit_cost, cogs, loss = (float(figure) for figure in figures)
    return BelowCostLine(
        day=day, source=source, line_id=line, document_id=document_id, document=document, product_id=product_id,
        product=product, quantity=quantity, revenue=revenue, unit_cost=unit_cost, cogs=cogs, loss=loss,
    )  # fmt: skip
