"""`/v1/sales/by/{dimension}`, `/v1/profit/by/{dimension}`: KPIs by the members of a dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nk_common.api.common import Compare
from nk_common.api.sales import BreakdownRow, SalesBreakdown
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.dimensions import HOUR, Dimension
from nk_query_api.kpis.sales import ITEMS_SOLD, REVENUE, TRANSACTIONS
from nk_query_api.questions.by_member import MemberSums, sums_by_member
from nk_query_api.questions.context import Context, compared, inputs_of, meta
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.labels import Members, Places, members_of
from nk_query_api.questions.trend import timeless_revenue
from nk_query_api.questions.windows import Window
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
    inputs = inputs_of(split.figures, split.filters)
    against = compared(look, split.window, split.compare, inputs, context)
    members = members_of(look, split.dimension)
    windows = [split.window, against.window] if against and not against.days_missing else [split.window]
    now, *before = sums_by_member(look, split.dimension, split.figures, windows, split.filters)
    there = np.logical_or.reduce([sums.there for sums in (now, *before)])
    found = _found(members, np.flatnonzero(there), split.listing.search)
    page = _sorted(members, found, split, now, *before)[split.listing.offset :][: split.listing.limit]
    total = float(now.columns[REVENUE.slug].sum())
    return SalesBreakdown(
        meta=meta(look, split.window, inputs, context),
        range=split.window.range,
        compare_range=against.window.range if against else None,
        compare_days_missing=against.days_missing if against else 0,
        dimension=split.dimension.slug,
        kpis=[kpi.slug for kpi in split.figures],
        total_rows=len(found),
        total_revenue=_clean(total),
        without_time=timeless_revenue(look, split.window, split.filters) if split.dimension is HOUR else None,
        rows=_rows(members, page, split, total, now, *before),
    )


def _found(members: Members, there: Places, search: str) -> Places:
    """Those whose labels contain `search`."""
    if not search:
        return there
    wanted, texts = search.lower(), members.texts
    return np.asarray([at for at in there.tolist() if wanted in texts[at]], dtype=np.intp)


def _sorted(
    members: Members, found: Places, split: Split, now: MemberSums, before: MemberSums | None = None
) -> Places:
    """In the order that is asked for; undefined figures last, equals by key. Without anything to compare with, `change`
    is the first KPI."""
    listing = split.listing
    if listing.sort == "label":
        column = members.alphabetical[found].astype(np.float64)
    elif listing.sort == "change" and before:
        column = now.columns[REVENUE.slug][found] - before.columns[REVENUE.slug][found]
    else:
        sort = REVENUE.slug if listing.sort == "change" else listing.sort
        column = next(kpi for kpi in split.figures if kpi.slug == sort).sums.of(now.of(found))
    # NaN is sorted last either way.
    return found[np.lexsort((found, -column if listing.order == "desc" else column))]


def _rows(
    members: Members,
    page: Places,
    split: Split,
    total: float,
    now: MemberSums,
    before: MemberSums | None = None,
) -> list[BreakdownRow]:
    values = {kpi.slug: kpi.values(now.of(page)) for kpi in split.figures}
    previous = {kpi.slug: kpi.values(before.of(page)) for kpi in split.figures} if before else {}
    rows = []
    for n, at in enumerate(page.tolist()):
        figures_ = {slug: column[n] for slug, column in values.items()}
        revenue = figures_[REVENUE.slug] or 0.0
        row = BreakdownRow(
            key=members.keys[at],
            label=members.paths[at][-1],
            path=members.paths[at],
            revenue=revenue,
            quantity=figures_[ITEMS_SOLD.slug] or 0.0,
            transactions=int(figures_[TRANSACTIONS.slug] or 0),
            share=round(revenue / total, 6) + 0.0 if total else None,
            values=figures_,
            previous=_previous(split, previous, n if before and before.there[at] else None),
        )
        rows.append(row)
    return rows


def _previous(
    split: Split, columns: Mapping[str, Sequence[float | None]], row: int | None
) -> dict[str, float | None] | None:
    """The figures of a row in the other window; a member that is not there has none, and neither has anyone where days
    of it are missing."""
    if split.compare == "none":
        return None
    return {kpi.slug: None if row is None else columns[kpi.slug][row] for kpi in split.figures}


def _clean(amount: float) -> float:
    """Without the dust of binary fractions, and never minus zero."""
    return round(float(amount), 4) + 0.0
