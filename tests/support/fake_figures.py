"""The figures of the made-up shop behind `FakeQueryApi`: they follow from the day alone, so a test can compute them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from nk_common.api.common import DateRange, Grain, Text, Unit
from nk_common.api.customers import CustomersSummary, History
from nk_common.api.dimensions import DimensionMeta, Member, Members, OneMember
from nk_common.api.sales import (
    BreakdownRow,
    HeatmapCell,
    KpiValue,
    SalesBreakdown,
    SalesHeatmap,
    SalesSummary,
    SalesTrend,
)
from nk_common.api.trust import DatasetTrust, DimensionsTrust, Trust
from nk_web.questions import Question
from support import fake_customers, fake_inventory, fake_pipeline, fake_profit
from support.fake_shop import Shop, brand_rows, compare_of, each_day, hours, points, sales_kpis

Asked = Mapping[str, str]
"""Parameters of a question; of one that comes several times, the last."""


def fake_answer(shop: Shop, question: Question[Any]) -> BaseModel:
    """The answer to a question of the pages. Raises KeyError for a path that has none here."""
    asked = dict(question.params)
    start = date.fromisoformat(asked.get("start", shop.today.isoformat()))
    days = DateRange(start=start, end=date.fromisoformat(asked.get("end", start.isoformat())))
    path = question.path.removeprefix("/v1/")
    for prefix, answer in ANSWERS.items():
        if path == prefix or (prefix.endswith("/") and path.startswith(prefix)):
            return answer(shop, days, asked, path.removeprefix(prefix))
    raise KeyError(question.path)


def _summary(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    compare = compare_of(asked)
    before = shop.compare_range(days, compare)
    return SalesSummary(
        meta=shop.meta(days), range=days, compare=compare, compare_range=before,
        compare_days_missing=sum(not shop.has_figures(day) for day in each_day(before)) if before else 0,
        to_date=days.end >= shop.today and before is not None, kpis=sales_kpis(shop, days, before),
    )  # fmt: skip


def _customers(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    compare = compare_of(asked)
    history = History(since=days.start, days_missing=0, new_is_uncertain=False)
    return CustomersSummary(
        meta=shop.meta(days), range=days, history=history, compare=compare,
        compare_range=shop.compare_range(days, compare), kpis=[_plain("active_customers", 240, "count")],
    )  # fmt: skip


def _trend(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    grain: Grain = next(known for known in ("hour", "day", "week", "month") if known == asked["grain"])
    before = shop.compare_range(days, compare_of(asked))
    drawn = hours(shop, days.start) if grain == "hour" else points(shop, days, before, grain)
    return SalesTrend(
        meta=shop.meta(days), range=days, compare_range=before, grain=grain, kpi=asked["kpi"], unit="currency",
        points=drawn,
    )  # fmt: skip


def _breakdown(shop: Shop, days: DateRange, asked: Asked, dimension: str) -> BaseModel:
    total = shop.revenue(days) or 0.0
    rows = shop.rows if shop.rows is not None else brand_rows(total)
    before = shop.compare_range(days, compare_of(asked))
    found = [row for row in rows if asked.get("search", "").lower() in row.label.lower()]
    gaps = sum(not shop.has_figures(day) for day in each_day(before)) if before else 0
    if before:
        found = [row.model_copy(update={"previous": _previous(row, gaps)}) for row in found]
    if asked.get("order") == "asc":
        found = found[::-1]
    offset = int(asked.get("offset", 0))
    return SalesBreakdown(
        meta=shop.meta(days), range=days, compare_range=before, compare_days_missing=gaps, dimension=dimension,
        total_rows=len(found), total_revenue=sum(row.revenue for row in found),
        rows=found[offset : offset + int(asked["limit"])],
    )  # fmt: skip


def _previous(row: BreakdownRow, gaps: int) -> dict[str, float | None] | None:
    """A tenth less, or what the row brings itself: of a new product, nothing. Not known where days are missing."""
    return None if gaps else row.previous or {"revenue": row.revenue * 0.9}


def _heatmap(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    """A million at 10:00 and two at 05:00 of every loaded day, and half a million of invoices."""
    by_day = asked["rows"] == "date"
    loaded: dict[str, int] = {}
    for day in filter(shop.has_figures, each_day(days)):
        row = day.isoformat() if by_day else str(day.isoweekday())
        loaded[row] = loaded.get(row, 0) + 1
    cells = [
        HeatmapCell(row=row, hour=hour, value=value * count)
        for row, count in loaded.items()
        for hour, value in ((5, 2e6), (10, 1e6))
    ]
    return SalesHeatmap(
        meta=shop.meta(days), range=days, kpi="revenue", unit="currency", rows="date" if by_day else "weekday",
        days_loaded=loaded, hours_loaded={row: [count] * 24 for row, count in loaded.items()},
        without_time=5e5, cells=cells,
    )  # fmt: skip


def _members(_shop: Shop, _days: DateRange, asked: Asked, rest: str) -> BaseModel:
    """Ten members, "Member 1" to "Member 10"; -1 is nobody."""
    name, _, key = rest.partition("/")
    meta = DimensionMeta(data_version="v1", fresh_until=None, input="products")
    if name == "locations" and not key:
        return Members(meta=meta, name=name, total=3, members=PLACES)
    if key:
        label = NOBODY.get(name, "(unknown)") if key == "-1" else f"Member {key}"
        return OneMember(meta=meta, name=name, member=Member(key=key, label=label, code=f"NK{key}"))
    found = [Member(key=str(at), label=f"Member {at}") for at in range(1, 11)]
    found = [member for member in found if asked.get("search", "") in member.label]
    return Members(meta=meta, name=name, total=len(found), members=found)


def _trust(shop: Shop, days: DateRange, _: Asked, __: str) -> BaseModel:
    asked = each_day(days)
    missing = sum(day in shop.missing for day in asked)
    running = sum(day == shop.today and day not in shop.missing for day in asked)
    figures = {
        "requested": len(asked), "loaded": len(asked) - missing - running, "partial": running, "missing": missing,
        "failed": sum(day in shop.failed for day in asked), "running": 0, "rejected_rows": 0,
        "reconciled": len(asked) - missing, "differing": 0, "last_reconciled_at": None,
        "fresh_until": shop.now if missing < len(asked) else None,
    }  # fmt: skip
    return Trust.model_validate(
        {
            "data_version": "v1", "timezone": "Asia/Jakarta", "range": days, "together": figures,
            "missing_days": [day for day in asked if day in shop.missing][:31],
            "failed_days": [day for day in asked if day in shop.failed][:31], "differing_days": [],
            "datasets": [DatasetTrust.model_validate({**figures, "dataset": "pos"})],
            "dimensions": DimensionsTrust(loaded=9, missing=0, fresh_until=shop.now), "kpis": [
                _plain("days_complete", len(asked) - missing - running, "count"),
                _plain("days_missing", missing, "count"),
            ],
            "ledger_problem": None,
        }
    )  # fmt: skip


NOBODY = {"brands": "(no brand)", "products": "(no product)"}
PLACES = [
    Member(key=key, label=path.rpartition("/")[2], path=path, attributes={"usage": usage})
    for key, path, usage in (
        ("5", "Partners/Customers", "customer"), ("20", "KMG/Stock", "internal"), ("28", "SNY/Stock", "internal"),
    )
]  # fmt: skip
ANSWERS: dict[str, Callable[[Shop, DateRange, Asked, str], BaseModel]] = {
    "sales/summary": _summary,
    "profit/summary": fake_profit.summary,
    "customers/summary": _customers,
    "inventory/summary": fake_inventory.summary,
    "sales/trend": _trend,
    "profit/trend": fake_profit.trend,
    "sales/by/": _breakdown,
    "profit/by/": fake_profit.breakdown,
    "profit/below-cost": fake_profit.below_cost,
    "profit/cost-history": fake_profit.cost_history,
    "customers/trend": fake_customers.trend,
    "customers/top": fake_customers.top,
    "customers/segments": fake_customers.segments,
    "customers/cohorts": fake_customers.cohorts,
    "sales/heatmap": _heatmap,
    "inventory/stock": fake_inventory.stock,
    "inventory/sell-through": fake_inventory.sell_through,
    "inventory/abc": fake_inventory.abc,
    "inventory/movements": fake_inventory.movements,
    "inventory/reconciliation": fake_inventory.reconciliation,
    "dimensions/": _members,
    "pipeline/trust": _trust,
    "pipeline/alerts": lambda shop, *_: fake_pipeline.alerts(shop),
    "pipeline/health": lambda shop, *_: fake_pipeline.health(shop),
    "pipeline/schedules": lambda shop, *_: shop.scheduled,
    "pipeline/lag": lambda shop, *_: fake_pipeline.lag(shop),
    "reconciliations": lambda shop, *_: fake_pipeline.reconciliations(shop),
    "reconciliations/": lambda shop, _, __, run_id: fake_pipeline.reconciliation(shop, run_id),
}
"""By path after `/v1/`; one that ends with a slash takes what follows."""


def _plain(slug: str, value: float, unit: Unit) -> KpiValue:
    name = Text(id=slug, en=slug)
    return KpiValue(slug=slug, name=name, description=name, unit=unit, value=value)
