"""One product (`/sales/products/{product}`): what it sold, when and where, and how much of it is left."""

from __future__ import annotations

from fastapi import APIRouter

from nk_common.api.inventory import StockLevels
from nk_web import questions as ask
from nk_web.filters import SALES_FILTERS
from nk_web.i18n import Said, say
from nk_web.page import Cards, Page
from nk_web.pages import dashboard, sales
from nk_web.pages.dashboard import About
from nk_web.panels.briefs import BRIEF, Brief, BriefRow
from nk_web.panels.costs import cost_panel
from nk_web.panels.hours import weekday_hours_body
from nk_web.panels.panel import Body, Look, Panel, Way, always
from nk_web.panels.splits import bars_body
from nk_web.panels.trends import GRAIN, TREND_TITLES, grain_of, trend_body
from nk_web.site import Site
from nk_web.state import PageState

CARDS = (
    "revenue", "items_sold", "transactions", "average_transaction_value", "discount_share", "refunds_share",
)  # fmt: skip


def _stock_body(answer: StockLevels, look: Look) -> Body:
    """What is left, and for how long it lasts at the pace of the last days."""
    f, total = look.f, answer.total
    status = answer.rows[0].status if answer.rows else None
    rows = (
        BriefRow(look.tr(say("Sold a day, on average")), f.number(total.get("average_daily_sold"), 1)),
        BriefRow(look.tr(say("Lasts for, in days")), f.number(total.get("days_of_cover"), 1)),
        BriefRow(look.tr(say("Value at cost")), f.currency(total.get("stock_value_cost"))),
    )
    mood = "bad" if status in {"low", "negative"} else ""
    text = look.tr(say("in stock on %(day)s", day=f.day(answer.as_of)))
    brief = Brief(f.number(total.get("on_hand"), 2), text, "bad" if mood else "", rows)
    more = Way(look.state.address_on("/inventory"), look.tr(say("To the stock list")))
    return Body(template=BRIEF, context={"brief": brief}, more=more)


PAGE = Page(
    slug="product",
    route="/sales/products/{product}",
    title=say("Product"),
    parent=sales.PAGE,
    fixed="product",
    filters=SALES_FILTERS,
    datasets=("pos", "invoice-sales"),
    cards=Cards(ask.summary, CARDS, in_row=7),
    panels=(
        Panel(
            "trend", lambda state: TREND_TITLES[grain_of(state)],
            lambda state: (ask.trend(state, "revenue", grain_of(state)),), trend_body, span=8, choices=(GRAIN,),
        ),
        Panel(
            "stock", always(say("Stock")), lambda state: (ask.stock(state, limit="1"),), _stock_body, span=4,
        ),
        Panel(
            "stores", always(say("Revenue by store")),
            lambda state: (ask.breakdown(state, "store", compare=state.compare),),
            lambda answer, look: bars_body(answer, look, "store"), span=5,
        ),
        Panel(
            "week", always(say("Revenue by weekday and hour")),
            lambda state: (ask.heatmap(state, "weekday"),), weekday_hours_body, span=7,
        ),
        cost_panel(span=12),
    ),
)  # fmt: skip


async def about(site: Site, state: PageState) -> About:
    """Raises ApiMissingError for a product that there is not."""
    found = (await site.api.ask(ask.member("products", state.filters.get("product", ("0",))[0]))).member
    facts: list[tuple[Said, str | None]] = [
        (say("Code"), found.code),
        (say("Barcode"), found.barcode),
        (say("Category"), found.path),
        (say("Brand"), _text(found.attributes.get("product_brand"))),
        (say("Principal"), _text(found.attributes.get("principal_name"))),
    ]
    return About(found.label, tuple((name, value) for name, value in facts if value))


def _text(value: object) -> str | None:
    """What is nobody's ("(no brand)") is not worth a line."""
    return value if isinstance(value, str) and not value.startswith("(") else None


def routes(site: Site) -> APIRouter:
    return dashboard.routes(site, PAGE, about)
