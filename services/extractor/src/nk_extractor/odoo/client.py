"""What the extractor needs of Odoo, whatever the transport."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from nk_common.errors import IncompleteReadError, OdooRefusedError

Row = dict[str, Any]
Domain = list[Any]
COUNTED_STATES = ["paid", "done", "invoiced"]


class Transport(Protocol):
    """One call to one model. Implementations retry nothing and raise the errors of `nk_common.errors`."""

    def call(self, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Raises OdooUnavailableError (may pass) or OdooRefusedError (will not)."""
        ...


class OdooClient:
    """Reads that keep the promise: every row that was asked for, or an error."""

    def __init__(self, transport: Transport, page_size: int) -> None:
        self._transport = transport
        self._page_size = page_size
        self._fields: dict[str, dict[str, Row]] = {}

    def search(self, model: str, domain: Domain) -> list[int]:
        """The ids that match, ascending; archived records included."""
        context = {"active_test": False}
        ids: list[int] = self._transport.call(model, "search", [domain], {"order": "id", "context": context})
        return ids

    def read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        """One row per id, in pages. Raises IncompleteReadError when any is missing (deleted meanwhile)."""
        rows = [row for page in self._pages(ids) for row in self._read_page(model, page, fields)]
        if len(rows) != len(ids):
            raise IncompleteReadError(
                f"Odoo named {len(ids)} records of {model} and returned {len(rows)}. "
                "Nothing was loaded from the incomplete answer; it is read again."
            )
        return rows

    def search_read(
        self, model: str, domain: Domain, fields: Sequence[str], order: str, limit: int
    ) -> list[Row]:
        kwargs = {
            "fields": list(fields), "order": order, "limit": limit, "load": "",
            "context": {"active_test": False},
        }  # fmt: skip
        rows: list[Row] = self._transport.call(model, "search_read", [domain], kwargs)
        return rows

    def count_and_newest(self, model: str, domain: Domain) -> tuple[int, str | None]:
        """How many records match, and the newest `write_date` among them, in one call."""
        groups = self._transport.call(model, "read_group", [domain, ["write_date:max"], []], {"lazy": False})
        group = groups[0] if groups else {}
        return int(group.get("__count") or 0), group.get("write_date") or None

    def fields_of(self, model: str) -> dict[str, Row]:
        """Fields of a model (name to type and relation), asked once per process."""
        if model not in self._fields:
            kwargs = {"attributes": ["type", "relation"]}
            self._fields[model] = self._transport.call(model, "fields_get", [], kwargs)
        return self._fields[model]

    def forget_fields(self) -> None:
        """Ask again: somebody changed the database's fields under us."""
        self._fields.clear()

    def has_model(self, model: str) -> bool:
        """Whether the model is installed and may be read."""
        try:
            self.fields_of(model)
        except OdooRefusedError:
            return False
        return True

    def _pages(self, ids: Sequence[int]) -> Iterator[Sequence[int]]:
        for start in range(0, len(ids), self._page_size):
            yield ids[start : start + self._page_size]

    def _read_page(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        rows: list[Row] = self._transport.call(
            model,
            "read",
            [list(ids)],
            {"fields": list(fields), "load": "", "context": {"active_test": False}},
        )
        return rows
