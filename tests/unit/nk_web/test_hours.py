"""Hours of the day: what was not read yet is no part of an average, and not nothing sold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nk_common.api.common import DateRange
from nk_common.api.sales import HeatmapCell, SalesHeatmap
from nk_web.format import Formats
from nk_web.i18n import read_catalogue
from nk_web.panels.hours import NIGHT, OPEN_HOURS, date_hours_body, weekday_hours_body
from nk_web.panels.panel import Body, Look
from nk_web.reader import Reader
from nk_web.state import Takes, parse_state
from support.fake_query_api import FakeQueryApi

TODAY = date(2026, 11, 23)  # a Monday
SO_FAR = 10
"""Hours that have begun when today was read."""


@pytest.fixture
def look(formats: Callable[[str], Formats]) -> Look:
    state = parse_state([], TODAY, lambda _: "/sales", Takes(()))
    now = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    return Look(Reader("id", read_catalogue("id"), formats("id"), now, TODAY), state, "sales", "hours")


def heatmap(
    api: FakeQueryApi, rows: Any, hours: dict[str, list[int]], cells: dict[int, float]
) -> SalesHeatmap:
    """A heatmap of four Mondays before, and of today; the cells are those of the first row."""
    days = DateRange(start=TODAY - timedelta(days=28), end=TODAY)
    row = next(iter(hours))
    return SalesHeatmap(
        meta=api.meta(days), range=days, kpi="revenue", unit="currency", rows=rows, without_time=0.0,
        days_loaded={row: max(counts) for row, counts in hours.items()}, hours_loaded=hours,
        cells=[HeatmapCell(row=row, hour=hour, value=value) for hour, value in cells.items()],
    )  # fmt: skip


def shown(body: Body, row: str) -> dict[int, str]:
    """By hour; under 0 the night."""
    assert body.table
    [found] = [cells for cells in body.table.rows if cells[0].text == row]
    return {hour: cell.text for hour, cell in zip((NIGHT[0], *OPEN_HOURS), found[1:], strict=True)}


def test_the_running_day_counts_for_the_hours_so_far(api: FakeQueryApi, look: Look) -> None:
    """Of each of four Mondays a million at eight and at seven in the evening; today half a million at eight."""
    counts = [5] * SO_FAR + [4] * (24 - SO_FAR)
    answer = heatmap(api, "weekday", {"1": counts}, {8: 4.5e6, 19: 4e6})
    found = shown(weekday_hours_body(answer, look), "Senin")
    assert (found[8], found[19], found[20], found[0]) == (
        "Rp\xa0900\xa0rb",
        "Rp\xa01\xa0jt",
        "Rp\xa00",
        "Rp\xa00",
    )
    assert set(shown(weekday_hours_body(answer, look), "Selasa").values()) == {"–"}, "no Tuesday was read"


def test_hours_to_come_have_no_figures(api: FakeQueryApi, look: Look) -> None:
    day = TODAY.isoformat()
    answer = heatmap(api, "date", {day: [1] * SO_FAR + [0] * (24 - SO_FAR)}, {8: 5e5})
    found = shown(date_hours_body(answer, look), "Sen 23 Nov")
    assert {hour: text for hour, text in found.items() if text != "–"} == {
        0: "Rp\xa00", 7: "Rp\xa00", 8: "Rp\xa0500\xa0rb", 9: "Rp\xa00"
    }  # fmt: skip
