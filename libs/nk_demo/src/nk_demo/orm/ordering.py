"""`order` as Odoo reads it: several fields, nulls last going up and first going down, relations by their own order."""

import re
from collections.abc import Callable
from typing import Any

from nk_demo.orm import errors
from nk_demo.orm.matching import Lookup
from nk_demo.orm.schema import Model

_ORDER = re.compile(r"^(\s*([a-z0-9:_]+|\"[a-z0-9:_]+\")(\s+(asc|desc))?\s*(,|$))+(?<!,)$", re.IGNORECASE)
Term = tuple[str, bool]


def parse_order(text: str | bool | None, model: Model) -> list[Term]:
    """(field, descending) pairs; the model's own order without a text. Raises the server's errors."""
    wanted = text or model.order
    if not isinstance(wanted, str) or not _ORDER.match(wanted):
        raise errors.bad_order(str(wanted))
    terms = []
    for part in wanted.split(","):
        words = part.split()
        name = words[0].strip('"')
        if name not in model.fields:
            raise errors.invalid_field(model.name, name)
        terms.append((name, len(words) > 1 and words[1].lower() == "desc"))
    return terms


def sort_records(records: list[Any], terms: list[Term], model: Model, lookup: Lookup) -> list[Any]:
    """Records in order: stable, by the last term first. A field without a column does not order, as in Odoo."""
    ordered = list(records)
    for name, descending in reversed(terms):
        key = sort_key(model, name, lookup)
        if key is not None:
            ordered.sort(key=key, reverse=descending)
    return ordered


def sort_key(model: Model, name: str, lookup: Lookup) -> Callable[[Any], Any] | None:
    """A key that puts nulls last; None if the field has no column."""
    field = model.fields[name]
    if not field.column and name != "display_name":
        return None
    get = lookup.getter(model.name, name)
    if field.type != "many2one":
        return lambda record: _null_last(get(record))
    rank = _Rank(lookup, field.relation)
    return lambda record: _null_last(get(record), rank)


def _null_last(value: Any, rank: "Callable[[Any], Any] | None" = None) -> tuple[bool, Any]:
    if value is None:
        return (True, 0)
    return (False, rank(value) if rank else value)


class _Rank:
    """Sorts ids of a relation by that model's own first order field, then by id."""

    def __init__(self, lookup: Lookup, relation: str) -> None:
        self._lookup, self._relation = lookup, relation
        self._known: dict[int, Any] = {}

    def __call__(self, record_id: int) -> Any:
        if record_id not in self._known:
            self._known[record_id] = self._rank(record_id)
        return self._known[record_id]

    def _rank(self, record_id: int) -> tuple[Any, int]:
        record = self._lookup.record(self._relation, record_id)
        if record is None:
            return ((True, ""), record_id)
        model = self._lookup.model(self._relation)
        first, descending = parse_order(None, model)[0]
        if first == "id" or descending:
            return ((False, ""), -record_id if descending else record_id)
        value = self._lookup.getter(self._relation, first)(record)
        return ((value is None, "" if value is None else str(value)), record_id)
