"""The address of a page, read and written; nonsense is corrected and said."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nk_web.filters import ALL_DAY, SALES_FILTERS
from nk_web.i18n import say
from nk_web.periods import MAX_DAYS, Period, grain_for
from nk_web.state import COMPARES, Choice, PageState, TableState, Takes, parse_state, parse_sync

TODAY = date(2026, 11, 25)  # a Wednesday
GRAIN = Choice("grain", {"auto": say("Auto"), "week": say("Weekly")})
TAKES = Takes(SALES_FILTERS, (GRAIN,), ("products",))
Pairs = list[tuple[str, str]]


def state_of(params: dict[str, str] | Pairs, takes: Takes = TAKES) -> PageState:
    pairs = list(params.items()) if isinstance(params, dict) else params
    return parse_state(pairs, TODAY, lambda _: "/sales", takes)


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
        ("quarter", date(2026, 10, 1), date(2026, 11, 25)),
        ("semester", date(2026, 7, 1), date(2026, 11, 25)),
        ("year", date(2026, 1, 1), date(2026, 11, 25)),
        ("last-week", date(2026, 11, 16), date(2026, 11, 22)),
        ("last-month", date(2026, 10, 1), date(2026, 10, 31)),
        ("last-quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("last-semester", date(2026, 1, 1), date(2026, 6, 30)),
        ("last-year", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_presets(preset: str, start: date, end: date) -> None:
    """Presets count today, weeks begin on Monday, and nothing reaches into the future."""
    period = state_of({"range": preset}).period
    assert (period.start, period.end, period.notes) == (start, end, ())


def test_nothing_asked_is_seven_days_against_the_previous() -> None:
    """The plain address has a meaning, and needs no correction."""
    state = state_of({})
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
    period = state_of(params).period
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert any(note in said.msgid for said in period.notes)


def test_unknown_comparison_and_language_fall_back() -> None:
    """They change no figures silently: the page shows which comparison is on."""
    state = state_of({"compare": "moon", "lang": "xx"})
    assert (state.compare, state.lang) == ("previous", None)


@UNHURRIED
@given(
    st.dictionaries(
        st.sampled_from(
            ["range", "start", "end", "compare", "lang", "store", "hour_from", "hour_to", "products.page"]
        ),
        st.one_of(st.text(max_size=12), st.dates().map(str), st.sampled_from(["custom", "7d", "today"])),
    )
)
def test_no_address_fails(params: dict[str, str]) -> None:
    """Whatever stands in the address, the range is real, ends by today and is not too long."""
    for period in (state_of(params).period, parse_sync(params, TODAY).period):
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
    state = state_of(asked | ({"lang": lang} if lang else {}))
    assert state_of(parse_qsl(state.query())) == state


def test_changing_the_preset_keeps_the_rest() -> None:
    """A preset's link keeps comparison, filters, choices, tables and language; lists begin anew."""
    state = state_of(
        [
            ("range", "7d"), ("compare", "year"), ("store", "1"), ("store", "2"), ("grain", "week"),
            ("products.sort", "items_sold"), ("products.page", "3"), ("lang", "en"),
        ]
    )  # fmt: skip
    assert state.with_preset("month").address == (
        "/sales?range=month&compare=year&store=1&store=2&grain=week&products.sort=items_sold&lang=en"
    )
    assert "products.page=3" in state.address


def test_filters_combine_and_repeat() -> None:
    """A parameter given twice means either; what a page does not take is passed over."""
    state = state_of(
        [("brand", "3"), ("brand", "-1"), ("brand", "3"), ("principal", "PT A & B"), ("colour", "red")]
    )
    assert state.filters == {"brand": ("3", "-1"), "principal": ("PT A & B",)}
    assert state.filtered == 2
    assert "principal=PT+A+%26+B" in state.query()
    assert state_of([("brand", "3")], Takes(("store",))).filters == {}


@pytest.mark.parametrize(
    "pair",
    [("store", "one"), ("store", "1; DROP"), ("source", "moon"), ("brand", "9" * 20), ("store", "--1")],
)
def test_a_filter_that_makes_no_sense_is_left_out_and_said(pair: tuple[str, str]) -> None:
    """The figures are never narrowed down by something that the reader cannot see."""
    state = state_of([pair])
    assert state.filters == {}
    assert [note.msgid for note in state.notes] == [
        "A filter of this address could not be used and is left out."
    ]


def test_both_kinds_of_sale_are_no_filter() -> None:
    """Till and invoices together are everything, and so is "all"."""
    assert state_of([("source", "pos"), ("source", "invoice")]).filters == {}
    assert state_of([("source", "all")]).filters == {}
    assert state_of([("source", "pos")]).filters == {"source": ("pos",)}


@pytest.mark.parametrize(
    ("params", "hours", "notes"),
    [
        ({}, ALL_DAY, 0),
        ({"hour_from": "9"}, (9, 23), 0),
        ({"hour_from": "17", "hour_to": "9"}, (9, 17), 1),
        ({"hour_from": "", "hour_to": " 09 "}, (0, 9), 0),
        ({"hour_from": "x", "hour_to": "99"}, ALL_DAY, 1),
        ({"hour_from": "000099"}, ALL_DAY, 1),
        ({"hour_from": "0000" + "9" * 4400}, ALL_DAY, 1),
        ({"hour_from": "\N{ARABIC-INDIC DIGIT NINE}"}, ALL_DAY, 1),
        ({"hour_from": "24", "hour_to": "9"}, (0, 9), 1),
    ],
)
def test_hours(params: dict[str, str], hours: tuple[int, int], notes: int) -> None:
    """Both included; swapped when they end before they begin, left out when there are none of that number, and either
    is said."""
    state = state_of(params)
    assert (state.hours, len(state.notes)) == (hours, notes)


def test_changes_of_a_state() -> None:
    """Filters can be set, taken off one by one or all at once; an unchanged choice is not in the address."""
    state = state_of([("store", "1"), ("store", "2"), ("hour_from", "9"), ("grain", "week")])
    assert state.without_value("store", "1").filters == {"store": ("2",)}
    assert state.with_filter("store").filters == {}
    assert state.without_filters().address == "/sales?range=7d&compare=previous&grain=week"
    assert state.with_choice(GRAIN, "auto").choices == {}
    assert state.choice(GRAIN) == "week"
    assert state_of({"grain": "moon"}).choice(GRAIN) == "auto"
    assert (
        state.address_on("/profit")
        == "/profit?range=7d&compare=previous&store=1&store=2&hour_from=9&hour_to=23"
    )


def test_the_filter_in_a_path_is_not_said_twice() -> None:
    """`/sales/products/12` is about product 12; its parts are asked with it, its address has it in the path."""
    takes = Takes(SALES_FILTERS, fixed="product")
    state = parse_state([("product", "12")], TODAY, lambda f: f"/sales/products/{f['product'][0]}", takes)
    assert state.address == "/sales/products/12?range=7d&compare=previous"
    assert "product=12" in state.query()
    assert state.filtered == 0
    assert state.without_filters().filters == {"product": ("12",)}


def test_tables_in_the_address() -> None:
    """Sort, order, search and page of one table; nonsense is as if nothing was said."""
    state = state_of(
        [
            ("products.sort", "revenue"),
            ("products.order", "up"),
            ("products.q", " serum "),
            ("products.page", "-1"),
        ]
    )
    assert state.table("products") == TableState("revenue", "", "serum", 1)
    assert state.table("other") == TableState()


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
