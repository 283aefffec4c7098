"""Bars, heat maps, flows, curves and sparks as plain data; every kind of figure is one that plotly takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import plotly.graph_objects as go
import pytest

from nk_common.api.common import DateRange, Days, Meta
from nk_common.api.sales import SalesTrend, TrendPoint
from nk_web.assets import PLOTLY, STATIC
from nk_web.charts import palette
from nk_web.charts.bars import Bar, Series, bars_figure, parts_figure, stacked_figure
from nk_web.charts.figure import Figure
from nk_web.charts.heatmap import HeatCell, HeatRow, heatmap_figure
from nk_web.charts.pair import paired_figure
from nk_web.charts.pareto import Band, Dot, pareto_figure, scatter_figure
from nk_web.charts.sankey import Flow, diagram, sankey_figure
from nk_web.charts.spark import spark
from nk_web.charts.steps import Step, steps_figure
from nk_web.charts.sunburst import Node, SunburstWords, sunburst_figure
from nk_web.charts.trend import TrendWords, trend_figure
from nk_web.format import Formats

Build = Callable[[str], Formats]
NOW = datetime(2026, 11, 23, 14, 45)
WORDS = TrendWords("now", "before", "open")
STEPS = [Step(date(2026, 11, 1), 40, "40", carried=True), Step(date(2026, 11, 5), 50, "50")]
META = Meta(
    data_version="1",
    fresh_until=None,
    days=Days(requested=3, loaded=3, missing=0, missing_days=[]),
    timezone="Asia/Jakarta",
    currency="IDR",
)


def trend(*values: float | None, kpi: str = "revenue") -> SalesTrend:
    points = [
        TrendPoint(
            bucket=datetime(2026, 11, 1 + at),
            value=value,
            compare_bucket=datetime(2026, 10, 1 + at),
            compare_value=5.0,
        )
        for at, value in enumerate(values)
    ]
    days = DateRange(start=date(2026, 11, 1), end=date(2026, 11, 3))
    return SalesTrend(meta=META, range=days, grain="day", kpi=kpi, unit="currency", points=points)


def say(value: float) -> str:
    return f"{value:g}"


def every_kind(formats: Formats) -> dict[str, Figure]:
    bars = [Bar("A", 5, "5", "A: 5", "/x", previous=4), Bar("B", -1, "-1", "B: -1")]
    nodes = [Node("root", "", "All", 3), Node("=a", "root", "A", 3, "/a")]
    flows = [Flow(("A", "a", "x"), 3, ("/A", "/a", "/x")), Flow(("B", "b", "x"), 2)]
    one = trend_figure(trend(1, 2), formats, WORDS, NOW)
    dots = [Dot(0, 0, "0"), Dot(1, 1, "1", "/one")]
    return {
        "bars": bars_figure(bars),
        "stacked": stacked_figure(["1", "2"], [Series("A", [1, None], ["", ""], palette.category(0))], say),
        "parts": parts_figure(["1", "2"], [Series("A", [1, None], ["", ""], palette.category(0), ["1", ""])]),
        "heatmap": heatmap_figure(
            [HeatRow("Mon", [HeatCell(1, "1", "/h", "1"), HeatCell(None, "?")])], ["0", "1"]
        ),
        "sankey": sankey_figure(diagram(flows, (5, 5, 5), "Others"), say),
        "sunburst": sunburst_figure(nodes, formats, SunburstWords("All", "Others", "of it")),
        "trend": trend_figure(trend(1, None, 2), formats, WORDS, NOW, ["/1", "/2", "/3"]),
        "pareto": pareto_figure(dots, [Band("A", 0, 0.2, palette.category(0))], "x", "y", say),
        "scatter": scatter_figure(dots, "x", "y", say, say),
        "pair": paired_figure(one, one, ("Above", "Below")),
        "steps": steps_figure(STEPS, date(2026, 11, 9), [(date(2026, 11, 5), "5 Nov")], say),
    }


def drawn(figure: Figure) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(figure.to_json())
    return content


KINDS = ["bars", "stacked", "heatmap", "sankey", "sunburst", "trend", "pareto", "scatter", "pair", "steps"]


@pytest.mark.parametrize("kind", KINDS)
def test_plotly_takes_every_figure(formats: Build, kind: str) -> None:
    """Its own classes check each name and value; they are too slow to be asked for every chart."""
    go.Figure(drawn(every_kind(formats("id"))[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_colour_is_a_name(formats: Build, kind: str) -> None:
    """So that each theme can put in its own."""
    text = every_kind(formats("id"))[kind].to_json()
    assert '"#' not in text
    assert "var(--" in text


def test_the_vendored_script_fits_the_figures() -> None:
    """plotly.js is of the version that the installed package builds for, and has the chart types that pages use."""
    script = (STATIC / PLOTLY).read_text()
    installed = files("plotly").joinpath("package_data", "plotly.min.js").read_text()[:200]
    version = installed.split("plotly.js v")[1].split()[0]
    assert f"plotly.js v{version}," in script[:200]
    assert f"plotly-{version}-nkdash" in PLOTLY
    assert len(script) < 1_600_000
    assert "new Function(" not in script


def test_bars_lie_with_the_first_on_top() -> None:
    """Each says its value and where a press leads; the comparison is a bar of its own."""
    now, before = drawn(bars_figure([Bar("A", 5, "5", "A", "/a", previous=4), Bar("B", 2, "2", "B")]))["data"]
    assert (now["x"], now["customdata"], now["text"]) == ([5, 2], ["/a", ""], ["5", "2"])
    assert before["x"] == [4, None]
    axis = drawn(bars_figure([Bar("A", 5, "5", "A")]))["layout"]["yaxis"]
    assert axis["range"][0] > axis["range"][1]
    assert len(drawn(bars_figure([Bar("A", 5, "5", "A")]))["data"]) == 1


def test_long_names_are_cut_only_on_the_axis() -> None:
    """The tooltip has the whole name, and no name is markup."""
    name = "A very long name of a product that goes on <b>"
    [trace] = drawn(bars_figure([Bar(name, 1, "1", name)]))["data"]
    ticks = drawn(bars_figure([Bar(name, 1, "1", name)]))["layout"]["yaxis"]["ticktext"]
    assert ticks == ["A very long name of a p…"]
    assert trace["hovertext"] == [name]
    assert drawn(bars_figure([Bar("<b>", 1, "1", "")]))["layout"]["yaxis"]["ticktext"] == ["&lt;b&gt;"]


def test_a_missing_cell_is_blank_and_an_exception_does_not_rule() -> None:
    """None stays None; one hour of a thousand among hours of one does not make all others look alike."""
    monday = HeatRow("Mon", [*[HeatCell(1.0, "") for _ in range(60)], HeatCell(1000.0, "")])
    [cells] = drawn(heatmap_figure([monday, HeatRow("Tue", [HeatCell(None, "")])], ["0"]))["data"]
    assert cells["z"][1] == [None]
    assert cells["zmax"] == 1.0
    [nothing] = drawn(heatmap_figure([HeatRow("Mon", [HeatCell(0.0, "")])], ["0"]))["data"]
    assert nothing["zmax"] == 1.0


def test_flows_add_up_on_every_level() -> None:
    """Hand-computed: a brand in two categories is one node; same names under other parents stay two."""
    flows = [
        Flow(("Face", "Other", "X"), 5), Flow(("Hair", "Other", "X"), 3), Flow(("Face", "Serum", "Y"), 2),
        Flow(("Face", "Serum", "Z"), -1),
    ]  # fmt: skip
    found = diagram(flows, (5, 5, 5), "Others")
    values = [(node.level, node.name, node.value) for node in found.nodes]
    assert values == [
        (0, "Face", 7), (0, "Hair", 3), (1, "Other", 5), (1, "Other", 3), (1, "Serum", 2), (2, "X", 8), (2, "Y", 2),
    ]  # fmt: skip
    for level in (0, 1):
        out = sum(link.value for link in found.links if found.nodes[link.source].level == level)
        assert out == 10


def test_what_is_cut_off_a_level_is_others() -> None:
    """And one that would be "others" alone keeps its name."""
    flows = [Flow(("A", name), value) for name, value in (("w", 4), ("x", 3), ("y", 2), ("z", 1))]
    assert [(n.name, n.value) for n in diagram(flows, (1, 2), "Others").nodes] == [
        ("A", 10), ("w", 4), ("x", 3), ("Others", 3),
    ]  # fmt: skip
    assert [n.name for n in diagram(flows[:3], (1, 2), "Others").nodes] == ["A", "w", "x", "y"]
    assert diagram([], (1, 2), "Others").nodes == ()


def test_a_spark_has_gaps_and_starts_at_zero() -> None:
    """What is missing breaks the line, what is to come shortens it, and an amount is seen from zero."""
    found = spark(trend(10, None, 5, 10, None))
    assert found is not None
    assert found.line == "M0 2M66.7 14L100 2"
    assert found.area.count("M") == 1
    assert spark(trend(10, None, 5)) is None


def test_a_spark_of_an_average_shows_its_changes() -> None:
    """From zero it would be a straight line."""
    found = spark(trend(100, 101, 102, kpi="average_transaction_value"))
    assert found is not None
    assert found.line == "M0 26L50 14L100 2"


def test_a_pair_shares_its_days(formats: Build) -> None:
    """The lower trend has an axis of its own, with half of the labels, under the same days."""
    upper, lower = (trend_figure(trend(*values), formats("id"), WORDS, NOW) for values in ((10, 20), (1, 2)))
    figure = drawn(paired_figure(upper, lower, ("Laba", "Margin")))
    assert [trace.get("yaxis") for trace in figure["data"]] == [None, None, "y2", "y2"]
    layout = figure["layout"]
    assert layout["yaxis2"]["domain"][1] < layout["yaxis"]["domain"][0]
    assert layout["yaxis2"]["ticktext"] == drawn(lower)["layout"]["yaxis"]["ticktext"][::2]
    assert [name["text"] for name in layout["annotations"]] == ["<b>Laba</b>", "<b>Margin</b>"]


def test_shares_are_drawn_where_they_are(formats: Build) -> None:
    """Not from zero, and a day of gifts (-1,600 %) does not flatten the others."""
    shares = trend_figure(trend(4.9, 5.4), formats("id"), WORDS, NOW, from_zero=False)
    assert drawn(shares)["layout"]["yaxis"]["range"][0] > 4
    assert "fill" not in drawn(shares)["data"][-1]
    gifts = trend_figure(trend(0.35, -16.0), formats("id"), WORDS, NOW, from_zero=False)
    assert drawn(gifts)["layout"]["yaxis"]["range"][0] > -3


def test_a_step_lasts_until_the_next_one_and_the_last_to_the_end() -> None:
    """What was carried into the range has no mark: nothing happened on that day."""
    [line] = drawn(steps_figure(STEPS, date(2026, 11, 9), [], say))["data"]
    assert line["x"] == ["2026-11-01", "2026-11-05", "2026-11-09"]
    assert (line["y"], line["line"]["shape"], line["marker"]["size"]) == ([40, 50, 50], "hv", [0, 7, 0])


def test_columns_lead_on_and_missing_ones_are_shaded() -> None:
    series = [Series("A", [1, None], ["1", "–"], palette.category(0))]
    figure = drawn(stacked_figure(["1", "2"], series, say, ["/1", "/2"], [1]))
    assert figure["data"][0]["customdata"] == ["/1", "/2"]
    assert [(band["x0"], band["x1"]) for band in figure["layout"]["shapes"]] == [(0.5, 1.5)]
