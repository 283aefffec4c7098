"""What charts share: round tick values, a plain layout, and text that plotly does not take for markup."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10
from typing import Any

INK = "var(--ink-muted)"
GRID = "var(--line)"


def round_ticks(lowest: float, highest: float, wanted: int = 4) -> list[float]:
    """Round values from at or below `lowest` to at or above `highest`, zero among them where it is between."""
    span = highest - lowest
    if span <= 0:
        return [0.0, 1.0]
    rough = span / wanted
    size = 10.0 ** floor(log10(rough))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * 0.999)
    first, last = floor(lowest / step + 1e-9), ceil(highest / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def thin(positions: int, wanted: int) -> list[int]:
    """Which of `positions` evenly spaced places get a label: at most about `wanted`, the first among them."""
    step = max(1, ceil(positions / wanted))
    return list(range(0, positions, step))


def plain(text: str) -> str:
    """Plotly reads a few HTML tags in texts; a product's name must not become one."""
    return escape(text, quote=False)


def shortened(text: str, most: int = 24) -> str:
    """For an axis: the whole name is in the tooltip and in the table."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def base_layout(right: int = 8) -> dict[str, Any]:
    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "var(--font)", "size": 12, "color": INK},
        "margin": {"l": 8, "r": right, "t": 8, "b": 8},
        "showlegend": False,
        "hoverlabel": {
            "bgcolor": "var(--tip)",
            "bordercolor": "var(--tip)",
            "font": {"family": "var(--font)", "size": 13, "color": "var(--on-tip)"},
            "align": "left",
        },
    }
