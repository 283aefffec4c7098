"""Stock moves per day, kind, product and place, for the movement pages and for reconciling stock.

A move takes its quantity from one place and brings it to another. Only places that may be stock (internal and
transit) have rows; which of them are stock is a setting, so `usage` stays beside every sum.
"""

from __future__ import annotations

from nk_common.star.stock import MOVEMENT_TYPES

STOCK_MOVES = "stock_moves"
STOCK_MOVES_MONTHLY = "stock_moves_monthly"
STOCK_MOVES_BY_PLACE = "stock_moves_by_place"
STOCK_MOVES_BY_PRODUCT = "stock_moves_by_product"
STOCK_MOVES_BY_PRODUCT_MONTHLY = "stock_moves_by_product_monthly"
STOCK_FLOW = "stock_flow"
STOCK_FLOW_MONTHLY = "stock_flow_monthly"

_MEASURES = ("lines", "sides", "moved", "arrived", "departed")
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in _MEASURES)
_MEASURE_COLUMNS = (
    "lines BIGINT NOT NULL, sides BIGINT NOT NULL, moved DECIMAL(18, 4) NOT NULL, "
    "arrived DECIMAL(18, 4) NOT NULL, departed DECIMAL(18, 4) NOT NULL"
)
_RANGE = "WHERE day >= $1 AND day < $2"


_PRODUCT = "product_id BIGINT NOT NULL"
_PLACE = "location_id BIGINT"


def _create_moves(table: str, *columns: str) -> str:
    of = ", ".join(["day DATE NOT NULL", "movement_type VARCHAR NOT NULL", *columns, "usage VARCHAR"])
    return f"CREATE TABLE {table} ({of}, {_MEASURE_COLUMNS})"


CREATE = _create_moves(STOCK_MOVES, _PRODUCT, _PLACE)
CREATE_MONTHLY = _create_moves(STOCK_MOVES_MONTHLY, _PRODUCT, _PLACE)
CREATE_BY_PLACE = _create_moves(STOCK_MOVES_BY_PLACE, _PLACE)
CREATE_BY_PRODUCT = _create_moves(STOCK_MOVES_BY_PRODUCT, _PRODUCT)
CREATE_BY_PRODUCT_MONTHLY = _create_moves(STOCK_MOVES_BY_PRODUCT_MONTHLY, _PRODUCT)

OF_DAYS = f"""
WITH moves AS (
  SELECT CAST("date" AS DATE) AS day, movement_type, product_id, CAST(qty_moved AS DECIMAL(18, 4)) AS moved,
         location_src_id, location_src_usage, location_dest_id, location_dest_usage,
         coalesce(location_src_usage, '') IN ('internal', 'transit') AS leaves,
         coalesce(location_dest_usage, '') IN ('internal', 'transit') AS arrives
  FROM fact_inventory_moves WHERE "date" >= $1 AND "date" < $2
), touched AS (
  SELECT day, movement_type, product_id, location_src_id AS location_id, location_src_usage AS usage, 1 AS lines,
         1 AS sides, moved, 0 AS arrived, abs(moved) AS departed
  FROM moves WHERE leaves
  UNION ALL
  SELECT day, movement_type, product_id, location_dest_id, location_dest_usage, if(leaves, 0, 1), 1,
         if(leaves, 0, moved), abs(moved), 0
  FROM moves WHERE arrives
  UNION ALL
  SELECT day, movement_type, product_id, NULL, NULL, 1, 0, moved, 0, 0
  FROM moves WHERE NOT leaves AND NOT arrives
)
SELECT day, movement_type, product_id, location_id, usage, {_SUMS}
FROM touched GROUP BY ALL ORDER BY day, movement_type, product_id, location_id
"""  # noqa: S608
"""For the days from $1 to before $2. Every move counts once in `lines` and `moved`, at the place that it leaves
if that may be stock. At every place that it touches it counts in `sides`, and with its quantity in `arrived` or
`departed`: a transfer within stock has two rows, which cancel."""


def _summed(source: str, names: str, day: str = "day") -> str:
    return f"SELECT {day} AS day, {names}, {_SUMS} FROM {source} {_RANGE} GROUP BY ALL ORDER BY day, {names}"  # noqa: S608


_OF_MONTH = "date_trunc('month', day)"
MONTHLY = _summed(STOCK_MOVES, "movement_type, product_id, location_id, usage", _OF_MONTH)
BY_PLACE = _summed(STOCK_MOVES, "movement_type, location_id, usage")
BY_PRODUCT = _summed(STOCK_MOVES, "movement_type, product_id, usage")
BY_PRODUCT_MONTHLY = _summed(STOCK_MOVES_BY_PRODUCT, "movement_type, product_id, usage", _OF_MONTH)

FLOWS: tuple[str, ...] = (*MOVEMENT_TYPES, "transferred")
"""What moves of each kind did to a product's stock, and units that transfers took from a place."""
_KINDS = ", ".join(f"'{name}'" for name in FLOWS)
_OF_KIND = "kind TINYINT NOT NULL, amount DECIMAL(18, 4) NOT NULL"


def _create_flow(table: str) -> str:
    return f"CREATE TABLE {table} (day DATE NOT NULL, product_id BIGINT NOT NULL, usage VARCHAR NOT NULL, {_OF_KIND})"


def flows_sql(source: str, names: str) -> str:
    """SQL: `names` (columns of `stock_moves`), `kind` (the place of it in FLOWS), and `amount`. Most kinds are nothing
    for most products on most days, so rows of them are read several times faster than ten columns."""
    kind = f"CAST(list_position([{_KINDS}], movement_type) - 1 AS TINYINT) AS kind"
    return (
        f"SELECT {names}, {kind}, arrived - departed AS amount FROM {source} "  # noqa: S608
        f"UNION ALL SELECT {names}, {FLOWS.index('transferred')}, departed FROM {source} "
        "WHERE movement_type = 'transfer'"
    )


CREATE_FLOW = _create_flow(STOCK_FLOW)
CREATE_FLOW_MONTHLY = _create_flow(STOCK_FLOW_MONTHLY)
FLOW = f"""
WITH moved AS (SELECT * FROM {STOCK_MOVES_BY_PRODUCT} {_RANGE} AND usage IS NOT NULL)
SELECT day, product_id, usage, kind, sum(amount) AS amount
FROM ({flows_sql("moved", "day, product_id, usage")}) GROUP BY ALL HAVING sum(amount) <> 0
ORDER BY day, kind, product_id, usage
"""  # noqa: S608
FLOW_MONTHLY = f"""
SELECT date_trunc('month', day) AS day, product_id, usage, kind, sum(amount) AS amount
FROM {STOCK_FLOW} {_RANGE} GROUP BY ALL HAVING sum(amount) <> 0 ORDER BY day, kind, product_id, usage
"""  # noqa: S608
