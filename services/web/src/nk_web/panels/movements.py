"""Bodies of panels about stock moves: how much moved, of which kind, of what and where."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from nk_common.api.inventory import MovedRow, Movements
from nk_web.charts import palette
from nk_web.charts.axis import plain
from nk_web.charts.bars import Bar, bars_figure
from nk_web.i18n import say
from nk_web.names import MOVEMENT_NAMES
from nk_web.panels.lists import product_address
from nk_web.panels.naming import path_name
from nk_web.panels.panel import Body, Key, Look
from nk_web.panels.table import Cell, Column, ListColumn, ListSpec, Table, listing
from nk_web.state import Choice, PageState

BY = Choice("by", {"product": say("Product"), "location": say("Stock location"), "day": say("Day")})
MOVED = ListSpec(
    columns=(
        ListColumn(say("Name"), "label", numeric=False, first="asc"),
        ListColumn(say("Moves"), "lines", narrow=False),
        ListColumn(say("Came in"), "arrived"),
        ListColumn(say("Went out"), "departed"),
        ListColumn(say("Net"), "effect", narrow=False),
    ),
    sort="lines",
)
COLOURS: Final = {1: palette.category(0), 0: palette.category(2), -1: palette.category(1)}
"""What came into stock, what moved within it, what left it."""


def moved_spec(state: PageState) -> ListSpec:
    """Days come one after another, the newest first, and need no search."""
    if state.choice(BY) == "day":
        return replace(MOVED, sort="label", searchable=False)
    return MOVED


def types_body(answer: Movements, look: Look) -> Body:
    """How many units each kind of move brought in, took out or moved about; a press lists its moves."""
    chosen = look.state.filters.get("type", ())
    bars = [_bar(row, look, faint=bool(chosen) and row.key not in chosen) for row in answer.types]
    return Body(
        figure=bars_figure(bars) if bars else None,
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        legend=(
            Key("cat-1", look.tr(say("Came in"))),
            Key("cat-2", look.tr(say("Went out"))),
            Key("cat-3", look.tr(say("From place to place"))),
        ),
        foot=(look.tr(say("Press a bar to list its moves.")),),
        table=_types_table(answer, look),
        empty="" if bars else look.tr(say("Nothing moved on these days.")),
    )


def moved_body(answer: Movements, look: Look) -> Body:
    rows = [_moved(row, answer.by, look) for row in answer.rows]
    return Body(listing=listing(moved_spec(look.state), look.panel, look.state, rows, answer.total_rows))


def direction(row: MovedRow) -> int:
    """1 in, -1 out, 0 within stock; adjustments go whichever way they went in the end."""
    if row.key == "transfer":
        return 0
    return (row.effect > 0) - (row.effect < 0)


def units(row: MovedRow) -> float:
    """What a bar shows, without a sign: of transfers what arrived, of all others what stock gained or lost."""
    return row.arrived if row.key == "transfer" else abs(row.effect)


def signed(value: float, look: Look) -> str:
    return ("+" if value > 0 else "") + look.f.number(value, 2)


def type_name(kind: str, look: Look) -> str:
    name = MOVEMENT_NAMES.get(kind)
    return look.tr(name) if name else kind


def _pressed(kind: str, look: Look) -> str:
    on = look.state.filters.get("type") == (kind,)
    return look.state.with_filter("type", *([] if on else [kind])).address


def _bar(row: MovedRow, look: Look, *, faint: bool) -> Bar:
    f, name, where = look.f, type_name(row.key, look), direction(row)
    sign = {1: "+", 0: "", -1: "−"}[where]
    count = look.tr(say("Moves: %(count)s", count=f.number(row.lines)))
    hover = f"<b>{plain(name)}</b><br>{sign}{f.number(units(row), 2)} · {count}"
    colour = palette.faded(COLOURS[where], 0.35) if faint else COLOURS[where]
    return Bar(
        name, units(row), sign + f.number(units(row), 2), hover, _pressed(row.key, look), colour=colour
    )


def _types_table(answer: Movements, look: Look) -> Table:
    heads = (say("Moves"), say("Came in"), say("Went out"), say("Net"))
    rows = tuple(
        (Cell(type_name(row.key, look), _pressed(row.key, look)), *_figures(row, look))
        for row in answer.types
    )
    columns = (
        Column(look.tr(say("Kind of movement"))),
        *(Column(look.tr(head), numeric=True) for head in heads),
    )
    return Table(columns, rows)


def _moved(row: MovedRow, by: str, look: Look) -> tuple[Cell, ...]:
    return (_named(row, by, look), *_figures(row, look))


def _named(row: MovedRow, by: str, look: Look) -> Cell:
    if by == "day":
        day = date.fromisoformat(row.key)
        return Cell(look.f.day(day), look.state.with_days(day, day).address)
    label, above = look.reader.label(row.label), path_name(row.path[:-1], look)
    if by == "product":
        return Cell(label, product_address(look.state, row.key), above)
    return Cell(label, look.state.with_filter("location", row.key).address, above)


def _figures(row: MovedRow, look: Look) -> tuple[Cell, ...]:
    f = look.f
    numbers = (f.number(row.lines), f.number(row.arrived, 2), f.number(row.departed, 2))
    return (*map(Cell, numbers), Cell(signed(row.effect, look)))
