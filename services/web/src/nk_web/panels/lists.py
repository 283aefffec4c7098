"""Server-side lists that several pages show."""

from __future__ import annotations

from nk_common.api.sales import BreakdownRow, SalesBreakdown
from nk_web.i18n import say
from nk_web.panels.panel import Body, Look
from nk_web.panels.splits import change_of, compared_with
from nk_web.panels.table import Cell, ListColumn, ListSpec, Mood, listing
from nk_web.state import PageState

PRODUCT_PATH = "/sales/products"

TOP_PRODUCTS = ListSpec(
    columns=(
        ListColumn(say("Product"), "label", numeric=False, first="asc"),
        ListColumn(say("Revenue"), "revenue"),
        ListColumn(say("Change"), "change", narrow=False),
        ListColumn(say("Share"), narrow=False),
        ListColumn(say("Items"), "items_sold", narrow=False),
        ListColumn(say("Transactions"), "transactions", narrow=False),
        ListColumn(say("Discounts"), "discount_amount", narrow=False),
    ),
    sort="revenue",
)


def product_address(state: PageState, product: str) -> str:
    """The product's own page, for the same days and filters."""
    return state.with_filter("product").address_on(f"{PRODUCT_PATH}/{product}")


def top_products_body(answer: SalesBreakdown, look: Look) -> Body:
    rows = [_row(row, change_of(row, answer), look) for row in answer.rows]
    return Body(
        sub=compared_with(answer, look),
        listing=listing(TOP_PRODUCTS, look.panel, look.state, rows, answer.total_rows),
    )


def _row(row: BreakdownRow, change: float | None, look: Look) -> tuple[Cell, ...]:
    f, values = look.f, row.values
    mood: Mood = "" if not change else "good" if change > 0 else "bad"
    text = "–" if change is None else ("+" if change > 0 else "") + f.currency_short(change)
    return (
        Cell(
            look.reader.label(row.label),
            product_address(look.state, row.key),
            " › ".join(map(look.reader.label, row.path[:-1])),
        ),
        Cell(f.currency(row.revenue)),
        Cell(text, mood=mood),
        Cell(f.percent(row.share)),
        Cell(f.number(values.get("items_sold"), 2)),
        Cell(f.number(values.get("transactions"))),
        Cell(f.currency(values.get("discount_amount"))),
    )
