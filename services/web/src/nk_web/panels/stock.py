"""Bodies of panels about stock as it lies on a day: its list, and where its value is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from nk_common.api.inventory import StockLevels, StockRow, StockStatus
from nk_web.charts.axis import plain
from nk_web.charts.bars import Bar, bars_figure
from nk_web.i18n import Said, say
from nk_web.panels.lists import product_address
from nk_web.panels.naming import path_name, short_names
from nk_web.panels.panel import Body, Look
from nk_web.panels.table import Cell, Column, ListColumn, ListSpec, Mood, Table, listing
from nk_web.state import Choice, PageState

STATUS = Choice(
    "status",
    {"all": say("All"), "low": say("Low"), "dead": say("Dead"), "overstock": say("Overstock")},
)
STATUS_NAMES: Final[Mapping[StockStatus, Said]] = {
    "negative": say("Below zero"),
    "low": say("Low"),
    "dead": say("Dead"),
    "overstock": say("Overstock"),
    "ok": say("Fine"),
}
STATUS_MOODS: Final[Mapping[StockStatus, Mood]] = {
    "negative": "bad", "low": "bad", "dead": "warn", "overstock": "warn", "ok": "",
}  # fmt: skip
STOCK = ListSpec(
    columns=(
        ListColumn(say("Product"), "label", numeric=False, first="asc"),
        ListColumn(say("On hand"), "on_hand"),
        ListColumn(say("Reserved"), "reserved", narrow=False),
        ListColumn(say("Value at cost"), "stock_value_cost", narrow=False),
        ListColumn(say("Value at list price"), "stock_value_list", narrow=False),
        ListColumn(say("Sold a day"), "average_daily_sold", narrow=False),
        ListColumn(say("Lasts (days)"), "days_of_cover", first="asc"),
    ),
    sort="stock_value_cost",
)
MOST_VALUABLE: Final = 1000
"""Products that values are added up of; the API adds up nothing but the whole."""
MOST_BARS: Final = 12


def stock_list_spec(state: PageState) -> ListSpec:
    """What runs out first is on top among what is low; elsewhere what the most money lies in."""
    soonest: Literal["asc", "desc"] = "asc"
    return replace(STOCK, sort="days_of_cover", order=soonest) if state.choice(STATUS) == "low" else STOCK


def stock_list_body(answer: StockLevels, look: Look) -> Body:
    if answer.stock.day is None:
        return Body(empty=unknown_day(answer, look))
    rows = [_row(row, look) for row in answer.rows]
    spec = stock_list_spec(look.state)
    return Body(listing=listing(spec, look.panel, look.state, rows, answer.total_rows))


def unknown_day(answer: StockLevels, look: Look) -> str:
    return look.tr(say("The stock of %(day)s is not known.", day=look.f.day(answer.as_of)))


def _row(row: StockRow, look: Look) -> tuple[Cell, ...]:
    f, values, name = look.f, row.values, look.reader.label(row.label)
    state = look.tr(STATUS_NAMES[row.status]) if row.status else ""
    mood: Mood = STATUS_MOODS[row.status] if row.status else ""
    return (
        Cell(
            name,
            product_address(look.state, str(row.product_id)),
            path_name(row.path[:-1], look),
        ),
        Cell(f.number(values.get("on_hand"), 2)),
        Cell(f.number(values.get("reserved"), 2)),
        Cell(f.currency(values.get("stock_value_cost"))),
        Cell(f.currency(values.get("stock_value_list"))),
        Cell(f.number(values.get("average_daily_sold"), 2)),
        Cell(f.number(values.get("days_of_cover"), 1), sub=state, mood=mood),
    )


# -- where the value is ----------------------------------------------------------------------------


@dataclass(frozen=True)
class CategoryStock:
    """Stock of a category, added up; `cost` is None when the cost of no product of it is known."""

    path: tuple[str, ...]
    products: int
    on_hand: float
    cost: float | None
    list_price: float | None


def stock_by_category(rows: Sequence[StockRow]) -> list[CategoryStock]:
    """The highest value at cost first, ties by name."""
    groups: dict[tuple[str, ...], list[StockRow]] = {}
    for row in rows:
        groups.setdefault(tuple(row.path[:-1]), []).append(row)
    found = [
        CategoryStock(
            path,
            sum((row.values.get("on_hand") or 0) > 0 for row in held),
            sum(row.values.get("on_hand") or 0 for row in held),
            _sum(held, "stock_value_cost"),
            _sum(held, "stock_value_list"),
        )
        for path, held in groups.items()
    ]
    return sorted(found, key=lambda group: (-(group.cost or 0), group.path))


def rest_of(answer: StockLevels, groups: Sequence[CategoryStock]) -> float:
    """Value at cost of the products beyond those that were listed."""
    total = answer.total.get("stock_value_cost") or 0.0
    return round(total - sum(group.cost or 0.0 for group in groups), 2)


def category_value_body(answer: StockLevels, look: Look) -> Body:
    if answer.stock.day is None:
        return Body(empty=unknown_day(answer, look))
    groups = stock_by_category(answer.rows)
    drawn = [group for group in groups if group.cost][:MOST_BARS]
    total = answer.total.get("stock_value_cost")
    names = short_names([group.path for group in drawn], look)
    bars = [_bar(name, group, total, look) for name, group in zip(names, drawn, strict=True)]
    return Body(
        figure=bars_figure(bars) if bars else None,
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        sub=look.tr(say("At cost, and its share of the whole.")),
        foot=tuple(look.tr(note) for note in _notes(answer, groups, len(drawn), look)),
        table=_table(answer, groups, look),
        empty="" if bars else look.tr(say("Nothing of known cost is in stock.")),
    )


def _sum(rows: Sequence[StockRow], slug: str) -> float | None:
    known = [value for row in rows if (value := row.values.get(slug)) is not None]
    return sum(known) if known else None


def _bar(name: str, group: CategoryStock, total: float | None, look: Look) -> Bar:
    f = look.f
    share = group.cost / total if total and group.cost is not None else None
    hover = f"<b>{plain(path_name(group.path, look))}</b><br>{f.currency(group.cost)} · {f.percent(share)}"
    text = f"{f.currency_short(group.cost)} · {f.percent(share, 0)}"
    return Bar(name, group.cost, text, hover)


def _notes(answer: StockLevels, groups: Sequence[CategoryStock], drawn: int, look: Look) -> list[Said]:
    f, notes = look.f, list[Said]()
    if len(groups) > drawn:
        notes.append(say("%(count)s more are in the table.", count=f.number(len(groups) - drawn)))
    if answer.total_rows > len(answer.rows):
        shown, rest = f.number(len(answer.rows)), f.currency_short(rest_of(answer, groups))
        notes.append(
            say("Of the %(shown)s most valuable products; all others: %(rest)s.", shown=shown, rest=rest)
        )
    return [*notes, say("The files have every product.")]


def _table(answer: StockLevels, groups: Sequence[CategoryStock], look: Look) -> Table:
    f, total = look.f, answer.total
    heads = (say("Value at cost"), say("Share"), say("Value at list price"), say("On hand"), say("Products"))
    whole = total.get("stock_value_cost")
    rows = [
        (
            Cell(path_name(group.path, look)),
            Cell(f.currency(group.cost)),
            Cell(f.percent(group.cost / whole if whole and group.cost is not None else None)),
            Cell(f.currency(group.list_price)),
            Cell(f.number(group.on_hand, 2)),
            Cell(f.number(group.products)),
        )
        for group in groups
    ]
    sums = (
        Cell(look.tr(say("Total"))),
        Cell(f.currency(whole)),
        Cell(""),
        Cell(f.currency(total.get("stock_value_list"))),
        Cell(f.number(total.get("on_hand"), 2)),
        Cell(""),
    )
    columns = (Column(look.tr(say("Category"))), *(Column(look.tr(head), numeric=True) for head in heads))
    return Table(columns, tuple(rows), sums)
