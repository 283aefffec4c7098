"""One day of one dataset, from both sides at about the same moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nk_common.datasets.base import PartitionKey
from nk_common.errors import ODOO_AWAY, OdooRefusedError
from nk_common.lake.layout import Layout
from nk_common.lake.reader import FileStamp, is_damage, read_stamp
from nk_extractor.extract.base import ODOO_TIME
from nk_extractor.odoo.client import OdooClient
from nk_extractor.reconcile.compare import Found, by_store, compare
from nk_extractor.reconcile.figures import Comparison, Tables
from nk_extractor.reconcile.registry import COMPARISONS
from nk_extractor.settings import OdooSettings

_SLACK = timedelta(seconds=2)
"""Odoo's clock, and its whole seconds, against ours."""


@dataclass(frozen=True)
class Outcome:
    """What was found of a day, and of each of its stores.

    `moving`: the lake's files were replaced meanwhile, or Odoo was written since the lake read it, so what
    differs may only be late. `lost`: what kept this day from being compared says nothing about the others.
    """

    key: PartitionKey
    day: Found
    stores: dict[int, Found] = field(default_factory=dict)
    moving: bool = False
    lost: bool = False


class DayComparison:
    """Compares days. Blocking; used by several threads."""

    def __init__(self, settings: OdooSettings, client: OdooClient) -> None:
        self._settings = settings
        self._client = client
        self._layout = Layout(settings.data_lake_root)

    def compare(self, key: PartitionKey) -> Outcome:
        """What Odoo refuses to tell is found `failed`, with its sentence.

        Raises TransientError, and what says that nothing at all can be read, such as a refused key.
        """
        if key.day is None:
            raise ValueError("only days are compared")
        comparison = COMPARISONS[key.dataset]
        before = self._stamps(key, comparison)
        try:
            odoo = comparison.in_odoo(self._client, self._settings, key.day)
            tables = self._tables(key, comparison) if before else None
            after = self._stamps(key, comparison)
            lake = comparison.in_lake(tables) if tables is not None else None
            found = compare(odoo, lake, comparison.sums)
            late = found.status == "different" and self._written_since(key, comparison, after)
        except OdooRefusedError as error:
            if isinstance(error, ODOO_AWAY):
                raise
            self._client.forget_fields()
            return Outcome(key, Found("failed", error=str(error)))
        moving = before != after or len({stamp.version for stamp in after}) > 1 or late
        return Outcome(key, found, by_store(odoo, lake, comparison.sums), moving)

    def _stamps(self, key: PartitionKey, comparison: Comparison) -> list[FileStamp]:
        """Of the day's files; empty where the lake does not have all of them."""
        paths = [self._layout.star(table, key.day) for table in comparison.tables]
        stamps = [read_stamp(path) for path in paths]
        held = [stamp for stamp in stamps if stamp is not None]
        return held if len(held) == len(paths) else []

    def _tables(self, key: PartitionKey, comparison: Comparison) -> Tables | None:
        """None where one is gone or damaged: the day is then missing, and read again."""
        try:
            return {
                name: _columns(self._layout.star(name, key.day), columns)
                for name, columns in comparison.tables.items()
            }
        except (FileNotFoundError, pa.ArrowInvalid):
            return None
        except OSError as error:
            if is_damage(error):
                return None
            raise

    def _written_since(self, key: PartitionKey, comparison: Comparison, stamps: list[FileStamp]) -> bool:
        """Whether a record of the day was written in Odoo after the lake read it."""
        as_of = min((stamp.as_of for stamp in stamps if stamp.as_of), default=None)
        if as_of is None or key.day is None:
            return False
        model, domain = comparison.counted(self._client, self._settings, key.day)
        _, newest = self._client.count_and_newest(model, domain)
        if newest is None:
            return False
        return datetime.strptime(newest[:19], ODOO_TIME).replace(tzinfo=UTC) >= as_of - _SLACK


def _columns(path: Path, columns: tuple[str, ...]) -> pa.Table:
    return pq.ParquetFile(path, page_checksum_verification=True).read(columns=list(columns))
