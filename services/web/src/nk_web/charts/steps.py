"""Steps: a figure that stays what it is until something sets it anew, e.g. the cost of a product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nk_web.charts import palette
from nk_web.charts.axis import base_layout, round_ticks
from nk_web.charts.figure import Figure


@dataclass(frozen=True)
class Step:
    """From `day` on. `carried` is not an event of its own: the value was set before the days that are drawn."""

    day: date
    value: float
    hover: str
    carried: bool = False


def steps_figure(
    steps: Sequence[Step],
    end: date,
    ticks: Sequence[tuple[date, str]],
    say_value: Callable[[float], str],
) -> Figure:
    """The last step lasts until `end`; `ticks` are the labelled days."""
    last = steps[-1]
    drawn = [*steps, Step(end, last.value, last.hover, carried=True)]
    line = {
        "type": "scatter",
        "x": [step.day for step in drawn],
        "y": [step.value for step in drawn],
        "mode": "lines+markers",
        "line": {"color": palette.ACCENT, "width": 2.5, "shape": "hv"},
        "marker": {"color": palette.ACCENT, "size": [0 if step.carried else 7 for step in drawn]},
        "hovertext": [step.hover for step in drawn],
        "hoverinfo": "text",
    }
    axes = {"xaxis": _days(steps[0].day, end, ticks), "yaxis": _values(steps, say_value)}
    return Figure([line], {**base_layout(), "hovermode": "x", "hoverdistance": 60, **axes})


def _days(start: date, end: date, ticks: Sequence[tuple[date, str]]) -> dict[str, Any]:
    return {
        "type": "date", "range": [start, end], "tickmode": "array", "tickvals": [day for day, _ in ticks],
        "ticktext": [text for _, text in ticks], "tickangle": 0, "showgrid": False, "zeroline": False,
        "fixedrange": True, "automargin": True,
    }  # fmt: skip


def _values(steps: Sequence[Step], say_value: Callable[[float], str]) -> dict[str, Any]:
    """Not from zero: a cost that rose by a tenth must be seen."""
    values = [step.value for step in steps]
    low, high = min(values), max(values)
    if low == high:  # one value needs room around it, too
        low, high = low * 0.9, high * 1.1 or 1.0
    ticks = round_ticks(low, high)
    room = (ticks[-1] - ticks[0]) * 0.05
    return {
        "range": [ticks[0] - room, ticks[-1] + room], "tickmode": "array", "tickvals": ticks,
        "ticktext": [say_value(tick) for tick in ticks], "gridcolor": palette.GRID, "zeroline": False,
        "fixedrange": True, "automargin": True,
    }  # fmt: skip
