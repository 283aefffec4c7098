"""Which answers can be downloaded: one registry, for the routes of `/v1/export`, their documents and their tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nk_query_api.errors import BadQuestionError, NotFoundError
from nk_query_api.export import flat
from nk_query_api.export.source import ExportSource, Rows, from_question
from nk_query_api.export.tables import file_stem
from nk_query_api.kpis.dimensions import DIMENSIONS, SPLITS
from nk_query_api.questions.context import Context
from nk_query_api.routes import customers, inventory, profit, sales
from nk_query_api.routes.answers import Question
from nk_query_api.routes.parameters import (
    BelowCostParameters,
    BreakdownParameters,
    CostHistoryParameters,
    FilterParameters,
    HeatmapParameters,
    Parameters,
    SummaryParameters,
    TrendParameters,
)
from nk_query_api.service import Service
from nk_query_api.serving.snapshot import Snapshot

ROWS = 100_000
"""Rows that an answer may have as a file."""
Sheet = tuple[Question[Any], flat.Columns, Callable[[Any], Rows]]
"""What is asked, the columns of the file, and how the answer becomes its rows."""
Make = Callable[[Any, Service, Context, str], Sheet]


@dataclass(frozen=True)
class ExportedAnswer:
    """An answer of `endpoint`, or a part of it, as a file. `make` gets the parameters, the service, the context and
    the member of `dimensions` that the name ends with, if it does."""

    name: str
    endpoint: str
    parameters: type[Parameters]
    make: Make
    dimensions: tuple[str, ...] = ()
    paged: bool = True
    """Whether `limit` and `offset`, where there are any, choose among the rows of the file."""
    total: Callable[[Any], int] = lambda answer: getattr(answer, "total_rows", 0)
    """Rows that there are, before the limit."""
    what: str = "the rows"
    """What of the answer is in the file, for the documents."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}-{slug}" for slug in self.dimensions) or (self.name,)

    def source(self, asked: Parameters, service: Service, dimension: str) -> ExportSource:
        """Raises BadQuestionError; NotFoundError for a dimension that there is not."""
        if self.dimensions and dimension not in self.dimensions:
            raise no_answer(f"{self.name}-{dimension}")
        page = {"limit": ROWS} if self.paged and "limit" in type(asked).model_fields else {}
        wanted = page if "limit" not in asked.model_fields_set else {}
        everything = asked.model_copy(update=wanted)
        question, columns, rows = self.make(everything, service, service.context(), dimension)

        def answered(look: Snapshot) -> Rows:
            answer = question.ask(look)
            if wanted and self.total(answer) > ROWS:
                raise BadQuestionError(
                    f"This has {self.total(answer):,} rows and a file of answers holds {ROWS:,}; narrow it down, or "
                    "give limit and offset."
                )
            return rows(answer)

        name = f"{self.name}-{dimension}" if dimension else self.name
        return from_question(file_stem(name, question.window.start, question.window.end), answered, columns)


def no_answer(name: str) -> NotFoundError:
    return NotFoundError(f"There is no answer {name!r} to download; there are: {', '.join(NAMES)}.")


def _rows(answer: Any) -> Rows:
    return flat.flat_rows(answer.rows)


def _summary(subject: str) -> ExportedAnswer:
    def make(asked: SummaryParameters, _: Service, context: Context, __: str) -> Sheet:
        question = sales.summary_question(subject, asked, context)
        return question, flat.SUMMARY, lambda answer: flat.summary_rows(answer.kpis)

    return ExportedAnswer(f"{subject}-summary", f"/v1/{subject}/summary", SummaryParameters, make)


def _trend(subject: str) -> ExportedAnswer:
    def make(asked: TrendParameters, _: Service, context: Context, __: str) -> Sheet:
        question = sales.trend_question(subject, asked, context)
        slug = sales.trend_kpi(subject, asked).slug
        return question, flat.trend_columns(slug, compared=asked.compare != "none"), flat.trend_rows

    return ExportedAnswer(f"{subject}-trend", f"/v1/{subject}/trend", TrendParameters, make)


def _breakdown(subject: str, dimensions: Sequence[str]) -> ExportedAnswer:
    def make(asked: BreakdownParameters, _: Service, context: Context, dimension: str) -> Sheet:
        split = sales.asked_split(subject, dimension, asked, context)
        slugs = [kpi.slug for kpi in split.figures]
        columns = flat.breakdown_columns(slugs, compared=asked.compare != "none")
        return sales.breakdown_question(split, context), columns, lambda a: flat.breakdown_rows(a.rows)

    return ExportedAnswer(
        f"{subject}-by", f"/v1/{subject}/by/{{dimension}}", BreakdownParameters, make, tuple(dimensions)
    )


def _heatmap(asked: HeatmapParameters, _: Service, context: Context, __: str) -> Sheet:
    question = sales.heatmap_question(asked, context)
    return question, flat.heatmap_columns(asked.kpi, asked.rows), flat.heatmap_rows


def _stock(asked: inventory.LevelParameters, service: Service, context: Context, _: str) -> Sheet:
    return inventory.stock_question(asked, service, context), flat.STOCK, _rows


def _sell_through(
    asked: inventory.SellThroughParameters, service: Service, context: Context, _: str
) -> Sheet:
    return inventory.sell_through_question(asked, service, context), flat.SELL_THROUGH, _rows


def _sell_through_total(
    asked: inventory.SellThroughParameters, service: Service, context: Context, _: str
) -> Sheet:
    """One row: all products together."""
    question = inventory.sell_through_question(asked, service, context)
    return question, flat.SELL_THROUGH_TOTAL, lambda answer: [answer.total]


def _abc(asked: inventory.AbcParameters, service: Service, context: Context, _: str) -> Sheet:
    return inventory.abc_question(asked, service, context), flat.ABC, _rows


def _abc_part(part: str, columns: flat.Columns, rows: Callable[[Any], Rows]) -> ExportedAnswer:
    """Of all products, whatever is searched for or listed."""

    def make(asked: inventory.AbcParameters, service: Service, context: Context, _: str) -> Sheet:
        return inventory.abc_question(asked, service, context), columns, rows

    name, endpoint = f"inventory-abc-{part}", "/v1/inventory/abc"
    return ExportedAnswer(name, endpoint, inventory.AbcParameters, make, paged=False, what=f"the {part}")


def _movements(asked: inventory.MovementParameters, service: Service, context: Context, _: str) -> Sheet:
    return inventory.movements_question(asked, service, context), flat.MOVEMENTS, _rows


def _reconciliation(columns: flat.Columns, rows: Callable[[Any], Rows]) -> Make:
    def make(asked: inventory.ReconciliationParameters, service: Service, context: Context, _: str) -> Sheet:
        return inventory.reconciliation_question(asked, service, context), columns, rows

    return make


def _below_cost(asked: BelowCostParameters, _: Service, context: Context, __: str) -> Sheet:
    return profit.below_cost_question(asked, context), flat.BELOW_COST, lambda a: flat.flat_rows(a.lines)


def _cost_history(asked: CostHistoryParameters, _: Service, context: Context, __: str) -> Sheet:
    question = profit.cost_question(asked, context)
    return question, flat.COST_HISTORY, lambda answer: flat.cost_rows(answer, asked.offset)


def _customers_trend(
    asked: customers.CustomersTrendParameters, _: Service, context: Context, __: str
) -> Sheet:
    question = customers.customers_trend_question(asked, context)
    return question, flat.trend_columns(asked.kpi, compared=asked.compare != "none"), flat.trend_rows


def _top(asked: customers.CustomersParameters, _: Service, context: Context, __: str) -> Sheet:
    return customers.top_question(asked, context), flat.CUSTOMERS, _rows


def _segments(asked: customers.SegmentParameters, _: Service, context: Context, __: str) -> Sheet:
    """The segments; with `segment`, its customers."""
    question = customers.segments_question(asked, context)
    if asked.segment:
        return question, flat.SEGMENT_ROWS, _rows
    return question, flat.SEGMENTS, lambda answer: flat.summary_rows(answer.segments)


def _cohorts(asked: FilterParameters, _: Service, context: Context, __: str) -> Sheet:
    return customers.cohorts_question(asked, context), flat.COHORTS, flat.cohort_rows


EXPORTED: tuple[ExportedAnswer, ...] = (
    _summary("sales"), _trend("sales"), _breakdown("sales", [item.slug for item in DIMENSIONS]),
    _summary("profit"), _trend("profit"), _breakdown("profit", SPLITS),
    ExportedAnswer("profit-below-cost", "/v1/profit/below-cost", BelowCostParameters, _below_cost),
    ExportedAnswer(
        "profit-cost-history", "/v1/profit/cost-history", CostHistoryParameters, _cost_history,
        total=lambda answer: answer.total or 0,
    ),
    ExportedAnswer("sales-heatmap", "/v1/sales/heatmap", HeatmapParameters, _heatmap),
    ExportedAnswer("inventory-stock", "/v1/inventory/stock", inventory.LevelParameters, _stock),
    ExportedAnswer(
        "inventory-sell-through", "/v1/inventory/sell-through", inventory.SellThroughParameters, _sell_through
    ),
    ExportedAnswer(
        "inventory-sell-through-total", "/v1/inventory/sell-through", inventory.SellThroughParameters,
        _sell_through_total, paged=False, what="the total",
    ),
    ExportedAnswer("inventory-abc", "/v1/inventory/abc", inventory.AbcParameters, _abc),
    _abc_part("classes", flat.ABC_CLASSES, lambda answer: flat.flat_rows(answer.classes)),
    _abc_part("curve", flat.ABC_CURVE, lambda answer: flat.flat_rows(answer.curve)),
    _abc_part("categories", flat.ABC_CATEGORIES, flat.category_rows),
    ExportedAnswer("inventory-movements", "/v1/inventory/movements", inventory.MovementParameters, _movements),
    ExportedAnswer(
        "inventory-reconciliation", "/v1/inventory/reconciliation", inventory.ReconciliationParameters,
        _reconciliation(flat.RECONCILIATION, flat.reconciled_rows), total=lambda answer: answer.products,
    ),
    ExportedAnswer(
        "inventory-reconciliation-total", "/v1/inventory/reconciliation", inventory.ReconciliationParameters,
        _reconciliation(flat.RECONCILED_TOTAL, flat.reconciled_total), paged=False, what="the total",
    ),
    ExportedAnswer(
        "customers-trend", "/v1/customers/trend", customers.CustomersTrendParameters, _customers_trend
    ),
    ExportedAnswer("customers-top", "/v1/customers/top", customers.CustomersParameters, _top),
    ExportedAnswer("customers-segments", "/v1/customers/segments", customers.SegmentParameters, _segments),
    ExportedAnswer("customers-cohorts", "/v1/customers/cohorts", FilterParameters, _cohorts),
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(name for one in EXPORTED for name in one.names)
