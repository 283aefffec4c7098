"""A trend: this range and its comparison, with gaps where days are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nk_common.api.common import Grain
from nk_common.api.sales import SalesTrend, TrendPoint
from nk_web.charts.axis import base_layout, plain, round_ticks, thin
from nk_web.charts.figure import Figure, Trace
from nk_web.charts.palette import ACCENT, COMPARISON, GRID, GRID_STRONG, MISSING_BAND, faded
from nk_web.format import Formats

MOST_MARKERS = 45
LOWEST_SHARE = -1.0
"""An axis of shares begins here at the lowest: a day of gifts must not flatten all others."""
_HALF: dict[Grain, timedelta] = {
    "hour": timedelta(minutes=30),
    "day": timedelta(hours=12),
    "week": timedelta(days=3.5),
    "month": timedelta(days=15),
}


@dataclass(frozen=True)
class TrendWords:
    current: str
    comparison: str
    partial: str


@dataclass(frozen=True)
class TrendRow:
    """One line of the data table beside the chart."""

    name: str
    value: str
    partial: bool
    missing: bool
    compare_name: str
    compare_value: str


def trend_rows(trend: SalesTrend, formats: Formats, now: datetime) -> list[TrendRow]:
    return [
        TrendRow(
            name=formats.bucket(point.bucket, trend.grain),
            value=formats.value(point.value, trend.unit),
            partial=point.partial and point.value is not None,
            missing=_is_missing(point, trend, now),
            compare_name=_compare_name(point, trend, formats),
            compare_value=formats.value(point.compare_value, trend.unit),
        )
        for point in trend.points
    ]


def trend_figure(
    trend: SalesTrend,
    formats: Formats,
    words: TrendWords,
    now: datetime,
    hrefs: Sequence[str] = (),
    *,
    from_zero: bool = True,
) -> Figure:
    """Missing buckets are gaps on a shaded band, undefined ones gaps without one; buckets that are not complete have
    hollow marks. `hrefs` are where a press on each bucket leads. Not `from_zero`, the axis shows only where the
    figures are: for shares.

    `now` is the local time of the shop, without an offset: later buckets are not missing, only to come.
    """
    traces = [_current_line(trend, formats, words)]
    if any(point.compare_value is not None for point in trend.points):
        traces.insert(0, _comparison_line(trend, formats, words))
    if not from_zero:
        traces = [{**trace, "fill": None} for trace in traces]
    if hrefs:
        traces = [{**trace, "customdata": list(hrefs)} for trace in traces]
    axes = {"xaxis": _x_axis(trend, formats), "yaxis": _y_axis(trend, formats, from_zero)}
    lines = {"hovermode": "x", "hoverdistance": 20, "shapes": _missing_bands(trend, now)}
    return Figure(traces, {**base_layout(), **lines, **axes})


def _is_missing(point: TrendPoint, trend: SalesTrend, now: datetime) -> bool:
    """Null because its days are not loaded. It may also be undefined: a day of no known cost has no margin. The API
    names the first missing days only; behind the last of those nobody can tell."""
    if point.value is not None or point.bucket > now:
        return False
    days, first = trend.meta.days, max(point.bucket.date(), trend.range.start)
    named = days.missing_days
    return first in named or (days.missing > len(named) and first > max(named, default=date.min))


def _current_line(trend: SalesTrend, formats: Formats, words: TrendWords) -> Trace:
    points = trend.points
    many = len(points) > MOST_MARKERS
    return {
        "type": "scatter",
        "name": words.current,
        "x": [point.bucket for point in points],
        "y": [point.value for point in points],
        "mode": "lines+markers",
        "connectgaps": False,
        "line": {"color": ACCENT, "width": 2.5},
        "fill": "tozeroy" if all(point.value is not None for point in points) else None,
        "fillcolor": faded(ACCENT, 0.09),
        "marker": {
            "color": ACCENT,
            "opacity": 1,
            "symbol": ["circle-open" if point.partial else "circle" for point in points],
            # Where points stand close, only those that say something of their own get a mark.
            "size": [9 if point.partial else _mark_size(points, at, many) for at, point in enumerate(points)],
            "line": {"width": 2, "color": ACCENT},
        },
        "hovertext": [_hover(point, trend, formats, words) for point in points],
        "hoverinfo": "text",
    }


def _mark_size(points: Sequence[TrendPoint], at: int, many: bool) -> int:
    """A point alone between two gaps has no line to be seen by."""
    before = points[at - 1].value if at else None
    after = points[at + 1].value if at + 1 < len(points) else None
    alone = before is None and after is None
    return 7 if alone else 0 if many else 4


def _comparison_line(trend: SalesTrend, formats: Formats, words: TrendWords) -> Trace:
    """Its figures are told with the current ones, and by itself only where there are none."""
    return {
        "type": "scatter",
        "name": words.comparison,
        "x": [point.bucket for point in trend.points],
        "y": [point.compare_value for point in trend.points],
        "mode": "lines",
        "connectgaps": False,
        "line": {"color": COMPARISON, "width": 1.75, "dash": "4px,3px"},
        "hovertext": [_compare_text(point, trend, formats, words) for point in trend.points],
        "hoverinfo": ["text" if point.value is None else "skip" for point in trend.points],
    }


def _compare_text(point: TrendPoint, trend: SalesTrend, formats: Formats, words: TrendWords) -> str:
    name = _compare_name(point, trend, formats) or words.comparison
    return f"{plain(name)}: {formats.value(point.compare_value, trend.unit)}"


def _compare_name(point: TrendPoint, trend: SalesTrend, formats: Formats) -> str:
    """What a point is compared with. A month is compared with as many days, which need not be a calendar month."""
    start, end = point.compare_bucket, point.compare_end
    if start is None:
        return ""
    is_month = trend.grain == "month" and end and start.day == 1 and (end + timedelta(days=1)).day == 1
    if end is None or is_month or trend.grain in ("hour", "day"):
        return formats.bucket(start, trend.grain)
    return formats.days(start.date(), end)


def _hover(point: TrendPoint, trend: SalesTrend, formats: Formats, words: TrendWords) -> str:
    name = plain(formats.bucket(point.bucket, trend.grain))
    mark = f" ({plain(words.partial)})" if point.partial else ""
    before = "" if point.compare_value is None else "<br>" + _compare_text(point, trend, formats, words)
    return f"<b>{name}: {formats.value(point.value, trend.unit)}</b>{mark}{before}"


def _x_axis(trend: SalesTrend, formats: Formats) -> dict[str, Any]:
    labelled = [trend.points[at] for at in thin(len(trend.points), 7)]
    half = _HALF[trend.grain]
    edges = [trend.points[0].bucket - half, trend.points[-1].bucket + half] if trend.points else None
    return {
        "type": "date",
        "range": edges,
        "tickmode": "array",
        "tickvals": [point.bucket for point in labelled],
        "ticktext": [formats.tick(point.bucket, trend.grain) for point in labelled],
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": GRID,
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": GRID,
    }


def _y_axis(trend: SalesTrend, formats: Formats, from_zero: bool) -> dict[str, Any]:
    values = [
        value for point in trend.points for value in (point.value, point.compare_value) if value is not None
    ]
    within = [0.0, *values] if from_zero or not values else [max(value, LOWEST_SHARE) for value in values]
    ticks = round_ticks(min(within), max(within))
    return {
        "range": [ticks[0], ticks[-1] + (ticks[-1] - ticks[0]) * 0.02],
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [formats.value_short(tick, trend.unit) for tick in ticks],
        "gridcolor": GRID,
        "zeroline": True,
        "zerolinecolor": GRID_STRONG,
        "fixedrange": True,
        "automargin": True,
    }


def _missing_bands(trend: SalesTrend, now: datetime) -> list[dict[str, Any]]:
    """One band for each run of missing buckets."""
    half = _HALF[trend.grain]
    bands: list[dict[str, Any]] = []
    for point in trend.points:
        if not _is_missing(point, trend, now):
            continue
        start, end = point.bucket - half, point.bucket + half
        if bands and bands[-1]["x1"] >= start:
            bands[-1]["x1"] = end
            continue
        bands.append(
            {
                "type": "rect",
                "xref": "x",
                "yref": "paper",
                "x0": start,
                "x1": end,
                "y0": 0,
                "y1": 1,
                "fillcolor": MISSING_BAND,
                "line": {"width": 0},
                "layer": "below",
            }
        )
    return bands
