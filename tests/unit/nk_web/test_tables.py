"""Server-side lists: what is asked for, and where the heads and the pager lead."""

from __future__ import annotations

from datetime import date

import pytest

from nk_web.i18n import say
from nk_web.panels.table import Cell, ListColumn, ListSpec, listing
from nk_web.state import PageState, TableState, Takes, parse_state

SPEC = ListSpec(
    (
        ListColumn(say("Product"), "label", numeric=False, first="asc"),
        ListColumn(say("Revenue"), "revenue"),
        ListColumn(say("Share")),
    ),
    sort="revenue",
    size=10,
)


def state_of(**table: str) -> PageState:
    pairs = [(f"top.{name}", value) for name, value in table.items()]
    return parse_state(pairs, date(2026, 11, 25), lambda _: "/x", Takes(tables=("top",)))


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        ({}, {"sort": "revenue", "order": "desc", "limit": "10", "offset": "0"}),
        ({"sort": "label"}, {"sort": "label", "order": "asc", "limit": "10", "offset": "0"}),
        ({"sort": "label; DROP"}, {"sort": "revenue", "order": "desc", "limit": "10", "offset": "0"}),
        (
            {"q": "serum", "page": "3"},
            {"sort": "revenue", "order": "desc", "search": "serum", "limit": "10", "offset": "20"},
        ),
    ],
)  # fmt: skip
def test_what_is_asked_for(table: dict[str, str], asked: dict[str, str]) -> None:
    """Only columns that can be sorted by are sorted by."""
    assert SPEC.asked(state_of(**table).table("top")) == asked


def test_pressing_the_same_head_turns_the_order() -> None:
    """Another one begins with its own first order, on the first page, and keeps the search."""
    shown = listing(SPEC, "top", state_of(q="a", page="2"), [(Cell("x"),)], 30)
    name, revenue, share = shown.heads
    assert (name.direction, revenue.direction, share.direction) == ("", "descending", "")
    assert revenue.state is not None
    assert revenue.state.table("top") == TableState("revenue", "asc", "a", 1)
    assert name.state is not None
    assert name.state.table("top") == TableState("label", "asc", "a", 1)
    assert share.state is None


@pytest.mark.parametrize(
    ("page", "rows", "total", "first", "last", "ways"),
    [
        ("1", 10, 25, 1, 10, (False, True)),
        ("3", 5, 25, 21, 25, (True, False)),
        ("1", 0, 0, 0, -1, (False, False)),
    ],
)
def test_pages(page: str, rows: int, total: int, first: int, last: int, ways: tuple[bool, bool]) -> None:
    """The pager leads where there is something."""
    shown = listing(SPEC, "top", state_of(page=page), [(Cell("x"),)] * rows, total)
    assert (shown.first, shown.last) == (first, last)
    assert (shown.previous is not None, shown.next is not None) == ways
