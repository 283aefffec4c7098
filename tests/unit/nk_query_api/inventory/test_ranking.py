"""Classes A, B and C, and the curve, of small assortments."""

from __future__ import annotations

import pytest

from nk_query_api.questions.inventory.ranking import POINTS, Sku, by_category, by_class, curve, ranked


def sku(product: int, revenue: float, category: int = 10, parent: str = "Skin") -> Sku:
    return Sku(product, revenue, 1.0, None, None, category, parent, "Serum", f"Product {product}")


def classes(*revenues: float, a: float = 0.2, b: float = 0.3) -> str:
    skus = [sku(n, revenue) for n, revenue in enumerate(revenues)]
    return "".join(item.abc for item in ranked(skus, a, b))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, "A"), (2, "AC"), (3, "ABC"), (4, "ABCC"), (5, "ABBCC"), (10, "AABBBCCCCC")],
)
def test_the_first_fifth_is_a_and_the_next_three_tenths_b(count: int, expected: str) -> None:
    """Rounded up: the best seller of a small assortment is A."""
    found = classes(*range(count, 0, -1))
    assert found == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(0.0, 0.0, "CCCCCCCCCC"), (1.0, 0.0, "AAAAAAAAAA"), (0.3, 0.7, "AAABBBBBBB"), (0.1, 0.2, "ABBCCCCCCC")],
)
def test_shares_can_be_chosen(a: float, b: float, expected: str) -> None:
    """A tenth and two tenths of ten are three, although 0.1 + 0.2 is a little more than 0.3."""
    assert classes(*range(10, 0, -1), a=a, b=b) == expected


def test_ties_go_by_product_id() -> None:
    items = ranked([sku(9, 5.0), sku(2, 5.0), sku(4, 7.0)], 0.2, 0.3)
    assert [item.sku.product_id for item in items] == [4, 2, 9]


def test_what_brought_in_nothing_is_c_and_last() -> None:
    """Four of five SKUs are A or B by their place; those that were given back or not sold are C all the same."""
    assert classes(-3.0, 10.0, 0.0, 5.0, 0.0, a=0.4, b=0.4) == "AACCC"
    items = ranked([sku(1, -3.0), sku(2, 10.0), sku(3, 0.0)], 0.4, 0.4)
    assert [item.sku.product_id for item in items] == [2, 3, 1]


def test_shares_of_no_revenue_are_not_known() -> None:
    items = ranked([sku(1, 0.0), sku(2, -1.0)], 0.2, 0.3)
    assert {item.cumulative for item in items} == {None}
    assert {point.share_of_revenue for point in curve(items)} == {None}
    assert [(item.abc, item.skus, item.share_of_revenue) for item in by_class(items)] == [
        ("A", 0, None), ("B", 0, None), ("C", 2, None),
    ]  # fmt: skip


def test_of_nothing_there_is_no_curve() -> None:
    assert (ranked([], 0.2, 0.3), curve([])) == ([], [])
    assert [item.share_of_skus for item in by_class([])] == [None, None, None]


@pytest.mark.parametrize("count", [1, 199, 200, 201, 5000])
def test_the_curve_begins_at_nothing_and_ends_at_everything(count: int) -> None:
    points = curve(ranked([sku(n, 1.0) for n in range(count)], 0.2, 0.3))
    assert len(points) == min(count, POINTS) + 1
    assert (points[0].share_of_skus, points[0].share_of_revenue) == (0.0, 0.0)
    assert (points[-1].share_of_skus, points[-1].share_of_revenue) == (1.0, 1.0)
    assert all(point.share_of_revenue == pytest.approx(point.share_of_skus, abs=1e-6) for point in points)


def test_categories_of_one_name_under_two_parents_stay_two() -> None:
    skus = [sku(1, 10.0), sku(2, 30.0, 20, "Hair"), sku(3, 5.0)]
    found = by_category(ranked(skus, 0.2, 0.3))
    assert [(item.key, item.path, item.skus) for item in found] == [
        ("20", ["Hair", "Serum"], {"A": 1, "B": 0, "C": 0}),
        ("10", ["Skin", "Serum"], {"A": 0, "B": 1, "C": 1}),
    ]
    assert found[1].revenue == {"A": 0.0, "B": 10.0, "C": 5.0}
