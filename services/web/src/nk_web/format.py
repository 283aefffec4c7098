"""Figures, days and moments as people in the shop write them; the pages and the messages share one way of writing."""

from __future__ import annotations

from nk_common.format import MINUS, NBSP, NOTHING, Figure, Formats

__all__ = ["MINUS", "NBSP", "NOTHING", "Figure", "Formats"]
