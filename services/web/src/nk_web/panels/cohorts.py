"""Who still buys, by the month of the first purchase."""

from __future__ import annotations

from dataclasses import replace

from nk_common.api.customers import Cohort, CohortCell, CustomerCohorts
from nk_web.charts.heatmap import HeatCell, HeatRow, heatmap_figure
from nk_web.charts.palette import SURFACE
from nk_web.i18n import say
from nk_web.panels.customers import uncertain_note
from nk_web.panels.panel import Body, Look
from nk_web.panels.table import Cell, Column, Table

FEWEST_COLUMNS = 6
"""Two months are not drawn as wide as the page."""


def cohorts_body(answer: CustomerCohorts, look: Look) -> Body:
    """A row for every month of first purchases, a column for every month after it. The month itself is always all of
    them, and stands beside the name as how many they are."""
    rows = _known(answer.cohorts)
    width = max((len(cohort.cells) for cohort in rows), default=0)
    if width < 2:
        return Body(empty=look.tr(say("It takes two months of purchases to see who comes back.")))
    width = max(width, FEWEST_COLUMNS + 1)
    labels = [f"+{at}" for at in range(1, width)]
    drawn = [HeatRow(_name(cohort, look), _cells(cohort, width, look)) for cohort in rows]
    figure = heatmap_figure(drawn, labels)
    # Months to come are not missing, so what is blank is not shaded.
    figure = replace(figure, layout={**figure.layout, "plot_bgcolor": SURFACE})
    return Body(
        figure=figure,
        alt=look.tr(say("Heat map. The table below has its figures.")),
        sub=look.tr(say("How many came new, and the share that bought again each month after.")),
        foot=tuple(filter(None, (uncertain_note(answer.history, look),))),
        table=_table(rows, labels, look),
    )


def _known(cohorts: list[Cohort]) -> list[Cohort]:
    """From the first month on of which something is loaded."""
    first = next((at for at, cohort in enumerate(cohorts) if cohort.size is not None), len(cohorts))
    return cohorts[first:]


def _name(cohort: Cohort, look: Look) -> str:
    return f"{look.f.month(cohort.month)} · {look.f.number(cohort.size)}"


def _cells(cohort: Cohort, width: int, look: Look) -> list[HeatCell]:
    """Months that have not come yet are blank."""
    later = cohort.cells[1:]
    cells = [HeatCell(cell.share, _hover(cohort, cell, look), text=_text(cell, look)) for cell in later]
    return [*cells, *[HeatCell(None, "")] * (width - 1 - len(later))]


def _text(cell: CohortCell, look: Look) -> str:
    return "" if cell.share is None else look.f.percent(cell.share, 0)


def _hover(cohort: Cohort, cell: CohortCell, look: Look) -> str:
    f = look.f
    head = look.tr(
        say("%(month)s, first bought %(first)s", month=f.month(cell.month), first=f.month(cohort.month))
    )
    if cell.customers is None:
        return f"<b>{head}</b><br>{look.tr(say('no data'))}"
    mark = f" ({look.tr(say('not complete yet'))})" if cell.partial else ""
    came = look.tr(
        say("%(came)s of %(size)s bought again", came=f.number(cell.customers), size=f.number(cohort.size))
    )
    return f"<b>{head}</b>{mark}<br>{came} · {f.percent(cell.share)}<br>{f.currency(cell.revenue)}"


def _table(rows: list[Cohort], labels: list[str], look: Look) -> Table:
    return Table(
        (
            Column(look.tr(say("First purchase"))),
            Column(look.tr(say("Customers")), numeric=True),
            *(Column(label, numeric=True) for label in labels),
        ),
        tuple(_row(cohort, len(labels), look) for cohort in rows),
    )


def _row(cohort: Cohort, width: int, look: Look) -> tuple[Cell, ...]:
    f, later = look.f, cohort.cells[1:]
    partial = look.tr(say("not complete yet"))
    shares = [
        Cell(f.percent(cell.share), sub=partial if cell.partial and cell.share is not None else "")
        for cell in later
    ]
    size = Cell(f.number(cohort.size), sub=partial if cohort.partial and cohort.size is not None else "")
    return (Cell(f.month(cohort.month)), size, *shares, *[Cell("")] * (width - len(later)))
