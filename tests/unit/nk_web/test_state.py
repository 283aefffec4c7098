"""The address of a page, read and written; nonsense is corrected and said."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nk_web.state import COMPARES, MAX_DAYS, OverviewState, Period, grain_for, parse_overview, parse_sync

TODAY = date(2026, 11, 25)  # a Wednesday
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("today", date(2026, 11, 25), date(2026, 11, 25)),
        ("yesterday", date(2026, 11, 24), date(2026, 11, 24)),
        ("7d", date(2026, 11, 19), date(2026, 11, 25)),
        ("30d", date(2026, 10, 27), date(2026, 11, 25)),
        ("week", date(2026, 11, 23), date(2026, 11, 25)),
        ("month", date(2026, 11, 1), date(2026, 11, 25)),
    ],
)
def test_presets(preset: str, start: date, end: date) -> None:
    """Presets count today, weeks begin on Monday, and nothing reaches into the future."""
    period = parse_overview({"range": preset}, TODAY).period
    assert (period.start, period.end, period.notes) == (start, end, ())


def test_nothing_asked_is_seven_days_against_the_previous() -> None:
    """The plain address has a meaning, and needs no correction."""
    state = parse_overview({}, TODAY)
    assert (state.period.preset, state.compare, state.lang, state.period.notes) == (
        "7d",
        "previous",
        None,
        (),
    )


@pytest.mark.parametrize(
    ("params", "start", "end", "note"),
    [
        ({"start": "2026-11-10", "end": "2026-11-01"}, "2026-11-01", "2026-11-10", "swapped"),
        ({"start": "2026-11-20", "end": "2026-12-31"}, "2026-11-20", "2026-11-25", "have not happened"),
        ({"start": "2027-01-01", "end": "2027-02-01"}, "2026-11-25", "2026-11-25", "have not happened"),
        ({"start": "2026-11-10", "end": "soon"}, "2026-11-10", "2026-11-10", "Only one"),
        ({"start": "soon", "end": ""}, "2026-11-19", "2026-11-25", "could not be read"),
        ({"start": "2015-01-01", "end": "2026-11-25"}, "2023-11-26", "2026-11-25", "too long"),
        ({"range": "decade"}, "2026-11-19", "2026-11-25", "does not exist"),
        ({"start": "0001-01-01", "end": "0001-01-02"}, "2026-11-19", "2026-11-25", "could not be read"),
    ],
)
def test_an_impossible_range_is_corrected_and_said(
    params: dict[str, str], start: str, end: str, note: str
) -> None:
    """The reader sees what was made of the address."""
    period = parse_overview(params, TODAY).period
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert any(note in said.msgid for said in period.notes)


def test_unknown_comparison_and_language_fall_back() -> None:
    """They change no figures silently: the page shows which comparison is on."""
    state = parse_overview({"compare": "moon", "lang": "xx"}, TODAY)
    assert (state.compare, state.lang) == ("previous", None)


@UNHURRIED
@given(
    st.dictionaries(
        st.sampled_from(["range", "start", "end", "compare", "lang"]),
        st.one_of(st.text(max_size=12), st.dates().map(str), st.sampled_from(["custom", "7d", "today"])),
    )
)
def test_no_address_fails(params: dict[str, str]) -> None:
    """Whatever stands in the address, the range is real, ends by today and is not too long."""
    for period in (parse_overview(params, TODAY).period, parse_sync(params, TODAY).period):
        assert period.start <= period.end <= TODAY
        assert 1 <= period.days <= MAX_DAYS


@UNHURRIED
@given(
    st.integers(0, 1000), st.integers(0, 1000), st.sampled_from(COMPARES), st.sampled_from([None, "id", "en"])
)
def test_the_address_of_a_state_gives_that_state(
    back: int, length: int, compare: str, lang: str | None
) -> None:
    """Reload, back and share: a state survives its own address."""
    end = TODAY - timedelta(days=back)
    asked = {"start": str(end - timedelta(days=length)), "end": str(end), "compare": compare}
    state = parse_overview(asked | ({"lang": lang} if lang else {}), TODAY)
    assert parse_overview(dict(parse_qsl(state.query())), TODAY) == state


def test_changing_the_preset_keeps_the_rest() -> None:
    """A preset's link keeps comparison and language."""
    state = parse_overview({"range": "7d", "compare": "year", "lang": "en"}, TODAY)
    assert state.with_preset("month") == "range=month&compare=year&lang=en"
    assert OverviewState(state.period).query() == "range=7d&compare=previous"


def test_data_sync_shows_five_weeks() -> None:
    """Unless it is asked for other days."""
    period = parse_sync({}, TODAY).period
    assert (period.days, period.end) == (35, TODAY)


@pytest.mark.parametrize(
    ("days", "grain"), [(1, "hour"), (2, "day"), (92, "day"), (93, "week"), (401, "month")]
)
def test_grain_follows_the_length(days: int, grain: str) -> None:
    """Enough points for a shape, few enough to read."""
    assert grain_for(Period("custom", TODAY - timedelta(days=days - 1), TODAY)) == grain
