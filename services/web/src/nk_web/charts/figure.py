"""A plotly figure as plain data: traces and a layout, in plotly's own words.

plotly's `graph_objects` check every value while they build, which takes longer than everything else that the server
does for a chart (25 to 80 ms, against 1). So figures are made without them, and the unit tests put every kind of
figure through them instead.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Trace = dict[str, Any]
"""One trace: its `type` and whatever plotly takes for it."""


@dataclass(frozen=True)
class Figure:
    traces: Sequence[Trace]
    layout: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        content = {"data": [_said(trace) for trace in self.traces], "layout": self.layout}
        return json.dumps(content, default=_plain, separators=(",", ":"), ensure_ascii=False)


def _said(trace: Trace) -> Trace:
    """Without what is None: plotly's own default holds there."""
    return {name: value for name, value in trace.items() if value is not None}


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a figure")
