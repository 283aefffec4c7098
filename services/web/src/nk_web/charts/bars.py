"""Bars: members of a dimension by one figure, and parts of a whole in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nk_web.charts import palette
from nk_web.charts.axis import base_layout, plain, round_ticks, shortened, thin
from nk_web.charts.figure import Figure, Trace

FEWEST_ROWS = 5
"""Two bars are not drawn as thick as the room would allow."""
FEWEST_COLUMNS = 6
LIFTED = 0.08
"""How far a bar makes room for that of the comparison."""
LETTER = 6.7
"""Pixels that a letter of a value takes, beside the bar."""


@dataclass(frozen=True)
class Bar:
    """`text` is the value in words, `hover` what is said when pointed at, `href` where a press leads."""

    label: str
    value: float | None
    text: str
    hover: str
    href: str = ""
    previous: float | None = None
    """The same in the comparison."""
    colour: str = palette.ACCENT


@dataclass(frozen=True)
class Series:
    """One part of stacked bars: a value for each of them, in their order."""

    name: str
    values: Sequence[float | None]
    hovers: Sequence[str]
    colour: str
    texts: Sequence[str] = ()
    hrefs: Sequence[str] = ()


def bars_figure(bars: Sequence[Bar], previous_name: str = "") -> Figure:
    """Lying bars, the first on top, each with its value at its end and a thin one of the comparison under it. What is
    not known has no bar, and its text stands where one would begin."""
    compared = any(bar.previous is not None for bar in bars)
    traces = [_now(bars, LIFTED if compared else 0.0, 0.48 if compared else 0.6)]
    if compared:
        traces.append(_before(bars, previous_name))
    longest = max((len(bar.text) for bar in bars), default=0)
    layout = {**base_layout(right=round(longest * LETTER) + 8), "hovermode": "closest", "barmode": "overlay"}
    layout["annotations"] = [_unknown(at, bar.text) for at, bar in enumerate(bars) if bar.value is None]
    return Figure(
        traces, {**layout, "xaxis": _value_axis(bars), "yaxis": _member_axis([bar.label for bar in bars])}
    )


def stacked_figure(
    columns: Sequence[str],
    series: Sequence[Series],
    say_value: Callable[[float], str],
    hrefs: Sequence[str] = (),
    gaps: Sequence[int] = (),
) -> Figure:
    """Standing columns in parts; the first series is at the bottom. `say_value` writes the axis. `hrefs` are where a
    press on each column leads; `gaps` are the places of columns that are missing, and not empty."""
    places = list(range(len(columns)))
    sums = [sum(part.values[at] or 0.0 for part in series) for at in places]
    ticks = round_ticks(min([0.0, *sums]), max([0.0, *sums]))
    labelled = thin(len(columns), 8)
    room = max(0, FEWEST_COLUMNS - len(columns)) / 2
    axes = {
        "xaxis": {
            "range": [-0.5 - room, len(columns) - 0.5 + room],
            "tickmode": "array", "tickvals": labelled,
            "ticktext": [plain(shortened(columns[at], 14)) for at in labelled],
            "showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True, "tickangle": 0,
            "ticks": "outside", "ticklen": 5, "tickcolor": palette.GRID,
        },
        "yaxis": {
            "tickmode": "array", "tickvals": ticks, "ticktext": [say_value(tick) for tick in ticks],
            "gridcolor": palette.GRID, "zerolinecolor": palette.GRID_STRONG, "fixedrange": True, "automargin": True,
        },
    }  # fmt: skip
    traces = [{**_part(part, places), "customdata": list(hrefs) or None} for part in series]
    layout = {
        **base_layout(),
        "barmode": "relative",
        "hovermode": "closest",
        "shapes": [_gap(at) for at in gaps],
    }
    return Figure(traces, {**layout, **axes})


def parts_figure(labels: Sequence[str], series: Sequence[Series], fewest: int = FEWEST_ROWS) -> Figure:
    """Lying bars in parts, the first bar on top; what a part says in short stands in it where there is room."""
    sums = [sum(part.values[at] or 0.0 for part in series) for at in range(len(labels))]
    layout = {
        **base_layout(), "barmode": "stack", "hovermode": "closest", "uniformtext": {"minsize": 11, "mode": "hide"},
        "xaxis": {
            "range": [0, max(sums, default=0) or 1.0], "showgrid": False, "showticklabels": False,
            "zeroline": False, "fixedrange": True,
        },
        "yaxis": _member_axis(labels, fewest),
    }  # fmt: skip
    return Figure([_lying_part(part, len(labels)) for part in series], layout)


def _now(bars: Sequence[Bar], lifted: float, width: float) -> Trace:
    return {
        "type": "bar",
        "orientation": "h",
        "x": [bar.value for bar in bars],
        "y": [at - lifted for at in range(len(bars))],
        "text": [plain(bar.text) for bar in bars],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [bar.colour for bar in bars], "line": {"width": 0}},
        "hovertext": [bar.hover for bar in bars],
        "hoverinfo": "text",
        "customdata": [bar.href for bar in bars],
        "width": width,
    }


def _unknown(at: int, text: str) -> dict[str, Any]:
    return {
        "text": plain(text), "x": 0, "y": at, "xanchor": "left", "showarrow": False,
        "font": {"color": palette.INK_MUTED},
    }  # fmt: skip


def _before(bars: Sequence[Bar], name: str) -> Trace:
    return {
        "type": "bar",
        "name": plain(name),
        "orientation": "h",
        "x": [bar.previous for bar in bars],
        "y": [at + 0.25 for at in range(len(bars))],
        "width": 0.12,
        "marker": {"color": palette.COMPARISON, "line": {"width": 0}},
        "hovertext": [bar.hover for bar in bars],
        "hoverinfo": "text",
        "customdata": [bar.href for bar in bars],
    }


def _part(part: Series, places: Sequence[int]) -> Trace:
    return {
        "type": "bar", "name": plain(part.name), "x": places, "y": list(part.values), "width": 0.7,
        "marker": {"color": part.colour, "line": {"width": 0}}, "hovertext": list(part.hovers), "hoverinfo": "text",
    }  # fmt: skip


def _gap(at: int) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": at - 0.5, "x1": at + 0.5, "y0": 0, "y1": 1,
        "fillcolor": palette.MISSING_BAND, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def _lying_part(part: Series, count: int) -> Trace:
    return {
        "type": "bar", "name": plain(part.name), "orientation": "h", "x": list(part.values), "y": list(range(count)),
        "width": 0.62, "marker": {"color": part.colour, "line": {"width": 1, "color": palette.SURFACE}},
        "text": [plain(text) for text in part.texts], "textposition": "inside", "textangle": 0,
        "insidetextanchor": "middle", "insidetextfont": {"color": palette.ON_CATEGORY},
        "hovertext": list(part.hovers), "hoverinfo": "text", "customdata": list(part.hrefs),
    }  # fmt: skip


def _value_axis(bars: Sequence[Bar]) -> dict[str, Any]:
    values = [value for bar in bars for value in (bar.value, bar.previous) if value is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    return {
        "range": [low, high or 1.0], "showgrid": False, "showticklabels": False, "zeroline": low < 0,
        "zerolinecolor": palette.GRID_STRONG, "fixedrange": True,
    }  # fmt: skip


def _member_axis(labels: Sequence[str], fewest: int = FEWEST_ROWS) -> dict[str, Any]:
    return {
        "range": [max(len(labels), fewest) - 0.5, -0.5],
        "tickmode": "array", "tickvals": list(range(len(labels))),
        "ticktext": [plain(shortened(label)) for label in labels],
        "showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True,
        "ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0,0,0,0)",
    }  # fmt: skip
