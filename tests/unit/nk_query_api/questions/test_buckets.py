"""Buckets of a trend: where they begin, which are known, which are partial."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nk_common.api.common import Grain
from nk_query_api.questions.buckets import Bucket, buckets, is_known, is_partial
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.holdings import Coverage
from support.questions import JAKARTA

NOW = datetime(2025, 12, 24, 10, 42)


def window(start: str, end: str) -> Window:
    return whole_days(date.fromisoformat(start), date.fromisoformat(end))


def read(**days: str) -> Coverage:
    """Days of December as `d23="24T02:00"`: the 23rd was read on the 24th at two."""
    moments = {
        date(2025, 12, int(day[1:])): datetime.fromisoformat(f"2025-12-{at}+07:00")
        for day, at in days.items()
    }
    return Coverage(moments, JAKARTA)


def state(bucket: Bucket, asked: Window, covered: Coverage) -> str:
    if not is_known(bucket, asked, covered):
        return "unknown"
    return "partial" if is_partial(bucket, asked, covered, NOW) else "whole"


@pytest.mark.parametrize(
    ("grain", "starts"),
    [
        ("day", ["2025-11-29", "2025-11-30", "2025-12-01", "2025-12-02"]),
        ("week", ["2025-11-24", "2025-12-01"]),
        ("month", ["2025-11-01", "2025-12-01"]),
    ],
)
def test_every_bucket_that_the_range_touches_is_there(grain: Grain, starts: list[str]) -> None:
    found = buckets(window("2025-11-29", "2025-12-02"), grain)
    assert [bucket.start.date().isoformat() for bucket in found] == starts


def test_hours_are_those_of_the_days() -> None:
    found = buckets(window("2025-12-23", "2025-12-24"), "hour")
    assert (len(found), found[0].start, found[-1].end) == (
        48,
        datetime(2025, 12, 23),
        datetime(2025, 12, 25),
    )


def test_december_ends_with_the_year() -> None:
    (month,) = buckets(window("2025-12-01", "2025-12-31"), "month")
    assert month.end == datetime(2026, 1, 1)


@given(
    st.dates(date(2001, 1, 1), date(2100, 1, 1)),
    st.integers(0, 60),
    st.sampled_from(["hour", "day", "week", "month"]),
)
def test_buckets_cover_the_range_without_gap_or_overlap(start: date, length: int, grain: Grain) -> None:
    asked = whole_days(start, start + timedelta(days=length))
    found = buckets(asked, grain)
    assert found[0].start <= asked.begins < found[0].end
    assert found[-1].start < asked.until <= found[-1].end
    assert all(a.end == b.start for a, b in pairwise(found))


def test_a_day_is_whole_partial_or_unknown() -> None:
    asked = window("2025-12-21", "2025-12-24")
    covered = read(d21="22T02:00", d22="22T15:00", d24="24T10:30")
    assert [state(b, asked, covered) for b in buckets(asked, "day")] == [
        "whole",
        "partial",
        "unknown",
        "partial",
    ]


def test_a_day_that_is_still_running_is_partial_even_if_its_reading_claims_more() -> None:
    asked = window("2025-12-24", "2025-12-24")
    assert state(buckets(asked, "day")[0], asked, read(d24="25T02:00")) == "partial"


def test_a_week_with_a_missing_day_is_partial_and_one_without_any_is_unknown() -> None:
    asked = window("2025-12-01", "2025-12-21")
    days = {f"d{n:02}": f"{n + 1:02}T02:00" for n in [*range(1, 8), *range(8, 14)]}
    assert [state(b, asked, read(**days)) for b in buckets(asked, "week")] == ["whole", "partial", "unknown"]


def test_a_bucket_cut_by_the_range_is_partial() -> None:
    asked = window("2025-12-03", "2025-12-14")
    days = {f"d{n:02}": f"{n + 1:02}T02:00" for n in range(3, 15)}
    assert [state(b, asked, read(**days)) for b in buckets(asked, "week")] == ["partial", "whole"]
    assert [state(b, asked, read(**days)) for b in buckets(asked, "month")] == ["partial"]


def test_hours_after_the_reading_are_unknown_and_not_zero() -> None:
    asked = window("2025-12-24", "2025-12-24")
    states = [state(b, asked, read(d24="24T09:30")) for b in buckets(asked, "hour")]
    assert states == ["whole"] * 9 + ["partial"] + ["unknown"] * 14


def test_a_window_that_stops_at_a_clock_time_knows_nothing_after_it() -> None:
    day = date(2025, 12, 23)
    asked = Window(day, day, datetime(2025, 12, 23, 10, 42))
    states = [state(b, asked, read(d23="24T02:00")) for b in buckets(asked, "hour")]
    assert states == ["whole"] * 10 + ["partial"] + ["unknown"] * 13
