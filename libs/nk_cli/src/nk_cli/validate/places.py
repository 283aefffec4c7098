"""Every place of the lake where a file may lie, from the registry and the star schema. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa

from nk_common.datasets import REGISTRY
from nk_common.datasets.base import Dataset, LakeTable, PartitionKey
from nk_common.lake.layout import Layout
from nk_common.star import tables_of

LayerName = Literal["raw", "clean", "rejected", "star-schema"]


@dataclass(frozen=True)
class Place:
    """One table of one layer. `schema` is None where every file has its own (rejected rows).

    `day` is the column whose values must be of the file's day; None where no column promises that.
    """

    layer: LayerName
    table: str
    dataset: Dataset
    schema: pa.Schema | None
    key: tuple[str, ...]
    day: str | None

    def path(self, layout: Layout, day: date | None) -> Path:
        """Where the file of `day` lies."""
        match self.layer:
            case "raw":
                return layout.raw(self.table, day)
            case "clean":
                return layout.clean(self.table, day)
            case "rejected":
                return layout.rejected(self.table, day)
            case "star-schema":
                return layout.star(self.table, day)


@dataclass(frozen=True)
class LakeFile:
    """A file that lies where it should. `day` is None for a dataset that is loaded whole."""

    place: Place
    day: date | None
    path: Path

    @property
    def key(self) -> PartitionKey:
        return PartitionKey(self.place.dataset.name, self.day)


def places(datasets: Iterable[Dataset] = REGISTRY) -> dict[tuple[str, str], Place]:
    """All places of `datasets`, by layer and table."""
    found = [place for dataset in datasets for place in _of(dataset)]
    return {(place.layer, place.table): place for place in found}


def _of(dataset: Dataset) -> list[Place]:
    daily = dataset.kind == "daily"
    raw = [Place("raw", t.name, dataset, t.schema, (t.key,), None) for t in dataset.raw]
    clean = [Place("clean", t.name, dataset, t.schema, (t.key,), _clean_day(t)) for t in dataset.clean]
    rejected = [Place("rejected", t.name, dataset, None, (), None) for t in dataset.clean]
    star = [
        Place("star-schema", t.name, dataset, t.schema, t.key, t.day if daily else None)
        for t in tables_of(dataset.name)
    ]
    return raw + clean + rejected + star


def _clean_day(table: LakeTable) -> str | None:
    return next((column for column in ("date", "taken_at") if column in table.schema.names), None)
