"""Figures as plain data: what is missing is a gap, what is not complete is marked, labels stay labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from nk_common.api.common import DateRange, Days, Grain, Meta
from nk_common.api.sales import BreakdownRow, SalesBreakdown, SalesTrend, TrendPoint
from nk_web.charts.axis import round_ticks, thin
from nk_web.charts.sunburst import SunburstWords, sunburst_figure, sunburst_nodes, undrawable
from nk_web.charts.trend import TrendWords, trend_figure, trend_rows
from nk_web.format import Formats

Build = Callable[[str], Formats]
WORDS = TrendWords("now", "before", "not complete")
NOW = datetime(2026, 11, 23, 14, 45)
RING_WORDS = SunburstWords("All", "Others", "of the total")
RANGE = DateRange(start=date(2026, 11, 1), end=date(2026, 11, 5))
META = Meta(
    data_version="1",
    fresh_until=None,
    days=Days(requested=5, loaded=3, missing=2, missing_days=[]),
    timezone="Asia/Jakarta",
    currency="IDR",
)


def trend(*values: float | None, partial: frozenset[int] = frozenset(), compare: bool = False) -> SalesTrend:
    points = [
        TrendPoint(
            bucket=datetime(2026, 11, 1 + at),
            value=value,
            partial=at in partial,
            compare_bucket=datetime(2026, 10, 1 + at) if compare else None,
            compare_value=5.0 if compare else None,
        )
        for at, value in enumerate(values)
    ]
    return SalesTrend(meta=META, range=RANGE, grain="day", kpi="revenue", unit="currency", points=points)


def drawn(figure: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(figure.to_json())
    return answer


def breakdown(
    *rows: tuple[list[str], float], total_rows: int | None = None, more: float = 0.0
) -> SalesBreakdown:
    listed = [
        BreakdownRow(
            key=str(at), label=path[-1], path=path, revenue=revenue, quantity=1, transactions=1, share=None
        )
        for at, (path, revenue) in enumerate(rows)
    ]
    return SalesBreakdown(
        meta=META,
        range=RANGE,
        dimension="category-brand",
        total_rows=total_rows or len(listed),
        total_revenue=sum(row.revenue for row in listed) + more,
        rows=listed,
    )


def test_a_missing_day_is_a_gap_and_not_zero(formats: Build) -> None:
    """Null stays null, the line is not drawn across it, and a band says where it is."""
    figure = drawn(trend_figure(trend(10, None, None, 0, 5), formats("id"), WORDS, NOW))
    line = figure["data"][-1]
    assert line["y"] == [10, None, None, 0, 5]
    assert line["connectgaps"] is False
    [band] = figure["layout"]["shapes"]
    assert (band["x0"][:13], band["x1"][:13]) == ("2026-11-01T12", "2026-11-03T12")


def test_an_undefined_day_is_a_gap_and_not_missing(formats: Build) -> None:
    """Of the 2nd and 3rd only the 3rd is not loaded; the margin of the other, of which no cost is known, is a dash."""
    days = META.days.model_copy(update={"missing": 1, "missing_days": [date(2026, 11, 3)]})
    answer = trend(10, None, None, 5).model_copy(update={"meta": META.model_copy(update={"days": days})})
    [band] = drawn(trend_figure(answer, formats("id"), WORDS, NOW))["layout"]["shapes"]
    assert (band["x0"][:13], band["x1"][:13]) == ("2026-11-02T12", "2026-11-03T12")
    rows = trend_rows(answer, formats("id"), NOW)
    assert [(row.missing, row.value) for row in rows[1:3]] == [(False, "–"), (True, "–")]


def test_partial_buckets_have_hollow_marks_and_say_so(formats: Build) -> None:
    """By shape, and in words when pointed at."""
    line = drawn(trend_figure(trend(1, 2, partial=frozenset({1})), formats("id"), WORDS, NOW))["data"][-1]
    assert line["marker"]["symbol"] == ["circle", "circle-open"]
    assert "(not complete)" in line["hovertext"][1]
    assert "(not complete)" not in line["hovertext"][0]


def test_a_point_between_two_gaps_can_be_seen(formats: Build) -> None:
    """It has no line, so it has a larger mark."""
    sizes = drawn(trend_figure(trend(None, 3, None), formats("id"), WORDS, NOW))["data"][-1]["marker"]["size"]
    assert sizes[1] > 4


@pytest.mark.parametrize(
    ("grain", "start", "end", "name"),
    [
        ("month", "2026-10-01", "2026-10-31", "Oct 2026"),
        ("month", "2026-09-30", "2026-10-30", "30 Sep – 30 Oct 2026"),
        ("week", "2026-10-26", "2026-11-01", "26 Oct – 1 Nov 2026"),
        ("day", "2026-10-26", "2026-10-26", "Mon, 26 Oct 2026"),
    ],
)
def test_a_point_names_the_days_that_it_is_compared_with(
    formats: Build, grain: Grain, start: str, end: str, name: str
) -> None:
    """Three months before are not always three calendar months."""
    [point] = trend(1).points
    compared = {"compare_bucket": datetime.fromisoformat(start), "compare_end": date.fromisoformat(end)}
    point = point.model_copy(update={**compared, "compare_value": 5.0})
    answer = trend(1).model_copy(update={"grain": grain, "points": [point]})
    [row] = trend_rows(answer, formats("en"), NOW)
    assert row.compare_name == name
    line = drawn(trend_figure(answer, formats("en"), WORDS, NOW))["data"][-1]
    assert line["hovertext"][0].endswith(f"<br>{name}: Rp\N{NO-BREAK SPACE}5")


def test_the_comparison_is_a_line_of_its_own(formats: Build) -> None:
    """Only where there is one, under the current line, and dashed."""
    assert len(drawn(trend_figure(trend(1, 2), formats("id"), WORDS, NOW))["data"]) == 1
    [comparison, current] = drawn(trend_figure(trend(1, 2, compare=True), formats("id"), WORDS, NOW))["data"]
    assert comparison["line"]["dash"] != "solid"
    assert (comparison["name"], current["name"]) == ("before", "now")
    assert current["hovertext"][0].endswith("<br>Kam, 1 Okt 2026: Rp\u00a05")
    assert set(comparison["hoverinfo"]) == {"skip"}


def test_hours_to_come_are_not_missing(formats: Build) -> None:
    """This afternoon has no figures yet, and nothing is wrong with that."""
    answer = trend(10, None, None)
    morning = datetime(2026, 11, 1, 9)
    assert drawn(trend_figure(answer, formats("id"), WORDS, morning))["layout"].get("shapes", []) == []
    assert [row.missing for row in trend_rows(answer, formats("id"), morning)] == [False, False, False]
    assert [row.missing for row in trend_rows(answer, formats("id"), NOW)] == [False, True, True]


def test_axis_texts_are_in_the_readers_language(formats: Build) -> None:
    """Plotly has English month names only, so the texts come from here."""
    layout = drawn(trend_figure(trend(12e6, 3e6), formats("id"), WORDS, NOW))["layout"]
    assert layout["yaxis"]["ticktext"][:2] == ["Rp\u00a00", "Rp\u00a05\u00a0jt"]
    assert layout["xaxis"]["ticktext"] == ["1 Nov", "2 Nov"]


def test_no_points_still_draw(formats: Build) -> None:
    """An answer without buckets is no error."""
    assert drawn(trend_figure(trend(), formats("id"), WORDS, NOW))["data"][0]["y"] == []


def test_negative_days_are_inside_the_axis(formats: Build) -> None:
    """A day of refunds goes below zero."""
    axis = drawn(trend_figure(trend(-4, 10), formats("id"), WORDS, NOW))["layout"]["yaxis"]
    assert axis["range"][0] <= -4


def test_the_table_has_the_same_figures(formats: Build) -> None:
    """Missing, partial and comparison are told apart there too."""
    rows = trend_rows(trend(1000, None, partial=frozenset({0, 1}), compare=True), formats("en"), NOW)
    assert (rows[0].value, rows[0].partial, rows[0].missing) == ("Rp\u00a01,000", True, False)
    assert (rows[1].value, rows[1].partial, rows[1].missing) == ("–", False, True)
    assert rows[0].compare_name == "Thu, 1 Oct 2026"


def test_every_colour_is_one_of_the_design_system(formats: Build) -> None:
    """So that dark mode can put in its own."""
    for figure in (
        trend_figure(trend(1, None, 2, compare=True), formats("id"), WORDS, NOW),
        sunburst_figure(sunburst_nodes(breakdown((["A"], 1.0)), RING_WORDS), formats("id"), RING_WORDS),
    ):
        text = figure.to_json()
        assert '"#' not in text
        assert "var(--" in text


def test_rings_add_up() -> None:
    """A level is the sum of what it holds, and two of the same name under different parents stay two."""
    nodes = sunburst_nodes(
        breakdown(
            (["Face", "Other", "X"], 5.0), (["Hair", "Other", "X"], 3.0), (["Face", "Serum", "X"], 2.0)
        ),
        RING_WORDS,
    )
    values = {node.label: node.value for node in nodes if node.parent == "root"}
    assert nodes[0].value == 10
    assert values == {"Face": 7, "Hair": 3}
    assert sum(node.label == "Other" for node in nodes) == 2
    assert len({node.id for node in nodes}) == len(nodes)
    for node in nodes:
        held = [child.value for child in nodes if child.parent == node.id]
        assert not held or sum(held) == pytest.approx(node.value)


def test_what_the_limit_cut_off_is_drawn_as_others() -> None:
    """The ring is the whole revenue, not the revenue of the listed rows."""
    nodes = sunburst_nodes(breakdown((["A"], 6.0), total_rows=9, more=4.0), RING_WORDS)
    assert (nodes[0].value, nodes[-1].label, nodes[-1].value) == (10, "Others", 4)


def test_more_refunds_than_sales_cannot_be_drawn() -> None:
    """Such rows are left to the table, and counted."""
    answer = breakdown((["A"], 6.0), (["B"], -2.0))
    assert [node.label for node in sunburst_nodes(answer, RING_WORDS)] == ["All", "A"]
    assert [row.label for row in undrawable(answer)] == ["B"]
    assert sunburst_nodes(breakdown((["B"], -2.0)), RING_WORDS) == []


def test_a_category_named_like_the_root_is_no_root() -> None:
    """Ids of members never meet the ids of root and rest."""
    nodes = sunburst_nodes(breakdown((["root"], 1.0), (["others"], 2.0)), RING_WORDS)
    assert len({node.id for node in nodes}) == 3


def test_labels_are_no_markup(formats: Build) -> None:
    """Plotly understands some HTML; a product's name must not."""
    nodes = sunburst_nodes(breakdown((["<b>A</b><a href='x'>"], 1.0)), RING_WORDS)
    ring = drawn(sunburst_figure(nodes, formats("id"), RING_WORDS))["data"][0]
    assert "<a" not in ring["labels"][1]
    assert "<a" not in ring["hovertext"][1]


@pytest.mark.parametrize(
    ("lowest", "highest", "ticks"),
    [
        (0, 100, [0, 25, 50, 75, 100]),
        (0, 13.4e6, [0, 5e6, 10e6, 15e6]),
        (-4, 10, [-5, 0, 5, 10]),
        (0, 0, [0, 1]),
    ],
)
def test_round_ticks(lowest: float, highest: float, ticks: list[float]) -> None:
    """Round steps that hold all values."""
    assert round_ticks(lowest, highest) == pytest.approx(ticks)


def test_labels_are_thinned_evenly() -> None:
    """At most about as many as there is room for."""
    assert thin(30, 7) == [0, 5, 10, 15, 20, 25]
    assert thin(3, 7) == [0, 1, 2]
    assert thin(0, 7) == []
