"""The days that a page shows: presets, chosen days, and what is corrected about them.

Nothing here fails: a range that makes no sense is corrected, and the correction is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from nk_common.api.common import DateRange, Grain
from nk_web.i18n import Said, say

CUSTOM: Final = "custom"
DEFAULT_PRESET: Final = "7d"
MAX_DAYS: Final = 1096
"""Three years; longer ranges are cut to their newest days."""
FIRST_DAY: Final = date(2000, 1, 1)

Span = tuple[date, date]
_A_DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "semester": 6, "year": 12}


def _begin(unit: str, day: date) -> date:
    """First day of the week, month, quarter, semester or year that `day` lies in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[unit]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _to_date(unit: str) -> Callable[[date], Span]:
    return lambda today: (_begin(unit, today), today)


def _last(unit: str) -> Callable[[date], Span]:
    def days(today: date) -> Span:
        end = _begin(unit, today) - _A_DAY
        return _begin(unit, end), end

    return days


PRESETS: Final[Mapping[str, Callable[[date], Span]]] = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (today - _A_DAY, today - _A_DAY),
    "7d": lambda today: (today - timedelta(days=6), today),
    "30d": lambda today: (today - timedelta(days=29), today),
    **{unit: _to_date(unit) for unit in ("week", "month", "quarter", "semester", "year")},
    **{f"last-{unit}": _last(unit) for unit in ("week", "month", "quarter", "semester", "year")},
}
"""Nothing reaches into the future: the running week, month and so on are those to date. Weeks begin on Monday."""
QUICK: Final = ("today", "yesterday", "7d", "30d", "month")
"""Always in sight; the others are one press away."""
PRESET_NAMES: Final[Mapping[str, Said]] = {
    "today": say("Today"),
    "yesterday": say("Yesterday"),
    "7d": say("7 days"),
    "30d": say("30 days"),
    "week": say("This week"),
    "month": say("This month"),
    "quarter": say("This quarter"),
    "semester": say("This semester"),
    "year": say("This year"),
    "last-week": say("Last week"),
    "last-month": say("Last month"),
    "last-quarter": say("Last quarter"),
    "last-semester": say("Last semester"),
    "last-year": say("Last year"),
}


@dataclass(frozen=True)
class Period:
    """The days a page shows, and what had to be corrected to get there."""

    preset: str
    start: date
    end: date
    notes: tuple[Said, ...] = ()

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def range(self) -> DateRange:
        return DateRange(start=self.start, end=self.end)

    def query(self) -> dict[str, str]:
        if self.preset != CUSTOM:
            return {"range": self.preset}
        return {"range": CUSTOM, "start": self.start.isoformat(), "end": self.end.isoformat()}


def named_period(preset: str, today: date) -> Period:
    return Period(preset, *PRESETS[preset](today))


def grain_for(period: Period) -> Grain:
    """Enough points to see a shape, few enough to read."""
    if period.days == 1:
        return "hour"
    if period.days <= 92:
        return "day"
    return "week" if period.days <= 400 else "month"


def parse_period(params: Mapping[str, str], today: date) -> Period:
    preset = params.get("range") or (CUSTOM if params.get("start") or params.get("end") else DEFAULT_PRESET)
    if preset in PRESETS:
        return named_period(preset, today)
    fallback = named_period(DEFAULT_PRESET, today)
    if preset == CUSTOM:
        return chosen_days(params, today, fallback, MAX_DAYS)
    note = say("This address names a range that does not exist, so the last 7 days are shown.")
    return replace(fallback, notes=(note,))


def chosen_days(params: Mapping[str, str], today: date, fallback: Period, longest: int) -> Period:
    """`start` and `end` of the address, corrected; `fallback` when neither can be read."""
    texts = (params.get("start", "").strip(), params.get("end", "").strip())
    start, end = (parse_day(text) for text in texts)
    if start is None and end is None:
        note = say("The dates could not be read, so another range is shown. Dates look like 2026-01-31.")
        return replace(fallback, notes=(note,)) if any(texts) else fallback
    notes: list[Said] = []
    if start is None or end is None:
        start = end = start or end
        notes.append(say("Only one of the two dates could be read, so that one day is shown."))
    assert start is not None and end is not None  # noqa: PT018 - one of them is a day
    return _corrected(start, end, today, longest, notes)


def _corrected(start: date, end: date, today: date, longest: int, notes: list[Said]) -> Period:
    if start > end:
        start, end = end, start
        notes.append(say("The start was after the end; the two have been swapped."))
    if end > today:
        start, end = min(start, today), today
        notes.append(say("Days that have not happened yet are left out; the range ends today."))
    if (end - start).days >= longest:
        start = end - timedelta(days=longest - 1)
        notes.append(say("The range was too long; its newest %(days)s days are shown.", days=longest))
    return Period(CUSTOM, start, end, tuple(notes))


def parse_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= FIRST_DAY else None


def parse_as_of(text: str, today: date) -> tuple[date | None, tuple[Said, ...]]:
    """The one day of a page about stock, and what was corrected about it; None is the newest day."""
    if not text.strip():
        return None, ()
    day = parse_day(text.strip())
    if day is None:
        return None, (say("The day could not be read, so the newest stock is shown."),)
    if day > today:
        return None, (say("That day has not come yet, so the newest stock is shown."),)
    return day, ()
