"""Search domains: from the prefix list a client sends to a tree, with Odoo's complaints about bad ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from nk_demo.orm import errors

OPERATORS = frozenset(
    {
        "=", "!=", "<>", ">", ">=", "<", "<=", "in", "not in", "like", "not like", "ilike", "not ilike", "=like",
        "=ilike", "=?", "child_of", "parent_of",
    }
)  # fmt: skip
_INVERSE = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in",
    "like": "not like", "not like": "like", "ilike": "not ilike", "not ilike": "ilike",
}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Leaf:
    """One condition; `negated` only where its operator has no inverse."""

    path: tuple[str, ...]
    operator: str
    value: Any
    source: tuple[Any, ...]
    negated: bool = False


@dataclass(slots=True, frozen=True)
class Constant:
    """The leaves (1, '=', 1) and (0, '=', 1)."""

    value: bool


@dataclass(slots=True, frozen=True)
class Junction:
    """Both (`&`) or either (`|`) of two parts."""

    operator: str
    left: "Node"
    right: "Node"


Node = Leaf | Constant | Junction
EVERYTHING = Constant(value=True)


def parse(domain: Any) -> Node:
    """The tree of a domain; implicit `&` between parts, `!` moved into the leaves as Odoo does."""
    if not isinstance(domain, list | tuple):
        raise errors.not_a_domain()
    tokens = iter(domain)
    tree: Node | None = None
    for token in tokens:
        part = _part(token, tokens, domain, negate=False)
        tree = part if tree is None else Junction("&", tree, part)
    return EVERYTHING if tree is None else tree


def _part(token: Any, rest: Iterator[Any], domain: Any, *, negate: bool) -> Node:
    if isinstance(token, str) and token in {"&", "|", "!"}:
        try:
            if token == "!":  # noqa: S105
                return _part(next(rest), rest, domain, negate=not negate)
            left = _part(next(rest), rest, domain, negate=negate)
            right = _part(next(rest), rest, domain, negate=negate)
        except StopIteration:
            raise errors.unbalanced_domain(domain) from None
        operator = {"&": "|", "|": "&"}[token] if negate else token
        return Junction(operator, left, right)
    return _leaf(token, negate=negate)


def _leaf(token: Any, *, negate: bool) -> Node:
    if not isinstance(token, list | tuple) or len(token) != 3:
        raise errors.invalid_leaf(token)
    left, operator, value = token
    operator = operator.lower() if isinstance(operator, str) else operator
    if left in (0, 1) and not isinstance(left, str) and operator == "=" and value == 1:
        return Constant((left == 1) is not negate)
    if not isinstance(left, str) or operator not in OPERATORS:
        raise errors.invalid_leaf(token)
    leaf = _normal(Leaf(tuple(left.split(".")), operator, value, tuple(token)))
    if not negate:
        return leaf
    inverse = _INVERSE.get(leaf.operator)
    return replace(leaf, operator=inverse) if inverse else replace(leaf, negated=True)


def _normal(leaf: Leaf) -> Leaf:
    """`=` with a list means `in`, `in` with a boolean means `=`, `<>` means `!=`; other scalars are wrapped."""
    operator, value = leaf.operator, leaf.value
    if operator == "<>":
        operator = "!="
    if operator in {"in", "not in"} and isinstance(value, bool):
        operator = "=" if operator == "in" else "!="
    elif operator in {"in", "not in"} and not isinstance(value, list | tuple):
        value = [value]
    elif operator in {"=", "!="} and isinstance(value, list | tuple):
        operator = "in" if operator == "=" else "not in"
    return replace(leaf, operator=operator, value=value)


def leaves(node: Node) -> Iterator[Leaf]:
    """Every leaf of a tree."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Junction):
        yield from leaves(node.left)
        yield from leaves(node.right)


def conjuncts(node: Node) -> Iterator[Node]:
    """The parts that must all hold."""
    if isinstance(node, Junction) and node.operator == "&":
        yield from conjuncts(node.left)
        yield from conjuncts(node.right)
    else:
        yield node
