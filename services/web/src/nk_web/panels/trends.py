"""Bodies of panels over time: a KPI per bucket, and a day's running total."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from nk_common.api.common import Grain
from nk_common.api.sales import SalesTrend, TrendPoint
from nk_web.charts.trend import TrendRow, TrendWords, trend_figure, trend_rows
from nk_web.i18n import Said, say
from nk_web.panels.panel import Body, Key, Look
from nk_web.panels.table import Cell, Column, Table
from nk_web.periods import grain_for
from nk_web.state import Choice, PageState

GRAIN = Choice(
    "grain",
    {"auto": say("Auto"), "day": say("Daily"), "week": say("Weekly"), "month": say("Monthly")},
)
_STEPS: dict[Grain, timedelta] = {"day": timedelta(0), "week": timedelta(days=6), "month": timedelta(days=30)}


def grain_of(state: PageState) -> Grain:
    """The chosen grain, else the one that fits the range."""
    chosen = state.choice(GRAIN)
    match chosen:
        case "day" | "week" | "month":
            return chosen
        case _:
            return grain_for(state.period)


def trend_body(trend: SalesTrend, look: Look) -> Body:
    """A line with its comparison. A press on a bucket shows the page for its days."""
    f, now = look.f, look.reader.local_now
    rows = trend_rows(trend, f, now)
    hrefs = [bucket_address(look.state, point, trend) for point in trend.points]
    return Body(
        figure=trend_figure(trend, f, trend_words(look), now, hrefs if any(hrefs) else ()),
        alt=trend_alt(look, f.days(trend.range.start, trend.range.end)),
        legend=trend_legend(trend, look),
        foot=(*partial_note(rows, look), *without_time_note(trend, look)),
        table=_table(trend, rows, hrefs, look),
    )


def running_body(today: SalesTrend, before: SalesTrend, look: Look) -> Body:
    """Revenue of a day so far, hour by hour, over the whole of the day it is compared with."""
    running = run_up(today, before)
    f, now = look.f, look.reader.local_now
    rows = trend_rows(running, f, now)
    so_far = [point.value for point in running.points if point.value is not None]
    return Body(
        figure=trend_figure(running, f, trend_words(look), now),
        alt=trend_alt(look, f.day(today.range.start)),
        legend=trend_legend(running, look),
        foot=without_time_note(today, look),
        table=_table(running, rows, [""] * len(rows), look),
        empty="" if so_far else look.tr(say("Nothing has been sold today yet.")),
    )


def run_up(today: SalesTrend, before: SalesTrend) -> SalesTrend:
    """Sums from the first hour on. Hours to come stay unknown; the day before is known to its end."""
    values = _summed([point.value for point in today.points])
    others = _summed([point.value for point in before.points])
    others += [None] * (len(values) - len(others))
    points = [
        TrendPoint(
            bucket=point.bucket,
            value=value,
            partial=point.partial,
            compare_bucket=earlier.bucket if earlier else None,
            compare_value=other,
        )
        for point, value, other, earlier in zip(
            today.points, values, others, [*before.points, *[None] * len(values)], strict=False
        )
    ]
    return today.model_copy(update={"points": points, "compare_range": before.range})


def _summed(values: list[float | None]) -> list[float | None]:
    total, sums = 0.0, list[float | None]()
    for value in values:
        total += value or 0.0
        sums.append(None if value is None else total)
    return sums


def bucket_address(state: PageState, point: TrendPoint, trend: SalesTrend) -> str:
    """The page for the days of one bucket, as far as they lie in the range."""
    if trend.grain == "hour" or state.period.days == 1:
        return ""
    first = point.bucket.date()
    last = _month_end(first) if trend.grain == "month" else first + _STEPS[trend.grain]
    return state.with_days(max(first, trend.range.start), min(last, trend.range.end)).address


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def trend_words(look: Look) -> TrendWords:
    return TrendWords(
        current=look.tr(say("This range")),
        comparison=look.tr(say("Comparison")),
        partial=look.tr(say("not complete yet")),
    )


def trend_legend(trend: SalesTrend, look: Look) -> tuple[Key, ...]:
    current = Key("current", look.f.days(trend.range.start, trend.range.end))
    if not trend.compare_range:
        return (current,)
    return current, Key("compare", look.f.days(trend.compare_range.start, trend.compare_range.end))


def partial_note(rows: list[TrendRow], look: Look) -> tuple[str, ...]:
    return (look.tr(say("Hollow: not complete yet.")),) if any(row.partial for row in rows) else ()


def without_time_note(trend: SalesTrend, look: Look) -> tuple[str, ...]:
    if not trend.without_time:
        return ()
    amount = look.f.value_short(trend.without_time, trend.unit)
    return (look.tr(say("Invoices have no time of day: %(amount)s more.", amount=amount)),)


def trend_alt(look: Look, days: str) -> str:
    said = say("Line chart, %(days)s. The table below has its figures.", days=days)
    return look.tr(said)


def _table(trend: SalesTrend, rows: list[TrendRow], hrefs: list[str], look: Look) -> Table:
    names = (look.tr(say("Value")),)
    return trend_table(names, (rows,), hrefs, look, compared=trend.compare_range is not None)


def trend_table(
    names: Sequence[str], series: Sequence[list[TrendRow]], hrefs: list[str], look: Look, *, compared: bool
) -> Table:
    """A row for every bucket: the figures called `names`, and the same of what is compared with."""
    figures = tuple(Column(name, numeric=True) for name in names)
    before = (Column(look.tr(say("Compared with"))), *figures) if compared else ()
    rows = []
    for href, *row in zip(hrefs, *series, strict=True):
        now = (Cell(row[0].name, href), *(_known(one, look) for one in row))
        then = (Cell(row[0].compare_name), *(Cell(one.compare_value) for one in row))
        rows.append((*now, *then) if compared else now)
    return Table((Column(look.tr(say("Period"))), *figures, *before), tuple(rows))


def _known(row: TrendRow, look: Look) -> Cell:
    if row.missing:
        return Cell(look.tr(say("no data")), mood="faint")
    return Cell(row.value, sub=look.tr(say("not complete yet")) if row.partial else "")


PROFIT_TITLES: dict[Grain, Said] = {
    "hour": say("Gross profit and margin per hour"),
    "day": say("Gross profit and margin per day"),
    "week": say("Gross profit and margin per week"),
    "month": say("Gross profit and margin per month"),
}
TREND_TITLES: dict[Grain, Said] = {
    "hour": say("Revenue per hour"),
    "day": say("Revenue per day"),
    "week": say("Revenue per week"),
    "month": say("Revenue per month"),
}
