"""Ranges with a name, as of today. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

Preset = Literal[
    "today", "yesterday", "last-7-days", "last-30-days",
    "week", "month", "quarter", "semester", "year",
    "week-to-date", "month-to-date", "quarter-to-date", "semester-to-date", "year-to-date",
    "last-week", "last-month", "last-quarter", "last-semester", "last-year",
]  # fmt: skip
"""A plain period is the whole of the running one, with days that have not come yet; weeks begin on Monday.
The last 7 or 30 days end today."""

_MONTHS = {"month": 1, "quarter": 3, "semester": 6, "year": 12}
_A_DAY = timedelta(days=1)


def preset_days(preset: Preset, today: date) -> tuple[date, date]:
    """First and last day of the range called `preset`."""
    fixed = {
        "today": (today, today),
        "yesterday": (today - _A_DAY, today - _A_DAY),
        "last-7-days": (today - timedelta(days=6), today),
        "last-30-days": (today - timedelta(days=29), today),
    }
    if preset in fixed:
        return fixed[preset]
    if preset.startswith("last-"):
        period = preset.removeprefix("last-")
        return _period(period, _period(period, today)[0] - _A_DAY)
    start, end = _period(preset.removesuffix("-to-date"), today)
    return (start, today) if preset.endswith("-to-date") else (start, end)


def _period(name: str, day: date) -> tuple[date, date]:
    """The week, month, quarter, semester or year that `day` lies in."""
    if name == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    months = _MONTHS[name]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    after = date(first.year + (first.month + months - 1) // 12, (first.month + months - 1) % 12 + 1, 1)
    return first, after - _A_DAY
