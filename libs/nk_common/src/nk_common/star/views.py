"""Views over the facts, the same in the serving database and for anybody who reads the lake."""

from __future__ import annotations

from nk_common.star.base import StarView

FACT_SALES_ALL = StarView(
    name="fact_sales_all",
    grain="sale line of POS and of invoices; `source` and `txn_id` together name a document (rule 5)",
    sql="""
SELECT "date", 'pos' AS source, order_id AS txn_id, line_id, product_id, customer_id,
       revenue, revenue_untaxed, quantity, is_refund
FROM fact_sales
UNION ALL
SELECT CAST("date" AS TIMESTAMP), 'invoice', move_id, move_line_id, product_id, customer_id,
       revenue, revenue_untaxed, quantity, is_refund
FROM fact_invoice_sales
""".strip(),
)
PRODUCT_LATEST_COST = StarView(
    name="product_latest_cost",
    grain="product: its newest cost event (ties: the later bill, then the higher line id)",
    sql="""
SELECT product_id, "date", cost_unit_tax_in, source_move_id, source_move_line_id
FROM fact_product_cost_events
QUALIFY row_number() OVER (
    PARTITION BY product_id ORDER BY "date" DESC, source_move_id DESC, source_move_line_id DESC) = 1
""".strip(),
)
VIEWS: tuple[StarView, ...] = (FACT_SALES_ALL, PRODUCT_LATEST_COST)
