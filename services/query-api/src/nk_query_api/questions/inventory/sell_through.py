"""`/v1/inventory/sell-through`: how much of what there was to sell was sold, by groups of products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nk_common.api.inventory import FlowRow, SellThrough
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Columns
from nk_query_api.kpis.dimensions import (
    BRAND,
    CATEGORY,
    PARENT_CATEGORY,
    PRINCIPAL,
    PRODUCT,
    Dimension,
)
from nk_query_api.kpis.flow import FLOW_KPIS, GROUPS
from nk_query_api.kpis.sales import SALES_INPUTS
from nk_query_api.questions.context import Context, meta
from nk_query_api.questions.inventory.catalogue import PRODUCT_PATH, Places, catalogue
from nk_query_api.questions.inventory.ends import MOVES
from nk_query_api.questions.inventory.flow import Flow, FlowRows, Receiving, flow_of
from nk_query_api.questions.inventory.listing import (
    Page,
    check_sort,
    figures,
    grouped,
    rows_of_page,
    sorted_by,
    taken,
    total,
)
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

DAYS_SHOWN = 31
_LABELS: dict[Dimension, tuple[str | None, tuple[str, ...]]] = {
    PRODUCT: (None, PRODUCT_PATH),
    CATEGORY: ("category_id", ("parent", "category")),
    PARENT_CATEGORY: ("parent", ("parent",)),
    BRAND: ("brand_id", ("brand",)),
    PRINCIPAL: ("principal", ("principal",)),
}
"""Columns of the catalogue: the one that names a member, but for products, and those of its labels, top first."""


@dataclass(frozen=True)
class SellThroughQuestion:
    """`search` finds rows by their labels; totals are over all that the scope leaves."""

    group: Dimension
    scope: Scope
    receiving: Receiving
    search: str
    page: Page


def group_called(slug: str) -> Dimension:
    """The group of products called `slug`. Raises BadQuestionError."""
    for group in GROUPS:
        if group.slug == slug:
            return group
    known = ", ".join(group.slug for group in GROUPS)
    raise BadQuestionError(f"Stock cannot be grouped by {slug!r}; by: {known}.")


def check_sell_through(page: Page) -> None:
    """Raises BadQuestionError for an order that the rows do not have."""
    check_sort(page, (*(kpi.slug for kpi in FLOW_KPIS), "label"))


def sell_through(look: Snapshot, asked: SellThroughQuestion, window: Window, context: Context) -> SellThrough:
    """The answer, from one snapshot."""
    flow = flow_of(look, window, asked.scope, context)
    rows = flow.rows(look, asked.receiving)
    members = _members(look, asked, rows)
    shown = _shown(asked, members, flow)
    begin, end = flow.ends.moments()
    return SellThrough(
        meta=meta(look, window, (*SALES_INPUTS, *MOVES), context),
        range=window.range,
        begin=begin,
        end=end,
        group=asked.group.slug,
        include_production=asked.receiving.production,
        include_adjustments=asked.receiving.adjustments,
        missing_moves=flow.ends.missing[:DAYS_SHOWN],
        kpis=[kpi.slug for kpi in FLOW_KPIS],
        total_rows=len(members.keys),
        total=figures(FLOW_KPIS, total(rows.sums), flow.unknown)[0],
        rows=[
            FlowRow(key=members.keys[n], label=members.paths[n][-1], path=members.paths[n], values=values)
            for n, values in zip(
                shown, figures(FLOW_KPIS, taken(members.sums, shown), flow.unknown), strict=True
            )
        ],
    )


@dataclass(frozen=True)
class _Members:
    """Those that are found, each with its sums."""

    keys: list[str]
    paths: list[list[str]]
    sums: Columns


def _members(look: Snapshot, asked: SellThroughQuestion, rows: FlowRows) -> _Members:
    known = catalogue(look)
    column, path = _LABELS[asked.group]
    if column is None:
        keys, at, sums = rows.products, rows.at, rows.sums
    else:
        groups = known.groups(column)
        of = groups.of[rows.at]
        there, first, row = np.unique(of, return_index=True, return_inverse=True)
        keys, at, sums = groups.members[there], rows.at[first], grouped(rows.sums, row, len(there))
    paths = [known.path(place, path) for place in at]
    text = asked.search.lower()
    found = [n for n, labels in enumerate(paths) if text in " ".join(labels).lower()]
    return _Members(
        [str(keys[n]) for n in found], [paths[n] for n in found], taken(sums, np.array(found, np.intp))
    )


def _shown(asked: SellThroughQuestion, members: _Members, flow: Flow) -> Places:
    if asked.page.sort == "label":
        values = np.array([path[-1].lower() for path in members.paths], object)
    else:
        values = sorted_by(FLOW_KPIS, members.sums, flow.unknown, asked.page.sort)
    return rows_of_page(asked.page, values, np.array(members.keys, np.str_))
