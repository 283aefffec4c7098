"""Rule 13: parent and leaf of a category path; one labelled member where there is none."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from nk_cleaner.transforms import TRANSFORMS
from nk_common.datasets.products import PRODUCTS
from nk_loader.registry import BUILDS
from unit.nk_cleaner.raw_rows import RULES

Row = dict[str, Any]
PATHS = ["Makeup / Face / Sets", "Skincare / Sets", "All"]


def dimension(name: str, products: list[Row], brands: list[Row] | None = None) -> pl.DataFrame:
    """A dimension from raw rows; category n is the n-th of PATHS."""
    categories = [{"id": n, "name": p.rsplit(" / ")[-1], "complete_name": p} for n, p in enumerate(PATHS, 1)]
    rows = {"products": products, "categories": categories, "brands": brands or []}
    frames = {
        table.name: pl.DataFrame(pl.from_arrow(pa.Table.from_pylist(rows[table.name], table.schema)))
        for table in PRODUCTS.raw
    }
    outcome = TRANSFORMS["products"](frames, None, RULES)
    assert outcome.rejected_rows == 0
    return BUILDS[name](outcome.tables)


@pytest.mark.parametrize(
    ("category", "parent", "leaf"),
    [
        (1, "Makeup", "Sets"),
        (2, "Skincare", "Sets"),
        (3, "All", "All"),
        (None, "(no category)", "(no category)"),
    ],
)
def test_rule_13_parent_is_the_top_and_category_the_end_of_the_path(
    category: int | None, parent: str, leaf: str
) -> None:
    product = dimension("dim_products", [{"id": 1, "name": "Serum", "categ_id": category}]).row(1, named=True)
    assert (product["product_parent_category"], product["product_category"]) == (parent, leaf)
    assert product["category_path"] == (PATHS[category - 1] if category else "(no category)")


def test_rule_13_trap_categories_of_one_name_stay_two() -> None:
    both = [{"id": 1, "name": "A", "categ_id": 1}, {"id": 2, "name": "B", "categ_id": 2}]
    products = dimension("dim_products", both).filter(pl.col("product_category") == "Sets")
    assert products["category_id"].to_list() == [1, 2]
    assert products["category_path"].n_unique() == 2


def test_rule_13_trap_a_brand_typed_twice_doubles_nothing() -> None:
    """ "B1" and "b1 " are two ids, so a product of one has one row, and one brand."""
    brands = [{"id": 4, "name": "B1"}, {"id": 5, "name": "b1 "}, {"id": 6, "name": "B1"}]
    products = [{"id": n, "name": f"P{n}", "brand_id": n} for n in (4, 5, 6)]
    dim = dimension("dim_products", products, brands)
    assert dim.select("product_id", "product_brand_id").rows() == [(-1, -1), (4, 4), (5, 5), (6, 6)]
    assert dimension("dim_brands", [], brands)["brand_id"].to_list() == [-1, 4, 5, 6]


def test_rule_13_trap_no_brand_is_labelled_and_not_brand_0() -> None:
    product = dimension("dim_products", [{"id": 1, "name": "Serum"}]).row(1, named=True)
    assert (product["product_brand_id"], product["product_brand"]) == (-1, "(no brand)")
    assert product["principal_name"] == "(no principal)"


def test_rule_13_trap_archived_products_stay() -> None:
    dim = dimension("dim_products", [{"id": 1, "name": "Old", "active": False}, {"id": 2, "name": "New"}])
    assert dim.select("product_id", "active").rows() == [(-1, False), (1, False), (2, True)]
