"""Walking through a parsed query. No recursion: a sum of a thousand terms is nested a thousand times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nk_query_api.sql.shapes import Node, kind_of


@dataclass(frozen=True)
class Place:
    """A part of a query: `names` are the common table expressions that it can see, in lower case."""

    node: Node
    names: frozenset[str]
    lambdas: int


def places(root: Any) -> Iterator[Place]:
    """Every part of a query that has a kind, outer ones first."""
    waiting: list[tuple[Any, frozenset[str], int]] = [(root, frozenset(), 0)]
    while waiting:
        value, names, lambdas = waiting.pop()
        if isinstance(value, list):
            waiting.extend((one, names, lambdas) for one in value)
        elif isinstance(value, dict):
            kind = kind_of(value)
            lambdas += kind == "LAMBDA"
            if kind:
                yield Place(value, names, lambdas)
            waiting.extend((part, seen, lambdas) for part, seen in _parts(value, kind, names))


def parts(root: Any) -> Iterator[Node]:
    """The same without what can be seen from where."""
    return (place.node for place in places(root))


def _parts(node: Node, kind: str | None, names: frozenset[str]) -> Iterator[tuple[Any, frozenset[str]]]:
    """What the object holds, each with the names that can be seen there."""
    inner = names
    for entry in (node.get("cte_map") or {}).get("map", ()):
        # An expression sees those before it, and never itself: there the name is still that of a table.
        yield entry["value"], inner
        inner |= {entry["key"].lower()}
    if kind == "RECURSIVE_CTE_NODE":
        yield node["left"], inner
        yield node["right"], inner | {node["cte_name"].lower()}
    if kind == "TABLE_FUNCTION":
        yield node["function"].get("arguments"), inner
    done = _SEPARATELY.get(kind or "", frozenset({"cte_map"}))
    yield from ((value, inner) for key, value in node.items() if key not in done)


_SEPARATELY = {
    "RECURSIVE_CTE_NODE": frozenset({"cte_map", "left", "right"}),
    "TABLE_FUNCTION": frozenset({"cte_map", "function"}),
}
