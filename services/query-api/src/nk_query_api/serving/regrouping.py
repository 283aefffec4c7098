"""When products move to other categories, brands or principals, the counts of the days that sold them change."""

from __future__ import annotations

from datetime import date

import duckdb

from nk_query_api.serving.sale_lines import PRODUCT_KEYS

_BEFORE = "product_keys_before"


def remember(connection: duckdb.DuckDBPyConnection) -> None:
    """Note which groups the products are in, before the dimension is exchanged."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_BEFORE} AS {PRODUCT_KEYS}")


def days_to_remake(connection: duckdb.DuckDBPyConnection) -> set[date]:
    """Days that sold a product whose groups are others than those noted. A relabelled unknown member is in
    every day that sold a product of no dimension."""
    rows = connection.execute(
        f"""
        WITH now AS ({PRODUCT_KEYS}),
        moved AS (
          (SELECT * FROM now EXCEPT SELECT * FROM {_BEFORE})
          UNION ALL (SELECT * FROM {_BEFORE} EXCEPT SELECT * FROM now)
        )
        SELECT DISTINCT day FROM sales_by_product
        WHERE product_id IN (SELECT product_id FROM moved)
           OR ((SELECT min(product_id) FROM moved) < 0 AND product_id NOT IN (SELECT product_id FROM now))
        """  # noqa: S608
    ).fetchall()
    connection.execute(f"DROP TABLE {_BEFORE}")
    return {day for (day,) in rows}
