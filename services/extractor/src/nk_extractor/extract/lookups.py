"""Rows that many days refer to (products, units, locations, …), kept for a few minutes.

They change rarely and a backfill asks for the same ones every day, so only those not yet known are read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.errors import ODOO_AWAY, IncompleteReadError, OdooRefusedError
from nk_common.observability import logger
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.columns import to_table

_KEPT_SECONDS = 300.0
_PAGE = 1000

Sources = Callable[[OdooClient], Mapping[str, str | None]]
ModelOf = Callable[[OdooClient], str | None]
Finish = Callable[[OdooClient, pa.Table], pa.Table]


class Lookup:
    """Columns of one model by id. `model` may depend on the database; None is a model without rows.

    `sources` names the Odoo field of each column, where it differs; `finish` evens out what differs between
    versions of Odoo in more than a name.

    `optional`: names that are nice to have; where the Odoo user may not read them they are null, which is
    said once. Used by several threads.
    """

    def __init__(
        self,
        model: str | ModelOf,
        schema: pa.Schema,
        *,
        sources: Sources | None = None,
        finish: Finish = lambda _client, table: table,
        optional: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._schema = schema
        self._sources = sources or (lambda _client: {})
        self._finish = finish
        self._optional = optional
        self._clock = clock
        self._lock = threading.Lock()
        self._held = schema.empty_table()
        self._since = clock()
        self._said = False
        self._model_name = model if isinstance(model, str) else "a custom model"
        self._log = logger(__name__)

    def rows(self, client: OdooClient, ids: pa.ChunkedArray) -> pa.Table:
        """Rows of the schema for all of `ids` (for those that Odoo shows, where `optional`), and perhaps more.

        Raises OdooRefusedError and IncompleteReadError unless `optional`.
        """
        with self._lock:
            if self._clock() - self._since > _KEPT_SECONDS:
                self._held, self._since = self._schema.empty_table(), self._clock()
            held = self._held
        wanted = pc.unique(ids.combine_chunks()).drop_null()
        missing = wanted.filter(pc.invert(pc.is_in(wanted, value_set=held["id"].combine_chunks())))
        if not len(missing):
            return held
        fresh = self._read(client, sorted(missing.to_pylist()))
        self._keep(fresh)
        # Of what this thread has seen: another may have found it old, and emptied it, meanwhile.
        found = pa.concat_tables([held, fresh]).combine_chunks()
        self._check(wanted, found)
        return found

    def _keep(self, fresh: pa.Table) -> None:
        with self._lock:
            known = pc.is_in(fresh["id"], value_set=self._held["id"].combine_chunks())
            self._held = pa.concat_tables([self._held, fresh.filter(pc.invert(known))]).combine_chunks()

    def _check(self, wanted: pa.Array, found: pa.Table) -> None:
        """What figures rest on must be there; a name that is gone is only a name."""
        there = pc.is_in(wanted, value_set=found["id"].combine_chunks())
        if not self._optional and not pc.all(there).as_py():
            gone = wanted.filter(pc.invert(there)).to_pylist()
            raise IncompleteReadError(
                f"Odoo named records of {self._model_name} and does not show them to its user: {gone[:5]}. Nothing "
                "was loaded without them; check the user's rights and record rules."
            )

    def _read(self, client: OdooClient, ids: list[int]) -> pa.Table:
        model = self._model if isinstance(self._model, str) else self._model(client)
        if model is None:
            return to_table([{"id": one} for one in ids], self._schema, _only_id(self._schema))
        sources = self._sources(client)
        fields = {f.name: sources.get(f.name, f.name) for f in self._schema}
        try:
            pages = [
                client.search_read(
                    model,
                    [["id", "in", ids[start : start + _PAGE]]],
                    sorted({name for name in fields.values() if name}),
                    "id",
                    _PAGE,
                )
                for start in range(0, len(ids), _PAGE)
            ]
        except OdooRefusedError as error:
            if not self._optional or isinstance(error, ODOO_AWAY):
                raise
            if not self._said:
                self._said = True
                self._log.warning("names are left out", model=model, error=str(error))
            return to_table([{"id": one} for one in ids], self._schema, _only_id(self._schema))
        return self._finish(client, to_table([row for page in pages for row in page], self._schema, fields))


def _only_id(schema: pa.Schema) -> dict[str, str | None]:
    return {name: "id" if name == "id" else None for name in schema.names}


def attach(rows: pa.Table, column: str, related: pa.Table, *names: str) -> pa.Table:
    """`rows` with `column.name` for each of `names`, from the row of `related` whose id is in `column`."""
    at = pc.index_in(rows[column], value_set=related["id"].combine_chunks())
    for name in names:
        rows = rows.append_column(f"{column}.{name}", related[name].take(at))
    return rows
