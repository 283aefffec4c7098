"""`/v1/customers/segments`: customers by when they bought last, how often, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from nk_common.api.customers import CustomerSegments, Cuts, Segment, SegmentRow
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.questions.context import Context, inputs_of, meta
from nk_query_api.questions.customers.people import Customers, Sort, names_of
from nk_query_api.questions.customers.purchases import by_customer, purchases
from nk_query_api.questions.customers.scores import CUTS, RULES, SCORED, SEGMENT_OF, Rule
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

_COLUMNS: dict[Sort, str] = {
    "revenue": "monetary",
    "transactions": "frequency",
    "last_purchase": "last_day",
    "name": "name",
}


@dataclass(frozen=True)
class _Cell:
    """What a pair of scores comes to."""

    rule: Rule
    customers: int
    revenue: float
    transactions: int
    recency: int


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
    binder = Binder()
    rows = look.rows(_sql(listed, asked, window, filters, as_of, binder), binder.values)
    (recency, frequency, monetary), grid = rows[0][:3], rows[0][3] or []
    cells = [
        _Cell(
            SEGMENT_OF[g["rs"], g["vs"]], g["customers"], float(g["revenue"]), g["transactions"], g["recency"]
        )
        for g in grid
    ]
    inputs = inputs_of(CUSTOMER_KPIS, filters)
    members = [row[5:] for row in rows if row[5] is not None]
    names = names_of(look, [row[0] for row in members]) if members else {}
    return CustomerSegments(
        meta=meta(look, window, inputs, context),
        range=window.range,
        as_of=as_of,
        cuts=Cuts(recency=recency or [], frequency=frequency or [], monetary=monetary or []),
        total_customers=sum(cell.customers for cell in cells),
        total_revenue=_clean(sum(cell.revenue for cell in cells)),
        segments=[_segment(rule, cells) for rule in RULES],
        segment=listed.slug if listed else None,
        total_rows=rows[0][4],
        rows=[_row(row, names[row[0]]) for row in members],
    )


def _sql(
    listed: Rule | None, asked: Customers, window: Window, filters: Filters, as_of: date, binder: Binder
) -> str:
    """SQL: the three cut points, the grid of scores, customers found, and the columns of a customer."""
    totals = by_customer(purchases(window, filters, binder, months=True))
    ctes = (
        "bought AS MATERIALIZED (SELECT customer_id, last_day, transactions AS frequency, "  # noqa: S608
        f"CAST(revenue AS DOUBLE) AS monetary, CAST({binder.bind(as_of)} AS DATE) - last_day AS recency "
        f"FROM ({totals}) WHERE transactions > 0), cuts AS MATERIALIZED ({CUTS}), "
        f"scored AS {'MATERIALIZED' if listed else ''} ({SCORED}), "
        "grid AS (SELECT {'rs': rs, 'vs': vs, 'customers': count(*), 'revenue': sum(monetary), "
        "'transactions': sum(frequency), 'recency': sum(recency)} AS cell FROM scored GROUP BY rs, vs)"
    )
    head = "SELECT cuts.r, cuts.f, cuts.m, (SELECT list(cell) FROM grid), "
    if not listed:
        return f"WITH {ctes} {head} 0, NULL FROM cuts"
    members = (
        f"members AS (SELECT * FROM scored WHERE list_contains({binder.bind(list(listed.recency))}::INT[], rs) "  # noqa: S608
        f"AND list_contains({binder.bind(list(listed.value))}::INT[], vs))"
    )
    column = _COLUMNS[asked.sort]
    return (
        f"WITH {ctes}, {members}, found AS ({asked.found('members', binder)}), "  # noqa: S608
        f"page AS ({asked.page(column, binder)}) {head} (SELECT count(*) FROM found), "
        "customer_id, rs, vs, recency, frequency, monetary, last_day, fs, ms "
        f"FROM cuts LEFT JOIN page ON true ORDER BY {asked.sorting(column)}"
    )


def _segment(rule: Rule, cells: Sequence[_Cell]) -> Segment:
    mine = [cell for cell in cells if cell.rule is rule]
    customers, revenue = sum(cell.customers for cell in mine), sum(cell.revenue for cell in mine)
    return Segment(
        slug=rule.slug,
        name=rule.name,
        description=rule.description,
        customers=customers,
        customers_share=_ratio(customers, sum(cell.customers for cell in cells), 6),
        revenue=_clean(revenue),
        revenue_share=_ratio(revenue, sum(cell.revenue for cell in cells), 6),
        average_recency=_ratio(sum(cell.recency for cell in mine), customers),
        average_transactions=_ratio(sum(cell.transactions for cell in mine), customers),
        average_revenue=_ratio(revenue, customers),
    )


def _row(row: tuple[Any, ...], name: str) -> SegmentRow:
    customer, rs, vs, recency, frequency, monetary, last, fs, ms = row
    return SegmentRow(
        customer_id=customer,
        name=name,
        segment=SEGMENT_OF[rs, vs].slug,
        recency=recency,
        transactions=frequency,
        revenue=_clean(monetary),
        last_purchase=last,
        recency_score=rs,
        frequency_score=fs,
        monetary_score=ms,
    )


def _ratio(part: float, whole: float, digits: int = 4) -> float | None:
    return round(float(part) / float(whole), digits) + 0.0 if whole else None


def _clean(amount: float) -> float:
    return round(float(amount), 4) + 0.0
