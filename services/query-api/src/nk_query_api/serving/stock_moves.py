"""Stock moves per day, kind, product and place, for the movement pages and for reconciling stock."""

from __future__ import annotations

STOCK_MOVES = "stock_moves"

CREATE = f"""
CREATE TABLE {STOCK_MOVES} (
  day DATE NOT NULL, movement_type VARCHAR NOT NULL, product_id BIGINT NOT NULL, location_id BIGINT,
  usage VARCHAR, lines BIGINT NOT NULL, moved DECIMAL(18, 4) NOT NULL, effect DECIMAL(18, 4) NOT NULL)
"""

OF_DAYS = """
WITH moves AS (
  SELECT CAST("date" AS DATE) AS day, movement_type, product_id, qty_moved, location_src_id,
         location_src_usage, location_dest_id, location_dest_usage,
         coalesce(location_src_usage, '') IN ('internal', 'transit') AS leaves,
         coalesce(location_dest_usage, '') IN ('internal', 'transit') AS arrives
  FROM fact_inventory_moves WHERE "date" >= $1 AND "date" < $2
), sides AS (
  SELECT day, movement_type, product_id, location_src_id AS location_id, location_src_usage AS usage, 1 AS lines,
         qty_moved AS moved, -abs(qty_moved) AS effect
  FROM moves WHERE leaves
  UNION ALL
  SELECT day, movement_type, product_id, location_dest_id, location_dest_usage, if(leaves, 0, 1),
         if(leaves, 0, qty_moved), abs(qty_moved)
  FROM moves WHERE arrives
  UNION ALL
  SELECT day, movement_type, product_id, NULL, NULL, 1, qty_moved, 0
  FROM moves WHERE NOT leaves AND NOT arrives
)
SELECT day, movement_type, product_id, location_id, usage, sum(lines) AS lines, sum(moved) AS moved,
       sum(effect) AS effect
FROM sides GROUP BY ALL ORDER BY day, movement_type, product_id, location_id
"""
"""For the days from $1 to before $2. Every move counts once in `lines` and `moved`, at the place that it leaves
if that is stock; `effect` is what it did to the stock of each place, so a transfer has two rows, which cancel."""
