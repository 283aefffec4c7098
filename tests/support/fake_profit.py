"""Profit of the made-up shop behind `FakeQueryApi`: three products, two lines below cost, a cost that rose once.

| product | revenue | with a known cost | cost | gross profit | margin |
| --- | --- | --- | --- | --- | --- |
| 1 Serum Lumina | 6,000,000 | all | 3,600,000 | 2,400,000 | 40 % |
| 2 Lipstik Merona | 4,000,000 | half | 1,500,000 | 500,000 | 25 % |
| 3 Parfum Senja | 1,000,000 | nothing | unknown | unknown | unknown |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import BaseModel

from nk_common.api.common import DateRange, Grain, Text
from nk_common.api.profit import BelowCost, BelowCostLine, BelowCostTotals, CostEvent, CostHistory
from nk_common.api.sales import BreakdownRow, KpiValue, SalesBreakdown, SalesSummary, SalesTrend
from support.fake_shop import Shop, compared, hours, points, sales_kpis

Asked = Mapping[str, str]
COVERAGE = 8 / 11
"""Eight of eleven million."""


def _row(key: str, label: str, path: list[str], revenue: float, known: float, cogs: float) -> BreakdownRow:
    profit = known - cogs if known else None
    values: dict[str, float | None] = {
        "revenue": revenue, "gross_profit": profit, "margin": profit / known if profit is not None else None,
        "cogs": cogs if known else None, "cost_coverage": known / revenue, "identified_share": 0.5,
    }  # fmt: skip
    return BreakdownRow(
        key=key, label=label, path=path, revenue=revenue, quantity=10, transactions=5, share=revenue / 11e6,
        values=values, previous={**values, "gross_profit": None if profit is None else profit / 2},
    )  # fmt: skip


ROWS = [
    _row("1", "Serum Lumina", ["Perawatan Kulit", "Serum Lumina"], 6e6, 6e6, 3.6e6),
    _row("2", "Lipstik Merona", ["Rias Wajah", "Lipstik Merona"], 4e6, 2e6, 1.5e6),
    _row("3", "Parfum Senja", ["(no category)", "Parfum Senja"], 1e6, 0, 0),
]


def summary(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    before = compared(shop, days, asked)
    name = Text(id="Cakupan harga pokok", en="Cost coverage")
    known = KpiValue(slug="cost_coverage", name=name, description=name, unit="ratio", value=COVERAGE)
    return SalesSummary(
        meta=shop.meta(days), range=days, compare="previous" if before else "none", compare_range=before,
        kpis=[*sales_kpis(shop, days, before), known],
    )  # fmt: skip


def trend(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    """Gross profit is a third of revenue, margin a third."""
    grain: Grain = next(known for known in ("hour", "day", "week", "month") if known == asked["grain"])
    before = compared(shop, days, asked)
    sales = hours(shop, days.start) if grain == "hour" else points(shop, days, before, grain)
    share = asked["kpi"] == "margin"
    drawn = [
        point.model_copy(
            update={
                "value": None if point.value is None else 1 / 3 if share else point.value / 3,
                "compare_value": 1 / 4 if share and point.compare_value else point.compare_value,
            }
        )
        for point in sales
    ]
    return SalesTrend(
        meta=shop.meta(days), range=days, compare_range=before, grain=grain, kpi=asked["kpi"],
        unit="ratio" if share else "currency", points=drawn,
    )  # fmt: skip


def breakdown(shop: Shop, days: DateRange, asked: Asked, dimension: str) -> BaseModel:
    """By gross profit, or what else is asked for, highest first or last; what is not known comes last either way."""
    found = [row for row in shop.rows or ROWS if asked.get("search", "").lower() in row.label.lower()]
    sort = asked.get("sort", "gross_profit")
    if sort in ROWS[0].values:
        sign = 1 if asked.get("order") == "asc" else -1
        found.sort(key=lambda row: (row.values.get(sort) is None, sign * (row.values.get(sort) or 0)))
    offset = int(asked.get("offset", 0))
    return SalesBreakdown(
        meta=shop.meta(days), range=days, compare_range=compared(shop, days, asked), dimension=dimension,
        total_rows=len(found), total_revenue=11e6, rows=found[offset : offset + int(asked["limit"])],
    )  # fmt: skip


def below_cost(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    def line(number: int, product: int, revenue: float, cogs: float) -> BelowCostLine:
        return BelowCostLine(
            day=days.end, source="pos", line_id=number, document_id=number, document=f"Kemang/{number:04d}",
            product_id=product, product=ROWS[product - 1].label, quantity=1, revenue=revenue, unit_cost=cogs,
            cogs=cogs, loss=cogs - revenue,
        )  # fmt: skip

    lines = [line(11, 1, 0, 60_000), line(12, 2, 20_000, 50_000)]
    totals = BelowCostTotals(lines=2, quantity=2, revenue=20_000, cogs=110_000, loss=90_000)
    known = any(
        shop.has_figures(days.start + timedelta(days=at)) for at in range((days.end - days.start).days + 1)
    )
    found = [line for line in lines if known and asked.get("search", "").lower() in line.product.lower()]
    if asked.get("order") == "asc":
        found.reverse()
    offset = int(asked.get("offset", 0))
    return BelowCost(
        meta=shop.meta(days), range=days, totals=totals if known else None, total_rows=len(found),
        lines=found[offset : offset + int(asked["limit"])],
    )  # fmt: skip


def cost_history(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    """40,000 before the range, 50,000 from the tenth day before its end on. Product 3 was never bought."""

    def event(day: date, cost: float, change: float | None) -> CostEvent:
        return CostEvent(
            day=day, unit_cost=cost, bill_id=1, bill="BILL/1", bill_line_id=1, vendor_id=4, vendor="CV Grosir",
            quantity=24, change=change, change_share=change / (cost - change) if change else None,
        )  # fmt: skip

    bought = asked["product"] != "3"
    events = [event(days.end - timedelta(days=10), 50_000, 10_000)] if bought else []
    return CostHistory(
        meta=shop.meta(days), range=days, product_id=int(asked["product"]), product="Serum Lumina",
        at_start=event(days.start - timedelta(days=3), 40_000, None) if bought else None,
        total=len(events), events=events,
    )  # fmt: skip
