"""The figures of a digest, taken from answers of the query API. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nk_common.api.common import Text, Unit
from nk_common.api.inventory import StockLevels, StockRow
from nk_common.api.sales import KpiValue, SalesBreakdown, SalesSummary

MOVERS = 5
SALES = ("revenue", "transactions", "average_transaction_value")
PROFIT = ("gross_profit", "margin")


@dataclass(frozen=True)
class Line:
    """One figure: None is not known, which is not zero. Changes are shares, None where there is nothing to compare.

    Name and unit are the KPI's own, so that the digest calls it what the pages do.
    """

    slug: str
    name: Text
    unit: Unit
    value: float | None
    since_day_before: float | None = None
    since_week_before: float | None = None


@dataclass(frozen=True)
class Mover:
    """A product, its revenue, and by how much that is more or less than on the same weekday a week before."""

    label: str
    revenue: float
    change: float


@dataclass(frozen=True)
class Low:
    """A product that runs out: what is on hand, and for how many days it lasts; None where that cannot be told."""

    label: str
    on_hand: float | None
    cover: float | None


@dataclass(frozen=True)
class Figures:
    """Of one day. `low_count` None: no stock is known."""

    day: date
    currency: str
    lines: tuple[Line, ...]
    rising: tuple[Mover, ...]
    falling: tuple[Mover, ...]
    low_count: int | None
    low: tuple[Low, ...]

    def line(self, slug: str) -> Line:
        return next(line for line in self.lines if line.slug == slug)


@dataclass(frozen=True)
class Answers:
    """What the query API said of a day: sales beside the day before and beside the week before, profit, products by
    their change since the week before (best and worst first), and products that run out."""

    day_before: SalesSummary
    week_before: SalesSummary
    profit: SalesSummary
    best: SalesBreakdown
    worst: SalesBreakdown
    low: StockLevels

    @property
    def days_missing(self) -> int:
        """1 while the sales of the day are not in the figures."""
        return self.day_before.meta.days.missing


def figures_of(day: date, answers: Answers) -> Figures:
    before, week = _by_slug(answers.day_before), _by_slug(answers.week_before)
    profit = _by_slug(answers.profit)
    # Beside a day that is not there everything rose, and what is missing has not fallen.
    both_days = not answers.week_before.compare_days_missing and not answers.week_before.meta.days.missing
    best, worst = (_movers(answers.best), _movers(answers.worst)) if both_days else ([], [])
    held = answers.low.stock.day is not None and answers.low.sold.days.loaded > 0
    return Figures(
        day=day,
        currency=answers.day_before.meta.currency,
        lines=(
            *(_line(before[slug], before[slug].delta, week[slug].delta) for slug in SALES),
            *(_line(profit[slug]) for slug in PROFIT),
        ),
        rising=tuple(one for one in best if one.change > 0),
        falling=tuple(one for one in worst if one.change < 0),
        low_count=answers.low.total_rows if held else None,
        low=tuple(_low(row) for row in answers.low.rows) if held else (),
    )


def _line(
    kpi: KpiValue, since_day_before: float | None = None, since_week_before: float | None = None
) -> Line:
    return Line(kpi.slug, kpi.name, kpi.unit, kpi.value, since_day_before, since_week_before)


def _by_slug(summary: SalesSummary) -> dict[str, KpiValue]:
    return {kpi.slug: kpi for kpi in summary.kpis}


def _low(row: StockRow) -> Low:
    return Low(row.label, row.values.get("on_hand"), row.values.get("days_of_cover"))


def _movers(answer: SalesBreakdown) -> list[Mover]:
    """A product that was sold on one of the two days only has no revenue on the other."""
    found = []
    for row in answer.rows:
        now = row.values.get("revenue") or 0.0
        then = (row.previous or {}).get("revenue") or 0.0
        found.append(Mover(row.label, now, now - then))
    return found
