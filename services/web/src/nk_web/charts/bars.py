"""Bars: members of a dimension by one figure, and parts of a whole in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from nk_web.charts import palette
from nk_web.charts.axis import base_layout, plain, round_ticks, shortened, thin

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
    """The same in the comparison: a mark on the bar."""
    colour: str = palette.ACCENT


@dataclass(frozen=True)
class Series:
    """One part of stacked columns: a value for each of them, in their order."""

    name: str
    values: Sequence[float | None]
    hovers: Sequence[str]
    colour: str


def bars_figure(bars: Sequence[Bar], previous_name: str = "") -> go.Figure:
    """Lying bars, the first on top, each with its value at its end."""
    places = list(range(len(bars)))
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=[bar.value for bar in bars],
            y=places,
            text=[plain(bar.text) for bar in bars],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [bar.colour for bar in bars], "line": {"width": 0}},
            hovertext=[bar.hover for bar in bars],
            hoverinfo="text",
            customdata=[bar.href for bar in bars],
            width=0.62,
        )
    )
    if any(bar.previous is not None for bar in bars):
        figure.add_trace(_marks(bars, places, previous_name))
    figure.update_layout(**base_layout(), hovermode="closest", bargap=0.3)
    figure.update_layout(xaxis=_value_axis(bars), yaxis=_member_axis(bars, places))
    figure.update_layout(margin_r=round(max((len(bar.text) for bar in bars), default=0) * LETTER) + 8)
    return figure


def stacked_figure(
    columns: Sequence[str], series: Sequence[Series], say_value: Callable[[float], str]
) -> go.Figure:
    """Standing columns in parts; the first series is at the bottom. `say_value` writes the axis."""
    places = list(range(len(columns)))
    figure = go.Figure(
        [
            go.Bar(
                name=plain(part.name), x=places, y=list(part.values),
                marker={"color": part.colour, "line": {"width": 0}}, hovertext=list(part.hovers),
                hoverinfo="text", width=0.7,
            )
            for part in series
        ]
    )  # fmt: skip
    sums = [sum(part.values[at] or 0.0 for part in series) for at in places]
    ticks = round_ticks(min([0.0, *sums]), max([0.0, *sums]))
    labelled = thin(len(columns), 8)
    figure.update_layout(**base_layout(), barmode="relative", hovermode="closest")
    figure.update_layout(
        xaxis={
            "tickmode": "array", "tickvals": labelled,
            "ticktext": [plain(shortened(columns[at], 14)) for at in labelled],
            "showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True, "tickangle": 0,
        },
        yaxis={
            "tickmode": "array", "tickvals": ticks, "ticktext": [say_value(tick) for tick in ticks],
            "gridcolor": palette.GRID, "zerolinecolor": palette.GRID_STRONG, "fixedrange": True, "automargin": True,
        },
    )  # fmt: skip
    return figure


def _marks(bars: Sequence[Bar], places: Sequence[int], name: str) -> go.Scatter:
    """A short line across each bar, where it ended in the comparison."""
    return go.Scatter(
        name=name,
        x=[bar.previous for bar in bars],
        y=places,
        mode="markers",
        marker={"symbol": "line-ns", "size": 15, "line": {"color": palette.COMPARISON, "width": 2.5}},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _value_axis(bars: Sequence[Bar]) -> dict[str, Any]:
    values = [value for bar in bars for value in (bar.value, bar.previous) if value is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    return {
        "range": [low, high or 1.0], "showgrid": False, "showticklabels": False, "zeroline": low < 0,
        "zerolinecolor": palette.GRID_STRONG, "fixedrange": True,
    }  # fmt: skip


def _member_axis(bars: Sequence[Bar], places: Sequence[int]) -> dict[str, Any]:
    return {
        "range": [len(bars) - 0.5, -0.5],
        "tickmode": "array", "tickvals": list(places), "ticktext": [plain(shortened(bar.label)) for bar in bars],
        "showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True,
        "ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0,0,0,0)",
    }  # fmt: skip
