"""Every kind of chart with made-up figures, for the page /design."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from nk_common.api.common import DateRange, Days, Meta
from nk_common.api.sales import BreakdownRow, SalesBreakdown, SalesTrend, TrendPoint
from nk_web.charts import palette
from nk_web.charts.bars import Bar, Series, bars_figure, parts_figure, stacked_figure
from nk_web.charts.figure import Figure
from nk_web.charts.heatmap import HeatCell, HeatRow, heatmap_figure
from nk_web.charts.pair import paired_figure
from nk_web.charts.pareto import Band, Dot, pareto_figure, scatter_figure
from nk_web.charts.sankey import Flow, diagram, sankey_figure
from nk_web.charts.steps import Step, steps_figure
from nk_web.charts.sunburst import SunburstWords, sunburst_figure, sunburst_nodes
from nk_web.charts.trend import trend_figure
from nk_web.panels.panel import Look, Size
from nk_web.panels.trends import trend_words

NAMES = ("Lumina", "Aruna", "Kirana", "Merona", "Sekar", "Wangi")


def sample_trend(look: Look) -> SalesTrend:
    end = look.reader.today
    days = DateRange(start=end - timedelta(days=13), end=end)
    first = datetime.combine(days.start, time())
    points = [
        TrendPoint(
            bucket=first + timedelta(days=at),
            value=None if at == 5 else 8e6 + at % 7 * 1.3e6,
            partial=at == 13,
            compare_bucket=first + timedelta(days=at - 14),
            compare_value=9e6 + at % 5 * 1e6,
        )
        for at in range(14)
    ]
    before = DateRange(start=days.start - timedelta(days=14), end=days.end - timedelta(days=14))
    return SalesTrend(
        meta=_meta(),
        range=days,
        compare_range=before,
        grain="day",
        kpi="revenue",
        unit="currency",
        points=points,
    )


def _meta() -> Meta:
    days = Days(requested=14, loaded=13, missing=1, missing_days=[])
    return Meta(data_version="1", fresh_until=None, days=days, timezone="Asia/Jakarta", currency="IDR")


def _trend(look: Look) -> Figure:
    return trend_figure(sample_trend(look), look.f, trend_words(look), look.reader.local_now)


def _paired(look: Look) -> Figure:
    """An amount, and a share of it that the axis does not begin with zero for."""
    trend = sample_trend(look)
    shares = [
        point.model_copy(update={"value": point.value and point.value / 4e7, "compare_value": None})
        for point in trend.points
    ]
    share = trend.model_copy(update={"unit": "ratio", "points": shares, "compare_range": None})
    lower = trend_figure(share, look.f, trend_words(look), look.reader.local_now, from_zero=False)
    return paired_figure(_trend(look), lower, (NAMES[0], NAMES[1]))


def _bars(look: Look) -> Figure:
    """The last is not known: it has no bar, which is not one of length zero."""
    bars = [
        Bar(name, 9e6 / (at + 1), look.f.currency_short(9e6 / (at + 1)), name, previous=8e6 / (at + 1))
        for at, name in enumerate(NAMES[:-1])
    ]
    return bars_figure([*bars, Bar(NAMES[-1], None, look.f.currency_short(None), NAMES[-1])])


def _parts(look: Look) -> Figure:
    shares = ((0.2, 0.7), (0.3, 0.2), (0.5, 0.1))
    series = [
        Series(name, own, [name] * 2, palette.category(at), [look.f.percent(share, 0) for share in own])
        for at, (name, own) in enumerate(zip("ABC", shares, strict=True))
    ]
    return parts_figure(NAMES[:2], series, fewest=3)


def _steps(look: Look) -> Figure:
    """A cost from before, one that rose and one that fell."""
    end = look.reader.today
    days = [end - timedelta(days=back) for back in (90, 60, 20)]
    steps = [
        Step(day, cost, look.f.currency(cost), carried=at == 0)
        for at, (day, cost) in enumerate(zip(days, (40e3, 52e3, 47e3), strict=True))
    ]
    return steps_figure(steps, end, [(days[1], look.f.day_short(days[1]))], look.f.currency_short)


def _sunburst(look: Look) -> Figure:
    """Two parents with three categories, and what the limit of the answer has cut off."""
    rows = [
        BreakdownRow(
            key=name, label=name, path=[NAMES[at % 2], name], revenue=6e6 / (at + 1), quantity=1, transactions=1,
            share=None,
        )
        for at, name in enumerate(NAMES)
    ]  # fmt: skip
    today = look.reader.today
    answer = SalesBreakdown(
        meta=_meta(), range=DateRange(start=today, end=today), dimension="category", total_rows=len(rows) + 1,
        total_revenue=sum(row.revenue for row in rows) + 1e6, rows=rows,
    )  # fmt: skip
    words = SunburstWords(total=NAMES[0], others="…", share="")
    return sunburst_figure(sunburst_nodes(answer, words), look.f, words)


def _stacked(look: Look) -> Figure:
    series = [
        Series(name, [3e6 + at * 1e6, 2e6, 4e6, 1e6 + at * 2e6], [name] * 4, palette.category(at))
        for at, name in enumerate(NAMES[:4])
    ]
    return stacked_figure(["A", "B", "C", "D"], series, look.f.currency_short)


def _heatmap(look: Look) -> Figure:
    rows = [
        HeatRow(
            look.f.weekday_name(day),
            [HeatCell(None if day == 3 else float(day * hour % 11), name) for hour, name in enumerate(NAMES)],
        )
        for day in range(1, 8)
    ]
    return heatmap_figure(rows, NAMES)


def _sankey(look: Look) -> Figure:
    flows = [Flow((NAMES[at % 3], NAMES[at % 5], NAMES[at]), 1e6 * (at + 1)) for at in range(len(NAMES))]
    return sankey_figure(diagram(flows, (3, 5, 6), "…"), look.f.currency)


def _pareto(look: Look) -> Figure:
    dots = [Dot(at / 20, 1 - (1 - at / 20) ** 3, look.f.percent(at / 20)) for at in range(21)]
    bands = [
        Band("A", 0, 0.2, palette.category(0)),
        Band("B", 0.2, 0.5, palette.category(2)),
        Band("C", 0.5, 1, palette.REST),
    ]
    return pareto_figure(dots, bands, "x", "y", lambda share: look.f.percent(share, 0))


def _scatter(look: Look) -> Figure:
    dots = [
        Dot(at * 1.0, (at * 7 % 13) * 1e6, name, colour=palette.category(at), size=10 + at * 3)
        for at, name in enumerate(NAMES)
    ]
    return scatter_figure(dots, "x", "y", look.f.number, look.f.currency_short)


CHARTS: tuple[tuple[str, Size, Callable[[Look], Figure]], ...] = (
    ("bars", "normal", _bars),
    ("paired", "tall", _paired),
    ("stacked", "normal", _stacked),
    ("parts", "normal", _parts),
    ("steps", "normal", _steps),
    ("heatmap", "normal", _heatmap),
    ("sankey", "tall", _sankey),
    ("sunburst", "tall", _sunburst),
    ("pareto", "normal", _pareto),
    ("scatter", "normal", _scatter),
)
"""Each under the name of its function in `charts`, without `_figure`; a trend stands in a panel of its own."""
