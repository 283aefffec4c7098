"""Bodies of panels about profit over time, and by what earns it.

Profit is that of lines with a known cost. A member without any has none, which is a dash and no bar, and not 0.
"""

from __future__ import annotations

from nk_common.api.sales import BreakdownRow, SalesBreakdown, SalesTrend
from nk_web.charts.axis import plain
from nk_web.charts.bars import Bar, bars_figure
from nk_web.charts.pair import paired_figure
from nk_web.charts.trend import trend_figure, trend_rows
from nk_web.i18n import say
from nk_web.panels.panel import Body, Look
from nk_web.panels.splits import compared_with, filtering, nothing_sold
from nk_web.panels.table import Cell, Column, Table
from nk_web.panels.trends import (
    bucket_address,
    partial_note,
    trend_alt,
    trend_legend,
    trend_table,
    trend_words,
)

MOST_BARS = 8
GROSS_PROFIT, MARGIN = say("Gross profit"), say("Margin")


# -- over time -------------------------------------------------------------------------------------


def profit_trend_body(profit: SalesTrend, margin: SalesTrend, look: Look) -> Body:
    """Gross profit above, margin below, each with its comparison. A press on a bucket shows its days."""
    f, now, words = look.f, look.reader.local_now, trend_words(look)
    hrefs = [bucket_address(look.state, point, profit) for point in profit.points]
    pressed = hrefs if any(hrefs) else ()
    rows = trend_rows(profit, f, now)
    names = look.tr(GROSS_PROFIT), look.tr(MARGIN)
    timeless = look.tr(say("Invoices have no time of day and are left out here."))
    return Body(
        figure=paired_figure(
            trend_figure(profit, f, words, now, pressed),
            trend_figure(margin, f, words, now, pressed, from_zero=False),
            names,
        ),
        alt=trend_alt(look, f.days(profit.range.start, profit.range.end)),
        legend=trend_legend(profit, look),
        foot=(*partial_note(rows, look), *((timeless,) if profit.without_time else ())),
        table=trend_table(
            names, (rows, trend_rows(margin, f, now)), hrefs, look, compared=bool(profit.compare_range)
        ),
    )


# -- by category, brand ----------------------------------------------------------------------------


def profit_bars_body(answer: SalesBreakdown, look: Look, param: str) -> Body:
    """Those that earn most, with their margin; a press narrows the page down to one."""
    href = filtering(param, look)
    shown = answer.rows[:MOST_BARS]
    more = answer.total_rows - len(shown)
    note = look.tr(say("%(count)s more are in the table.", count=look.f.number(more))) if more > 0 else ""
    bars = [_bar(row, href(row), look) for row in shown]
    return Body(
        figure=bars_figure(bars) if bars else None,
        alt=look.tr(say("Bar chart. The table below has its figures.")),
        sub=look.tr(say("Gross profit · margin. Press a bar to see only it.")),
        foot=tuple(filter(None, (compared_with(answer, look), note))),
        table=_split_table(answer, look, param),
        empty="" if bars else nothing_sold(look),
    )


def _bar(row: BreakdownRow, href: str, look: Look) -> Bar:
    f, name, profit = look.f, look.reader.label(row.label), row.values.get("gross_profit")
    previous = (row.previous or {}).get("gross_profit")
    margin, coverage = row.values.get("margin"), row.values.get("cost_coverage")
    lines = [
        f"<b>{plain(name)}</b>",
        look.tr(say("Gross profit: %(value)s", value=f.currency(profit))),
        look.tr(say("Margin: %(value)s", value=f.percent(margin))),
        look.tr(say("Revenue with a known cost: %(value)s", value=f.percent(coverage))),
    ]
    if previous is not None:
        lines.append(look.tr(say("Before: %(value)s", value=f.currency(previous))))
    text = f"{f.currency_short(profit)} · {f.percent(margin)}"
    return Bar(name, profit, text, "<br>".join(lines), href, previous)


def _split_table(answer: SalesBreakdown, look: Look, param: str) -> Table:
    f, href = look.f, filtering(param, look)
    heads = (GROSS_PROFIT, MARGIN, say("Revenue"), say("Cost known"))
    rows = tuple(
        (
            Cell(look.reader.label(row.label), href(row), " › ".join(map(look.reader.label, row.path[:-1]))),
            Cell(f.currency(row.values.get("gross_profit"))),
            Cell(f.percent(row.values.get("margin"))),
            Cell(f.currency(row.revenue)),
            Cell(f.percent(row.values.get("cost_coverage"))),
        )
        for row in answer.rows
    )
    return Table(
        (Column(look.tr(say("Name"))), *(Column(look.tr(head), numeric=True) for head in heads)), rows
    )
