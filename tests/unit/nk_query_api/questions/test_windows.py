"""Ranges, comparisons and completeness."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nk_common.api.common import Compare
from nk_query_api.errors import BadQuestionError
from nk_query_api.questions.windows import (
    Shift,
    Window,
    asked_window,
    comparison,
    completeness,
    fresh_until,
    whole_days,
)
from nk_query_api.serving.holdings import Coverage

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2025, 12, 24, 10, 42)


def d(text: str) -> date:
    return date.fromisoformat(text)


def window(text: str) -> Window:
    start, _, end = text.partition("..")
    return whole_days(d(start), d(end or start))


@pytest.mark.parametrize(
    ("asked", "compare", "expected"),
    [
        # ranges that are over: whole days
        ("2025-12-23", "previous", "2025-12-22"),
        ("2025-12-10..2025-12-16", "previous", "2025-12-03..2025-12-09"),
        ("2025-12-10..2025-12-16", "year", "2024-12-10..2024-12-16"),
        ("2024-02-28..2024-02-29", "year", "2023-02-28..2023-02-28"),
        ("2024-02-29", "year", "2023-02-28"),
        ("2025-12-23", "weekday", "2025-12-16"),
        ("2025-12-10..2025-12-16", "weekday", "2025-12-03..2025-12-09"),
        ("2025-12-09..2025-12-16", "weekday", "2025-11-25..2025-12-02"),
        ("2025-11-01..2025-11-30", "weekday", "2025-09-27..2025-10-26"),
    ],
)
def test_a_past_range_is_compared_with_whole_days(asked: str, compare: Compare, expected: str) -> None:
    found = comparison(window(asked), compare, NOW)
    assert found
    assert (found.window, found.to_date) == (window(expected), False)


@pytest.mark.parametrize(
    ("asked", "compare", "expected"),
    [
        ("2025-12-24", "previous", "2025-12-23"),
        ("2025-12-18..2025-12-24", "previous", "2025-12-11..2025-12-17"),
        ("2025-12-01..2025-12-31", "previous", "2025-10-31..2025-11-23"),
        ("2025-12-01..2025-12-31", "year", "2024-12-01..2024-12-24"),
        ("2025-12-24", "weekday", "2025-12-17"),
    ],
)
def test_a_running_range_is_compared_up_to_the_same_clock_time(
    asked: str, compare: Compare, expected: str
) -> None:
    found = comparison(window(asked), compare, NOW)
    assert found
    assert found.to_date
    assert (found.window.start, found.window.end) == (window(expected).start, window(expected).end)
    assert found.window.until == datetime.combine(found.window.end, NOW.time())


@pytest.mark.parametrize(
    ("read", "until"),
    [
        ("2025-12-24T09:15", "2025-12-23T09:15"),
        ("2025-12-24T10:50", "2025-12-23T10:42"),
        ("2025-12-23T22:00", "2025-12-23T00:00"),
    ],
    ids=["Odoo is away since", "a clock ahead", "before the day began"],
)
def test_a_running_day_is_compared_with_what_is_known_of_it(read: str, until: str) -> None:
    found = comparison(window("2025-12-24"), "previous", NOW, datetime.fromisoformat(read))
    assert found
    assert found.window.until == datetime.fromisoformat(until)


@given(st.dates(d("2001-01-01"), d("2100-01-01")))
def test_a_year_before_is_the_same_date(day: date) -> None:
    before = Shift().back(day)
    assert (before.year, before.month) == (day.year - 1, day.month)
    assert before.day == (28 if (day.month, day.day) == (2, 29) else day.day)


def test_nothing_is_compared_unless_asked() -> None:
    assert comparison(window("2025-12-24"), "none", NOW) is None


@given(st.dates(d("2001-01-01"), d("2100-01-01")), st.integers(1, 400))
def test_a_weekday_comparison_has_the_same_weekdays_and_never_overlaps(start: date, length: int) -> None:
    asked = whole_days(start, start + timedelta(days=length - 1))
    found = comparison(asked, "weekday", datetime(2000, 1, 1))
    assert found
    assert found.window.start.weekday() == start.weekday()
    assert len(found.window.days) == length
    assert found.window.end < start
    assert (start - found.window.end).days <= 7


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, "2025-12-24"),
        ("2025-12-20", None, "2025-12-20..2025-12-24"),
        (None, "2025-12-20", "2025-12-20"),
        (None, "2025-12-31", "2025-12-24..2025-12-31"),
        ("2026-01-05", None, "2026-01-05"),
    ],
)
def test_the_range_is_today_unless_asked_otherwise(start: str | None, end: str | None, expected: str) -> None:
    assert asked_window(d(start) if start else None, d(end) if end else None, NOW.date()) == window(expected)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2025-12-24", "2025-12-23", "ends (2025-12-23) before it begins (2025-12-24)"),
        ("1999-12-31", "2000-01-05", "must lie between 2000-01-01 and 2199-12-31"),
        ("2025-12-24", "9999-12-31", "must lie between 2000-01-01 and 2199-12-31"),
        ("2010-01-01", "2020-12-31", "has 4018 days; at most 3660"),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused_in_a_sentence(start: str, end: str, words: str) -> None:
    with pytest.raises(BadQuestionError) as error:
        asked_window(d(start), d(end), NOW.date())
    assert words in str(error.value)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def test_completeness_counts_days_that_have_come() -> None:
    covered = Coverage({d("2025-12-23"): at("2025-12-24T02:00")}, JAKARTA)
    found = completeness(
        window("2025-12-22..2025-12-31"), covered, {d("2025-12-24"), d("2025-11-30")}, NOW.date()
    )
    assert (found.requested, found.loaded, found.missing) == (3, 1, 2)
    assert (found.failed, found.failed_days) == (1, [d("2025-12-24")])
    assert found.missing_days == [d("2025-12-22"), d("2025-12-24")]


def test_at_most_31_missing_days_are_listed() -> None:
    found = completeness(window("2025-01-01..2025-12-24"), Coverage({}, JAKARTA), (), NOW.date())
    assert (found.missing, len(found.missing_days)) == (358, 31)


@pytest.mark.parametrize(
    ("loaded", "expected"),
    [
        ({}, None),
        # complete days do not age: the newest reading counts
        ({"2025-12-21": "2025-12-22T02:00", "2025-12-22": "2025-12-23T02:00"}, "2025-12-23T02:00"),
        # a day read while it ran is as old as that reading
        ({"2025-12-23": "2025-12-24T02:00", "2025-12-24": "2025-12-24T10:30"}, "2025-12-24T10:30"),
        ({"2025-12-22": "2025-12-22T15:00", "2025-12-24": "2025-12-24T10:30"}, "2025-12-22T15:00"),
    ],
)
def test_figures_are_as_fresh_as_their_oldest_unfinished_day(
    loaded: dict[str, str], expected: str | None
) -> None:
    moments = {d(day): at(as_of) for day, as_of in loaded.items()}
    assert fresh_until(window("2025-12-01..2025-12-31"), Coverage(moments, JAKARTA)) == (
        at(expected) if expected else None
    )
