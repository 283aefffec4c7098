"""read_group: Odoo 16's groups, aggregates and group domains."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import fsum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nk_demo.orm import errors
from nk_demo.orm.matching import Lookup
from nk_demo.orm.ordering import sort_key
from nk_demo.orm.periods import GRANULARITIES, Period, date_period_of, period_of
from nk_demo.orm.schema import NUMERIC, Field, Model

_AGGREGATE = re.compile(r"(\w+)(?::(\w+)(?:\((\w+)\))?)?$")


def _sum(values: list[Any]) -> float | int:
    return sum(values) if all(isinstance(one, int) for one in values) else round(fsum(values), 6)


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": _sum,
    "min": min,
    "max": max,
    "avg": lambda values: fsum(values) / len(values),
    "array_agg": list,
    "bool_and": all,
    "bool_or": any,
}
_COUNTS: dict[str, Callable[[list[Any]], int]] = {
    "count": len,
    "count_distinct": lambda values: len(set(values)),
}


@dataclass(slots=True, frozen=True)
class Grouping:
    """One entry of `groupby`."""

    spec: str
    field: Field
    granularity: str | None


@dataclass(slots=True, frozen=True)
class Aggregate:
    """One entry of `fields`: the result's name, the function and the field."""

    name: str
    function: str
    field: Field


class Question:
    """One read_group: prepare, then answer from the matching records."""

    def __init__(self, model: Model, lookup: Lookup, tz: str | None, *, lazy: bool) -> None:
        self._model, self._lookup, self._lazy = model, lookup, lazy
        self._zone = _zone(tz)
        self._groupings: list[Grouping] = []
        self._aggregates: list[Aggregate] = []
        self._rest: list[str] = []
        self._last: dict[str, Period] = {}
        self._domain: list[Any] = []

    def prepare(self, fields: list[str] | None, groupby: list[str], domain: list[Any]) -> None:
        """Check the question. Raises what Odoo raises for unknown, unstored or ill-formed fields."""
        now, later = (groupby[:1], groupby[1:]) if self._lazy else (groupby, [])
        self._groupings = [_grouping(self._model, spec) for spec in now]
        self._rest = later
        self._domain = domain
        self._aggregates = list(self._aggregates_of(fields))

    def fields_used(self) -> set[str]:
        """Every field that is grouped by or aggregated."""
        return {one.field.name for one in self._groupings} | {one.field.name for one in self._aggregates}

    def answer(self, records: Iterable[Any], orderby: str | None = None) -> list[dict[str, Any]]:
        """The groups, ordered. Without groupby, one row as the database gives it: `id` is the lowest id,
        empty aggregates are null, and there is no `__domain`."""
        if not self._groupings:
            rows = list(records)
            get = self._lookup.getter(self._model.name, "id")
            return [{"id": min(map(get, rows), default=None), "__count": len(rows), **self._aggregated(rows)}]
        grouped: dict[tuple[Any, ...], list[Any]] = {}
        for record in records:
            for key in self._keys(record):
                grouped.setdefault(key, []).append(record)
        results = [(key, self._row(key, rows), rows) for key, rows in grouped.items()]
        for name, descending in reversed(self._terms(orderby)):
            results.sort(key=self._order_key(name), reverse=descending)
        return [row for _, row, _ in results]

    def _aggregates_of(self, fields: list[str] | None) -> Iterator[Aggregate]:
        grouped = {one.field.name for one in self._groupings}
        names: set[str] = set()
        for spec in fields or [one.name for one in self._model.fields.values() if one.store]:
            aggregate = _aggregate(self._model, spec)
            if aggregate is None or aggregate.field.name in grouped:
                continue
            if aggregate.name in names:
                raise errors.user_error(f"Output name {aggregate.name!r} is used twice.")
            names.add(aggregate.name)
            yield aggregate

    def _keys(self, record: Any) -> list[tuple[Any, ...]]:
        keys: list[tuple[Any, ...]] = [()]
        for one in self._groupings:
            value = self._lookup.getter(self._model.name, one.field.name)(record)
            if one.granularity and value is not None:
                value = self._period(one, value)
            values = (value or (None,)) if one.field.type == "many2many" else (value,)
            keys = [(*key, each) for key in keys for each in values]
        return keys

    def _period(self, one: Grouping, text: str) -> Period:
        """The period of a text; rows come day by day, so it is mostly the one before."""
        last = self._last.get(one.spec)
        if last is None or not last.start <= text < last.end:
            granularity = one.granularity or "month"
            if one.field.type == "date":
                last = date_period_of(text, granularity)
            else:
                last = period_of(text, granularity, self._zone)
            self._last[one.spec] = last
        return last

    def _row(self, key: tuple[Any, ...], rows: list[Any]) -> dict[str, Any]:
        first = self._groupings[0].field.name
        row: dict[str, Any] = {f"{first}_count" if self._lazy else "__count": len(rows)}
        row |= {name: False if value is None else value for name, value in self._aggregated(rows).items()}
        sections: list[list[Any]] = []
        for one, value in zip(self._groupings, key, strict=True):
            row[one.spec] = self._shown(one, value)
            if one.granularity:
                bounds = {"from": value.start, "to": value.end} if value else False
                row.setdefault("__range", {})[one.spec] = bounds
            sections.append(_section(one.field.name, value))
        row["__domain"] = _and([*sections, self._domain])
        if self._rest:
            row["__context"] = {"group_by": self._rest}
        return row

    def _shown(self, one: Grouping, value: Any) -> Any:
        if value is None:
            return False
        if isinstance(value, Period):
            return value.label
        if one.field.relation:
            return [value, self._lookup.label(one.field.relation, value)]
        return value[:19] if one.field.type == "datetime" else value

    def _aggregated(self, rows: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in self._aggregates:
            get = self._lookup.getter(self._model.name, one.field.name)
            values = [value for value in map(get, rows) if value is not None]
            if one.function in _COUNTS:
                found[one.name] = _COUNTS[one.function](values)
            else:
                result: Any = _FUNCTIONS[one.function](values) if values else None
                found[one.name] = result[:19] if one.field.type == "datetime" and result else result
        return found

    def _terms(self, orderby: str | None) -> list[tuple[str, bool]]:
        if not orderby:
            return [(one.spec, False) for one in self._groupings]
        terms = []
        for part in orderby.split(","):
            words = part.split()
            terms.append((words[0], len(words) > 1 and words[1].lower() == "desc"))
        return terms

    def _order_key(self, name: str) -> Callable[[tuple[Any, dict[str, Any], list[Any]]], Any]:
        for place, one in enumerate(self._groupings):
            if name in {one.spec, one.field.name}:
                if one.field.type == "many2one":
                    by_relation = sort_key(self._model, one.field.name, self._lookup)
                    return lambda entry: by_relation(entry[2][0]) if by_relation else 0
                return lambda entry: (entry[0][place] is None, entry[0][place] or 0)
        if name in {one.name for one in self._aggregates}:
            return lambda entry: (entry[1][name] is False, entry[1][name])
        return lambda _entry: 0


def _zone(tz: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(tz or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _grouping(model: Model, spec: str) -> Grouping:
    name, _, granularity = spec.partition(":")
    field = model.fields.get(name)
    if field is None:
        raise errors.user_error(f"Unknown field {name!r} in 'groupby'")
    if not (field.column or (field.kept and field.type == "many2many")):
        raise errors.user_error(
            f"Field {model.name}.{name} is not a stored field, only stored fields (regular or many2many) are "
            "valid for the 'groupby' parameter"
        )
    if field.type not in {"date", "datetime"}:
        return Grouping(spec, field, None)
    if granularity and granularity not in GRANULARITIES:
        raise errors.user_error(f"Invalid granularity {granularity!r}")
    return Grouping(spec, field, granularity or "month")


def _aggregate(model: Model, spec: str) -> Aggregate | None:
    """An entry of `fields`; None for one that stands for nothing (no default function, or a pseudo-field)."""
    if spec in {"sequence", "__count"}:
        return None
    match = _AGGREGATE.match(spec)
    if match is None:
        raise errors.user_error(f"Invalid field specification {spec!r}.")
    name, function, source = match.groups()
    source = source or name
    field = model.fields.get(source)
    if field is None:
        raise errors.invalid_field(model.name, source)
    if not function:
        return (
            Aggregate(name, "sum", field) if field.column and field.type in NUMERIC and name != "id" else None
        )
    if not field.column:
        raise errors.user_error(f"Cannot aggregate field {source!r}.")
    if function.lower() not in {*_FUNCTIONS, *_COUNTS}:
        raise errors.user_error(f"Invalid aggregation function {function!r}.")
    return Aggregate(name, function.lower(), field)


def _section(name: str, value: Any) -> list[Any]:
    if isinstance(value, Period):
        return ["&", [name, ">=", value.start], [name, "<", value.end]]
    return [[name, "=", False if value is None else value]]


def _and(domains: list[list[Any]]) -> list[Any]:
    parts = [_normalized(domain) for domain in domains if domain]
    return ["&"] * (len(parts) - 1) + [token for part in parts for token in part]


def _normalized(domain: list[Any]) -> list[Any]:
    """The domain with its implicit `&` written out, as Odoo's normalize_domain has it."""
    result: list[Any] = []
    expected = 1
    for token in domain:
        if expected == 0:
            result.insert(0, "&")
            expected = 1
        if isinstance(token, list | tuple):
            expected -= 1
            token = list(token)  # noqa: PLW2901
        else:
            expected += {"!": 0}.get(token, 1)
        result.append(token)
    return result
