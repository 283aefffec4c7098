"""Small panels that say one thing and lead to the page that says more: stock that runs out, stock that lies, data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nk_common.api.inventory import StockLevels, StockRow
from nk_common.api.trust import DatasetTrust, Trust
from nk_web.i18n import say
from nk_web.names import DATASET_NAMES
from nk_web.panels.lists import product_address
from nk_web.panels.panel import Body, Look, Way
from nk_web.panels.table import Mood

BRIEF = "partials/brief.html"
MOST_ROWS = 5


@dataclass(frozen=True)
class BriefRow:
    name: str
    value: str
    href: str = ""
    mood: Mood = ""


@dataclass(frozen=True)
class Brief:
    """A large figure, what it counts, and the first few of them."""

    figure: str
    text: str
    mood: Mood
    rows: tuple[BriefRow, ...]


def low_stock_body(low: StockLevels, next_out: StockLevels, look: Look) -> Body:
    """How many products are low, and which run out first, whether they are low by now or not."""
    f = look.f
    rows = [
        _stock_row(row, look, _cover(row, look), "bad" if row.status == "low" else "")
        for row in next_out.rows
    ]
    text = look.tr(say("products have stock for less than %(days)s days", days=f.number(low.low_cover)))
    return _brief(low, look, rows, text, "low")


def dead_stock_body(dead: StockLevels, slow: StockLevels, look: Look) -> Body:
    """How many products did not sell at all, and which come next: those that last longest."""
    f = look.f
    none = [
        _stock_row(row, look, f.currency_short(row.values.get("stock_value_cost")), "bad")
        for row in dead.rows
    ]
    rows = [*none, *(_stock_row(row, look, _cover(row, look), "") for row in slow.rows)][:MOST_ROWS]
    days = (dead.sold.range.end - dead.sold.range.start).days + 1
    value = f.currency_short(dead.total.get("stock_value_cost"))
    text = look.tr(
        say(
            "products in stock did not sell in %(days)s days, worth %(value)s",
            days=f.number(days),
            value=value,
        )
    )
    return _brief(dead, look, rows, text, "dead")


def data_health_body(answer: Trust, look: Look) -> Body:
    f = look.f
    rows = [_dataset_row(dataset, look) for dataset in answer.datasets]
    gaps = sum(dataset.missing + (dataset.failed or 0) for dataset in answer.datasets)
    text = (
        say("days are missing or failed, over all data") if gaps else say("All data of these days is there")
    )
    period = look.state.period
    more = f"/operational?start={period.start}&end={period.end}"
    brief = Brief(f.number(gaps) if gaps else "✓", look.tr(text), "bad" if gaps else "good", tuple(rows))
    return Body(template=BRIEF, context={"brief": brief}, more=Way(more, look.tr(say("To Data Sync"))))


def _brief(answer: StockLevels, look: Look, rows: Sequence[BriefRow], text: str, status: str) -> Body:
    count = answer.total_rows
    brief = Brief(look.f.number(count), text, "bad" if count else "good", tuple(rows))
    more = f"{look.state.address_on('/inventory')}&status={status}"
    return Body(template=BRIEF, context={"brief": brief}, more=Way(more, look.tr(say("To the stock list"))))


def _stock_row(row: StockRow, look: Look, value: str, mood: Mood) -> BriefRow:
    return BriefRow(
        look.reader.label(row.label), value, product_address(look.state, str(row.product_id)), mood
    )


def _cover(row: StockRow, look: Look) -> str:
    days = row.values.get("days_of_cover")
    return look.tr(say("%(days)s days", days=look.f.number(days, 1))) if days is not None else "–"


def _dataset_row(dataset: DatasetTrust, look: Look) -> BriefRow:
    f = look.f
    name = DATASET_NAMES.get(dataset.dataset)
    there = dataset.loaded + dataset.partial
    value = f"{f.number(there)}/{f.number(dataset.requested)}"
    mood: Mood = "bad" if dataset.missing or dataset.failed else ""
    return BriefRow(look.tr(name) if name else dataset.dataset, value, "", mood)
