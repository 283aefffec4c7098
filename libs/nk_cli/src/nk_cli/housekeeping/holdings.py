"""What a lake holds, partition by partition: which files, and which versions they say they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from nk_cli.validate.places import LakeFile, LayerName, places
from nk_cli.validate.walking import Scope, walk
from nk_common.datasets import by_name
from nk_common.datasets.base import Dataset, PartitionKey
from nk_common.errors import ConfigurationError, UnreadableFileError
from nk_common.lake.layout import Layout
from nk_common.lake.reader import FileStamp, read_stamp, read_table
from nk_common.settings import LakeSettings
from nk_common.star import tables_of

LAYERS: tuple[LayerName, ...] = ("raw", "clean", "star-schema")
_THREADS = 4
Item = TypeVar("Item")
Made = TypeVar("Made")

Advance = Callable[[int, int], None]
"""Told how many are done, and of how many."""


def nobody(_done: int, _of: int) -> None:
    """For those who show no progress."""


@dataclass(frozen=True)
class Holding:
    """The files of one partition, by layer and table, and their stamps (None: damaged, foreign, or just gone)."""

    key: PartitionKey
    files: Mapping[tuple[LayerName, str], LakeFile]
    stamps: Mapping[tuple[LayerName, str], FileStamp | None]

    @property
    def dataset(self) -> Dataset:
        return by_name(self.key.dataset)

    @property
    def newest(self) -> int:
        """The newest version of any file; 0 where none can be read."""
        return max((stamp.version for stamp in self.stamps.values() if stamp), default=0)

    def has(self, layer: LayerName) -> bool:
        """Whether any file of the layer is there."""
        return any(place == layer for place, _table in self.files)

    def newest_of(self, layer: LayerName) -> int:
        """As `newest`, of one layer."""
        found = (stamp for (place, _table), stamp in self.stamps.items() if place == layer)
        return max((stamp.version for stamp in found if stamp), default=0)

    def whole(self, layer: LayerName) -> FileStamp | None:
        """The stamp of a layer of which every table is there, in one version; None where it is not whole."""
        stamps = [self.stamps.get((layer, table)) for table in _tables(self.dataset, layer)]
        first = stamps[0] if stamps else None
        if first is None or any(stamp is None or stamp.version != first.version for stamp in stamps):
            return None
        return first


def layout_of(settings: LakeSettings) -> Layout:
    """The lake of `settings`. Raises ConfigurationError where there is none."""
    layout = Layout(settings.data_lake_root)
    if not any((layout.root / layer).is_dir() for layer in LAYERS):
        raise ConfigurationError(
            f"There is no lake at {layout.root.absolute()}: it has none of the folders {', '.join(LAYERS)}. "
            "Nothing was changed. Set DATA_LAKE_ROOT to where the lake is."
        )
    return layout


def files_by_partition(layout: Layout, now: datetime) -> dict[PartitionKey, list[LakeFile]]:
    """Every file that lies where nkdash puts it, rejected rows among them; partitions oldest first."""
    found: dict[PartitionKey, list[LakeFile]] = {}
    for item in walk(layout, Scope(places(), None, None, everywhere=True), now):
        if isinstance(item, LakeFile):
            found.setdefault(item.key, []).append(item)
    return dict(sorted(found.items(), key=lambda entry: (entry[0].day_text, entry[0].dataset)))


def files_now(layout: Layout, key: PartitionKey) -> list[LakeFile]:
    """The files of one partition that are there at this moment."""
    own = places([by_name(key.dataset)]).values()
    found = (LakeFile(place, key.day, place.path(layout, key.day)) for place in own)
    return [file for file in found if file.path.exists()]


def holding(key: PartitionKey, files: Iterable[LakeFile]) -> Holding:
    """One partition, as its files are now."""
    mine = {(file.place.layer, file.place.table): file for file in files}
    return Holding(key, mine, {where: _stamp(file) for where, file in mine.items()})


def is_readable(held: Holding, layer: LayerName) -> bool:
    """Whether the layer is there whole, and every page of it can be read. Reads all of it."""
    if held.whole(layer) is None:
        return False
    paths = [file.path for (place, _table), file in held.files.items() if place == layer]
    try:
        for path in paths:
            read_table(path)
    except (UnreadableFileError, FileNotFoundError):
        return False
    return True


def in_threads(make: Callable[[Item], Made], items: list[Item], advance: Advance = nobody) -> list[Made]:
    """`make` of each, in order."""
    done: list[Made] = []
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="lake") as pool:
        for one in pool.map(make, items):
            done.append(one)
            advance(len(done), len(items))
    return done


def _stamp(file: LakeFile) -> FileStamp | None:
    try:
        return read_stamp(file.path)
    except ValueError:
        return None  # its nk.version is no number: somebody else's


def _tables(dataset: Dataset, layer: LayerName) -> list[str]:
    match layer:
        case "raw":
            return [table.name for table in dataset.raw]
        case "clean":
            return [table.name for table in dataset.clean]
        case "star-schema":
            return [table.name for table in tables_of(dataset.name)]
        case "rejected":
            return []
