"""Bodies of panels about sell-through: how much of what there was to sell was sold."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from nk_common.api.inventory import FlowRow, SellThrough
from nk_web.charts.axis import plain
from nk_web.charts.bars import Bar, bars_figure
from nk_web.i18n import say
from nk_web.panels.ledger import LEDGER, Ledger, Line, added
from nk_web.panels.lists import product_address
from nk_web.panels.naming import path_name, short_names
from nk_web.panels.panel import Body, Look
from nk_web.panels.table import Cell, Column, ListColumn, ListSpec, Table, listing
from nk_web.state import Choice, PageState

PRODUCTION = Choice("production", {"with": say("With production"), "without": say("Without production")})
ADJUSTMENTS = Choice("adjustments", {"without": say("Without adjustments"), "with": say("With adjustments")})
"""What counts as received."""
RANK = Choice("rank", {"top": say("Sold through most"), "bottom": say("Sold through least")})
PRODUCTS = ListSpec(
    columns=(
        ListColumn(say("Product"), "label", numeric=False, first="asc"),
        ListColumn(say("Sell-through"), "sell_through"),
        ListColumn(say("Sold"), "sold"),
        ListColumn(say("At the start"), "begin_on_hand", narrow=False),
        ListColumn(say("Received"), "received", narrow=False),
        ListColumn(say("Adjusted"), "adjusted", narrow=False),
        ListColumn(say("At the end"), "end_on_hand", narrow=False),
    ),
    sort="sell_through",
)
MOST_BARS: Final = 8


def receiving_of(state: PageState) -> dict[str, str]:
    """What the page counts as received, as parameters of the API."""
    chosen = {"include_production": PRODUCTION, "include_adjustments": ADJUSTMENTS}
    return {param: "true" if state.choice(choice) == "with" else "false" for param, choice in chosen.items()}


def products_spec(state: PageState) -> ListSpec:
    order: Literal["asc", "desc"] = "asc" if state.choice(RANK) == "bottom" else "desc"
    return replace(PRODUCTS, order=order)


def total_body(answer: SellThrough, look: Look) -> Body:
    """All products together, as a sum."""
    f, total = look.f, answer.total
    if total.get("begin_on_hand") is None:
        return Body(empty=unknown(answer, look))
    share = total.get("sell_through")
    lines = (
        Line(look.tr(say("At the start")), f.number(total["begin_on_hand"], 2), sub=_first_day(answer, look)),
        added(look.tr(say("Received")), total.get("received"), f, _counted(look)),
        Line(look.tr(say("There was to sell")), f.number(available(answer), 2), "=", strong=True),
        Line(look.tr(say("Sold")), f.number(total.get("sold"), 2)),
        Line(look.tr(say("Sell-through")), f.percent(share), "=", strong=True),
    )
    verdict = look.tr(say("%(share)s of what there was to sell was sold.", share=f.percent(share)))
    return Body(
        template=LEDGER,
        context={"ledger": Ledger(lines, verdict)},
        sub=look.tr(say("Sold, out of the stock at the start and what was received.")),
        foot=notes(answer, look),
    )


def available(answer: SellThrough) -> float | None:
    begin, received = answer.total.get("begin_on_hand"), answer.total.get("received")
    return None if begin is None or received is None else begin + received


def group_body(answer: SellThrough, look: Look, param: str) -> Body:
    """The members that sell most, each with the share sold of what there was of it; a press narrows the page."""
    shown = answer.rows[:MOST_BARS]
    if all(row.values.get("sell_through") is None for row in shown):
        return Body(empty=unknown(answer, look))
    names = short_names([row.path for row in shown], look)
    more = answer.total_rows - len(shown)
    note = look.tr(say("%(count)s more are in the table.", count=look.f.number(more))) if more > 0 else ""
    return Body(
        figure=bars_figure([_bar(name, row, param, look) for name, row in zip(names, shown, strict=True)]),
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        sub=look.tr(say("Best sellers first; press a bar to see only it.")),
        foot=(note,) if note else (),
        table=_table(answer, param, look),
    )


def products_body(answer: SellThrough, look: Look) -> Body:
    spec = products_spec(look.state)
    rows = [_product(row, look) for row in answer.rows]
    return Body(listing=listing(spec, look.panel, look.state, rows, answer.total_rows))


def unknown(answer: SellThrough, look: Look) -> str:
    """Why there is no figure."""
    if answer.missing_moves or answer.begin.day is None:
        return look.tr(say("The stock at the start is not known, so there is no sell-through."))
    return look.tr(say("There was nothing to sell on these days."))


def notes(answer: SellThrough, look: Look) -> tuple[str, ...]:
    """Which moves are not there."""
    if not answer.missing_moves:
        return ()
    first, count = answer.missing_moves[0], len(answer.missing_moves)
    said = say(
        "Days whose moves are missing or too old: %(count)s, the first %(day)s",
        count=count,
        day=look.f.day(first),
    )
    return (look.tr(said),)


def _first_day(answer: SellThrough, look: Look) -> str:
    return look.f.day(answer.range.start)


def _counted(look: Look) -> str:
    chosen = (look.state.choice(choice) for choice in (PRODUCTION, ADJUSTMENTS))
    names = [
        look.tr(choice.values[value]) for choice, value in zip((PRODUCTION, ADJUSTMENTS), chosen, strict=True)
    ]
    return " · ".join(names)


def _bar(name: str, row: FlowRow, param: str, look: Look) -> Bar:
    f, values = look.f, row.values
    said = say("%(sold)s sold of %(all)s", sold=f.number(values.get("sold"), 2), all=f.number(_of(row), 2))
    share = values.get("sell_through")
    hover = f"<b>{plain(name)}</b><br>{f.percent(share)} · {look.tr(said)}"
    text = f"{f.percent(share)} · {f.short_number(values.get('sold'))}"
    return Bar(name, share, text, hover, _pressed(row, param, look))


def _of(row: FlowRow) -> float | None:
    begin, received = row.values.get("begin_on_hand"), row.values.get("received")
    return None if begin is None or received is None else begin + received


def _pressed(row: FlowRow, param: str, look: Look) -> str:
    """A press narrows the page down; another one takes that back."""
    on = look.state.filters.get(param) == (row.key,)
    return look.state.with_filter(param, *([] if on else [row.key])).address


def _table(answer: SellThrough, param: str, look: Look) -> Table:
    heads = (say("Sell-through"), say("Sold"), say("At the start"), say("Received"), say("At the end"))
    rows = tuple(
        (
            Cell(look.reader.label(row.label), _pressed(row, param, look), path_name(row.path[:-1], look)),
            *_figures(row.values, look),
        )
        for row in answer.rows
    )
    total = (Cell(look.tr(say("Total"))), *_figures(answer.total, look))
    columns = (Column(look.tr(say("Name"))), *(Column(look.tr(head), numeric=True) for head in heads))
    return Table(columns, rows, total)


def _figures(values: dict[str, float | None], look: Look) -> tuple[Cell, ...]:
    counts = ("sold", "begin_on_hand", "received", "end_on_hand")
    numbers = (Cell(look.f.number(values.get(slug), 2)) for slug in counts)
    return (Cell(look.f.percent(values.get("sell_through"))), *numbers)


def _product(row: FlowRow, look: Look) -> tuple[Cell, ...]:
    f, values = look.f, row.values
    slugs = ("sold", "begin_on_hand", "received", "adjusted", "end_on_hand")
    return (
        Cell(
            look.reader.label(row.label), product_address(look.state, row.key), path_name(row.path[:-1], look)
        ),
        Cell(f.percent(values.get("sell_through"))),
        *(Cell(f.number(values.get(slug), 2)) for slug in slugs),
    )
