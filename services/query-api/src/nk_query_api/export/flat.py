"""Answers as flat rows: what a row of the answer holds, under the slugs that the API has for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from nk_common.api.common import Text
from nk_common.api.customers import CustomerCohorts, CustomersTrend
from nk_common.api.inventory import AbcAnalysis, StockReconciliation
from nk_common.api.profit import CostEvent, CostHistory
from nk_common.api.sales import BreakdownRow, SalesHeatmap, SalesTrend
from nk_common.star.stock import MOVEMENT_TYPES
from nk_query_api.export.source import Rows
from nk_query_api.kpis.flow import BEGIN_ON_HAND, FLOW_KPIS
from nk_query_api.questions.inventory.levels import ROW_KPIS
from nk_query_api.questions.inventory.ranking import CLASSES
from nk_query_api.questions.inventory.reconciliation import RECONCILED

Columns = dict[str, type]
Figures = Mapping[str, float | None]

SUMMARY: Columns = {
    "kpi": str, "name_id": str, "name_en": str, "unit": str, "value": float, "previous": float, "delta": float,
}  # fmt: skip
STOCK: Columns = {
    "product_id": int, "code": str, "barcode": str, "label": str, "path": str, "brand": str, "location_id": int,
    "location": str, "unit_cost": float, "list_price": float, "sold": float,
    **{kpi.slug: float for kpi in ROW_KPIS}, "status": str,
}  # fmt: skip
SELL_THROUGH_TOTAL: Columns = {kpi.slug: float for kpi in FLOW_KPIS}
SELL_THROUGH: Columns = {"key": str, "label": str, "path": str, **SELL_THROUGH_TOTAL}
ABC: Columns = {
    "rank": int, "product_id": int, "code": str, "barcode": str, "label": str, "path": str, "revenue": float,
    "quantity": float, "share_of_revenue": float, "cumulative_share": float, "abc": str,
}  # fmt: skip
ABC_CLASSES: Columns = {
    "abc": str, "skus": int, "share_of_skus": float, "revenue": float, "share_of_revenue": float,
}  # fmt: skip
ABC_CURVE: Columns = {"share_of_skus": float, "share_of_revenue": float}
ABC_CATEGORIES: Columns = {
    "key": str, "label": str, "path": str,
    **{f"skus_{abc.lower()}": int for abc in CLASSES}, **{f"revenue_{abc.lower()}": float for abc in CLASSES},
}  # fmt: skip
MOVEMENTS: Columns = {
    "key": str, "label": str, "path": str, "lines": int, "quantity": float, "arrived": float, "departed": float,
    "effect": float, **dict.fromkeys(MOVEMENT_TYPES, float),
}  # fmt: skip
RECONCILED_TOTAL: Columns = {
    "begin_on_hand": float, **dict.fromkeys(MOVEMENT_TYPES, float), "moved": float, "expected": float,
    **{kpi.slug: float for kpi in RECONCILED if kpi is not BEGIN_ON_HAND},
}  # fmt: skip
RECONCILIATION: Columns = {"product_id": int, "label": str, "path": str, **RECONCILED_TOTAL}
BELOW_COST: Columns = {
    "day": date, "source": str, "line_id": int, "document_id": int, "document": str, "product_id": int,
    "product": str, "quantity": float, "revenue": float, "unit_cost": float, "cogs": float, "loss": float,
}  # fmt: skip
COST_HISTORY: Columns = {
    "day": date, "at_start": bool, "unit_cost": float, "change": float, "change_share": float, "quantity": float,
    "vendor_id": int, "vendor": str, "bill_id": int, "bill": str, "bill_line_id": int,
}  # fmt: skip
CUSTOMERS: Columns = {
    "customer_id": int, "name": str, "revenue": float, "transactions": int, "first_purchase": date,
    "last_purchase": date, "share": float,
}  # fmt: skip
SEGMENTS: Columns = {
    "segment": str, "name_id": str, "name_en": str, "customers": int, "customers_share": float, "revenue": float,
    "revenue_share": float, "average_recency": float, "average_transactions": float, "average_revenue": float,
}  # fmt: skip
SEGMENT_ROWS: Columns = {
    "customer_id": int, "name": str, "segment": str, "recency": int, "transactions": int, "revenue": float,
    "last_purchase": date, "recency_score": int, "frequency_score": int, "monetary_score": int,
}  # fmt: skip
COHORTS: Columns = {
    "cohort": date, "size": int, "cohort_partial": bool, "months_since": int, "month": date, "customers": int,
    "share": float, "revenue": float, "partial": bool,
}  # fmt: skip


def flat(row: BaseModel) -> dict[str, Any]:
    """A row's fields. Texts have a column for each language, labels of a path are joined, figures are columns."""
    found: dict[str, Any] = {}
    for name, value in row:
        if isinstance(value, Text):
            found |= {f"{name}_id": value.id, f"{name}_en": value.en}
        elif isinstance(value, dict):
            found |= value
        else:
            found[name] = " / ".join(value) if isinstance(value, list) else value
    return found


def flat_rows(rows: Sequence[BaseModel]) -> Rows:
    return [flat(row) for row in rows]


def summary_rows(rows: Sequence[BaseModel]) -> Rows:
    """KPIs, and whatever else has a slug and names."""
    return [{**found, "kpi": found["slug"], "segment": found["slug"]} for found in map(flat, rows)]


def trend_columns(kpi: str, *, compared: bool) -> Columns:
    found: Columns = {"bucket": datetime, kpi: float, "partial": bool}
    return (
        {**found, "compare_bucket": datetime, "compare_end": date, f"previous_{kpi}": float}
        if compared
        else found
    )


def trend_rows(answer: SalesTrend | CustomersTrend) -> Rows:
    kpi = answer.kpi
    return [
        {**dict(point), kpi: point.value, f"previous_{kpi}": point.compare_value} for point in answer.points
    ]


def breakdown_columns(kpis: Sequence[str], *, compared: bool) -> Columns:
    found: Columns = {"key": str, "label": str, "path": str, **dict.fromkeys(kpis, float), "share": float}
    return {**found, **{f"previous_{kpi}": float for kpi in kpis}} if compared else found


def breakdown_rows(rows: Sequence[BreakdownRow]) -> Rows:
    return [
        {
            "key": row.key, "label": row.label, "path": " / ".join(row.path), "share": row.share, **row.values,
            **{f"previous_{kpi}": value for kpi, value in (row.previous or {}).items()},
        }
        for row in rows
    ]  # fmt: skip


def heatmap_columns(kpi: str, row: str) -> Columns:
    return {row: str, "hour": int, kpi: float}


def heatmap_rows(answer: SalesHeatmap) -> Rows:
    return [{answer.rows: cell.row, "hour": cell.hour, answer.kpi: cell.value} for cell in answer.cells]


def cohort_rows(answer: CustomerCohorts) -> Rows:
    """A row for every month of every cohort."""
    return [
        {**dict(cell), "cohort": cohort.month, "size": cohort.size, "cohort_partial": cohort.partial}
        for cohort in answer.cohorts
        for cell in cohort.cells
    ]


def cost_rows(answer: CostHistory, offset: int) -> Rows:
    """The events of a page in their order. Before the first of all stands the one that the range began with."""

    def row(event: CostEvent, *, at_start: bool) -> dict[str, Any]:
        return {**dict(event), "at_start": at_start}

    before = [row(answer.at_start, at_start=True)] if answer.at_start and not offset else []
    return [*before, *(row(event, at_start=False) for event in answer.events)]


def category_rows(answer: AbcAnalysis) -> Rows:
    """A column for the products of each class, and one for their revenue."""
    return [
        {
            "key": row.key, "label": row.label, "path": " / ".join(row.path),
            **{f"skus_{abc.lower()}": count for abc, count in row.skus.items()},
            **{f"revenue_{abc.lower()}": amount for abc, amount in row.revenue.items()},
        }
        for row in answer.categories
    ]  # fmt: skip


def reconciled_rows(answer: StockReconciliation) -> Rows:
    return [{**flat(row), **_expected(row.effects, row.values)} for row in answer.rows]


def reconciled_total(answer: StockReconciliation) -> Rows:
    """One row: all products together."""
    return [{**answer.effects, **answer.values, **_expected(answer.effects, answer.values)}]


def _expected(effects: Figures, values: Figures) -> Figures:
    """What all moves did, and the stock that should be there by them; empty while any of it is not known."""
    known = [effect for effect in effects.values() if effect is not None]
    moved = round(sum(known), 4) + 0.0 if len(known) == len(effects) else None
    begin = values["begin_on_hand"]
    return {"moved": moved, "expected": None if begin is None or moved is None else round(begin + moved, 4)}
