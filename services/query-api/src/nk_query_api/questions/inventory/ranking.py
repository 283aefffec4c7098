"""Products ranked by revenue, and their classes A, B and C. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nk_common.api.inventory import AbcCategory, AbcClass, AbcClassTotal, AbcItem, AbcPoint

CLASSES: tuple[AbcClass, ...] = ("A", "B", "C")
POINTS = 200
"""Of the curve, at most, beside its beginning."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Ranked:
    """A SKU in its place. Shares are null where there is no revenue to share."""

    sku: Sku
    rank: int
    abc: AbcClass
    share: float | None
    cumulative: float | None

    def answered(self) -> AbcItem:
        """As it is answered."""
        sku = self.sku
        return AbcItem(
            rank=self.rank,
            product_id=sku.product_id,
            code=sku.code,
            barcode=sku.barcode,
            label=sku.name,
            path=[sku.parent, sku.category, sku.name],
            revenue=_clean(sku.revenue),
            quantity=_clean(sku.quantity),
            share_of_revenue=self.share,
            cumulative_share=self.cumulative,
            abc=self.abc,
        )


def ranked(skus: Sequence[Sku], a: float, b: float) -> list[Ranked]:
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
    found = []
    for rank, sku in enumerate(ordered, start=1):
        so_far += sku.revenue
        by_place: AbcClass = "A" if rank <= last_a else "B" if rank <= last_b else "C"
        abc: AbcClass = by_place if sku.revenue > 0 else "C"
        found.append(Ranked(sku, rank, abc, _share(sku.revenue, total), _share(so_far, total)))
    return found


def by_class(items: Sequence[Ranked]) -> list[AbcClassTotal]:
    """All three, also those without a product."""
    total = sum(item.sku.revenue for item in items)
    found = {name: [item.sku.revenue for item in items if item.abc == name] for name in CLASSES}
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


def by_category(items: Sequence[Ranked]) -> list[AbcCategory]:
    """By revenue, highest first, ties by key. Categories of one name under two parents stay two."""
    members: dict[tuple[int, str, str], list[Ranked]] = {}
    for item in items:
        members.setdefault((item.sku.category_id, item.sku.parent, item.sku.category), []).append(item)
    ordered = sorted(members.items(), key=lambda pair: (-sum(i.sku.revenue for i in pair[1]), pair[0][0]))
    return [
        AbcCategory(
            key=str(key),
            label=category,
            path=[parent, category],
            skus={name: sum(1 for i in own if i.abc == name) for name in CLASSES},
            revenue={name: _clean(sum(i.sku.revenue for i in own if i.abc == name)) for name in CLASSES},
        )
        for (key, parent, category), own in ordered
    ]


def curve(items: Sequence[Ranked]) -> list[AbcPoint]:
    """From nothing to everything, evenly over the products."""
    if not items:
        return []
    count = len(items)
    steps = min(count, POINTS)
    ranks = sorted({math.ceil(step * count / steps) for step in range(1, steps + 1)})
    known = items[-1].cumulative is not None
    begin = AbcPoint(share_of_skus=0.0, share_of_revenue=0.0 if known else None)
    return [begin] + [
        AbcPoint(share_of_skus=round(rank / count, 6), share_of_revenue=items[rank - 1].cumulative)
        for rank in ranks
    ]


def _share(part: float, total: float) -> float | None:
    """None where there is nothing to share."""
    return round(part / total, 6) + 0.0 if total > 0 else None


def _clean(amount: float) -> float:
    """Without the dust of binary fractions, and never minus zero."""
    return round(amount, 4) + 0.0
