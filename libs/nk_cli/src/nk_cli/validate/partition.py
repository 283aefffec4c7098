"""A partition as the checks see it: the files that could be read, and what the ledger says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from nk_cli.validate.finding import Finding, Kind, Source, reload, restore
from nk_cli.validate.places import LakeFile, LayerName, Place
from nk_common.datasets import by_name
from nk_common.datasets.base import ControlTotals, Dataset, PartitionKey
from nk_common.lake.layout import Layout
from nk_common.lake.reader import FileStamp


@dataclass(frozen=True)
class Content:
    """A file that could be read and is of its table's schema."""

    file: LakeFile
    stamp: FileStamp
    rows: pa.Table


@dataclass(frozen=True)
class Recorded:
    """What the ledger says. `totals` and `version` are of what is loaded; None when nothing ever was."""

    version: int | None
    totals: ControlTotals | None
    unfinished: bool


@dataclass(frozen=True)
class Partition:
    """One dataset and day. `places` are where its files should lie, `files` those that do, `contents` those
    that can be used.

    `recorded` is None where the ledger has no row, or where there is no ledger (`has_ledger`).
    """

    key: PartitionKey
    layout: Layout
    places: tuple[Place, ...]
    files: tuple[LakeFile, ...]
    contents: tuple[Content, ...]
    recorded: Recorded | None
    has_ledger: bool
    today: date

    @property
    def dataset(self) -> Dataset:
        return by_name(self.key.dataset)

    @property
    def unfinished(self) -> bool:
        """Whether it is on its way, so that files of two versions are no surprise."""
        return self.recorded is not None and self.recorded.unfinished

    def layer(self, name: LayerName) -> dict[str, Content]:
        """The contents of one layer, by table, in the order of the dataset."""
        held = {c.file.place.table: c for c in self.contents if c.file.place.layer == name}
        return {p.table: held[p.table] for p in self.places if p.layer == name and p.table in held}

    def path(self, place: Place) -> str:
        """Where the file of `place` should lie, below the lake's root."""
        return str(place.path(self.layout, self.key.day).relative_to(self.layout.root))

    def present(self, name: LayerName) -> set[str]:
        """Tables of one layer that have a file, readable or not."""
        return {file.place.table for file in self.files if file.place.layer == name}

    def remedy(self) -> str:
        """How to make the star tables again, in the quickest way that the lake allows."""
        return reload(self.key, self._source(("clean", "raw")), self.today)

    def remedy_of(self, layer: LayerName) -> str:
        """How to make the tables of `layer` again."""
        if layer == "star-schema":
            return self.remedy()
        source = "odoo" if layer == "raw" else self._source(("raw",))
        return restore(self.key, source, self.today)

    def _source(self, layers: tuple[Source, ...]) -> Source:
        if self.dataset.kind == "whole" or self.dataset.is_rebuilt(self.key.day, self.today):
            return "odoo"
        return next((layer for layer in layers if self._is_whole(layer)), "odoo")

    def _is_whole(self, layer: Source) -> bool:
        names = {t.name for t in (self.dataset.clean if layer == "clean" else self.dataset.raw)}
        held = self.layer("clean" if layer == "clean" else "raw")
        return bool(names) and names <= held.keys() and len({c.stamp.version for c in held.values()}) == 1

    def finding(self, kind: Kind, path: str, sentence: str, action: str, *, warning: bool = False) -> Finding:
        """A finding about this partition."""
        return Finding(kind, path, self.key.dataset, self.key.day, sentence, action, warning)
