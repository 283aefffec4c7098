"""What the extractor needs of Odoo, whatever the transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from nk_common.errors import IncompleteReadError, NkError, OdooRefusedError
from nk_extractor.odoo.columns import to_table
from nk_extractor.odoo.refusals import UnknownModelError

Row = dict[str, Any]
Domain = list[Any]
COUNTED_STATES = ["paid", "done", "invoiced"]


class Transport(Protocol):
    """One call to one model. Implementations retry nothing and raise the errors of `nk_common.errors`."""

    def call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Raises OdooUnavailableError (may pass) or OdooRefusedError (will not)."""
        ...


@runtime_checkable
class Connected(Protocol):
    """A transport that goes to a server."""

    def server_version(self) -> str:
        """Such as "16.0"."""
        ...

    def close(self) -> None:
        """Lets go of idle connections."""
        ...


class OdooClient:
    """Reads that keep the promise: every row that was asked for, or an error."""

    def __init__(
        self, transport: Transport, page_size: int, first_use: Callable[[OdooClient], None] | None = None
    ) -> None:
        """`first_use` is called once, before the first call succeeds; again if it raised."""
        self._transport = transport
        self._page_size = page_size
        self._first_use = first_use
        self._fields: dict[str, dict[str, Row]] = {}
        self._unknown: set[str] = set()

    def search(self, model: str, domain: Domain) -> list[int]:
        """The ids that match, ascending; archived records included."""
        context = {"active_test": False}
        ids: list[int] = self._call(model, "search", [domain], {"order": "id", "context": context})
        return ids

    def read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        """One row per id, in pages. Raises IncompleteReadError when any is missing (deleted meanwhile)."""
        rows = [row for page in self._pages(ids) for row in self._read_page(model, page, fields)]
        _check_complete(model, len(ids), len(rows))
        return rows

    def read_table(
        self,
        model: str,
        ids: Sequence[int],
        schema: pa.Schema,
        sources: Mapping[str, str | None] | None = None,
    ) -> pa.Table:
        """One row of `schema` per id, in their order; each page becomes Arrow at once.

        `sources` maps a column to the Odoo field it comes from where the two differ, None where the database
        has no such field: that column is null. Raises IncompleteReadError when any row is missing (deleted
        meanwhile) and SchemaMismatchError for values of another type.
        """
        fields = list(dict.fromkeys(f for f in ((sources or {}).get(n, n) for n in schema.names) if f))
        pages = [to_table(self._read_page(model, page, fields), schema, sources) for page in self._pages(ids)]
        table = pa.concat_tables(pages) if pages else schema.empty_table()
        _check_complete(model, len(ids), table.num_rows)
        return table

    def search_read(
        self, model: str, domain: Domain, fields: Sequence[str], order: str, limit: int
    ) -> list[Row]:
        kwargs = {
            "fields": list(fields), "order": order, "limit": limit, "load": "",
            "context": {"active_test": False},
        }  # fmt: skip
        rows: list[Row] = self._call(model, "search_read", [domain], kwargs)
        return rows

    def count_and_newest(self, model: str, domain: Domain) -> tuple[int, str | None]:
        """How many records match, and the newest `write_date` among them, in one call."""
        groups = self._call(model, "read_group", [domain, ["write_date:max"], []], {"lazy": False})
        group = groups[0] if groups else {}
        return int(group.get("__count") or 0), group.get("write_date") or None

    def count(self, model: str, domain: Domain) -> int:
        """How many records match; archived ones included."""
        kwargs = {"context": {"active_test": False}}
        return int(self._call(model, "search_count", [domain], kwargs))

    def sums_by(self, model: str, domain: Domain, by: Sequence[str], fields: Sequence[str]) -> list[Row]:
        """One row per combination of the many2one fields `by` (as ids, or False): `__count` and the sums of
        `fields` (0.0 where all are null), in one call."""
        arguments = [domain, [f"{name}:sum" for name in fields], list(by)]
        kwargs = {"lazy": False, "context": {"active_test": False}}
        groups: list[Row] = self._call(model, "read_group", arguments, kwargs)
        return [
            {name: _id(group[name]) for name in by}
            | {"__count": int(group["__count"])}
            | {name: float(group[name] or 0.0) for name in fields}
            for group in groups
        ]

    def fields_of(self, model: str) -> dict[str, Row]:
        """Fields of a model (name to type, relation and store), asked once per process.

        Raises UnknownModelError for a model that is not installed.
        """
        if model not in self._fields:
            kwargs = {"attributes": ["type", "relation", "store"]}
            self._fields[model] = self._call(model, "fields_get", [], kwargs)
        return self._fields[model]

    def forget_fields(self) -> None:
        """Ask again: somebody changed the database's fields under us."""
        self._fields.clear()
        self._unknown.clear()

    def has_model(self, model: str) -> bool:
        """Whether the model is installed. Refused credentials or rights are raised: they do not answer that."""
        if model in self._unknown:
            return False
        try:
            self.fields_of(model)
        except UnknownModelError:
            self._unknown.add(model)
            return False
        return True

    def may_read(self, model: str) -> bool:
        """Whether Odoo's user may read the model."""
        try:
            return bool(self._call(model, "has_access", ["read"], {}))
        except OdooRefusedError:
            # Until Odoo 17 it is called so.
            return bool(self._call(model, "check_access_rights", ["read", False], {}))

    def server_version(self) -> str | None:
        """Such as "16.0"; None where the transport cannot say."""
        return self._transport.server_version() if isinstance(self._transport, Connected) else None

    def close(self) -> None:
        """Lets go of the transport's idle connections."""
        if isinstance(self._transport, Connected):
            self._transport.close()

    def _call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if self._first_use is not None:
            greet, self._first_use = self._first_use, None
            try:
                greet(self)
            except NkError:
                self._first_use = greet
                raise
        return self._transport.call(model, method, args, kwargs)

    def _pages(self, ids: Sequence[int]) -> Iterator[Sequence[int]]:
        for start in range(0, len(ids), self._page_size):
            yield ids[start : start + self._page_size]

    def _read_page(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        rows: list[Row] = self._call(
            model,
            "read",
            [list(ids)],
            {"fields": list(fields), "load": "", "context": {"active_test": False}},
        )
        return rows


def _id(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) else value


def _check_complete(model: str, asked: int, returned: int) -> None:
    if returned != asked:
        raise IncompleteReadError(
            f"Odoo named {asked} records of {model} and returned {returned}. "
            "Nothing was loaded from the incomplete answer; it is read again."
        )
