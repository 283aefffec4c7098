"""The parts of a parsed query that are known, with what they may carry.

DuckDB describes a parsed query as JSON (`json_serialize_sql`): objects that have a `type`, expressions also a
`class`. A part of another kind, or one that carries something that is not named here, is refused: what a later
DuckDB can do beyond this is not allowed by accident.
"""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]

_WHERE = "type class alias query_location query_location_length"
_KEYS = {
    # Queries
    "SELECT_NODE": "modifiers cte_map select_list from_table where_clause group_expressions group_sets "
    "aggregate_handling having qualify",
    "SET_OPERATION_NODE": "modifiers cte_map setop_type setop_all left right children",
    "RECURSIVE_CTE_NODE": "modifiers cte_map cte_name union_all left right aliases key_targets",
    # What follows a query
    "ORDER_MODIFIER": "orders",
    "LIMIT_MODIFIER": "limit offset limit_type",
    "DISTINCT_MODIFIER": "distinct_on_targets",
    "ORDER_DEFAULT": "null_order expression",
    "ASCENDING": "null_order expression",
    "DESCENDING": "null_order expression",
    # What stands in FROM
    "BASE_TABLE": "schema_name table_name column_name_alias qualified_name",
    "TABLE_FUNCTION": "function column_name_alias with_ordinality",
    "SUBQUERY_TABLE": "subquery column_name_alias",
    "JOIN": "left right condition join_type ref_type using_columns delim_flipped duplicate_eliminated_columns "
    "is_implicit ranking_expression nearest_count nearest_order_type nearest_approx",
    "EXPRESSION_LIST": "expected_names expected_types values",
    "EMPTY": "",
    "PIVOT": "source aggregates unpivot_names pivots groups column_name_alias include_nulls",
    # Expressions
    "BETWEEN": "input lower upper",
    "CASE": "case_checks else_expr",
    "CAST": "child type_expr try_cast",
    "COLLATE": "child collation",
    "COLUMN_REF": "column_names",
    "COMPARISON": "left right",
    "CONJUNCTION": "children",
    "CONSTANT": "literal",
    "FUNCTION": "function_name filter order_bys distinct is_operator arguments qualified_name",
    "LAMBDA": "lhs expr syntax_type",
    "OPERATOR": "children",
    "POSITIONAL_REFERENCE": "index",
    "STAR": "relation_name exclude_list replace_list rename_list qualified_exclude_list columns expr",
    "SUBQUERY": "subquery subquery_type child comparison_type",
    "TYPE": "type_name children qualified_name",
    "WINDOW": "function_name partitions orders start end start_expr end_expr offset_expr default_expr ignore_nulls "
    "has_ignore_nulls filter_expr exclude_clause distinct arguments arg_orders qualified_name",
}  # fmt: skip
KEYS: dict[str, frozenset[str]] = {
    kind: frozenset(f"{_WHERE} {keys}".split()) for kind, keys in _KEYS.items()
}

_OPERATORS = """
    COMPARE_IN COMPARE_NOT_IN OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_NULLIF
    OPERATOR_TRY OPERATOR_UNPACK ARRAY_EXTRACT ARRAY_SLICE ARRAY_CONSTRUCTOR STRUCT_EXTRACT GROUPING_FUNCTION
"""
OPERATORS = frozenset(_OPERATORS.split())

WORDS = {
    "SHOW_REF": "DESCRIBE, SHOW and SUMMARIZE are not possible here; /v1/catalog describes every table and column.",
    "PARAMETER": "Placeholders ($1, ?) are not possible here; write the values into the query.",
    "DEFAULT": "DEFAULT is not possible here.",
    "INSERT_QUERY_NODE": "Only SELECT is possible here: nothing can be changed.",
    "UPDATE_QUERY_NODE": "Only SELECT is possible here: nothing can be changed.",
    "DELETE_QUERY_NODE": "Only SELECT is possible here: nothing can be changed.",
    "sample": "Samples (USING SAMPLE, TABLESAMPLE) are not possible here; use LIMIT.",
    "at_clause": "AT is not possible here: the tables have no past versions.",
    "schema": "Functions and types are named without a schema or a column before them: upper(name), not name.upper().",
    "catalog": "Functions and types are named without a database before them.",
    "catalog_name": "Tables are named without a database before them.",
}
"""How a refusal is said, where there is more to say than that it is one."""


def kind_of(node: Node) -> str | None:
    """Which part of a query an object is; None for one that only holds others together."""
    kind = node.get("type")
    if not isinstance(kind, str):
        return None
    if "class" in node:
        return str(node["class"])
    return "SUBQUERY_TABLE" if kind == "SUBQUERY" else kind


def stranger(node: Node, kind: str) -> str | None:
    """What makes the object unacceptable: its kind, or something that it carries. None if nothing does."""
    keys = KEYS.get(kind)
    if keys is None:
        return kind
    if kind == "OPERATOR" and node["type"] not in OPERATORS:
        return str(node["type"])
    # What is not used is there all the same, empty.
    return next((key for key, value in node.items() if key not in keys and value not in _NOTHING), None)


_NOTHING: tuple[Any, ...] = (None, False, "", [], {})
