"""Sale lines as the KPIs want them: POS and invoices in one table, with all that is counted of each line.

The lake's facts stay what they are; this table is made of them, a day at a time, in the serving database only.
Amounts are DECIMAL, so that a sum is the same in whatever order, and over whatever aggregate, it is added up.
"""

from __future__ import annotations

from nk_common.star.base import UNKNOWN_ID

SALE_LINES = "sale_lines"
SALE_SOURCE = "CREATE TYPE sale_source AS ENUM ('pos', 'invoice')"
AMOUNT = "DECIMAL(18, 4)"
UNKNOWN_NAME = "(unknown)"
"""Shown where a dimension, and with it the label of its unknown member, is not loaded."""

DIMENSIONS: tuple[tuple[str, str], ...] = (
    ("source", "sale_source"),
    ("hour", "TINYINT"),
    ("store_id", "BIGINT"),
    ("cashier_id", "BIGINT"),
    ("customer_id", "BIGINT"),
    ("payments", "VARCHAR"),
    ("product_id", "BIGINT"),
)
"""Columns that lines are grouped and filtered by. `hour` is null for invoices, which have no time of day;
`payments` holds the ids of an order's payment methods as JSON."""

PRODUCT_GROUPS: tuple[tuple[str, str], ...] = (
    ("product", "product_key"),
    ("category", "category_id"),
    ("parent", "parent"),
    ("brand", "brand_id"),
    ("principal", "principal"),
    ("category_brand", "category_id, brand_id"),
)
"""What products are grouped by. A document may stand in several members of such a group, so its counts over
members cannot be added from counts over products. Therefore one line of a document carries the 1 for each
member that the document has lines of, as `sold_<group>` if it sold anything of it and as `returned_<group>` if it
only took back: the sum of those is a number of documents, in whatever aggregate they are summed up."""
DOCUMENT = "document"
"""The group of everything: documents as such."""

_AMOUNTS: tuple[tuple[str, str], ...] = (
    # A price below zero takes off: a discount on the whole order, a reward. It is no goods.
    ("quantity", "if(price_unit < 0, 0, quantity)"),
    ("revenue", "revenue"),
    ("revenue_untaxed", "revenue_untaxed"),
    ("sold_revenue", "if(is_refund, 0, revenue)"),
    ("discount", "if(is_refund, 0, discount_amount + if(price_unit < 0, -revenue, 0))"),
    ("identified_revenue", f"if(customer_id = {UNKNOWN_ID}, 0, revenue)"),
    # The line's quantity as it is now times the cost of one: right also while a changed day's profit is being
    # derived anew. Without a cost both are left out of profit, and the line counts against cost coverage.
    ("cogs", "if(unit_cost IS NULL, 0, quantity * unit_cost)"),
    ("costed_revenue", "if(unit_cost IS NULL, 0, revenue)"),
    ("timeless_revenue", "if(hour IS NULL, revenue, 0)"),
)
_GROUPS = (DOCUMENT, *(name for name, _ in PRODUCT_GROUPS))
_COUNTS: tuple[tuple[str, str], ...] = (
    ("lines", "1"),
    # An invoice may take back goods, too, of which cost and revenue are both below zero.
    (
        "below_cost_lines",
        "if(NOT is_refund AND quantity > 0 AND quantity * unit_cost > greatest(revenue, 0), 1, 0)",
    ),
    *((f"sold_{name}", f"if(first_{name} AND NOT is_refund, 1, 0)") for name in _GROUPS),
    *((f"returned_{name}", f"if(first_{name} AND is_refund, 1, 0)") for name in _GROUPS),
)
_FIRSTS = ", ".join(
    f"NOT coalesce(bool_or({' AND '.join(f'earlier.{key} = line.{key}' for key in keys.split(', '))}), false) "
    f"AS first_{name}"
    for name, keys in PRODUCT_GROUPS
)
"""Whether no earlier line of the document is in the same member. Documents have few lines, so comparing each with
the ones before it is several times faster than a window for every group."""
MEASURES: tuple[str, ...] = tuple(name for name, _ in (*_AMOUNTS, *_COUNTS))
"""Columns that are only ever summed, in `sale_lines` and in every aggregate of it alike."""


def measure_columns(count: str) -> str:
    """DDL of the measures; `count` is the type of those that count."""
    amounts = [f"{name} {AMOUNT} NOT NULL" for name, _ in _AMOUNTS]
    return ", ".join([*amounts, *(f"{name} {count} NOT NULL" for name, _ in _COUNTS)])


def dimension_columns(names: tuple[str, ...]) -> str:
    """DDL of some of the dimensions."""
    types = dict(DIMENSIONS)
    return ", ".join(f"{name} {types[name]}" for name in names)


_LINE_COLUMNS = (
    "day DATE NOT NULL, moment TIMESTAMP NOT NULL, document BIGINT NOT NULL, line_id BIGINT NOT NULL, "
    "is_refund BOOLEAN NOT NULL"
)
CREATE = (
    f"CREATE TABLE {SALE_LINES} ({_LINE_COLUMNS}, {dimension_columns(tuple(n for n, _ in DIMENSIONS))}, "
    f"{measure_columns('UTINYINT')})"
)

PRODUCT_KEYS = """
SELECT p.product_id, p.category_id, p.product_parent_category AS parent, p.product_brand_id AS brand_id,
       p.principal_name AS principal
FROM dim_products AS p
""".strip()
"""What groups of products each product is in."""

OF_DAYS = f"""
WITH sold AS (
  SELECT CAST("date" AS DATE) AS day, "date" AS moment, 2 * order_id AS document, line_id, is_refund,
         'pos' AS source, hour("date") AS hour, coalesce(pos_config_id, {UNKNOWN_ID}) AS store_id,
         coalesce(cashier_id, {UNKNOWN_ID}) AS cashier_id, coalesce(customer_id, {UNKNOWN_ID}) AS customer_id,
         coalesce(payment_method_ids, '[]') AS payments, product_id, quantity, revenue, revenue_untaxed,
         discount_amount, price_unit, 2 * line_id AS line
  FROM fact_sales WHERE "date" >= $1 AND "date" < $2
  UNION ALL
  SELECT "date", "date", 2 * move_id + 1, move_line_id, is_refund, 'invoice', NULL, {UNKNOWN_ID},
         {UNKNOWN_ID}, coalesce(customer_id, {UNKNOWN_ID}), '[]', product_id, quantity, revenue,
         revenue_untaxed, 0, price_unit, 2 * move_line_id + 1
  FROM fact_invoice_sales WHERE "date" >= $1 AND "date" < $2
), costs AS (
  SELECT 2 * line_id + if(source = 'invoice', 1, 0) AS line, cost_unit_tax_in AS unit_cost
  FROM fact_sales_lines_profit WHERE "date" >= $1 AND "date" < $2
), products AS (
  -- Compared as numbers, which is all that is needed here.
  SELECT product_id, category_id, brand_id, hash(parent) AS parent, hash(principal) AS principal
  FROM ({PRODUCT_KEYS})
), unknown AS (
  SELECT coalesce(max(parent), hash('{UNKNOWN_NAME}')) AS parent,
         coalesce(max(principal), hash('{UNKNOWN_NAME}')) AS principal
  FROM products WHERE product_id = {UNKNOWN_ID}
), grouped AS MATERIALIZED (
  -- Sold lines before refunds: where the first is a refund, all are.
  SELECT sold.*, (is_refund::BIGINT << 60) + sold.line_id AS place, unit_cost,
         coalesce(p.product_id, {UNKNOWN_ID}) AS product_key, coalesce(p.category_id, {UNKNOWN_ID}) AS category_id,
         coalesce(p.brand_id, {UNKNOWN_ID}) AS brand_id, coalesce(p.parent, unknown.parent) AS parent,
         coalesce(p.principal, unknown.principal) AS principal
  FROM sold LEFT JOIN costs USING (line) LEFT JOIN products AS p ON p.product_id = sold.product_id
  CROSS JOIN unknown
), firsts AS (
  SELECT line.document, line.place, count(earlier.place) = 0 AS first_{DOCUMENT}, {_FIRSTS}
  FROM grouped AS line LEFT JOIN grouped AS earlier
    ON earlier.document = line.document AND earlier.day = line.day AND earlier.place < line.place
  GROUP BY line.document, line.place
), lines AS (
  SELECT * FROM grouped JOIN firsts USING (document, place)
)
SELECT day, moment, document, line_id, is_refund, {", ".join(name for name, _ in DIMENSIONS)},
       {", ".join(f"{sql} AS {name}" for name, sql in (*_AMOUNTS, *_COUNTS))}
FROM lines ORDER BY day, moment, document, line_id
"""  # noqa: S608
"""Rows of `sale_lines` for the days from $1 to before $2. A document is its id, doubled, and one more for
invoices: order 7 and invoice 7 are two."""
