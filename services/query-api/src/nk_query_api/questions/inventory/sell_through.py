"""`/v1/inventory/sell-through`: how much of what there was to sell was sold, by groups of products."""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.api.inventory import FlowRow, SellThrough
from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.dimensions import PRODUCT, Dimension
from nk_query_api.kpis.flow import FLOW_KPIS, GROUPS
from nk_query_api.kpis.sales import SALES_INPUTS
from nk_query_api.questions.context import Context, meta
from nk_query_api.questions.filters import Binder
from nk_query_api.questions.inventory.ends import MOVES
from nk_query_api.questions.inventory.flow import Flow, Receiving, flow_of
from nk_query_api.questions.inventory.listing import Listed, Page, aggregates, check_sort, figures_of, listed
from nk_query_api.questions.inventory.scope import PRODUCT_ID, Scope
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot

DAYS_SHOWN = 31


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
    answer = _listed(look, asked, flow)
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
        total_rows=answer.found,
        total=figures_of(FLOW_KPIS, answer.total[2:]),
        rows=[
            FlowRow(key=key, label=path[-1], path=path, values=figures_of(FLOW_KPIS, figures))
            for key, path, *figures in answer.rows
        ],
    )


def _listed(look: Snapshot, asked: SellThroughQuestion, flow: Flow) -> Listed:
    binder = Binder()
    key = PRODUCT_ID if asked.group is PRODUCT else asked.group.key
    names = f"CAST({key} AS VARCHAR) AS key, [{', '.join(asked.group.path)}] AS path"
    members = (
        f"SELECT grouping(key) AS whole, key, any_value(path) AS path, {aggregates(FLOW_KPIS, flow.unknown)} "  # noqa: S608
        f"FROM ({flow.rows(asked.receiving, names, binder)}) GROUP BY GROUPING SETS ((key), ())"
    )
    found = "true"
    if asked.search:
        found = f"contains(lower(array_to_string(path, ' ')), lower({binder.bind(asked.search)}))"
    sort = "lower(path[-1])" if asked.page.sort == "label" else ""
    return listed(look, members, asked.page, "key", binder, found=found, sort=sort)
