"""Heatmaps: one figure by two things, darker is more. Missing is blank, nothing is the lightest colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nk_web.charts import palette
from nk_web.charts.axis import base_layout, plain, thin
from nk_web.charts.figure import Figure

BELOW_DARKEST = 0.97
_SCALE = [[step / (len(palette.HEAT) - 1), colour] for step, colour in enumerate(palette.HEAT)]


@dataclass(frozen=True)
class HeatCell:
    """`value` is None where nothing is known. `text` is written into the cell where there is room for it."""

    value: float | None
    hover: str
    href: str = ""
    text: str = ""


@dataclass(frozen=True)
class HeatRow:
    label: str
    cells: Sequence[HeatCell]


def heatmap_figure(rows: Sequence[HeatRow], columns: Sequence[str], most_labels: int = 16) -> Figure:
    """The first row is on top."""
    across, down = list(range(len(columns))), list(range(len(rows)))
    written = any(cell.text for row in rows for cell in row.cells)
    cells = {
        "type": "heatmap",
        "x": across,
        "y": down,
        "z": [[cell.value for cell in row.cells] for row in rows],
        "zmin": 0,
        "zmax": _darkest(rows),
        "text": [[cell.text for cell in row.cells] for row in rows] if written else None,
        "texttemplate": "%{text}" if written else None,
        "hovertext": [[cell.hover for cell in row.cells] for row in rows],
        "hoverinfo": "text",
        "hoverongaps": True,
        "customdata": [[cell.href for cell in row.cells] for row in rows],
        "colorscale": _SCALE,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    axes = {
        "xaxis": _axis(across, columns, 12, side="top"),
        "yaxis": {
            **_axis(down, [row.label for row in rows], most_labels),
            "range": [len(rows) - 0.5, -0.5],
        },
    }
    return Figure(
        [cells], {**base_layout(), "hovermode": "closest", "plot_bgcolor": palette.MISSING_BAND, **axes}
    )


def _darkest(rows: Sequence[HeatRow]) -> float:
    """The value of the darkest colour: one exceptional hour must not make all others look alike."""
    known = sorted(cell.value for row in rows for cell in row.cells if cell.value)
    return known[int((len(known) - 1) * BELOW_DARKEST)] if known and known[-1] > 0 else 1.0


def _axis(places: Sequence[int], labels: Sequence[str], most: int, **more: str) -> dict[str, Any]:
    labelled = thin(len(places), most)
    return {
        "tickmode": "array",
        "tickvals": labelled,
        "ticktext": [plain(labels[at]) for at in labelled],
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "ticks": "",
        **more,
    }
