"""Figures and days as people write them; ␣ stands for a no-break space."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from nk_common.api.common import Grain
from nk_web.format import Formats

Build = Callable[[str], Formats]


def same(text: str, expected: str) -> bool:
    return text == expected.replace("␣", "\u00a0").replace("-", "\u2212")


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [
        (1234567, "Rp␣1.234.567", "Rp␣1,234,567"),
        (0, "Rp␣0", "Rp␣0"),
        (-2500.4, "-Rp␣2.500", "-Rp␣2,500"),
        (None, "–", "–"),
    ],
)
def test_rupiah_has_no_decimals(formats: Build, value: float | None, indonesian: str, english: str) -> None:
    """Rupiah are written whole, with the sign before the symbol; nothing is a dash."""
    assert same(formats("id").currency(value), indonesian)
    assert same(formats("en").currency(value), english)


def test_other_currencies_keep_their_own_decimals() -> None:
    """A shop in another currency sees its cents."""
    from zoneinfo import ZoneInfo

    assert Formats("en", ZoneInfo("UTC"), "USD").currency(1234.5) == "$\u00a01,234.5"


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [
        (1234567, "Rp␣1,2␣jt", "Rp␣1.2M"),
        (123456789, "Rp␣123␣jt", "Rp␣123M"),
        (2500000000, "Rp␣2,5␣M", "Rp␣2.5B"),
        (3.4e12, "Rp␣3,4␣T", "Rp␣3.4T"),
        (45200, "Rp␣45,2␣rb", "Rp␣45.2K"),
        (9999, "Rp␣9.999", "Rp␣9,999"),
        (999960, "Rp␣1␣jt", "Rp␣1M"),
        (-1234567, "-Rp␣1,2␣jt", "-Rp␣1.2M"),
    ],
)
def test_short_amounts(formats: Build, value: float, indonesian: str, english: str) -> None:
    """Short amounts use ribu, juta, miliar and triliun, and reach the next one when they round up to it."""
    assert same(formats("id").currency_short(value), indonesian)
    assert same(formats("en").currency_short(value), english)


def test_percent(formats: Build) -> None:
    """Shares have one decimal and the language's own spacing."""
    assert same(formats("id").percent(0.1234), "12,3␣%")
    assert same(formats("en").percent(0.1234), "12.3%")
    assert formats("id").percent(None) == "–"


def test_a_card_shortens_only_what_does_not_fit(formats: Build) -> None:
    """A figure on a card is exact while it fits; the full one always stays at hand."""
    fits = formats("id").figure(1234567, "currency")
    long = formats("id").figure(218_099_400, "currency")
    assert fits.shown == fits.full
    assert same(long.shown, "Rp␣218␣jt")
    assert same(long.full, "Rp␣218.099.400")


def test_days(formats: Build) -> None:
    """Days carry their weekday; ranges repeat neither month nor year."""
    assert formats("id").day(date(2026, 1, 5)) == "Sen, 5 Jan 2026"
    assert formats("en").day(date(2026, 1, 5)) == "Mon, 5 Jan 2026"
    assert formats("id").days(date(2026, 8, 1), date(2026, 8, 7)) == "1–7 Agu 2026"
    assert formats("id").days(date(2026, 1, 28), date(2026, 2, 3)) == "28 Jan – 3 Feb 2026"
    assert formats("id").days(date(2025, 12, 30), date(2026, 1, 2)) == "30 Des 2025 – 2 Jan 2026"
    assert formats("id").days(date(2026, 1, 5), date(2026, 1, 5)) == "Sen, 5 Jan 2026"


def test_moments_are_in_the_business_time_zone(formats: Build) -> None:
    """18:30 UTC is 01.30 of the next day in Jakarta."""
    now = datetime(2026, 1, 6, 3, tzinfo=UTC)
    moment = datetime(2026, 1, 5, 18, 30, tzinfo=UTC)
    assert formats("id").moment(moment) == "6 Jan 2026 01.30"
    assert formats("id").moment_near(moment, now) == "01.30"
    assert formats("en").moment_near(moment - timedelta(days=2), now) == "4 Jan 2026 01:30"
    assert formats("id").moment(None) == "–"


def test_ago_is_never_in_the_future(formats: Build) -> None:
    """Clocks of two machines differ a little; "in 2 minutes" would be nonsense."""
    now = datetime(2026, 1, 6, tzinfo=UTC)
    assert formats("id").ago(now - timedelta(hours=3), now) == "3 jam yang lalu"
    assert "lagi" not in formats("id").ago(now + timedelta(minutes=2), now)


@pytest.mark.parametrize(
    ("grain", "name", "tick"),
    [
        ("hour", "5 Jan 14.00", "14.00"),
        ("day", "Sen, 5 Jan 2026", "5 Jan"),
        ("week", "5–11 Jan 2026", "5 Jan"),
        ("month", "Jan 2026", "Jan 2026"),
    ],
)
def test_buckets(formats: Build, grain: Grain, name: str, tick: str) -> None:
    """Every grain has a name for the table and a short one for the axis."""
    bucket = datetime(2026, 1, 5, 14)
    assert formats("id").bucket(bucket, grain) == name
    assert formats("id").tick(bucket, grain) == tick
