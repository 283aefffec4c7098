"""`/v1/customers/segments`: customers by when they bought last, how often, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from nk_common.api.customers import CustomerSegments, Cuts, Segment, SegmentRow
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.questions.context import Context, inputs_of, meta
from nk_query_api.questions.customers.people import Customers, names_of
from nk_query_api.questions.customers.scores import RULES, SEGMENT_OF, Rule, Scores, scored
from nk_query_api.questions.customers.totals import CENTS, EPOCH, Totals, in_money, totals_of
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot


@dataclass(frozen=True)
class _Cell:
    """What a pair of scores comes to; revenue in CENTS."""

    rule: Rule
    customers: int
    revenue: float
    transactions: float
    recency: float


def segment_called(slug: str) -> Rule:
    """Raises BadQuestionError."""
    for rule in RULES:
        if rule.slug == slug:
            return rule
    known = ", ".join(rule.slug for rule in RULES)
    raise BadQuestionError(f"There is no segment {slug!r}. Known segments: {known}.")


def customer_segments(
    look: Snapshot, listed: Rule | None, asked: Customers, window: Window, filters: Filters, context: Context
) -> CustomerSegments:
    """The answer, from one snapshot; `asked` is the page of the customers of `listed`."""
    as_of = min(window.end, context.today)
    totals = totals_of(look, window, filters)
    bought = totals.only(totals.transactions > 0)
    scores = scored((as_of - EPOCH).days - bought.last, bought.transactions, bought.revenue)
    cells = _cells(bought, scores, as_of)
    recency, frequency, monetary = scores.cuts
    inputs = inputs_of(CUSTOMER_KPIS, filters)
    found, rows = _members(look, listed, asked, bought, scores, as_of) if listed else (0, [])
    return CustomerSegments(
        meta=meta(look, window, inputs, context),
        range=window.range,
        as_of=as_of,
        cuts=Cuts(
            recency=recency.tolist(),
            frequency=frequency.tolist(),
            monetary=[in_money(cut) for cut in monetary],
        ),
        total_customers=sum(cell.customers for cell in cells),
        total_revenue=in_money(sum(cell.revenue for cell in cells)),
        segments=[_segment(rule, cells) for rule in RULES],
        segment=listed.slug if listed else None,
        total_rows=found,
        rows=rows,
    )


def _cells(bought: Totals, scores: Scores, as_of: date) -> list[_Cell]:
    """Every pair of scores, also those of nobody."""
    pairs = 6 * scores.recency + scores.value
    recency = (as_of - EPOCH).days - bought.last
    customers, *sums = (
        np.bincount(pairs, weights, minlength=36)
        for weights in (None, bought.revenue, bought.transactions, recency)
    )
    return [
        _Cell(rule, int(customers[at]), *(float(figure[at]) for figure in sums))
        for (r, v), rule in SEGMENT_OF.items()
        for at in [6 * r + v]
    ]


def _members(
    look: Snapshot, listed: Rule, asked: Customers, bought: Totals, scores: Scores, as_of: date
) -> tuple[int, list[SegmentRow]]:
    """How many customers of the segment are found, and those of the page."""
    mine = np.isin(scores.recency, listed.recency) & np.isin(scores.value, listed.value)
    found = asked.found(look, bought.only(mine))
    page = asked.page(look, found)
    at = np.searchsorted(bought.customers, page.customers)
    columns = (
        page.customers, page.transactions, page.revenue, page.last,
        scores.recency[at], scores.frequency[at], scores.monetary[at],
    )  # fmt: skip
    names = names_of(look).of(page.customers)
    rows = zip(*(column.tolist() for column in columns), names, strict=True)
    return len(found.customers), [_row(row, listed, as_of) for row in rows]


def _segment(rule: Rule, cells: Sequence[_Cell]) -> Segment:
    mine = [cell for cell in cells if cell.rule is rule]
    customers, revenue = sum(cell.customers for cell in mine), sum(cell.revenue for cell in mine)
    return Segment(
        slug=rule.slug,
        name=rule.name,
        description=rule.description,
        customers=customers,
        customers_share=_ratio(customers, sum(cell.customers for cell in cells), 6),
        revenue=in_money(revenue),
        revenue_share=_ratio(revenue, sum(cell.revenue for cell in cells), 6),
        average_recency=_ratio(sum(cell.recency for cell in mine), customers),
        average_transactions=_ratio(sum(cell.transactions for cell in mine), customers),
        average_revenue=_ratio(revenue / CENTS, customers),
    )


def _row(row: tuple[Any, ...], segment: Rule, as_of: date) -> SegmentRow:
    customer, transactions, revenue, last, rs, fs, ms, name = row
    return SegmentRow(
        customer_id=customer,
        name=name,
        segment=segment.slug,
        recency=(as_of - EPOCH).days - last,
        transactions=transactions,
        revenue=in_money(revenue),
        last_purchase=EPOCH + timedelta(days=last),
        recency_score=rs,
        frequency_score=fs,
        monetary_score=ms,
    )


def _ratio(part: float, whole: float, digits: int = 4) -> float | None:
    return round(float(part) / float(whole), digits) + 0.0 if whole else None
