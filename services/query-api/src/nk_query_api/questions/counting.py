"""How documents are counted: by adding up where that is right, one by one where it is not. Pure.

A document that sold two categories is one document of each, and one of both together. The aggregates hold its
count for every group of products (`serving.sale_lines.PRODUCT_GROUPS`); a question whose members, or whose filter,
are exactly members of one group can add those up.
"""

from __future__ import annotations

from nk_query_api.kpis.base import RETURNED, SOLD
from nk_query_api.questions.filters import Filters
from nk_query_api.serving.sale_lines import DOCUMENT, PRODUCT_GROUPS

_DETERMINES: dict[str, frozenset[str]] = {
    "product": frozenset(name for name, _ in PRODUCT_GROUPS),
    "category_brand": frozenset({"category", "parent", "brand"}),
    "category": frozenset({"category", "parent"}),
    "parent": frozenset({"parent"}),
    "brand": frozenset({"brand"}),
    "principal": frozenset({"principal"}),
}
"""Groups that a member of the group is wholly inside or outside of."""


def counted_group(split: str | None, filters: Filters) -> str | None:
    """The group whose counts may be added up, when split by a group of products or not split by products at
    all; None where documents have to be counted one by one."""
    filtered = set(filters.product_groups)
    if split:
        return split if filtered <= _DETERMINES[split] else None
    if not filtered:
        return DOCUMENT
    single = {group for group, values in filters.product_groups.items() if len(values) == 1}
    candidates = sorted(single | ({"category_brand"} if {"category", "brand"} <= single else set()))
    return next((group for group in candidates if filtered <= _DETERMINES[group]), None)


def counts(group: str | None) -> dict[str, str]:
    """SQL of the two numbers of documents; without a group over single lines."""
    if group:
        return {SOLD: f"sum(sold_{group})", RETURNED: f"sum(returned_{group})"}
    sold = "count(DISTINCT document) FILTER (NOT is_refund)"
    return {SOLD: sold, RETURNED: f"(count(DISTINCT document) - {sold})"}
