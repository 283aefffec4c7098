"""Colours of charts, as names of the design system: the browser puts in the values of the theme that is on.

The order is fixed: the largest member of whatever a chart shows is `CATEGORIES[0]`, everywhere. `faded` is the same
colour seen through.
"""

from __future__ import annotations

ACCENT = "var(--accent)"
COMPARISON = "var(--compare)"
INK = "var(--ink)"
INK_MUTED = "var(--ink-muted)"
GRID = "var(--line)"
GRID_STRONG = "var(--line-strong)"
SURFACE = "var(--surface)"
MISSING_BAND = "var(--missing-band)"
GOOD, BAD = "var(--good)", "var(--bad)"
CATEGORIES = tuple(f"var(--cat-{number})" for number in range(1, 9))
ON_CATEGORY = "var(--on-cat)"
REST = "var(--cat-rest)"
HEAT = tuple(f"var(--heat-{step})" for step in range(5))
"""From nothing to most."""


def category(at: int) -> str:
    """The colour of the member at place `at`; beyond the palette everything has one colour, and not a wrong one."""
    return CATEGORIES[at] if at < len(CATEGORIES) else REST


def faded(colour: str, opacity: float) -> str:
    return f"{colour.removesuffix(')')}@{opacity:g})"
