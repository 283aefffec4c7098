"""Lists about profit: products by what they earn and cost, lines sold below cost, and revenue without a known cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from nk_common.api.profit import BelowCost, BelowCostLine
from nk_common.api.sales import BreakdownRow, SalesBreakdown, SalesSummary
from nk_web.i18n import Said, say
from nk_web.names import SOURCE_NAMES
from nk_web.panels.briefs import BRIEF, Brief, BriefRow
from nk_web.panels.costs import one_product
from nk_web.panels.lists import product_address
from nk_web.panels.panel import Body, Look, Way
from nk_web.panels.splits import nothing_sold
from nk_web.panels.table import Cell, ListColumn, ListSpec, Mood, listing
from nk_web.state import PageState

Row = tuple[Cell, ...]
MOST_UNKNOWN = 4
PRODUCT = ListColumn(say("Product"), "label", numeric=False, first="asc")


def products_spec(end: Literal["asc", "desc"]) -> ListSpec:
    """Products by profit from one end or the other; the first press on a head sorts from that end, too."""
    return ListSpec(
        (
            PRODUCT,
            ListColumn(say("Gross profit"), "gross_profit", first=end),
            ListColumn(say("Margin"), "margin", first=end),
            ListColumn(say("Revenue"), "revenue", narrow=False, first=end),
        ),
        sort="gross_profit",
        order=end,
    )


COSTS = ListSpec(
    (
        PRODUCT,
        ListColumn(say("Cost of goods"), "cogs"),
        ListColumn(say("Revenue"), "revenue", narrow=False),
        ListColumn(say("Known"), "cost_coverage", first="asc"),
    ),
    sort="cogs",
)
BELOW_COST = ListSpec(
    (
        ListColumn(say("Product"), "product", numeric=False, first="asc"),
        ListColumn(say("Loss"), "loss"),
        ListColumn(say("Revenue"), "revenue", narrow=False),
        ListColumn(say("Cost of goods"), "cogs", narrow=False),
        ListColumn(say("Items"), "quantity", narrow=False),
    ),
    sort="loss",
)


def cost_address(state: PageState, product: str) -> str:
    """The profit of one product, with the history of its cost."""
    return state.with_filter("product", product).address_on("/profit")


def products_body(answer: SalesBreakdown, look: Look, spec: ListSpec) -> Body:
    return _listed(
        answer,
        look,
        spec,
        say("Press a product to see its profit and its cost. “–”: no known cost."),
        _profit_row,
    )


def costs_body(answer: SalesBreakdown, look: Look) -> Body:
    return _listed(answer, look, COSTS, say("Press a product to see what it has cost over time."), _cost_row)


def _listed(
    answer: SalesBreakdown, look: Look, spec: ListSpec, sub: Said, row: Callable[[BreakdownRow, Look], Row]
) -> Body:
    rows = [row(one, look) for one in answer.rows]
    return Body(sub=look.tr(sub), listing=listing(spec, look.panel, look.state, rows, answer.total_rows))


def _product_cell(row: BreakdownRow, look: Look) -> Cell:
    path = " › ".join(look.reader.label(name) for name in row.path[:-1])
    return Cell(look.reader.label(row.label), cost_address(look.state, row.key), path)


def _profit_row(row: BreakdownRow, look: Look) -> Row:
    f, profit = look.f, row.values.get("gross_profit")
    mood: Mood = "bad" if profit is not None and profit < 0 else ""
    return (
        _product_cell(row, look),
        Cell(f.currency_short(profit), mood=mood),
        Cell(f.percent(row.values.get("margin")), mood=mood),
        Cell(f.currency_short(row.revenue)),
    )


def _cost_row(row: BreakdownRow, look: Look) -> Row:
    f, coverage = look.f, row.values.get("cost_coverage")
    return (
        _product_cell(row, look),
        Cell(f.currency_short(row.values.get("cogs"))),
        Cell(f.currency_short(row.revenue)),
        Cell(f.percent(coverage), mood="bad" if coverage is not None and coverage < 1 else ""),
    )


# -- sold below cost -------------------------------------------------------------------------------


def below_cost_body(answer: BelowCost, look: Look) -> Body:
    """Every line, the greatest loss first unless asked otherwise; the totals of all of them stand above."""
    f, totals = look.f, answer.totals
    if totals is None or not totals.lines:
        return Body(empty=look.tr(say("Nothing was sold below cost on these days.")))
    said = say(
        "%(lines)s lines lost %(loss)s: they brought in %(revenue)s and cost %(cogs)s.",
        lines=f.number(totals.lines), loss=f.currency(totals.loss),
        revenue=f.currency(totals.revenue), cogs=f.currency(totals.cogs),
    )  # fmt: skip
    rows = [_below_row(line, look) for line in answer.lines]
    return Body(
        sub=look.tr(said), listing=listing(BELOW_COST, look.panel, look.state, rows, answer.total_rows)
    )


def _below_row(line: BelowCostLine, look: Look) -> Row:
    f = look.f
    document = line.document or look.tr(SOURCE_NAMES[line.source])
    product = Cell(
        look.reader.label(line.product),
        cost_address(look.state, str(line.product_id)),
        f"{f.day_short(line.day)} · {document}",
    )
    return (
        product,
        Cell(f.currency(line.loss), mood="bad"),
        Cell(f.currency(line.revenue)),
        Cell(f.currency(line.cogs)),
        Cell(f.number(line.quantity, 2)),
    )


# -- what is not known -----------------------------------------------------------------------------


def coverage_body(products: SalesBreakdown, summary: SalesSummary, look: Look) -> Body:
    """How much of the revenue has a known cost, and which products have most of the rest."""
    coverage = next((kpi.value for kpi in summary.kpis if kpi.slug == "cost_coverage"), None)
    if coverage is None:
        return Body(empty=nothing_sold(look))
    f = look.f
    text = say("of revenue has a known cost")
    if coverage < 1:
        text = say(
            "of revenue has a known cost; the other %(amount)s is in no profit here",
            amount=f.currency_short(products.total_revenue * (1 - coverage)),
        )
    brief = Brief(
        f.percent(coverage), look.tr(text), "good" if coverage >= 1 else "",
        tuple(
            BriefRow(look.reader.label(row.label), f.currency_short(amount), cost_address(look.state, row.key))
            for row, amount in _unknown(products)
        ),
    )  # fmt: skip
    product = one_product(look.state)
    more = Way(product_address(look.state, product), look.tr(say("To the product"))) if product else None
    return Body(template=BRIEF, context={"brief": brief}, more=more)


def _unknown(products: SalesBreakdown) -> list[tuple[BreakdownRow, float]]:
    """Products by their revenue without a known cost; where all of it is known, no product."""
    amounts = [(row, _revenue_without_cost(row)) for row in products.rows]
    found = [(row, amount) for row, amount in amounts if amount is not None and amount > 0]
    return sorted(found, key=lambda pair: -pair[1])[:MOST_UNKNOWN]


def _revenue_without_cost(row: BreakdownRow) -> float | None:
    """None where the coverage is not defined: what was sold came back, and there is no revenue to be known of."""
    coverage = row.values.get("cost_coverage")
    return None if coverage is None else row.revenue * (1 - coverage)
