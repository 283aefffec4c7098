"""What of SQL is let through, and what is not."""

from __future__ import annotations

import time
from collections.abc import Iterator

import duckdb
import pytest

from nk_query_api.documented import DOCUMENTED
from nk_query_api.errors import BadQuestionError
from nk_query_api.serving.schema import create_statements
from nk_query_api.sql import functions
from nk_query_api.sql.functions import ALLOWED, TABLE_FUNCTIONS, TYPES
from nk_query_api.sql.guard import Guard
from nk_query_api.sql.tree import places
from support.sql_escapes import HIDDEN, LIMITED, OTHER_TABLES, READING_FILES, REFUSED

GOOD = [
    "SELECT * FROM fact_sales",
    "SELECT * FROM fact_sales;",
    "-- first\nSELECT 1 /* second */ ; -- third",
    "FROM fact_sales",
    "FROM main.fact_sales AS s SELECT s.revenue LIMIT 3",
    'SELECT "revenue" FROM "FACT_Sales" WHERE revenue > 0',
    "TABLE dim_products",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT sum(revenue), count(*), count(DISTINCT order_id) FILTER (WHERE is_refund) FROM fact_sales",
    "SELECT date_trunc('month', date) AS month, product_id, sum(revenue) FROM fact_sales GROUP BY ALL ORDER BY ALL",
    "SELECT product_id FROM fact_sales GROUP BY ROLLUP (product_id, cashier_id) HAVING grouping(product_id) = 0",
    "WITH days AS (SELECT CAST(date AS DATE) AS day, sum(revenue) AS r FROM fact_sales GROUP BY 1) "
    "SELECT day, r, avg(r) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM days",
    "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM A, B",
    "WITH a AS MATERIALIZED (SELECT 1) FROM a",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n",
    "SELECT * FROM fact_sales s JOIN dim_products USING (product_id) LEFT JOIN dim_cashiers c USING (cashier_id)",
    "SELECT * FROM fact_sales s ASOF LEFT JOIN fact_product_cost_events c ON s.product_id = c.product_id "
    "AND s.date >= c.date",
    "SELECT * FROM fact_sales WHERE product_id IN (SELECT product_id FROM dim_products WHERE active)",
    "SELECT * FROM dim_products p WHERE EXISTS (FROM fact_sales s WHERE s.product_id = p.product_id)",
    "SELECT * FROM fact_sales_all, LATERAL (SELECT revenue * 2 AS twice)",
    "SELECT * FROM fact_sales SEMI JOIN dim_products USING (product_id)",
    "SELECT product_id, revenue FROM fact_sales QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY date) = 1",
    "SELECT lag(revenue) OVER w, first_value(revenue IGNORE NULLS) OVER w, ntile(4) OVER w FROM fact_sales "
    "WINDOW w AS (ORDER BY date DESC NULLS LAST)",
    "PIVOT fact_sales ON pos_config_id IN (1, 2) USING sum(revenue) GROUP BY product_id",
    "FROM agg_profit_daily UNPIVOT (v FOR n IN (quantity, gross_profit))",
    "SELECT product_id FROM fact_sales UNION ALL BY NAME SELECT product_id FROM dim_products",
    "SELECT 1 EXCEPT SELECT 2 ORDER BY 1 LIMIT 1 OFFSET 0",
    "SELECT d FROM generate_series(DATE '2025-12-01', DATE '2025-12-31', INTERVAL 1 DAY) AS t(d)",
    "SELECT unnest([1, 2, 3]), {'a': 1}.a, [1, 2][1], MAP {'a': 1}",
    "SELECT u FROM fact_sales, unnest(from_json(payment_method_ids, '[\"BIGINT\"]')) AS t(u)",
    "SELECT json_extract(payment_method_ids, '$[0]'), payment_method_ids ->> 0 FROM fact_sales",
    "SELECT list(product_id ORDER BY revenue DESC), string_agg(order_ref, ', ') FROM fact_sales",
    "SELECT list_sort(list(revenue)), list_transform(list(revenue), lambda x: x * 2), [y FOR y IN [1, 2] IF y > 1] "
    "FROM fact_sales",
    "SELECT strftime(date, '%d-%m-%Y'), extract(dow FROM date), date_diff('day', date, today()) FROM fact_sales",
    "SELECT date + INTERVAL 7 HOURS, date AT TIME ZONE 'Asia/Jakarta', current_date, last_day(date) FROM fact_sales",
    "SELECT CASE WHEN revenue > 0 THEN 'a' ELSE 'b' END, coalesce(customer_id, -1), nullif(revenue, 0), "
    "TRY_CAST(order_ref AS BIGINT), revenue::DECIMAL(12, 2) FROM fact_sales",
    "SELECT lower(product_name) LIKE 'a%', product_name ILIKE '%b%', product_name SIMILAR TO 'c.*' FROM dim_products",
    "SELECT regexp_extract(order_ref, '(\\d+)', 1), replace(order_ref, '/', '-'), lpad(order_ref, 12, '0'), "
    "split_part(order_ref, '/', 1), format('{:,.2f}', revenue), printf('%.1f', revenue) FROM fact_sales",
    "SELECT * EXCLUDE (session_id) REPLACE (round(revenue) AS revenue), COLUMNS('.*_id') FROM fact_sales",
    "SELECT median(revenue), quantile_cont(revenue, 0.9), arg_max(product_id, revenue), "
    "approx_count_distinct(order_id), corr(revenue, quantity), histogram(is_refund) FROM fact_sales",
    "SELECT DISTINCT ON (product_id) * FROM fact_sales ORDER BY product_id, date DESC",
    "SELECT $$it's$$, 'a;b', E'\\n', 'DROP TABLE fact_sales', 'read_text(''x'')'",
    "SELECT revenue AS loaded_days FROM fact_sales",
]  # fmt: skip
"""Queries that people write. Their tables are those of the star schema, all of which are empty here."""


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    guard = Guard(DOCUMENTED)
    yield guard
    guard.close()


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Tables and views without a row, and the ones that nobody may read beside them."""
    with duckdb.connect() as connection:
        for statement in create_statements():
            connection.execute(statement)
        yield connection


@pytest.mark.parametrize("query", GOOD)
def test_a_query_over_documented_tables_is_let_through_and_runs(
    guard: Guard, database: duckdb.DuckDBPyConnection, query: str
) -> None:
    checked = guard.checked(query)
    database.execute(f"SELECT * FROM (\n{checked}\n) LIMIT 10").fetchall()


@pytest.mark.parametrize(
    "query", REFUSED, ids=[query[:60].encode("unicode_escape").decode() for query in REFUSED]
)
def test_everything_else_is_refused_in_a_sentence_and_at_once(guard: Guard, query: str) -> None:
    began = time.perf_counter()
    with pytest.raises(BadQuestionError) as refusal:
        guard.checked(query)
    assert time.perf_counter() - began < 2
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("query", LIMITED)
def test_a_query_that_only_takes_too_much_is_not_the_guard_s_business(guard: Guard, query: str) -> None:
    guard.checked(query)


def test_comments_and_semicolons_around_a_query_are_cut_off_and_nothing_of_it_is(guard: Guard) -> None:
    assert guard.checked("/* a; */ SELECT 'é;' AS a -- b;\n, 2 ; ; -- c") == "SELECT 'é;' AS a -- b;\n, 2 "


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "SELECT * FROM loaded_days",
            "There is no table 'loaded_days' here; /v1/catalog lists what there is.",
        ),
        ("SELECT * FROM duckdb_settings()", "duckdb_settings() is not possible in FROM"),
        ("SELECT getenv('HOME')", "The function getenv() is not possible here."),
        ("DELETE FROM fact_sales", "Only SELECT is possible here"),
        ("SELECT 1; SELECT 2", "One query at a time, please."),
        ("DESCRIBE fact_sales", "/v1/catalog describes every table and column."),
        ("SELECT FROM WHERE", "Parser Error: syntax error"),
        ("SELECT order_ref.upper() FROM fact_sales", "upper(name), not name.upper()"),
        ("PIVOT fact_sales ON product_id USING sum(revenue)", "PIVOT ... ON column IN (value, value)"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(guard: Guard, query: str, words: str) -> None:
    with pytest.raises(BadQuestionError) as refusal:
        guard.checked(query)
    assert words in str(refusal.value)


def test_duckdb_sees_the_same_tables_as_the_guard(guard: Guard) -> None:
    """Which names are common table expressions and which are tables is decided as DuckDB decides it."""
    compared = 0
    with duckdb.connect() as connection:
        for query in (*GOOD, *OTHER_TABLES, *HIDDEN, *READING_FILES):
            try:
                meant = connection.get_table_names(query, qualified=True)
            except duckdb.Error:  # It cannot say without the columns.
                continue
            compared += 1
            names = {name.lower().partition(" as ")[0].removeprefix("main.").strip('"') for name in meant}
            if names - DOCUMENTED.keys():
                with pytest.raises(BadQuestionError):
                    guard.checked(query)
    assert compared > 80


def test_parts_of_a_query_that_nobody_has_looked_at_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new DuckDB may parse more than this one: what is unknown is not allowed by accident."""
    guard = Guard(DOCUMENTED)
    trees = [
        {"type": "NEW_NODE"},
        {"type": "SELECT_NODE", "new_clause": {"type": "EMPTY"}},
        {"type": "NEW", "class": "NEW_EXPRESSION"},
        {"type": "OPERATOR_NEW", "class": "OPERATOR"},
        {"type": "SELECT_NODE", "where_clause": [[{"deep": {"type": "NEW_NODE"}}]]},
    ]
    for tree in trees:
        monkeypatch.setattr(guard, "_tree", lambda _, tree=tree: {"node": tree})
        with pytest.raises(BadQuestionError, match="is not possible here"):
            guard.checked("SELECT 1")
    monkeypatch.setattr(guard, "_tree", lambda _: {"node": {"type": "SELECT_NODE", "new_clause": None}})
    guard.checked("SELECT 1")


def test_a_common_table_expression_is_seen_where_sql_sees_it() -> None:
    """By those after it and inside of what it belongs to; by itself only in the second half of a recursion."""
    entry = {"key": "A", "value": {"query_node": {"type": "BASE_TABLE", "table_name": "first"}}}
    later = {"key": "b", "value": {"query_node": {"type": "BASE_TABLE", "table_name": "second"}}}
    tree = {
        "type": "SELECT_NODE",
        "cte_map": {"map": [entry, later]},
        "from_table": {"type": "BASE_TABLE", "table_name": "third"},
    }
    seen = {place.node.get("table_name"): place.names for place in places(tree)}
    assert [sorted(seen[name]) for name in ("first", "second", "third")] == [[], ["a"], ["a", "b"]]


def test_every_function_that_is_allowed_exists_and_none_is_another_schema_s() -> None:
    """A misspelt name would allow nothing today, and something unknown tomorrow."""
    with duckdb.connect() as connection:
        known = connection.execute(
            "SELECT lower(function_name), list(DISTINCT schema_name), list(DISTINCT function_type) "
            "FROM duckdb_functions() GROUP BY ALL"
        ).fetchall()
        types = {
            name for (name,) in connection.execute("SELECT lower(type_name) FROM duckdb_types()").fetchall()
        }
    schemas = {name: found for name, found, _ in known}
    kinds = {name: set(found) for name, _, found in known}
    by_grammar = {"->", "current_timestamp", "unnest"}
    assert sorted(ALLOWED - schemas.keys() - by_grammar) == [], "misspelt"
    assert {schema for name in ALLOWED - by_grammar for schema in schemas[name]} == {"main"}
    assert not [name for name in ALLOWED - by_grammar if not kinds[name] - {"table", "pragma", "table_macro"}]
    assert sorted(TYPES - types) == []
    assert all("table" in kinds[name] for name in TABLE_FUNCTIONS)


def test_functions_with_side_effects_are_not_allowed() -> None:
    """What DuckDB itself calls volatile is refused, except for chance, which harms nobody."""
    with duckdb.connect() as connection:
        volatile = connection.execute(
            "SELECT lower(function_name) FROM duckdb_functions() WHERE has_side_effects OR stability = 'VOLATILE'"
        ).fetchall()
    assert {name for (name,) in volatile} & ALLOWED == {"random"}
    assert functions.NO_COLUMNS.isdisjoint(ALLOWED)
