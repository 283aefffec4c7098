"""`/v1/inventory/abc`: which products make the revenue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nk_common.api.inventory import AbcAnalysis, AbcClass
from nk_common.star.base import UNKNOWN_ID
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.sales import SALES_INPUTS
from nk_query_api.questions.context import Context, covered_days, is_any_loaded, meta
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.catalogue import catalogue
from nk_query_api.questions.inventory.ends import Taken, moment, taken_on
from nk_query_api.questions.inventory.listing import Page, check_sort
from nk_query_api.questions.inventory.ranking import Ranked, Sku, by_category, by_class, curve, ranked
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.sold import sold_rows
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.stock_days import STOCK_BY_PLACE

_SORTS = ("revenue", "quantity", "rank", "label")
_OF_SKU = ("code", "barcode", "category_id", "parent", "category", "name")


@dataclass(frozen=True)
class AbcQuestion:
    """`a` and `b` are shares of SKUs. `search` and `abc` find rows; classes are of all that the scope leaves."""

    a: float
    b: float
    scope: Scope
    search: str
    abc: AbcClass | None
    page: Page


def check_abc(asked: AbcQuestion) -> None:
    """Raises BadQuestionError for classes of more than everything, or an order that the rows do not have."""
    if asked.a + asked.b > 1 + 1e-9:
        raise BadQuestionError(
            f"A and B together hold {asked.a + asked.b:g} of the products; at most 1 is possible."
        )
    check_sort(asked.page, _SORTS)


def abc_analysis(look: Snapshot, asked: AbcQuestion, window: Window, context: Context) -> AbcAnalysis:
    """The answer, from one snapshot."""
    known = is_any_loaded(window, covered_days(look, SALES_INPUTS, context))
    taken = taken_on(look, min(window.end, context.today), context) if known else None
    skus, nameless = _skus(look, asked.scope, window, taken) if known else ([], 0.0)
    items = ranked(skus, asked.a, asked.b)
    wanted = [item for item in items if _is_wanted(item, asked)]
    _sort(wanted, asked.page)
    begin, stop = asked.page.offset, asked.page.offset + asked.page.limit
    return AbcAnalysis(
        meta=meta(look, window, SALES_INPUTS, context),
        range=window.range,
        a=asked.a,
        b=asked.b,
        stock=moment(taken),
        skus=len(items),
        revenue=round(sum(sku.revenue for sku in skus), 4) if known else None,
        without_product=nameless if known else None,
        classes=by_class(items),
        curve=curve(items),
        categories=by_category(items),
        total_rows=len(wanted),
        rows=[item.answered() for item in wanted[begin:stop]],
    )


def _skus(look: Snapshot, scope: Scope, window: Window, taken: Taken | None) -> tuple[list[Sku], float]:
    """Products that were sold or lie there at the end, and the revenue of lines that name none."""
    binder = Binder()
    parts = sold_rows(window, "product_id, revenue, quantity, 0 AS on_hand, true AS sold", binder)
    if taken:
        held = " AND ".join([f"day = {binder.bind(taken.day)}", "held", *scope.held(look, binder)])
        parts.append(f"SELECT product_id, 0, 0, on_hand, false FROM {STOCK_BY_PLACE} WHERE {held}")  # noqa: S608
    sums = look.columns(
        "SELECT product_id, sum(revenue) AS revenue, sum(quantity) AS quantity "  # noqa: S608
        f"FROM ({' UNION ALL '.join(parts)}) GROUP BY product_id HAVING bool_or(sold) OR sum(on_hand) > 0",
        binder.values,
    )
    known, products = catalogue(look), sums["product_id"]
    at = known.places(products)
    chosen = scope.chosen(known, products, at)
    columns = [sums[name][chosen] for name in ("product_id", "revenue", "quantity")]
    columns += [known.columns[name][at[chosen]] for name in _OF_SKU]
    skus = [Sku(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    nameless = sum(sku.revenue for sku in skus if sku.product_id == UNKNOWN_ID)
    return [sku for sku in skus if sku.product_id != UNKNOWN_ID], round(nameless, 4) + 0.0


def _is_wanted(item: Ranked, asked: AbcQuestion) -> bool:
    if asked.abc and item.abc != asked.abc:
        return False
    names = " ".join(name for name in (item.sku.name, item.sku.code, item.sku.barcode) if name)
    return asked.search.lower() in names.lower()


def _sort(items: list[Ranked], page: Page) -> None:
    """In place. Equals stay in the order of their ranks."""
    keys: dict[str, Callable[[Ranked], Any]] = {
        "revenue": lambda item: item.sku.revenue,
        "quantity": lambda item: item.sku.quantity,
        "rank": lambda item: item.rank,
        "label": lambda item: item.sku.name.lower(),
    }
    items.sort(key=keys[page.sort], reverse=page.order == "desc")
