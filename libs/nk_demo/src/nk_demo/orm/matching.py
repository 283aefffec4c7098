"""From a domain's tree to a function that says whether a record matches."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from nk_demo.orm import errors
from nk_demo.orm.domain import Constant, Junction, Leaf, Node
from nk_demo.orm.schema import NUMERIC, TO_MANY, Field, Model

Predicate = Callable[[Any], bool]
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?\s*(?:Z|[+-]\d\d(?::?\d\d)?)?"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class Lookup(Protocol):
    """What matching needs of the models: fields, raw values, records by id, names, and the tree of parents."""

    def model(self, name: str) -> Model: ...
    def getter(self, model: str, field: str) -> Callable[[Any], Any]: ...
    def record(self, model: str, record_id: int) -> Any: ...
    def label(self, model: str, record_id: int) -> str: ...
    def relatives(self, model: str, ids: list[int], operator: str) -> set[int]: ...


def compile_node(node: Node, model: Model, lookup: Lookup) -> Predicate:
    """The predicate of a tree over records of `model`. Raises the server's errors for unknown fields."""
    if isinstance(node, Constant):
        value = node.value
        return lambda _record: value
    if isinstance(node, Junction):
        left = compile_node(node.left, model, lookup)
        right = compile_node(node.right, model, lookup)
        if node.operator == "&":
            return lambda record: left(record) and right(record)
        return lambda record: left(record) or right(record)
    predicate = _compile_leaf(node, node.path, model, lookup)
    return (lambda record: not predicate(record)) if node.negated else predicate


def _compile_leaf(leaf: Leaf, path: tuple[str, ...], model: Model, lookup: Lookup) -> Predicate:
    field = model.fields.get(path[0])
    if field is None:
        raise errors.invalid_field_in_leaf(model.name, path[0], leaf.source)
    get = lookup.getter(model.name, field.name)
    if len(path) > 1:
        if not field.relation:
            raise errors.invalid_field_in_leaf(model.name, ".".join(path), leaf.source)
        return _through(
            field, get, _compile_leaf(leaf, path[1:], lookup.model(field.relation), lookup), lookup
        )
    if leaf.operator in {"child_of", "parent_of"}:
        return _hierarchy(field, get, leaf, model, lookup)
    if field.type in TO_MANY:
        return _to_many(field, get, leaf, lookup)
    if field.type == "many2one":
        return _many2one(field, get, leaf, lookup)
    return _scalar(field, get, leaf.operator, leaf.value)


def _through(field: Field, get: Predicate, inner: Predicate, lookup: Lookup) -> Predicate:
    """A condition on the other record(s) of a relation; each other record is judged once."""
    judged: dict[int, bool] = {}

    def judge(other: int) -> bool:
        if other not in judged:
            record = lookup.record(field.relation, other)
            judged[other] = record is not None and inner(record)
        return judged[other]

    if field.type in TO_MANY:
        return lambda record: any(judge(other) for other in _many(get(record)))

    def one(record: Any) -> bool:
        other = get(record)
        return other is not None and judge(other)

    return one


def _many(value: Any) -> Any:
    return value or ()


def _hierarchy(
    field: Field, get: Callable[[Any], Any], leaf: Leaf, model: Model, lookup: Lookup
) -> Predicate:
    name = model.name if field.name == "id" else field.relation
    values = leaf.value if isinstance(leaf.value, list | tuple) else [leaf.value]
    ids = lookup.relatives(name, [value for value in values if isinstance(value, int)], leaf.operator)
    if field.type in TO_MANY:
        return lambda record: not ids.isdisjoint(_many(get(record)))
    return lambda record: get(record) in ids


def _to_many(field: Field, get: Callable[[Any], Any], leaf: Leaf, lookup: Lookup) -> Predicate:
    operator, value = leaf.operator, leaf.value
    if operator in {"=", "!="} and (value is False or value is None):
        empty = operator == "="
        return lambda record: (not get(record)) is empty
    if _is_text(operator, value):
        wanted = _by_label(field, operator, value, lookup)
        positive = not operator.startswith(("not", "!"))
        return lambda record: any(wanted(other) for other in _many(get(record))) is positive
    ids = set(value if isinstance(value, list | tuple) else [value])
    positive = operator in {"=", "in"}
    return lambda record: ids.isdisjoint(_many(get(record))) is not positive


def _many2one(field: Field, get: Callable[[Any], Any], leaf: Leaf, lookup: Lookup) -> Predicate:
    operator, value = leaf.operator, leaf.value
    if not _is_text(operator, value):
        return _scalar(field, get, operator, value)
    wanted = _by_label(field, operator, value, lookup)
    positive = not operator.startswith(("not", "!"))

    def named(record: Any) -> bool:
        other = get(record)
        return (other is not None and wanted(other)) is positive

    return named


def _is_text(operator: str, value: Any) -> bool:
    return "like" in operator or isinstance(value, str)


def _by_label(field: Field, operator: str, value: Any, lookup: Lookup) -> Callable[[int], bool]:
    """Whether a related record's name fits, ignoring the operator's own negation."""
    text = _pattern(operator, str(value)) if "like" in operator else None
    known: dict[int, bool] = {}

    def fits(other: int) -> bool:
        if other not in known:
            name = lookup.label(field.relation, other)
            known[other] = bool(text.search(name)) if text else name == value
        return known[other]

    return fits


def _pattern(operator: str, value: str) -> re.Pattern[str]:
    """SQL's LIKE: `%` any text, `_` any character; without `=` in the operator the value may be anywhere."""
    body = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in value)
    flags = re.DOTALL | (re.IGNORECASE if "ilike" in operator else 0)
    return re.compile(rf"\A{body}\Z" if operator.startswith("=") else body, flags)


def _scalar(field: Field, get: Callable[[Any], Any], operator: str, value: Any) -> Predicate:
    if operator == "=?":
        if value is False or value is None:
            return lambda _record: True
        operator = "="
    if "like" in operator:
        return _like(get, operator, value)
    if operator in {"in", "not in"}:
        return _in(field, get, operator == "in", value)
    if operator in {"=", "!="}:
        return _equal(field, get, operator == "=", value)
    compare, wanted = _COMPARE[operator], literal(field, operator, value)
    if wanted is None:
        return lambda _record: False

    def compared(record: Any) -> bool:
        held = get(record)
        return held is not None and compare(held, wanted)

    return compared


def _like(get: Callable[[Any], Any], operator: str, value: Any) -> Predicate:
    text, positive = _pattern(operator, str(value)), not operator.startswith("not")

    def like(record: Any) -> bool:
        held = get(record)
        return (held is not None and bool(text.search(str(held)))) is positive

    return like


def _equal(field: Field, get: Callable[[Any], Any], equal: bool, value: Any) -> Predicate:
    wanted = literal(field, "=", value)
    if field.type == "boolean":
        return lambda record: (bool(get(record)) is bool(wanted)) is equal
    if wanted is None:
        return lambda record: (get(record) is None) is equal
    return lambda record: (get(record) == wanted) is equal


def _in(field: Field, get: Callable[[Any], Any], inside: bool, values: Any) -> Predicate:
    wanted = {literal(field, "=", value) for value in values}
    if field.type == "boolean":
        truths = {bool(value) for value in wanted}
        return lambda record: (bool(get(record)) in truths) is inside
    # None in the set stands for null; without it `not in` lets nulls through, as Odoo's SQL does.
    return lambda record: (get(record) in wanted) is inside


def literal(field: Field, operator: str, value: Any) -> Any:
    """A domain's value as the column holds it; None for null. Raises PostgreSQL's complaints."""
    if field.type == "boolean":
        return bool(value)
    if value is False or value is None:
        return None
    if field.type == "datetime":
        return timestamp(value, operator) if isinstance(value, str) else value
    if field.type == "date":
        return timestamp(value, operator)[:10] if isinstance(value, str) else value
    if field.type in NUMERIC and isinstance(value, str):
        return _number(value)
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise errors.OdooError(
            "psycopg2.errors.InvalidTextRepresentation", f'invalid input syntax for type numeric: "{text}"\n'
        ) from None


def timestamp(text: str, operator: str) -> str:
    """A datetime value as text. A bare date is its first second, or its last one after `>` and `<=`; an offset
    is ignored, as PostgreSQL ignores it for a timestamp without time zone."""
    full = text
    if len(text) == 10:
        full += " 23:59:59" if operator in {">", "<="} else " 00:00:00"
    match = _TIMESTAMP.fullmatch(full)
    if match is None:
        raise errors.bad_date(full)
    day, time = match.groups()
    time = time or "00:00:00"
    result = f"{day} {time if len(time) > 5 else time + ':00'}"
    try:
        datetime.fromisoformat(result[:19])
    except ValueError:
        raise errors.bad_date(full) from None
    return result
