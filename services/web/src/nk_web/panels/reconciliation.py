"""Bodies of panels about whether moves explain the stock: begin + moves = end, and by how much they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nk_common.api.inventory import ReconciledRow, StockMoment, StockReconciliation
from nk_web.i18n import Said, say
from nk_web.panels.ledger import LEDGER, Ledger, Line
from nk_web.panels.lists import product_address
from nk_web.panels.movements import signed, type_name
from nk_web.panels.naming import path_name
from nk_web.panels.panel import Body, Look
from nk_web.panels.table import Cell, ListColumn, ListSpec, Mood, listing

DIFFERENCES = ListSpec(
    columns=(
        ListColumn(say("Product"), numeric=False),
        ListColumn(say("At the start"), narrow=False),
        ListColumn(say("Moves"), narrow=False),
        ListColumn(say("Should be there")),
        ListColumn(say("At the end"), narrow=False),
        ListColumn(say("Difference")),
        ListColumn(say("Difference from sales"), narrow=False),
    ),
    sort="",
)
Values = Mapping[str, float | None]
_A_CENTIUNIT: Final = 0.005


def ledger_body(found: StockReconciliation, look: Look) -> Body:
    """The sum over all products, and in a sentence whether it comes out."""
    if found.values.get("begin_on_hand") is None:
        said = say("The stock at the start is not known, so moves cannot be compared with it.")
        return Body(empty=look.tr(said))
    said, mood = verdict(found, look)
    ledger = Ledger((*_stock_lines(found, look), *_sales_lines(found, look)), look.tr(said), mood)
    return Body(
        template=LEDGER,
        context={"ledger": ledger},
        sub=look.tr(say("Stock at the start, and what moves did to it, should be the stock at the end.")),
        foot=_notes(found, look),
    )


def differences_body(found: StockReconciliation, look: Look) -> Body:
    rows = [_row(row, look) for row in found.rows]
    return Body(listing=listing(DIFFERENCES, look.panel, look.state, rows, found.products))


def expected(effects: Values, values: Values) -> float | None:
    """What should be there by the moves; None while any of it is not known."""
    begin = values.get("begin_on_hand")
    moved = moved_by(effects)
    return None if begin is None or moved is None else begin + moved


def moved_by(effects: Values) -> float | None:
    total = 0.0
    for effect in effects.values():
        if effect is None:
            return None
        total += effect
    return total


def verdict(found: StockReconciliation, look: Look) -> tuple[Said, Mood]:
    all_of_them, few = look.f.number(found.products), look.f.number(found.differing)
    if found.missing_moves == [look.reader.today]:
        return say("Today is still running: whether moves explain the stock is known tomorrow."), "warn"
    if found.missing_moves_count:
        days = look.f.number(found.missing_moves_count)
        return say(
            "It is not known whether moves explain the stock. Days whose moves are missing or too old: %(days)s",
            days=days,
        ), "warn"
    if found.differing is None:
        return say("It is not known whether moves explain the stock."), "warn"
    if found.differing:
        said = say("Moves do not explain the stock of %(few)s of %(all)s products.", few=few, all=all_of_them)
        return said, "bad"
    return say("Moves explain the stock of all %(all)s products.", all=all_of_them), "good"


def _stock_lines(found: StockReconciliation, look: Look) -> tuple[Line, ...]:
    f, values = look.f, found.values
    difference = values.get("unexplained")
    return (
        Line(
            look.tr(say("At the start")),
            f.number(values.get("begin_on_hand"), 2),
            sub=_moment(found.begin, look),
        ),
        _moves(say("Came in"), found.effects, 1, look),
        _moves(say("Went out"), found.effects, -1, look),
        Line(look.tr(say("Should be there")), f.number(expected(found.effects, values), 2), "=", strong=True),
        Line(
            look.tr(say("At the end")), f.number(values.get("end_on_hand"), 2), sub=_moment(found.end, look)
        ),
        Line(
            look.tr(say("Difference")),
            _difference(difference, look),
            "=",
            strong=True,
            mood=_mood(difference),
        ),
    )


def _moves(name: Said, effects: Values, sign: int, look: Look) -> Line:
    """Kinds of moves that added to stock, or took from it, with what each of them did."""
    kinds = {kind: effect for kind, effect in effects.items() if effect is not None and effect * sign > 0}
    known = all(effect is not None for effect in effects.values())
    each = (f"{type_name(kind, look)} {look.f.number(abs(effect), 2)}" for kind, effect in kinds.items())
    total = look.f.number(abs(sum(kinds.values())) if known else None, 2)
    return Line(look.tr(name), total, "+" if sign > 0 else "−", detail=" · ".join(each))


def _sales_lines(found: StockReconciliation, look: Look) -> tuple[Line, ...]:
    """Beside it: the stock there should be if what was sold, and nothing else, had left it for customers."""
    sold, variance = found.values.get("sold"), found.values.get("variance")
    name = look.tr(say("Difference from sales"))
    return (
        Line(look.tr(say("Sold by receipts and invoices")), look.f.number(sold, 2)),
        Line(name, _difference(variance, look), sub=look.tr(_sales_said(variance, look))),
    )


def _sales_said(variance: float | None, look: Look) -> Said:
    if variance is None:
        return say("Not known while sales or moves are missing")
    size = look.f.number(abs(variance), 2)
    if abs(variance) < _A_CENTIUNIT:
        return say("Stock is as it should be by sales")
    if variance < 0:
        return say("Stock is %(count)s more than by sales", count=size)
    return say("Stock is %(count)s less than by sales", count=size)


def _row(row: ReconciledRow, look: Look) -> tuple[Cell, ...]:
    f, values = look.f, row.values
    moved, difference = moved_by(row.effects), values.get("unexplained")
    return (
        Cell(
            look.reader.label(row.label),
            product_address(look.state, str(row.product_id)),
            path_name(row.path[:-1], look),
        ),
        Cell(f.number(values.get("begin_on_hand"), 2)),
        Cell("–" if moved is None else signed(moved, look)),
        Cell(f.number(expected(row.effects, values), 2)),
        Cell(f.number(values.get("end_on_hand"), 2)),
        Cell(_difference(difference, look), mood=_mood(difference)),
        Cell(_difference(values.get("variance"), look)),
    )


def _difference(value: float | None, look: Look) -> str:
    return look.f.number(None) if value is None else signed(value, look)


def _mood(difference: float | None) -> Mood:
    if difference is None:
        return ""
    return "good" if abs(difference) < _A_CENTIUNIT else "bad"


def _moment(at: StockMoment, look: Look) -> str:
    """When stock was counted."""
    return look.f.moment(at.taken_at)


def _notes(found: StockReconciliation, look: Look) -> tuple[str, ...]:
    notes = list[Said]()
    if found.begin.reconstructed or found.begin.rolled_back:
        notes.append(say("The stock at the start is worked out from a later count."))
    if found.missing_sales_count:
        days = look.f.number(found.missing_sales_count)
        notes.append(say("Days whose sales are missing: %(days)s", days=days))
    return tuple(map(look.tr, notes))
