"""Curves and clouds: a share against a share (Pareto), and one point per member."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nk_web.charts import palette
from nk_web.charts.axis import base_layout, plain, round_ticks
from nk_web.charts.figure import Figure

Say = Callable[[float], str]


@dataclass(frozen=True)
class Dot:
    """`size` is the diameter in pixels."""

    x: float
    y: float
    hover: str
    href: str = ""
    colour: str = palette.ACCENT
    size: float = 9


@dataclass(frozen=True)
class Band:
    """A stretch of the x axis with a name: class A, B, C."""

    name: str
    start: float
    end: float
    colour: str


def pareto_figure(dots: Sequence[Dot], bands: Sequence[Band], x_name: str, y_name: str, say: Say) -> Figure:
    """Shares from 0 to 1 on both axes, bands behind the curve."""
    curve = {
        "type": "scatter", "x": [dot.x for dot in dots], "y": [dot.y for dot in dots], "mode": "lines",
        "fill": "tozeroy", "line": {"color": palette.ACCENT, "width": 2.5},
        "fillcolor": palette.faded(palette.ACCENT, 0.09), "hovertext": [dot.hover for dot in dots],
        "hoverinfo": "text", "customdata": [dot.href for dot in dots],
    }  # fmt: skip
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    axis = {"range": [0, 1.02], "tickvals": ticks, "ticktext": [say(tick) for tick in ticks]}
    layout = {
        "hovermode": "x",
        "xaxis": {**_axis(x_name), **axis},
        "yaxis": {**_axis(y_name), **axis},
        "shapes": [_shape(band) for band in bands],
        "annotations": [_name(band) for band in bands],
    }
    return Figure([curve], {**base_layout(), **layout})


def scatter_figure(dots: Sequence[Dot], x_name: str, y_name: str, say_x: Say, say_y: Say) -> Figure:
    cloud = {
        "type": "scatter", "x": [dot.x for dot in dots], "y": [dot.y for dot in dots], "mode": "markers",
        "marker": {
            "color": [dot.colour for dot in dots], "size": [dot.size for dot in dots], "opacity": 0.75,
            "line": {"color": palette.SURFACE, "width": 1},
        },
        "hovertext": [dot.hover for dot in dots], "hoverinfo": "text", "customdata": [dot.href for dot in dots],
    }  # fmt: skip
    across, up = _ticks([dot.x for dot in dots], say_x), _ticks([dot.y for dot in dots], say_y)
    axes = {"xaxis": {**_axis(x_name), **across}, "yaxis": {**_axis(y_name), **up}}
    return Figure([cloud], {**base_layout(), "hovermode": "closest", **axes})


def _ticks(values: Sequence[float], say: Say) -> dict[str, Any]:
    ticks = round_ticks(min([0.0, *values]), max([0.0, *values]))
    room = (ticks[-1] - ticks[0]) * 0.03
    return {
        "range": [ticks[0] - room, ticks[-1] + room],
        "tickvals": ticks,
        "ticktext": [say(tick) for tick in ticks],
    }


def _axis(name: str) -> dict[str, Any]:
    return {
        "title": {"text": plain(name), "font": {"size": 12}}, "tickmode": "array", "gridcolor": palette.GRID,
        "zerolinecolor": palette.GRID_STRONG, "fixedrange": True, "automargin": True,
    }  # fmt: skip


def _shape(band: Band) -> dict[str, Any]:
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": band.start, "x1": band.end, "y0": 0, "y1": 1,
        "fillcolor": palette.faded(band.colour, 0.12), "line": {"width": 0}, "layer": "below",
    }  # fmt: skip


def _name(band: Band) -> dict[str, Any]:
    return {
        "x": (band.start + band.end) / 2, "y": 0.02, "xref": "x", "yref": "paper", "yanchor": "bottom",
        "text": f"<b>{plain(band.name)}</b>", "showarrow": False, "font": {"color": palette.INK_MUTED, "size": 13},
    }  # fmt: skip
