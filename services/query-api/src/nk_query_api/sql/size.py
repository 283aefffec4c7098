"""How big a parsed query may be: planning cannot be interrupted, so what makes it long is refused."""

from __future__ import annotations

from collections.abc import Iterator

from nk_query_api.errors import BadQuestionError
from nk_query_api.sql.shapes import Node, kind_of
from nk_query_api.sql.tree import parts, places

_MAX_TABLES = 40
_MAX_STARS = 20
_MAX_LAMBDAS = 3
_MAX_EXPANDED = 20_000


def check_size(tree: Node) -> None:
    """Raises BadQuestionError."""
    tables = stars = 0
    for place in places(tree["node"]):
        kind = kind_of(place.node)
        tables += kind in ("BASE_TABLE", "TABLE_FUNCTION")
        stars += kind == "STAR"
        if place.lambdas > _MAX_LAMBDAS:
            raise BadQuestionError(f"Lambdas can be nested {_MAX_LAMBDAS} deep.")
        if kind == "SELECT_NODE" and _expanded(place.node) > _MAX_EXPANDED:
            raise BadQuestionError(
                "Columns of this query are made of each other too often; use WITH for the steps."
            )
    if tables > _MAX_TABLES:
        raise BadQuestionError(f"The query names {tables} tables; at most {_MAX_TABLES} are possible.")
    if stars > _MAX_STARS:
        raise BadQuestionError(f"The query has {stars} times *; at most {_MAX_STARS} are possible.")
    for node in parts(tree["node"]):
        _check_ways(node)


def _check_ways(node: Node) -> None:
    """A WITH that is written out anew wherever it is used doubles with every step."""
    for entry in (node.get("cte_map") or {}).get("map", ()):
        if entry["value"].get("materialized") == "CTE_MATERIALIZE_NEVER":
            raise BadQuestionError("NOT MATERIALIZED is not possible here; leave it out.")


def _expanded(select: Node) -> int:
    """Parts that a SELECT has once every use of a column's alias is replaced by what the alias stands for."""
    sizes: dict[str, int] = {}
    total = 0
    for column in select.get("select_list") or ():
        size = sum(sizes.get(name, 1) for name in _names(column))
        total += size
        alias = str(column.get("alias") or "").lower()
        if alias:
            sizes[alias] = max(size, sizes.get(alias, 1))
    others = [value for key, value in select.items() if key not in ("select_list", "cte_map", "from_table")]
    return total + sum(sizes.get(name, 1) for name in _names(others))


def _names(value: object) -> Iterator[str]:
    """One name for every part of an expression: that of a column, and an empty one for the rest."""
    for node in parts(value):
        names = node.get("column_names") or [""]
        yield names[0].lower() if len(names) == 1 else ""
