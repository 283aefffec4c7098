"""Sales figures by polars, straight from a lake's Parquet files: a second computation that knows nothing of the first.

    lines = sale_lines(root)
    kept = narrowed(lines, start, end, until, {"source": "pos", "store": (1, -1), "hours": (9, 17)})
    kpis_of(kept)                  # every figure over sale lines, by slug
    members_of(kept, "brand")      # key -> (revenue, items, transactions)
    buckets_of(kept, "week", "margin")

Written after the glossary's definitions only. Nothing of the query API is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

NOBODY = -1
Figure = float | None
Member = tuple[float, float, int]


def sale_lines(root: Path) -> pl.DataFrame:
    """All lines of POS orders and invoices, each with its cost and the members of every dimension."""
    lines = pl.concat([_pos(root), _invoices(root)], how="diagonal")
    costs = _read(root, "fact_sales_lines_profit").select("source", "line_id", cost="cost_unit_tax_in")
    lines = lines.join(costs, on=["source", "line_id"], how="left")
    takes_off = pl.col("price_unit") < 0
    lines = lines.with_columns(
        discount=pl.col("discount") + pl.when(takes_off).then(-pl.col("revenue")).otherwise(0.0),
        quantity=pl.when(takes_off).then(0.0).otherwise("quantity"),
    )
    lines = _with_groups(lines, _read(root, "dim_products"))
    return lines.with_columns(
        _shown(root, "store", "pos_config").alias("store_shown"),
        _shown(root, "cashier", "cashier").alias("cashier_shown"),
        _shown(root, "customer", "partner").alias("customer_shown"),
        pl.col("methods").list.eval(_shown(root, "", "payment_method")),
    )


def narrowed(
    lines: pl.DataFrame, start: date, end: date, until: datetime, filters: Mapping[str, Any]
) -> pl.DataFrame:
    """Lines of the days, those with a time of day before `until`, for which all filters hold."""
    kept = lines.filter(
        pl.col("day").is_between(start, end),
        (pl.col("moment") < until) | (pl.col("source") == "invoice"),
    )
    for name, asked in filters.items():
        kept = kept.filter(_holds(name, asked))
    return kept


def kpis_of(kept: pl.DataFrame) -> dict[str, Figure]:
    """By slug; None where there is nothing to divide by."""
    sold, returned = kept.filter(~pl.col("is_refund")), kept.filter("is_refund")
    costed = kept.drop_nulls("cost")
    revenue, items = _sum(kept, "revenue"), _sum(kept, "quantity")
    documents = set(kept.select("source", "document").unique().iter_rows())
    selling = set(sold.select("source", "document").unique().iter_rows())
    refunds, discounts = -_sum(returned, "revenue"), _sum(sold, "discount")
    cogs = float((costed["quantity"] * costed["cost"]).sum())
    with_cost = _sum(costed, "revenue")
    unknown = not any(round(n, 4) for n in (cogs, with_cost)) and any(round(n, 4) for n in (revenue, items))
    below = sold.drop_nulls("cost").filter(
        pl.col("quantity") > 0, pl.max_horizontal("revenue", 0.0) < pl.col("quantity") * pl.col("cost")
    )
    named = kept.filter(pl.col("customer") != NOBODY)
    return {
        "revenue": revenue,
        "revenue_untaxed": _sum(kept, "revenue_untaxed"),
        "transactions": len(selling),
        "items_sold": items,
        "average_transaction_value": _ratio(revenue, len(selling)),
        "items_per_transaction": _ratio(items, len(selling)),
        "refunds_amount": refunds,
        "refunds_count": len(documents - selling),
        "refunds_share": _ratio(refunds, _sum(sold, "revenue")),
        "discount_amount": discounts,
        "discount_share": _ratio(discounts, _sum(sold, "revenue") + discounts),
        "identified_share": _ratio(_sum(named, "revenue"), revenue),
        "gross_profit": None if unknown else with_cost - cogs,
        "margin": _ratio(with_cost - cogs, with_cost),
        "cogs": None if unknown else cogs,
        "cost_coverage": _ratio(with_cost, revenue),
        "below_cost_lines": below.height,
    }


KEYS: dict[str, pl.Expr] = {
    "product": pl.col("product_shown").cast(pl.String),
    "category": pl.col("category").cast(pl.String),
    "parent-category": pl.col("parent"),
    "brand": pl.col("brand").cast(pl.String),
    "principal": pl.col("principal"),
    "category-brand": pl.format("{}:{}", "category", "brand"),
    "store": pl.col("store_shown").cast(pl.String),
    "cashier": pl.col("cashier_shown").cast(pl.String),
    "customer": pl.col("customer_shown").cast(pl.String),
    "source": pl.col("source"),
    "hour": pl.col("hour").cast(pl.String).str.zfill(2),
    "weekday": pl.col("day").dt.weekday().cast(pl.String),
}
"""How a line's member of a dimension is called."""


def members_of(kept: pl.DataFrame, slug: str) -> dict[str, Member]:
    """Revenue, items and transactions by member; invoices are in no hour."""
    found: dict[str, Member] = {}
    for (key,), part in kept.with_columns(key=KEYS[slug]).drop_nulls("key").group_by("key"):
        figures = kpis_of(part)
        count = int(figures["transactions"] or 0)
        found[str(key)] = (figures["revenue"] or 0.0, figures["items_sold"] or 0.0, count)
    return found


def buckets_of(kept: pl.DataFrame, grain: str, slug: str) -> dict[datetime, Figure]:
    """The figure by the first day of each week (from Monday), month, or day with sales."""
    length = {"day": "1d", "week": "1w", "month": "1mo"}[grain]
    parts = kept.with_columns(bucket=pl.col("day").dt.truncate(length).cast(pl.Datetime)).group_by("bucket")
    return {bucket: kpis_of(part)[slug] for (bucket,), part in parts}


def payments_of(
    root: Path, start: date, end: date, until: datetime, stores: tuple[int, ...], methods: tuple[int, ...]
) -> dict[str, tuple[float, int]]:
    """What was paid, and how many orders, by method."""
    paid = _read(root, "fact_payments").filter(
        pl.col("date").dt.date().is_between(start, end), pl.col("date") < until
    )
    paid = paid.with_columns(
        store=_shown(root, "pos_config_id", "pos_config"),
        method=_shown(root, "payment_method_id", "payment_method"),
    )
    if stores:
        paid = paid.filter(pl.col("store").is_in(stores))
    if methods:
        paid = paid.filter(pl.col("method").is_in(methods))
    sums = paid.group_by("method").agg(pl.col("amount").sum(), pl.col("order_id").n_unique())
    return {str(method): (amount, orders) for method, amount, orders in sums.iter_rows()}


def _shown(root: Path, column: str, member: str) -> pl.Expr:
    """The id, or nobody's where the dimension does not know it."""
    known = _read(root, f"dim_{member}s")[f"{member}_id"].to_list()
    asked = pl.col(column) if column else pl.element()
    return pl.when(asked.is_in(known)).then(asked).otherwise(NOBODY)


def _read(root: Path, table: str) -> pl.DataFrame:
    """All files of a table: one, or one a day."""
    below = root / "star-schema"
    files = (
        [below / f"{table}.parquet"]
        if table.startswith("dim_")
        else sorted((below / table).rglob("*.parquet"))
    )
    return pl.concat([pl.read_parquet(file, hive_partitioning=False) for file in files])


def _pos(root: Path) -> pl.DataFrame:
    return _read(root, "fact_sales").select(
        pl.lit("pos").alias("source"),
        pl.col("date").dt.date().alias("day"),
        pl.col("date").alias("moment"),
        pl.col("date").dt.hour().alias("hour"),
        pl.col("order_id").alias("document"),
        "line_id", "product_id", "quantity", "revenue", "revenue_untaxed", "is_refund", "price_unit",
        pl.col("discount_amount").alias("discount"),
        pl.col("pos_config_id").fill_null(NOBODY).alias("store"),
        pl.col("cashier_id").fill_null(NOBODY).alias("cashier"),
        pl.col("customer_id").fill_null(NOBODY).alias("customer"),
        pl.col("payment_method_ids").fill_null("[]").str.json_decode(pl.List(pl.Int64)).alias("methods"),
    )  # fmt: skip


def _invoices(root: Path) -> pl.DataFrame:
    """They know no shop, no cashier, no payment and no time of day, and no discount is told of them."""
    return _read(root, "fact_invoice_sales").select(
        pl.lit("invoice").alias("source"),
        pl.col("date").alias("day"),
        pl.col("move_id").alias("document"),
        pl.col("move_line_id").alias("line_id"),
        "product_id", "quantity", "revenue", "revenue_untaxed", "is_refund", "price_unit",
        pl.lit(0.0).alias("discount"),
        pl.lit(NOBODY, pl.Int64).alias("store"),
        pl.lit(NOBODY, pl.Int64).alias("cashier"),
        pl.col("customer_id").fill_null(NOBODY).alias("customer"),
        pl.lit([], pl.List(pl.Int64)).alias("methods"),
    )  # fmt: skip


def _with_groups(lines: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """What the dimension lacks is what it calls unknown."""
    groups = products.select(
        "product_id",
        product_shown="product_id",
        category="category_id",
        parent="product_parent_category",
        brand="product_brand_id",
        principal="principal_name",
    )
    (unknown,) = groups.filter(pl.col("product_id") == NOBODY).to_dicts()
    joined = lines.join(groups, on="product_id", how="left")
    return joined.with_columns(
        pl.col(name).fill_null(unknown[name]) for name in groups.columns if name != "product_id"
    )


_FILTERED = {
    "product": "product_shown", "category": "category", "parent": "parent", "brand": "brand",
    "principal": "principal", "store": "store_shown", "cashier": "cashier_shown", "customer": "customer_shown",
}  # fmt: skip


def _holds(name: str, asked: Any) -> pl.Expr:
    if name == "source":
        return pl.col("source").eq(asked)
    if name == "hours":
        return pl.col("hour").is_between(*asked)
    if name == "methods":
        return pl.any_horizontal(pl.col("methods").list.contains(method) for method in asked)
    return pl.col(_FILTERED[name]).is_in(list(asked))


def _sum(rows: pl.DataFrame, column: str) -> float:
    return float(rows[column].sum())


def _ratio(part: float, whole: float) -> Figure:
    return part / whole if round(whole, 6) else None
