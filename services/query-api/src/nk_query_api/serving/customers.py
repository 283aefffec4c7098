"""Customers' purchases, and what each of them follows on, so that customers are counted without reading them.

A customer of a range is counted by the first purchase in it: the one whose purchase before lies before the range.
So of every purchase it is enough to know the day, and the days of the one and of the two before. How many
purchases there are of each such pair of days makes a table that grows with days and not with customers.

Those tables depend on other days: when a day changes, so does what its customers' next purchases follow on.
They are kept in step for the customers whose purchases changed, and only for those. Whoever is nobody (-1) is in
none of them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import duckdb

from nk_common.star.base import UNKNOWN_ID
from nk_query_api.serving.sale_lines import AMOUNT

CUSTOMER_DAYS = "customer_days"
CUSTOMER_MONTHS = "customer_months"
CUSTOMER_VISITS = "customer_visits"
CUSTOMER_GAPS = "customer_gaps"
CUSTOMER_ENDS = "customer_ends"
CUSTOMER_COHORTS = "customer_cohorts"

_PURCHASES = f"transactions INTEGER NOT NULL, revenue {AMOUNT} NOT NULL"
CREATE_DAYS = f"CREATE TABLE {CUSTOMER_DAYS} (day DATE NOT NULL, customer_id BIGINT NOT NULL, {_PURCHASES})"
CREATE_MONTHS = (
    f"CREATE TABLE {CUSTOMER_MONTHS} (day DATE NOT NULL, customer_id BIGINT NOT NULL, {_PURCHASES}, "
    "last_day DATE)"
)
CREATE_VISITS = (
    f"CREATE TABLE {CUSTOMER_VISITS} (day DATE NOT NULL, customers INTEGER NOT NULL, thirds INTEGER NOT NULL, "
    f"{_PURCHASES})"
)
CREATE_GAPS = (
    f"CREATE TABLE {CUSTOMER_GAPS} (day DATE NOT NULL, earlier DATE NOT NULL, seconds INTEGER NOT NULL, "
    "thirds INTEGER NOT NULL)"
)
CREATE_ENDS = (
    f"CREATE TABLE {CUSTOMER_ENDS} (customer_id BIGINT NOT NULL, first_day DATE NOT NULL, "
    "last_code INTEGER NOT NULL, second_code INTEGER)"
)
CREATE_COHORTS = (
    f"CREATE TABLE {CUSTOMER_COHORTS} (day DATE NOT NULL, first_month DATE NOT NULL, customers INTEGER NOT NULL, "
    f"{_PURCHASES})"
)

_DAYS = f"""
SELECT day, customer_id, CAST(sum(sold_document) AS INTEGER) AS transactions,
       CAST(sum(revenue) AS {AMOUNT}) AS revenue
FROM sales_by_customer WHERE customer_id <> {UNKNOWN_ID} AND {{only}}
GROUP BY day, customer_id ORDER BY day, customer_id
"""  # noqa: S608
DAYS_OF_DAYS = _DAYS.format(only="day >= $1 AND day < $2")
"""What each customer bought and brought back on a day. Without a sold line, `transactions` is 0."""

MONTHS_OF_MONTHS = f"""
SELECT CAST(date_trunc('month', day) AS DATE) AS day, customer_id, CAST(sum(transactions) AS INTEGER) AS transactions,
       CAST(sum(revenue) AS {AMOUNT}) AS revenue, max(day) FILTER (transactions > 0) AS last_day
FROM {CUSTOMER_DAYS} WHERE day >= $1 AND day < $2 GROUP BY ALL ORDER BY day, customer_id
"""  # noqa: S608
"""The same by month; `last_day` is that of the last purchase."""

VISITS_OF_DAYS = f"""
SELECT day, count(*) FILTER (transactions > 0) AS customers, sum(greatest(transactions - 2, 0)) AS thirds,
       sum(transactions) AS transactions, CAST(sum(revenue) AS {AMOUNT}) AS revenue
FROM {CUSTOMER_DAYS} WHERE day >= $1 AND day < $2 GROUP BY ALL ORDER BY day
"""  # noqa: S608
"""Customers of each day; `thirds` are purchases after two others of the same customer on the same day."""

_LINKS = """
chained AS (
  SELECT weight, counted, day, times, lag(day) OVER w AS previous, lag(times) OVER w AS previous_times,
         lag(day, 2) OVER w AS second
  FROM visits WINDOW w AS (PARTITION BY weight, customer_id ORDER BY day)
), links AS (
  SELECT day, previous AS earlier, weight AS seconds, if(times = 2, weight, 0) AS thirds
  FROM chained WHERE counted AND previous IS NOT NULL
  UNION ALL
  SELECT day, if(previous_times = 2, previous, second), 0, weight
  FROM chained WHERE counted AND (previous_times = 2 OR second IS NOT NULL)
), gaps AS (
  SELECT day, earlier, CAST(sum(seconds) AS INTEGER) AS seconds, CAST(sum(thirds) AS INTEGER) AS thirds
  FROM links GROUP BY day, earlier HAVING sum(seconds) <> 0 OR sum(thirds) <> 0 ORDER BY day, earlier
)
"""
"""Of `visits` (weight, counted, customer_id, day, times: 1, or 2 for several purchases that day): how many first
purchases of a day have their predecessor on the day `earlier` (`seconds`), and how many purchases of a day have
the one before the predecessor there (`thirds`); without pairs that lie on one day, which `customer_visits` has."""

GAPS = f"""
WITH visits AS (
  SELECT 1 AS weight, true AS counted, customer_id, day, least(transactions, 2) AS times
  FROM {CUSTOMER_DAYS} WHERE transactions > 0
), {_LINKS} SELECT * FROM gaps
"""  # noqa: S608
"""All of `customer_gaps`, from nothing."""

_CODE = "CAST(2 * (day - DATE '1970-01-01') + if(transactions > 1, 1, 0) AS INTEGER)"
"""A customer's day as a number that sorts like the day, odd if there were several purchases."""

ENDS = f"""
SELECT customer_id, min(day) AS first_day, max({_CODE}) AS last_code, max({_CODE}, 2)[2] AS second_code
FROM {CUSTOMER_DAYS} WHERE transactions > 0 GROUP BY customer_id
"""  # noqa: S608
"""All of `customer_ends`, from nothing: the first day, and the last and the last but one, of each customer's
purchases. With those at hand a new day needs no look at what came before."""

_COHORTS = f"""
SELECT m.day, CAST(date_trunc('month', f.first_day) AS DATE) AS first_month,
       count(*) FILTER (transactions > 0) AS customers, sum(transactions) AS transactions,
       CAST(sum(revenue) AS {AMOUNT}) AS revenue
FROM {CUSTOMER_MONTHS} AS m JOIN {CUSTOMER_ENDS} AS f USING (customer_id)
WHERE date_trunc('month', f.first_day) <= m.day AND {{only}}
GROUP BY ALL ORDER BY m.day, first_month
"""  # noqa: S608
COHORTS_OF_MONTHS = _COHORTS.format(only="m.day >= $1 AND m.day < $2")
"""Customers of each month, and what they bought, by the month of their first purchase."""

_BEFORE, _CHANGED, _NEAR = "days_before", "visits_changed", "visits_near"
_ENDS, _MONTHS = "ends_now", "cohort_months"
"""Temporary tables: what one step leaves for the next ones, within a transaction."""
_AMONG = "day BETWEEN $1 AND $2 AND list_contains($3::DATE[], day)"


def remake_days(connection: duckdb.DuckDBPyConnection, days: Collection[date]) -> None:
    """Remake `customer_days` of the days, and note whose purchases are others than before."""
    span = [min(days), max(days), sorted(days)]
    _temporary(
        connection, _BEFORE,
        f"SELECT day, customer_id, least(transactions, 2) AS times FROM {CUSTOMER_DAYS} WHERE {_AMONG}", span,  # noqa: S608
    )  # fmt: skip
    connection.execute(f"DELETE FROM {CUSTOMER_DAYS} WHERE {_AMONG}", span)  # noqa: S608
    connection.execute(f"INSERT INTO {CUSTOMER_DAYS} BY NAME {_DAYS.format(only=_AMONG)}", span)
    _temporary(
        connection, _CHANGED,
        f"""
        SELECT day, customer_id, coalesce(b.times, 0) AS was
        FROM {_BEFORE} AS b FULL JOIN (
          SELECT day, customer_id, least(transactions, 2) AS times FROM {CUSTOMER_DAYS} WHERE {_AMONG}
        ) AS n USING (day, customer_id)
        WHERE coalesce(b.times, 0) <> coalesce(n.times, 0)
        """,  # noqa: S608
        span,
    )  # fmt: skip
    connection.execute(f"DROP TABLE {_BEFORE}")


_VISITS_NEAR = f"""
WITH who AS MATERIALIZED (SELECT DISTINCT customer_id FROM {_CHANGED}),
ends AS MATERIALIZED (SELECT * FROM {CUSTOMER_ENDS} SEMI JOIN who USING (customer_id)),
later AS MATERIALIZED (
  SELECT customer_id FROM ends WHERE last_code >= 2 * (CAST($1 AS DATE) - DATE '1970-01-01')
), inside AS MATERIALIZED (
  SELECT customer_id, day, least(transactions, 2) AS times
  FROM {CUSTOMER_DAYS} SEMI JOIN who USING (customer_id) WHERE transactions > 0 AND day BETWEEN $1 AND $2
), coded AS (
  SELECT customer_id, day, {_CODE} AS code
  FROM {CUSTOMER_DAYS} SEMI JOIN later USING (customer_id) WHERE transactions > 0 AND (day < $1 OR day > $2)
), codes AS (
  SELECT customer_id, unnest([last_code, second_code]) AS code FROM ends ANTI JOIN later USING (customer_id)
  UNION ALL
  SELECT customer_id, unnest(list_concat(max(code, 2) FILTER (day < $1), min(code, 2) FILTER (day > $2)))
  FROM coded GROUP BY customer_id
), outside AS MATERIALIZED (
  SELECT customer_id, DATE '1970-01-01' + code // 2 AS day, 1 + code % 2 AS times FROM codes
  WHERE code IS NOT NULL
)
SELECT weight, day >= $1 AS counted, day > $2 AS follows, customer_id, day, times FROM (
  SELECT 1 AS weight, * FROM inside
  UNION ALL
  SELECT -1, * FROM inside ANTI JOIN {_CHANGED} USING (customer_id, day)
  UNION ALL
  SELECT -1, customer_id, day, was FROM {_CHANGED} WHERE was > 0
  UNION ALL
  SELECT weight, outside.* FROM outside, (VALUES (1), (-1)) AS signs(weight)
)
"""  # noqa: S608
"""Of the customers whose purchases changed between the days $1 and $2: all that they bought then, as it is (1) and as
it was (-1), and the two visits before and after, which are as they were. Who had not come since needs no search."""


def remake_gaps(connection: duckdb.DuckDBPyConnection, _: Collection[date]) -> None:
    """Bring `customer_gaps` in line with the purchases that changed, and note what lies around those."""
    span = _changed_span(connection)
    if not span:
        return
    _temporary(connection, _NEAR, _VISITS_NEAR, span)
    connection.execute(
        f"""
        MERGE INTO {CUSTOMER_GAPS} AS g
        USING (WITH visits AS (SELECT * FROM {_NEAR}), {_LINKS} SELECT * FROM gaps) AS c
        ON g.day = c.day AND g.earlier = c.earlier
        WHEN MATCHED AND g.seconds + c.seconds = 0 AND g.thirds + c.thirds = 0 THEN DELETE
        WHEN MATCHED THEN UPDATE SET seconds = g.seconds + c.seconds, thirds = g.thirds + c.thirds
        WHEN NOT MATCHED THEN INSERT (day, earlier, seconds, thirds)
          VALUES (c.day, c.earlier, c.seconds, c.thirds)
        """  # noqa: S608
    )


_ENDS_NOW = f"""
WITH near AS (
  SELECT customer_id, min(day) AS first_day, max(2 * (day - DATE '1970-01-01') + times - 1, 2) AS codes,
         count(*) FILTER (follows) AS following, NOT bool_and(counted) AS came_before
  FROM {_NEAR} WHERE weight = 1 GROUP BY customer_id
)
SELECT customer_id, if(came_before, e.first_day, near.first_day) AS first_day, e.first_day AS first_day_before,
       if(following = 2, last_code, codes[1]) AS last_code, if(following = 2, second_code, codes[2]) AS second_code
FROM (SELECT DISTINCT customer_id FROM {_CHANGED}) LEFT JOIN near USING (customer_id)
LEFT JOIN {CUSTOMER_ENDS} AS e USING (customer_id)
"""  # noqa: S608
"""With two visits after the changed days, the last ones are what they were."""


def remake_ends(connection: duckdb.DuckDBPyConnection, _: Collection[date]) -> None:
    """Bring `customer_ends` in line with the purchases that changed, and note whose first one moved."""
    if not _changed_span(connection):
        return
    _temporary(connection, _ENDS, _ENDS_NOW)
    connection.execute(
        f"DELETE FROM {CUSTOMER_ENDS} WHERE customer_id IN (SELECT customer_id FROM {_ENDS})"  # noqa: S608
    )
    connection.execute(
        f"INSERT INTO {CUSTOMER_ENDS} SELECT customer_id, first_day, last_code, second_code FROM {_ENDS} "  # noqa: S608
        "WHERE first_day IS NOT NULL ORDER BY customer_id"
    )


_MOVED = f"""
UNION
SELECT DISTINCT day FROM {CUSTOMER_MONTHS} WHERE customer_id IN (
  SELECT customer_id FROM {_ENDS} WHERE first_day IS DISTINCT FROM first_day_before
)
"""  # noqa: S608


def remake_cohorts(connection: duckdb.DuckDBPyConnection, days: Collection[date]) -> None:
    """Remake `customer_cohorts` of the days' months, and of all months of customers whose first purchase moved."""
    touched = sorted({day.replace(day=1) for day in days})
    moved = _MOVED if _changed_span(connection) else ""
    _temporary(connection, _MONTHS, f"SELECT unnest($1::DATE[]) AS day {moved}", [touched])
    among = f"IN (SELECT day FROM {_MONTHS})"  # noqa: S608
    connection.execute(f"DELETE FROM {CUSTOMER_COHORTS} WHERE day {among}")  # noqa: S608
    connection.execute(f"INSERT INTO {CUSTOMER_COHORTS} BY NAME {_COHORTS.format(only=f'm.day {among}')}")
    for table in (_CHANGED, _NEAR, _ENDS, _MONTHS):
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def _changed_span(connection: duckdb.DuckDBPyConnection) -> list[object]:
    """First and last day of changed purchases; nothing if there are none."""
    first, last = connection.execute(f"SELECT min(day), max(day) FROM {_CHANGED}").fetchone() or (None, None)  # noqa: S608
    return [first, last] if first else []


def _temporary(
    connection: duckdb.DuckDBPyConnection, name: str, rows: str, values: list[object] | None = None
) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {rows}", values or [])
