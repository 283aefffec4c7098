"""Bodies of panels that split revenue by a dimension: bars, rings, flows, and what rose or fell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nk_common.api.sales import BreakdownRow, SalesBreakdown
from nk_web.charts import palette
from nk_web.charts.axis import plain
from nk_web.charts.bars import Bar, bars_figure
from nk_web.charts.sankey import Flow, diagram, sankey_figure
from nk_web.charts.sunburst import SunburstWords, sunburst_figure, sunburst_nodes, undrawable
from nk_web.i18n import say
from nk_web.panels.panel import Body, Look
from nk_web.panels.table import Cell, Column, Table

Href = Callable[[BreakdownRow], str]
SANKEY_MOST = (7, 12, 10)
"""Parents, categories and brands that are drawn by name."""


def filtering(param: str, look: Look) -> Href:
    """A press on a member narrows the page down to it; another one takes that back."""

    def href(row: BreakdownRow) -> str:
        on = look.state.filters.get(param) == (row.key,)
        return look.state.with_filter(param, *([] if on else [row.key])).address

    return href


def bars_body(answer: SalesBreakdown, look: Look, param: str, most: int = 8) -> Body:
    """The largest members as bars, all listed ones in the table."""
    href = filtering(param, look)
    shown = answer.rows[:most]
    bars = [_bar(row, href(row), look) for row in shown]
    more = answer.total_rows - len(shown)
    note = look.tr(say("%(count)s more are in the table.", count=look.f.number(more))) if more > 0 else ""
    return Body(
        figure=bars_figure(bars) if bars else None,
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        sub=look.tr(say("Press a bar to see only it.")),
        foot=tuple(filter(None, (compared_with(answer, look), note))),
        table=split_table(answer, look, href),
        empty="" if bars else nothing_sold(look),
    )


def sunburst_body(answer: SalesBreakdown, look: Look) -> Body:
    """Rings open by a press; a piece of the outermost one narrows the page down to its category and brand."""
    href = category_brand_href(look)
    named = _named(answer, look)
    words = SunburstWords(look.tr(say("All")), look.tr(say("Others")), look.tr(say("of the total")))
    nodes = sunburst_nodes(named, words, href)
    return Body(
        figure=sunburst_figure(nodes, look.f, words) if nodes else None,
        alt=look.tr(say("Ring chart: category and brand. The table below has its figures.")),
        sub=look.tr(say("Press a piece to look into it, a brand to see only it.")),
        foot=_undrawn_note(answer, look),
        table=split_table(named, look, href),
        empty="" if nodes else nothing_sold(look),
    )


def sankey_body(answer: SalesBreakdown, look: Look) -> Body:
    """Revenue from parent category to category to brand; a press on a node narrows the page down to it."""
    named = _named(answer, look)
    flows = [
        Flow(tuple(shown.path), row.revenue, _level_hrefs(row, look))
        for row, shown in zip(answer.rows, named.rows, strict=True)
        if len(row.path) == 3
    ]
    drawn = diagram(flows, SANKEY_MOST, look.tr(say("Others")))
    return Body(
        figure=sankey_figure(drawn, look.f.currency) if drawn.nodes else None,
        alt=look.tr(say("Flow chart: parent category, category, brand. The table below has its figures.")),
        sub=look.tr(say("Parent category → category → brand. Press a name to see only it.")),
        foot=_undrawn_note(answer, look),
        table=split_table(named, look, category_brand_href(look)),
        empty="" if drawn.nodes else nothing_sold(look),
    )


def movers_body(answer: SalesBreakdown, look: Look, href: Href, *, rising: bool) -> Body:
    """Products by how much more (or less) revenue they made than in the comparison."""
    moved = [(row, change_of(row, answer)) for row in answer.rows]
    kept = [(row, change) for row, change in moved if change and (change > 0) == rising]
    colour = palette.GOOD if rising else palette.BAD
    bars = [_mover(row, change, href(row), colour, look) for row, change in kept]
    nothing = say("No product rose.") if rising else say("No product fell.")
    gap = not_compared(answer, look)
    return Body(
        figure=bars_figure(bars) if bars else None,
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        sub="" if gap else compared_with(answer, look),
        table=_movers_table(kept, href, look),
        empty="" if bars else gap or look.tr(nothing),
    )


def change_of(row: BreakdownRow, answer: SalesBreakdown) -> float | None:
    """Revenue less that of the comparison; what was not sold then was worth nothing. None where days of the comparison
    are missing: what was sold on them is not known."""
    if row.previous is None or answer.compare_days_missing:
        return None
    return row.revenue - (row.previous.get("revenue") or 0.0)


def category_brand_href(look: Look) -> Href:
    """Keys of the dimension `category-brand` are two ids, `category:brand`."""

    def href(row: BreakdownRow) -> str:
        category, _, brand = row.key.partition(":")
        if not brand:
            return ""
        return look.state.with_filter("category", category).with_filter("brand", brand).address

    return href


def split_table(answer: SalesBreakdown, look: Look, href: Href) -> Table:
    """Every listed member with its revenue, share, items and transactions."""
    f = look.f
    heads = (say("Revenue"), say("Share"), say("Items"), say("Transactions"))
    rows = tuple(
        (
            Cell(look.reader.label(row.label), href(row), " › ".join(map(look.reader.label, row.path[:-1]))),
            Cell(f.currency(row.revenue)),
            Cell(f.percent(row.share)),
            Cell(f.number(row.quantity, 2)),
            Cell(f.number(row.transactions)),
        )
        for row in answer.rows
    )
    note = say(
        "The largest %(shown)s of %(all)s are listed.",
        shown=f.number(len(answer.rows)),
        all=f.number(answer.total_rows),
    )
    return Table(
        (Column(look.tr(say("Name"))), *(Column(look.tr(head), numeric=True) for head in heads)),
        rows,
        note=look.tr(note) if answer.total_rows > len(answer.rows) else "",
    )


def nothing_sold(look: Look) -> str:
    return look.tr(say("Nothing was sold on these days."))


def _bar(row: BreakdownRow, href: str, look: Look) -> Bar:
    f, name = look.f, look.reader.label(row.label)
    previous = (row.previous or {}).get("revenue")
    before = (
        "" if previous is None else "<br>" + look.tr(say("Before: %(value)s", value=f.currency(previous)))
    )
    hover = f"<b>{plain(name)}</b><br>{f.currency(row.revenue)} · {f.percent(row.share)}{before}"
    text = f"{f.currency_short(row.revenue)} · {f.percent(row.share, 0)}"
    return Bar(name, row.revenue, text, hover, href, previous)


def _mover(row: BreakdownRow, change: float, href: str, colour: str, look: Look) -> Bar:
    f, name = look.f, look.reader.label(row.label)
    before = (row.previous or {}).get("revenue") or 0.0
    hover = f"<b>{plain(name)}</b><br>{f.currency(before)} → {f.currency(row.revenue)}"
    sign = "+" if change > 0 else ""
    return Bar(name, abs(change), sign + f.currency_short(change), hover, href, colour=colour)


def _movers_table(kept: Sequence[tuple[BreakdownRow, float]], href: Href, look: Look) -> Table:
    f = look.f
    heads = (say("Before"), say("Now"), say("Change"))
    rows = tuple(
        (
            Cell(look.reader.label(row.label), href(row)),
            Cell(f.currency((row.previous or {}).get("revenue"))),
            Cell(f.currency(row.revenue)),
            Cell(("+" if change > 0 else "") + f.currency(change)),
        )
        for row, change in kept
    )
    return Table((Column(look.tr(say("Name"))), *(Column(look.tr(h), numeric=True) for h in heads)), rows)


def compared_with(answer: SalesBreakdown, look: Look) -> str:
    """Which days, or why nothing is compared."""
    if not answer.compare_range:
        return ""
    gap = not_compared(answer, look)
    if gap:
        return gap
    days = look.f.days(answer.compare_range.start, answer.compare_range.end)
    return look.tr(say("Compared with %(days)s", days=days))


def not_compared(answer: SalesBreakdown, look: Look) -> str:
    """What the KPI cards say when days of the comparison are missing; nothing when none are."""
    if not answer.compare_days_missing:
        return ""
    return look.reader.catalogue.ngettext(
        "%(num)s day of the comparison is not loaded, so nothing is compared.",
        "%(num)s days of the comparison are not loaded, so nothing is compared.",
        answer.compare_days_missing,
    )


def _level_hrefs(row: BreakdownRow, look: Look) -> tuple[str, ...]:
    """Of a row as the API has it: a parent is found by its name there, also that of nobody."""
    category, _, brand = row.key.partition(":")
    state = look.state
    return (
        state.with_filter("parent_category", row.path[0]).address,
        state.with_filter("category", category).address,
        state.with_filter("brand", brand).address,
    )


def _named(answer: SalesBreakdown, look: Look) -> SalesBreakdown:
    """Labels in the reader's language, also those of nobody."""
    label = look.reader.label
    rows = [
        row.model_copy(update={"label": label(row.label), "path": [label(name) for name in row.path]})
        for row in answer.rows
    ]
    return answer.model_copy(update={"rows": rows})


def _undrawn_note(answer: SalesBreakdown, look: Look) -> tuple[str, ...]:
    count = len(undrawable(answer))
    said = say(
        "Brands with more refunds than sales are only in the table: %(count)s.", count=look.f.number(count)
    )
    return (look.tr(said),) if count else ()
