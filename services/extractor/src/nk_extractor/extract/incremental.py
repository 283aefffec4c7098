"""Large dimensions: the first read of a process is whole, later ones ask only for what changed.

What comes out is always the whole table, so half a dimension can never replace a whole one. Deleted records
are noticed by the id set, new and changed ones by id set and `write_date`, archived ones are included.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from nk_common.clock import Clock
from nk_extractor.extract.base import ODOO_TIME
from nk_extractor.odoo.client import Domain, OdooClient

_OVERLAP = timedelta(minutes=5)
"""Odoo dates a change by the start of its transaction, which may be long."""
_WHOLE_AGAIN_AFTER = timedelta(hours=24)
"""Odoo does not write a record whose computed fields change, so once a day everything is read."""

Fields = Mapping[str, str | None]
ChangedSince = Callable[[str], Domain]


def by_write_date(since: str) -> Domain:
    """Records written at or after `since`."""
    return [["write_date", ">=", since]]


class IncrementalTable:
    """The newest rows of one model, as this process has read them."""

    def __init__(
        self, model: str, schema: pa.Schema, clock: Clock, changed_since: ChangedSince = by_write_date
    ) -> None:
        self._model = model
        self._schema = schema
        self._clock = clock
        self._changed_since = changed_since
        self._lock = threading.Lock()
        self._held: pa.Table | None = None
        self._fields: dict[str, str | None] = {}
        self._whole_at: datetime | None = None

    def read(self, client: OdooClient, fields: Fields) -> pa.Table:
        """Every record, by id. Raises what the client raises; then nothing is remembered."""
        with self._lock:
            held, self._held = self._held, None
            ids = client.search(self._model, [])
            if held is None or self._is_old() or self._fields != dict(fields):
                rows = client.read_table(self._model, ids, self._schema, fields)
                self._whole_at = self._clock.now()
            else:
                rows = self._with_changes(client, fields, held, ids)
            self._held, self._fields = rows, dict(fields)
            return rows

    def _is_old(self) -> bool:
        return self._whole_at is None or self._clock.now() - self._whole_at >= _WHOLE_AGAIN_AFTER

    def _with_changes(self, client: OdooClient, fields: Fields, held: pa.Table, ids: list[int]) -> pa.Table:
        exist = pa.array(ids, pa.int64())
        new = exist.filter(pc.invert(pc.is_in(exist, value_set=held["id"].combine_chunks())))
        written = set(client.search(self._model, self._changed_since(_since(held)))) & set(ids)
        fresh_ids = sorted(written | set(new.to_pylist()))
        fresh = client.read_table(self._model, fresh_ids, self._schema, fields)
        stays = pc.and_(
            pc.is_in(held["id"], value_set=exist),
            pc.invert(pc.is_in(held["id"], value_set=pa.array(fresh_ids, pa.int64()))),
        )
        return pa.concat_tables([held.filter(stays), fresh]).sort_by("id").combine_chunks()


def _since(held: pa.Table) -> str:
    """The newest write date held, less an overlap: Odoo shows whole seconds of it."""
    newest: datetime | None = pc.max(held["write_date"]).as_py()
    return (newest - _OVERLAP).strftime(ODOO_TIME) if newest else "1970-01-01 00:00:00"
