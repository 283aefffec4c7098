"""Products ranked by revenue, and their classes A, B and C. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nk_common.api.inventory import AbcCategory, AbcClass, AbcClassTotal, AbcItem, AbcPoint

CLASSES: tuple[AbcClass, ...] = ("A", "B", "C")
POINTS = 200
"""Of the curve, at most, beside its beginning."""


@dataclass(frozen=True)
class Sku:
    """A product and what it brought in."""

    product_id: int
    revenue: float
    quantity: float
    code: str | None
    barcode: str | None
    category_id: int
    parent: str
    category: str
    name: str


def ranked(skus: Sequence[Sku], a: float, b: float) -> list[AbcItem]:
    """By net revenue, highest first, ties by product id.

    The first `a` x n, rounded up, are A, the next up to (`a` + `b`) x n B. What brought in nothing is C wherever it
    stands.
    """
    ordered = sorted(skus, key=lambda sku: (-sku.revenue, sku.product_id))
    # Rounded: three tenths of ten products are three, whatever binary fractions say.
    last_a = math.ceil(round(a * len(ordered), 6))
    last_b = math.ceil(round((a + b) * len(ordered), 6))
    total = sum(sku.revenue for sku in ordered)
    so_far = 0.0
    items = []
    for rank, sku in enumerate(ordered, start=1):
        so_far += sku.revenue
        by_place: AbcClass = "A" if rank <= last_a else "B" if rank <= last_b else "C"
        items.append(_item(sku, rank, total, so_far, by_place if sku.revenue > 0 else "C"))
    return items


def _item(sku: Sku, rank: int, total: float, so_far: float, abc: AbcClass) -> AbcItem:
    # Thousands of them, from our own rows: checking each costs more than ranking all.
    return AbcItem.model_construct(
        rank=rank,
        product_id=sku.product_id,
        code=sku.code,
        barcode=sku.barcode,
        label=sku.name,
        path=[sku.parent, sku.category, sku.name],
        revenue=_clean(sku.revenue),
        quantity=_clean(sku.quantity),
        share_of_revenue=_share(sku.revenue, total),
        cumulative_share=_share(so_far, total),
        abc=abc,
    )


def by_class(items: Sequence[AbcItem]) -> list[AbcClassTotal]:
    """All three, also those without a product."""
    total = sum(item.revenue for item in items)
    found = {name: [item.revenue for item in items if item.abc == name] for name in CLASSES}
    return [
        AbcClassTotal(
            abc=name,
            skus=len(revenues),
            share_of_skus=round(len(revenues) / len(items), 6) if items else None,
            revenue=_clean(sum(revenues)),
            share_of_revenue=_share(sum(revenues), total),
        )
        for name, revenues in found.items()
    ]


def by_category(skus: Sequence[Sku], items: Sequence[AbcItem]) -> list[AbcCategory]:
    """By revenue, highest first, ties by key. Categories of one name under two parents stay two."""
    category_of = {sku.product_id: (sku.category_id, sku.parent, sku.category) for sku in skus}
    members: dict[tuple[int, str, str], list[AbcItem]] = {}
    for item in items:
        members.setdefault(category_of[item.product_id], []).append(item)
    ordered = sorted(members.items(), key=lambda pair: (-sum(i.revenue for i in pair[1]), pair[0][0]))
    return [
        AbcCategory(
            key=str(key),
            label=category,
            path=[parent, category],
            skus={name: sum(1 for i in own if i.abc == name) for name in CLASSES},
            revenue={name: _clean(sum(i.revenue for i in own if i.abc == name)) for name in CLASSES},
        )
        for (key, parent, category), own in ordered
    ]


def curve(items: Sequence[AbcItem]) -> list[AbcPoint]:
    """From nothing to everything, evenly over the products."""
    if not items:
        return []
    count = len(items)
    steps = min(count, POINTS)
    ranks = sorted({math.ceil(step * count / steps) for step in range(1, steps + 1)})
    known = items[-1].cumulative_share is not None
    begin = AbcPoint(share_of_skus=0.0, share_of_revenue=0.0 if known else None)
    return [begin] + [
        AbcPoint(share_of_skus=round(rank / count, 6), share_of_revenue=items[rank - 1].cumulative_share)
        for rank in ranks
    ]


def _share(part: float, total: float) -> float | None:
    """None where there is nothing to share."""
    return round(part / total, 6) + 0.0 if total > 0 else None


def _clean(amount: float) -> float:
    """Without the dust of binary fractions, and never minus zero."""
    return round(amount, 4) + 0.0
