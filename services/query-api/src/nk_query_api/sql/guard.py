"""What of SQL is let through: one SELECT over the documented tables. Text in, text out; nothing of it is run.

DuckDB itself parses the text, in a database of its own without tables, files or network. What it understood is
then compared with what is allowed, part by part. The serving database is closed to the outside as well, and
read-only within the transaction; this is the first line of defence, not the only one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from typing import Any

import duckdb

from nk_query_api.errors import BadQuestionError
from nk_query_api.sql.calls import check_call
from nk_query_api.sql.functions import NO_COLUMNS, TABLE_FUNCTIONS, TYPES
from nk_query_api.sql.shapes import WORDS, Node, kind_of, stranger
from nk_query_api.sql.size import check_size
from nk_query_api.sql.text import checked_text
from nk_query_api.sql.tree import Place, places

_ONLY_SELECT = "Only SELECT is possible here: one query over the tables of /v1/catalog."
_CONFIG: dict[str, Any] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
    "memory_limit": "200MB",
    "threads": 1,
}


class Guard:
    """Lets queries over `tables` through. May be used from any thread."""

    def __init__(self, tables: Collection[str]) -> None:
        self._tables = frozenset(name.lower() for name in tables)
        self._one_at_a_time = threading.Lock()
        self._parser = duckdb.connect(config=_CONFIG)

    def checked(self, text: str) -> str:
        """The query itself, without a semicolon behind it. Raises BadQuestionError, which says what is wrong."""
        query = checked_text(text)
        with self._one_at_a_time:
            tree = self._parsed(query)
        check_size(tree)
        for place in places(tree["node"]):
            self._check(place)
        return query

    def close(self) -> None:
        self._parser.close()

    def _parsed(self, text: str) -> Node:
        try:
            statements = self._parser.extract_statements(text)
        except duckdb.Error as error:
            raise BadQuestionError(f"This is not SQL that DuckDB understands: {_first_line(error)}") from None
        if len(statements) != 1:
            raise BadQuestionError("One query at a time, please." if statements else "There is no query.")
        kind = _kind(statements[0])
        if kind == duckdb.StatementType.MULTI:
            raise BadQuestionError("A PIVOT must say its columns: PIVOT ... ON column IN (value, value).")
        if kind != duckdb.StatementType.SELECT:
            raise BadQuestionError(_ONLY_SELECT)
        return self._tree(text)

    def _tree(self, text: str) -> Node:
        found = self._parser.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchone()
        try:
            document: Any = json.loads(found[0]) if found else {"error": True}
        except RecursionError:
            raise BadQuestionError("The query is nested too deeply; take it apart with WITH.") from None
        if document["error"] or len(document["statements"]) != 1:
            raise BadQuestionError(_ONLY_SELECT)
        tree: Node = document["statements"][0]
        return tree

    def _check(self, place: Place) -> None:
        node, kind = place.node, kind_of(place.node) or ""
        odd = stranger(node, kind)
        if odd:
            raise BadQuestionError(WORDS.get(odd, f"{odd.replace('_', ' ')} is not possible here."))
        if kind == "BASE_TABLE":
            self._check_table(node, place.names)
        elif kind == "TABLE_FUNCTION":
            _check_table_function(node)
        elif kind in ("FUNCTION", "WINDOW"):
            check_call(node)
        elif kind == "TYPE":
            _check_type(node)
        elif kind == "COLUMN_REF":
            _check_column(node)

    def _check_table(self, node: Node, names: frozenset[str]) -> None:
        name, schema = node["table_name"], node["schema_name"]
        path = [schema, name] if schema else [name]
        if node["qualified_name"] != {"path": path}:
            raise BadQuestionError(WORDS["catalog_name"])
        known = name.lower() in self._tables or (not schema and name.lower() in names)
        if not known or schema.lower() not in ("", "main"):
            raise BadQuestionError(
                f"There is no table {'.'.join(path)!r} here; /v1/catalog lists what there is."
            )


def _kind(statement: duckdb.Statement) -> duckdb.StatementType | None:
    """None for kinds that DuckDB's own Python package has no name for."""
    try:
        return statement.type
    except ValueError:
        return None


def _check_table_function(node: Node) -> None:
    function = node["function"]
    odd = stranger(function, "FUNCTION") if kind_of(function) == "FUNCTION" else str(function.get("type"))
    name = str(function.get("function_name")).lower()
    if (
        odd
        or name not in TABLE_FUNCTIONS
        or function["qualified_name"] != {"path": [function["function_name"]]}
    ):
        raise BadQuestionError(
            f"{name}() is not possible in FROM; besides tables there are {', '.join(sorted(TABLE_FUNCTIONS))}."
        )
    if function.get("filter") or (function.get("order_bys") or {}).get("orders"):
        raise BadQuestionError(f"{name}() takes no FILTER and no ORDER BY.")


def _check_type(node: Node) -> None:
    name = node["type_name"]
    if name.lower() not in TYPES or node["qualified_name"] != {"path": [name]}:
        raise BadQuestionError(f"The type {name} is not possible here.")


def _check_column(node: Node) -> None:
    names = node["column_names"]
    if len(names) == 1 and names[0].lower() in NO_COLUMNS:
        raise BadQuestionError(
            f"{names[0]} is not possible here: SQL takes it for a function, not for a column."
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
