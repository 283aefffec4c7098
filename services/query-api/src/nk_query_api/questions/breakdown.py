"""`/v1/sales/by/{dimension}`, `/v1/profit/by/{dimension}`: KPIs by the members of a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nk_common.api.common import Compare
from nk_common.api.sales import BreakdownRow, SalesBreakdown
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.dimensions import HOUR, Dimension
from nk_query_api.kpis.sales import ITEMS_SOLD, REVENUE, TRANSACTIONS
from nk_query_api.questions.context import Context, inputs_of, meta
from nk_query_api.questions.counting import counted_group
from nk_query_api.questions.filters import Binder, Filters
from nk_query_api.questions.payments import payment_members
from nk_query_api.questions.plan import figures, rows_of, summed
from nk_query_api.questions.trend import timeless_revenue
from nk_query_api.questions.windows import Window, comparison
from nk_query_api.serving.snapshot import Snapshot

ALWAYS = (REVENUE, ITEMS_SOLD, TRANSACTIONS)
"""Figures that every row has."""


@dataclass(frozen=True)
class Listing:
    """Which rows of a long list: found by `search` in their labels, sorted, and a page of them.

    `sort` is the slug of a KPI, `label`, or `change`: the first KPI less what it was in the comparison.
    """

    sort: str = REVENUE.slug
    order: Literal["asc", "desc"] = "desc"
    search: str = ""
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True)
class Split:
    """What is asked: `kpis` beside the figures that every row has."""

    dimension: Dimension
    kpis: tuple[Kpi, ...]
    window: Window
    filters: Filters
    compare: Compare
    listing: Listing

    @property
    def figures(self) -> tuple[Kpi, ...]:
        return (*ALWAYS, *(kpi for kpi in self.kpis if kpi not in ALWAYS))


def check_split(split: Split) -> None:
    """Raises BadQuestionError for figures, or an order, that the dimension does not have."""
    for kpi in split.kpis:
        if split.dimension.kind == "payment" or split.dimension.slug not in kpi.splits:
            allowed = ", ".join(kpi.splits)
            raise BadQuestionError(
                f"{kpi.slug} cannot be split by {split.dimension.slug}; it can be by: {allowed}."
            )
    known = [*(kpi.slug for kpi in split.figures), "label", *(["change"] if split.compare != "none" else [])]
    if split.listing.sort not in known:
        raise BadQuestionError(f"Rows cannot be sorted by {split.listing.sort!r}; by: {', '.join(known)}.")
    filters = split.filters
    if split.dimension.kind == "payment" and (
        filters.product_groups or filters.cashiers or filters.customers or filters.hours
    ):
        raise BadQuestionError(
            "Payments belong to whole orders: by payment method, sales can be filtered by store, payment method and "
            "days only."
        )


def by_dimension(look: Snapshot, split: Split, context: Context) -> SalesBreakdown:
    """The answer, from one snapshot. Totals are over all members, also those beyond the page."""
    against = comparison(split.window, split.compare, context.now)
    binder = Binder()
    now = _members(split, split.window, binder)
    before = _members(split, against.window, binder) if against else None
    rows = look.rows(_listed(split, now, before, binder), binder.values)
    total_rows, total = rows[0][-2], rows[0][-1] or 0
    inputs = inputs_of(split.figures, split.filters)
    return SalesBreakdown(
        meta=meta(look, split.window, inputs, context),
        range=split.window.range,
        compare_range=against.window.range if against else None,
        dimension=split.dimension.slug,
        kpis=[kpi.slug for kpi in split.figures],
        total_rows=total_rows,
        total_revenue=_clean(total),
        without_time=timeless_revenue(look, split.window, split.filters) if split.dimension is HOUR else None,
        rows=[
            _row(row, split.figures, total, compared=before is not None) for row in rows if row[0] is not None
        ],
    )


def _members(split: Split, window: Window, binder: Binder) -> str:
    """SQL: key, path, and the figures as f0, f1, ..."""
    if split.dimension.kind == "payment":
        return payment_members(window, split.filters, binder)
    dimension, filters = split.dimension, split.filters
    group = counted_group(dimension.group, filters)
    asked = figures(split.figures, group)
    rows = rows_of(window, filters, dimension.columns, asked, binder)
    values = ", ".join(f"{sql} AS f{n}" for n, sql in enumerate(asked.columns))
    labels = ", ".join(f"min({label})" for label in dimension.path)
    timed = "WHERE f.hour IS NOT NULL" if dimension is HOUR else ""
    return (
        f"SELECT CAST({dimension.key} AS VARCHAR) AS key, [{labels}] AS path, {values} "  # noqa: S608
        f"FROM ({summed(rows, dimension.columns, asked)}) AS f {dimension.labels} {timed} GROUP BY 1"
    )


def _listed(split: Split, now: str, before: str | None, binder: Binder) -> str:
    """SQL: key, path, figures, figures before, number of rows, revenue of all rows."""
    count = len(split.figures)
    mine = ", ".join(f"coalesce(n.f{i}, {_nothing(kpi)}) AS f{i}" for i, kpi in enumerate(split.figures))
    others = "".join(f", b.f{i} AS b{i}" for i in range(count)) if before else ""
    joined = f"FULL JOIN ({before}) AS b USING (key)" if before else ""
    path = "coalesce(n.path, b.path)" if before else "n.path"
    found = ""
    if split.listing.search:
        labels = "lower(array_to_string(path, ' '))"
        found = f"WHERE contains({labels}, lower({binder.bind(split.listing.search)}))"
    page = f"LIMIT {binder.bind(split.listing.limit)} OFFSET {binder.bind(split.listing.offset)}"
    return (
        f"WITH members AS MATERIALIZED (SELECT key, {path} AS path, {mine}{others} FROM ({now}) AS n {joined}), "  # noqa: S608
        f"found AS (SELECT *, row_number() OVER (ORDER BY {_order(split)}, key) AS place FROM members {found}), "
        f"page AS (SELECT * FROM found ORDER BY place {page}), "
        # Also a page without rows knows the whole.
        "whole AS (SELECT (SELECT count(*) FROM found) AS rows, (SELECT sum(f0) FROM members) AS total) "
        "SELECT page.* EXCLUDE (place), whole.rows, whole.total FROM whole LEFT JOIN page ON true ORDER BY place"
    )


def _order(split: Split) -> str:
    listing = split.listing
    slugs = [kpi.slug for kpi in split.figures]
    columns = {"label": "lower(path[-1])", "change": "f0 - coalesce(b0, 0)"}
    column = columns.get(listing.sort) or f"f{slugs.index(listing.sort)}"
    return f"{column} {listing.order.upper()} NULLS LAST"


def _nothing(kpi: Kpi) -> str:
    return "NULL" if kpi.of_nothing is None else "0"


def _row(row: tuple[Any, ...], kpis: Sequence[Kpi], total: float, *, compared: bool) -> BreakdownRow:
    key, path, *figures_ = row[:-2]
    values = {kpi.slug: kpi.present(value) for kpi, value in zip(kpis, figures_, strict=False)}
    before = {kpi.slug: kpi.present(value) for kpi, value in zip(kpis, figures_[len(kpis) :], strict=False)}
    revenue = values[REVENUE.slug] or 0.0
    return BreakdownRow(
        key=key,
        label=path[-1],
        path=path,
        revenue=revenue,
        quantity=values[ITEMS_SOLD.slug] or 0.0,
        transactions=int(values[TRANSACTIONS.slug] or 0),
        share=round(revenue / float(total), 6) + 0.0 if total else None,
        values=values,
        previous=before if compared else None,
    )


def _clean(amount: float) -> float:
    """Without the dust of binary fractions, and never minus zero."""
    return round(float(amount), 4) + 0.0
