"""Figures, days and moments as people in the shop write them.

Values are joined to their unit by a no-break space, so that a line never breaks between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.dates import format_datetime as babel_datetime
from babel.numbers import get_currency_precision, get_currency_symbol, get_decimal_symbol, get_group_symbol

from nk_common.api.common import Grain, Unit

Lang = Literal["id", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)
NOTHING = "–"
NBSP = "\u00a0"
MINUS = "\u2212"
_SHORT: dict[Lang, tuple[tuple[Decimal, str], ...]] = {
    "id": (
        (Decimal(10) ** 12, "T"),
        (Decimal(10) ** 9, "M"),
        (Decimal(10) ** 6, "jt"),
        (Decimal(10) ** 3, "rb"),
    ),
    "en": (
        (Decimal(10) ** 12, "T"),
        (Decimal(10) ** 9, "B"),
        (Decimal(10) ** 6, "M"),
        (Decimal(10) ** 3, "K"),
    ),
}
_SIGNS: dict[Lang, dict[int, str]] = {
    lang: {ord(","): get_group_symbol(lang), ord("."): get_decimal_symbol(lang), ord("-"): MINUS}
    for lang in LANGS
}
"""From Python's signs to those of the language. A page has thousands of numbers, and babel's own way of writing one
takes as long as a hundred of these."""


@dataclass(frozen=True)
class Figure:
    """A value for a card: `shown` fits the card, `full` is never shortened."""

    shown: str
    full: str


@dataclass(frozen=True)
class Formats:
    lang: Lang
    zone: ZoneInfo
    currency_code: str = "IDR"

    def with_currency(self, code: str) -> Formats:
        """The same for the currency that an answer is in."""
        return replace(self, currency_code=code)

    # -- numbers ---------------------------------------------------------------------------------

    def number(self, value: float | None, digits: int = 0) -> str:
        """At most `digits` decimals; None is a dash."""
        if value is None:
            return NOTHING
        text = f"{Decimal(str(value)):,.{digits}f}"
        if digits:
            text = text.rstrip("0").rstrip(".")
        return "0" if text == "-0" else text.translate(_SIGNS[self.lang])

    def short_number(self, value: float | None) -> str:
        """1234567 is `1,2 jt` or `1.2M`; below ten thousand it stays whole."""
        if value is None:
            return NOTHING
        exact = Decimal(str(value))
        for size, suffix in _SHORT[self.lang]:
            # Rounding may reach the next size: 999 960 is 1,0 jt and not 1.000 rb.
            if abs(exact) >= size - size / 20000 and abs(exact) >= 10_000:
                joint = NBSP if self.lang == "id" else ""
                scaled = exact / size
                digits = 1 if abs(scaled) < 100 else 0
                return self.number(float(scaled), digits) + joint + suffix
        return self.number(value)

    def currency(self, value: float | None) -> str:
        if value is None:
            return NOTHING
        return self._with_symbol(self.number(value, self._currency_digits()))

    def currency_short(self, value: float | None) -> str:
        return NOTHING if value is None else self._with_symbol(self.short_number(value))

    def percent(self, ratio: float | None, digits: int = 1) -> str:
        if ratio is None:
            return NOTHING
        joint = NBSP if self.lang == "id" else ""
        return self.number(ratio * 100, digits) + joint + "%"

    def value(self, value: float | None, unit: Unit) -> str:
        match unit:
            case "currency":
                return self.currency(value)
            case "ratio":
                return self.percent(value)
            case "quantity":
                return self.number(value, 2)
            case "count":
                return self.number(value)

    def value_short(self, value: float | None, unit: Unit) -> str:
        match unit:
            case "currency":
                return self.currency_short(value)
            case "ratio":
                return self.percent(value)
            case "quantity" | "count":
                return self.short_number(value)

    def figure(self, value: float | None, unit: Unit, room: int = 13) -> Figure:
        full = self.value(value, unit)
        return Figure(full if len(full) <= room else self.value_short(value, unit), full)

    def _with_symbol(self, text: str) -> str:
        sign, digits = (MINUS, text[1:]) if text.startswith(MINUS) else ("", text)
        return f"{sign}{self._symbol()}{NBSP}{digits}"

    def _symbol(self) -> str:
        # In English CLDR has no sign for the rupiah, but the shop's people do.
        return (
            "Rp" if self.currency_code == "IDR" else str(get_currency_symbol(self.currency_code, self.lang))
        )

    def _currency_digits(self) -> int:
        return 0 if self.currency_code == "IDR" else int(get_currency_precision(self.currency_code))

    # -- days ------------------------------------------------------------------------------------

    def day(self, day: date) -> str:
        """`Sen, 5 Jan 2026`"""
        return str(format_date(day, "EEE, d MMM y", locale=self.lang))

    def day_plain(self, day: date) -> str:
        """`5 Jan 2026`"""
        return str(format_date(day, "d MMM y", locale=self.lang))

    def day_short(self, day: date) -> str:
        """`5 Jan`"""
        return str(format_date(day, "d MMM", locale=self.lang))

    def month(self, day: date) -> str:
        """`Jan 2026`"""
        return str(format_date(day, "MMM y", locale=self.lang))

    def weekday(self, day: date) -> str:
        """`Sen`"""
        return str(format_date(day, "EEE", locale=self.lang))

    def days(self, start: date, end: date) -> str:
        """`1–7 Jan 2026`, `28 Jan – 3 Feb 2026`, or one day with its weekday."""
        if start == end:
            return self.day(start)
        if (start.year, start.month) == (end.year, end.month):
            return f"{start.day}–{self.day_plain(end)}"
        first = self.day_short(start) if start.year == end.year else self.day_plain(start)
        return f"{first} – {self.day_plain(end)}"

    # -- moments ---------------------------------------------------------------------------------

    def clock_time(self, moment: datetime) -> str:
        """`14.32` or `14:32`, in the business time zone."""
        pattern = "HH.mm" if self.lang == "id" else "HH:mm"
        return str(babel_datetime(self._local(moment), pattern, locale=self.lang))

    def moment(self, moment: datetime | None) -> str:
        """`5 Jan 2026 14.32`"""
        if moment is None:
            return NOTHING
        return f"{self.day_plain(self._local(moment).date())} {self.clock_time(moment)}"

    def moment_near(self, moment: datetime, now: datetime) -> str:
        """Today only the time, otherwise also the day."""
        same_day = self._local(moment).date() == self._local(now).date()
        return self.clock_time(moment) if same_day else self.moment(moment)

    def ago(self, moment: datetime, now: datetime) -> str:
        """`3 jam yang lalu`"""
        past = min(moment - now, timedelta(0))
        return str(format_timedelta(past, granularity="minute", add_direction=True, locale=self.lang))

    def duration(self, seconds: float) -> str:
        """`4 menit`"""
        return str(format_timedelta(timedelta(seconds=max(1.0, seconds)), threshold=1.2, locale=self.lang))

    def bucket(self, start: datetime, grain: Grain) -> str:
        """The name of one bucket of a trend; its start is local already."""
        match grain:
            case "hour":
                return f"{self.day_short(start.date())} {start:%H}{'.' if self.lang == 'id' else ':'}00"
            case "day":
                return self.day(start.date())
            case "week":
                return self.days(start.date(), start.date() + timedelta(days=6))
            case "month":
                return self.month(start.date())

    def hour(self, hour: int) -> str:
        """`07.00` or `07:00`, the beginning of an hour."""
        return f"{hour:02d}{'.' if self.lang == 'id' else ':'}00"

    def hour_end(self, hour: int) -> str:
        """`07.59` or `07:59`, its last minute."""
        return f"{hour:02d}{'.' if self.lang == 'id' else ':'}59"

    def weekday_name(self, number: int, *, short: bool = False) -> str:
        """`Senin` for 1, Monday."""
        return str(format_date(date(2024, 1, number), "EEE" if short else "EEEE", locale=self.lang))

    def change(self, ratio: float | None) -> str:
        """`+3,4 %`, with a sign either way; a dash against nothing."""
        if ratio is None:
            return NOTHING
        return ("+" if ratio > 0 else "") + self.percent(ratio)

    def tick(self, start: datetime, grain: Grain) -> str:
        """The same for an axis, where room is scarce."""
        match grain:
            case "hour":
                return f"{start:%H}{'.' if self.lang == 'id' else ':'}00"
            case "day" | "week":
                return self.day_short(start.date())
            case "month":
                return self.month(start.date())

    def _local(self, moment: datetime) -> datetime:
        """Without an offset a moment is local already, as the API writes when stock was counted."""
        return moment.astimezone(self.zone) if moment.tzinfo else moment
