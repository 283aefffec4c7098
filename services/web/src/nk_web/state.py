"""What a page shows, as it stands in the URL: reload, back and share give the same page.

Nothing here fails: an address that makes no sense is corrected, and the correction is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, get_args
from urllib.parse import urlencode

from nk_common.api.common import Compare, DateRange, Grain
from nk_web.i18n import Lang, Said, parse_lang, say

Params = Mapping[str, str]

COMPARES: Final[tuple[Compare, ...]] = get_args(Compare)
CUSTOM: Final = "custom"
DEFAULT_PRESET: Final = "7d"
DEFAULT_COMPARE: Final[Compare] = "previous"
MAX_DAYS: Final = 1096
"""Three years; longer ranges are cut to their newest days."""
MAX_GRID_DAYS: Final = 366
GRID_DAYS: Final = 35
FIRST_DAY: Final = date(2000, 1, 1)

PRESETS: Final[Mapping[str, Callable[[date], tuple[date, date]]]] = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (today - timedelta(days=1), today - timedelta(days=1)),
    "7d": lambda today: (today - timedelta(days=6), today),
    "30d": lambda today: (today - timedelta(days=29), today),
    "week": lambda today: (today - timedelta(days=today.weekday()), today),
    "month": lambda today: (today.replace(day=1), today),
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


@dataclass(frozen=True)
class OverviewState:
    period: Period
    compare: Compare = DEFAULT_COMPARE
    lang: Lang | None = field(default=None)
    """Only when the URL names it."""

    def query(self, **changes: str) -> str:
        """The query string of this state, with some parts of it changed."""
        values = {**self.period.query(), "compare": self.compare, **_lang_query(self.lang), **changes}
        return urlencode(values)

    def with_preset(self, preset: str) -> str:
        values = {"range": preset, "compare": self.compare, **_lang_query(self.lang)}
        return urlencode(values)


@dataclass(frozen=True)
class SyncState:
    period: Period
    lang: Lang | None = None

    def query(self, **changes: str) -> str:
        days = {"start": self.period.start.isoformat(), "end": self.period.end.isoformat()}
        return urlencode({**days, **_lang_query(self.lang), **changes})


def parse_overview(params: Params, today: date) -> OverviewState:
    compare = next((known for known in COMPARES if known == params.get("compare")), DEFAULT_COMPARE)
    return OverviewState(_overview_period(params, today), compare, parse_lang(params.get("lang")))


def parse_sync(params: Params, today: date) -> SyncState:
    fallback = (today - timedelta(days=GRID_DAYS - 1), today)
    period = _custom_period(params, today, fallback, CUSTOM, MAX_GRID_DAYS)
    return SyncState(period, parse_lang(params.get("lang")))


def grain_for(period: Period) -> Grain:
    """Enough points to see a shape, few enough to read."""
    if period.days == 1:
        return "hour"
    if period.days <= 92:
        return "day"
    return "week" if period.days <= 400 else "month"


def _overview_period(params: Params, today: date) -> Period:
    preset = params.get("range") or (CUSTOM if params.get("start") or params.get("end") else DEFAULT_PRESET)
    if preset in PRESETS:
        return Period(preset, *PRESETS[preset](today))
    fallback = PRESETS[DEFAULT_PRESET](today)
    if preset == CUSTOM:
        return _custom_period(params, today, fallback, DEFAULT_PRESET, MAX_DAYS)
    note = say("This address names a range that does not exist, so the last 7 days are shown.")
    return Period(DEFAULT_PRESET, *fallback, notes=(note,))


def _custom_period(
    params: Params, today: date, fallback: tuple[date, date], fallback_preset: str, longest: int
) -> Period:
    texts = (params.get("start", "").strip(), params.get("end", "").strip())
    start, end = (_parse_day(text) for text in texts)
    if start is None and end is None:
        period = Period(fallback_preset, *fallback)
        unreadable = any(texts)
        note = say("The dates could not be read, so another range is shown. Dates look like 2026-01-31.")
        return replace(period, notes=(note,)) if unreadable else period
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


def _parse_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= FIRST_DAY else None


def _lang_query(lang: Lang | None) -> dict[str, str]:
    return {"lang": lang} if lang else {}
