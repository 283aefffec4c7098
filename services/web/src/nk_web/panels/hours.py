"""Bodies of panels by hour of the day. Hours outside the day of a shop are folded into one column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from nk_common.api.sales import SalesHeatmap
from nk_web.charts.axis import plain
from nk_web.charts.heatmap import HeatCell, HeatRow, heatmap_figure
from nk_web.i18n import say
from nk_web.panels.panel import Body, Look
from nk_web.panels.table import Cell, Column, Table

OPEN_HOURS = tuple(range(7, 24))
NIGHT = tuple(range(7))
"""Shown as one column, so that nothing is left out."""


def weekday_hours_body(answer: SalesHeatmap, look: Look) -> Body:
    """The average of one such day, so that a range with five Mondays and four Tuesdays can be compared."""
    rows = [str(number) for number in range(1, 8)]

    def name(row: str) -> str:
        return look.f.weekday_name(int(row))

    return _body(answer, look, rows, name, look.tr(say("Average of one day; press an hour to see only it.")))


def date_hours_body(answer: SalesHeatmap, look: Look) -> Body:
    """Every day of the range; the newest on top."""
    count = (answer.range.end - answer.range.start).days + 1
    rows = [(answer.range.end - timedelta(days=at)).isoformat() for at in range(count)]

    def name(row: str) -> str:
        day = date.fromisoformat(row)
        return f"{look.f.weekday(day)} {look.f.day_short(day)}"

    return _body(answer, look, rows, name, look.tr(say("Press a day to see only it.")))


Name = Callable[[str], str]


def _body(answer: SalesHeatmap, look: Look, rows: list[str], name: Name, sub: str) -> Body:
    grid = {row: _folded(answer, row) for row in rows}
    labels = _labels(look)
    drawn = [HeatRow(name(row), _cells(answer, row, grid[row], labels, name, look)) for row in rows]
    without = answer.without_time
    note = look.tr(
        say("Invoices have no time of day: %(amount)s more.", amount=look.f.currency_short(without))
    )
    return Body(
        figure=heatmap_figure(drawn, labels),
        alt=look.tr(say("Heat map. The table below has its figures.")),
        sub=sub,
        foot=(note,) if without else (),
        table=_table(rows, grid, labels, name, look),
        empty="" if answer.cells else look.tr(say("Nothing was sold on these days.")),
    )


def _folded(answer: SalesHeatmap, row: str) -> list[float | None]:
    """Night first, then every hour of the shop's day, on average of the days of which it was read; None where it was
    of none: hours that are yet to come among them."""
    sums = {cell.hour: cell.value or 0.0 for cell in answer.cells if cell.row == row}
    days = dict(enumerate(answer.hours_loaded.get(row, ())))
    own = {hour: sums.get(hour, 0.0) / count for hour, count in days.items() if count}
    night = [own[hour] for hour in NIGHT if hour in own]
    return [sum(night) if night else None, *(own.get(hour) for hour in OPEN_HOURS)]


def _labels(look: Look) -> list[str]:
    return [f"{look.f.hour(NIGHT[0])[:2]}–{NIGHT[-1]:02d}", *(f"{hour:02d}" for hour in OPEN_HOURS)]


def _cells(
    answer: SalesHeatmap, row: str, values: list[float | None], labels: list[str], name: Name, look: Look
) -> list[HeatCell]:
    f = look.f
    spans = [(NIGHT[0], NIGHT[-1]), *((hour, hour) for hour in OPEN_HOURS)]
    unknown = look.tr(say("no data"))
    return [
        HeatCell(
            value,
            f"<b>{plain(name(row))}, {f.hour(first)}–{f.hour_end(last)}</b><br>"
            + (unknown if value is None else f.value(round(value), answer.unit)),
            _href(answer, row, first, last, look),
        )
        for value, (first, last) in zip(values, spans, strict=True)
    ]


def _href(answer: SalesHeatmap, row: str, first: int, last: int, look: Look) -> str:
    if answer.rows == "weekday":
        return look.state.with_hours(first, last).address
    day = date.fromisoformat(row)
    return look.state.with_days(day, day).address


def _table(
    rows: list[str], grid: dict[str, list[float | None]], labels: list[str], name: Name, look: Look
) -> Table:
    return Table(
        (Column(look.tr(say("Hour"))), *(Column(label, numeric=True) for label in labels)),
        tuple(
            (Cell(name(row)), *(Cell(look.f.currency_short(value)) for value in grid[row])) for row in rows
        ),
    )
