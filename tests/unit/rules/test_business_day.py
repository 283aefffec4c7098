"""The business day: a calendar day in the configured time zone, the same for extraction and cleaning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nk_cleaner.transforms.base import Rules, local_time
from nk_extractor.extract.base import ODOO_TIME, utc_bounds
from unit.nk_cleaner.raw_rows import cleaned, kept, move_line, quant, reasons

ZONES = ("Asia/Jakarta", "UTC", "Asia/Jayapura", "Europe/Berlin")
zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
moments = st.datetimes(datetime(2000, 1, 2), datetime(2060, 1, 1), timezones=st.just(UTC))
days = st.dates(date(2000, 1, 1), date(2060, 1, 1))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
"""Clocks in Berlin go forward and back: 23 and 25 hours."""


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = (datetime.strptime(text, ODOO_TIME).replace(tzinfo=UTC) for text in utc_bounds(day, zone))
    return start, end


@settings(deadline=None)
@given(moments, zones)
@example(datetime(2026, 1, 5, 17, tzinfo=UTC), ZoneInfo("Asia/Jakarta"))
@example(datetime(2026, 1, 5, 16, 59, 59, 999999, tzinfo=UTC), ZoneInfo("Asia/Jakarta"))
@example(datetime(2026, 3, 29, 1, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
def test_cleaning_reads_the_clock_on_the_shop_s_wall(moment: datetime, zone: ZoneInfo) -> None:
    frame = pl.DataFrame({"at": [moment]}, schema={"at": pl.Datetime("us", "UTC")})
    (local,) = frame.select(local_time("at", zone))["at"].to_list()
    assert local == moment.astimezone(zone).replace(tzinfo=None, fold=0)


@settings(deadline=None)
@given(moments, zones)
def test_a_row_is_kept_on_its_local_day_and_on_no_other(moment: datetime, zone: ZoneInfo) -> None:
    day = moment.astimezone(zone).date()
    rules = Rules(zone)
    for of, row in (("inventory-moves", move_line(1, "supplier", "internal", date=moment)),
                    ("stock-quants", quant(1, taken_at=moment))):  # fmt: skip
        assert reasons(cleaned(of, row, rules=rules, day=day)) == []
        for other in (day - timedelta(days=1), day + timedelta(days=1)):
            assert kept(cleaned(of, row, rules=rules, day=other), "product_id") == []


@settings(deadline=None)
@given(moments, zones)
def test_extraction_and_cleaning_agree_on_the_day(moment: datetime, zone: ZoneInfo) -> None:
    start, end = bounds(moment.astimezone(zone).date(), zone)
    assert start <= moment < end


@settings(deadline=None)
@given(days, zones)
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: ZoneInfo) -> None:
    start, end = bounds(day, zone)
    assert start < end
    assert bounds(day + timedelta(days=1), zone)[0] == end


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 6, 1), 24)])
def test_a_day_has_as_many_hours_as_the_clock_on_the_wall(day: date, hours: int) -> None:
    start, end = bounds(day, ZoneInfo("Europe/Berlin"))
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_every_hour_of_a_day_on_which_the_clock_is_changed_is_cleaned(day: date, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, _ = bounds(day, zone)
    lines = [
        move_line(n + 1, "supplier", "internal", date=start + timedelta(hours=n))
        for n in range(-1, hours + 1)
    ]
    outcome = cleaned(
        "inventory-moves", *[{**line, "id": line["id"] + 1} for line in lines], rules=Rules(zone), day=day
    )
    assert outcome.totals.lines == hours
    assert reasons(outcome) == ["the move is of another day"] * 2
