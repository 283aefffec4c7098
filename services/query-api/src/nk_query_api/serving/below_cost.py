"""Sale lines that brought less than they cost: few of all, so that nobody has to look for them among the others."""

from __future__ import annotations

from nk_query_api.serving.sale_lines import AMOUNT, DIMENSIONS, SALE_LINES, dimension_columns

BELOW_COST = "sales_below_cost"
_NAMES = tuple(name for name, _ in DIMENSIONS)

CREATE = f"""
CREATE TABLE {BELOW_COST} (
  day DATE NOT NULL, line_id BIGINT NOT NULL, document_id BIGINT NOT NULL, document VARCHAR,
  {dimension_columns(_NAMES)}, quantity {AMOUNT} NOT NULL, revenue {AMOUNT} NOT NULL, unit_cost DOUBLE NOT NULL,
  cogs {AMOUNT} NOT NULL)
"""

OF_DAYS = f"""
WITH below AS MATERIALIZED (
  SELECT day, line_id, document // 2 AS document_id, {", ".join(_NAMES)}, quantity, revenue, cogs
  FROM {SALE_LINES} WHERE day >= $1 AND day < $2 AND below_cost_lines > 0
), documents AS (
  SELECT 'pos' AS source, line_id, order_ref AS document FROM fact_sales
  WHERE "date" >= $1 AND "date" < $2 AND line_id IN (SELECT line_id FROM below)
  UNION ALL
  SELECT 'invoice', move_line_id, move_name FROM fact_invoice_sales
  WHERE "date" >= $1 AND "date" < $2 AND move_line_id IN (SELECT line_id FROM below)
), costs AS (
  SELECT source, line_id, cost_unit_tax_in AS unit_cost FROM fact_sales_lines_profit
  WHERE "date" >= $1 AND "date" < $2 AND line_id IN (SELECT line_id FROM below)
)
SELECT below.*, documents.document, costs.unit_cost
FROM below
JOIN documents ON documents.source = CAST(below.source AS VARCHAR) AND documents.line_id = below.line_id
JOIN costs ON costs.source = CAST(below.source AS VARCHAR) AND costs.line_id = below.line_id
ORDER BY below.day, below.line_id, below.source
"""  # noqa: S608
"""For the days from $1 to before $2, with the number of the document and the cost of one, of which `cogs` is made."""
