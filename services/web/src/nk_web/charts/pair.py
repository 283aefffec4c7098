"""Two trends over the same buckets, one above the other: an amount, and the share that goes with it."""

from __future__ import annotations

from nk_web.charts import palette
from nk_web.charts.axis import plain
from nk_web.charts.figure import Figure

UPPER, LOWER = (0.44, 0.93), (0.0, 0.27)
"""Parts of the height; the rest is for their names."""


def paired_figure(upper: Figure, lower: Figure, names: tuple[str, str]) -> Figure:
    """Both share the axis of days, the bands of missing ones, and what is said when pointed at."""
    axis = lower.layout["yaxis"]
    # Half of the height has room for half of the labels.
    axis = {**axis, "tickvals": axis["tickvals"][::2], "ticktext": axis["ticktext"][::2]}
    layout = {
        **upper.layout,
        "hoversubplots": "axis",
        "xaxis": {**upper.layout["xaxis"], "anchor": "y2"},
        "yaxis": {**upper.layout["yaxis"], "domain": UPPER},
        "yaxis2": {**axis, "domain": LOWER},
        "annotations": [_name(names[0], UPPER[1]), _name(names[1], LOWER[1])],
    }
    return Figure([*upper.traces, *({**trace, "yaxis": "y2"} for trace in lower.traces)], layout)


def _name(text: str, height: float) -> dict[str, object]:
    return {
        "text": f"<b>{plain(text)}</b>", "x": 0, "y": height, "xref": "paper", "yref": "paper",
        "xanchor": "left", "yanchor": "bottom", "showarrow": False,
        "font": {"size": 12, "color": palette.INK_MUTED},
    }  # fmt: skip
