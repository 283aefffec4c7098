"""Stock of each day by product and place, when that was, and what goods cost from each day on."""

from __future__ import annotations

STOCK_DAYS = "stock_days"
STOCK_BY_PLACE = "stock_by_place"
PRODUCT_COSTS = "product_costs"

CREATE_STOCK_DAYS = f"""
CREATE TABLE {STOCK_DAYS} (day DATE NOT NULL, taken_at TIMESTAMP NOT NULL, reconstructed BOOLEAN NOT NULL)
"""
OF_STOCK_DAYS = """
SELECT snapshot_date AS day, max(taken_at) AS taken_at, bool_or(reconstructed) AS reconstructed
FROM fact_stock_on_hand_snapshot WHERE snapshot_date >= $1 AND snapshot_date < $2
GROUP BY ALL ORDER BY day
"""
"""For the days from $1 to before $2; a day on which nothing was held has no row."""

CREATE_STOCK_BY_PLACE = f"""
CREATE TABLE {STOCK_BY_PLACE} (
  day DATE NOT NULL, product_id BIGINT NOT NULL, location_id BIGINT, usage VARCHAR, held BOOLEAN NOT NULL,
  on_hand DECIMAL(18, 4) NOT NULL, reserved DECIMAL(18, 4) NOT NULL, at_midnight DECIMAL(18, 4) NOT NULL)
"""
OF_STOCK_BY_PLACE = f"""
WITH later AS (
  SELECT s.day, m.product_id, m.location_src_id, m.location_src_usage, m.location_dest_id,
         m.location_dest_usage, abs(CAST(m.qty_moved AS DECIMAL(18, 4))) AS moved
  FROM fact_inventory_moves AS m JOIN {STOCK_DAYS} AS s ON s.day = CAST(m."date" AS DATE) AND m."date" >= s.taken_at
  WHERE m."date" >= $1 AND m."date" < $2 AND s.day >= $1 AND s.day < $2
), heaps AS (
  SELECT snapshot_date AS day, product_id, location_id, NULL AS usage, true AS held,
         CAST(quantity AS DECIMAL(18, 4)) AS on_hand, CAST(reserved_quantity AS DECIMAL(18, 4)) AS reserved,
         CAST(quantity AS DECIMAL(18, 4)) AS at_midnight
  FROM fact_stock_on_hand_snapshot WHERE snapshot_date >= $1 AND snapshot_date < $2
  UNION ALL
  SELECT day, product_id, location_src_id, location_src_usage, false, 0, 0, -moved
  FROM later WHERE location_src_usage IN ('internal', 'transit')
  UNION ALL
  SELECT day, product_id, location_dest_id, location_dest_usage, false, 0, 0, moved
  FROM later WHERE location_dest_usage IN ('internal', 'transit')
)
SELECT day, product_id, location_id, usage, held, sum(on_hand) AS on_hand, sum(reserved) AS reserved,
       sum(at_midnight) AS at_midnight
FROM heaps GROUP BY ALL ORDER BY day, product_id, location_id
"""  # noqa: S608
"""For the days from $1 to before $2. `held` rows are of the snapshot, and of stock, so their usage need not be known.
Others are of moves later on its day: with them, `at_midnight` is what lay there when the day was over."""

CREATE_PRODUCT_COSTS = f"""
CREATE TABLE {PRODUCT_COSTS} (day DATE NOT NULL, product_id BIGINT NOT NULL, unit_cost DECIMAL(18, 4) NOT NULL)
"""
OF_PRODUCT_COSTS = """
SELECT "date" AS day, product_id, arg_max(cost_unit_tax_in, (source_move_id, source_move_line_id)) AS unit_cost
FROM fact_product_cost_events WHERE "date" >= $1 AND "date" < $2
GROUP BY ALL ORDER BY day, product_id
"""
"""The newest cost event of each day and product; of one day, the later bill and then the higher line (rule 8)."""
