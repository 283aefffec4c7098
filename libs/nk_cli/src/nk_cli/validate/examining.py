"""All checks of one partition, and what the checks over all days need of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from nk_cli.validate.dimensions import Reference, ids_used, no_unknown_member
from nk_cli.validate.finding import Finding
from nk_cli.validate.opening import open_file
from nk_cli.validate.partition import Content, Partition, Recorded
from nk_cli.validate.places import LakeFile, Place
from nk_cli.validate.presence import missing_files, not_in_ledger
from nk_cli.validate.rows import duplicate_keys, other_days
from nk_cli.validate.totals import totals_differ
from nk_cli.validate.twice import keys_of
from nk_cli.validate.versions import version_mismatch
from nk_common.datasets.base import PartitionKey
from nk_common.lake.layout import Layout

_CHECKS: tuple[Callable[[Partition], Iterator[Finding]], ...] = (
    missing_files,
    not_in_ledger,
    version_mismatch,
    totals_differ,
    other_days,
    duplicate_keys,
    no_unknown_member,
)

Ledger = Mapping[PartitionKey, Recorded]


@dataclass(frozen=True)
class Examined:
    """What was found in one partition; `keys` and `used` are for the checks over all days."""

    key: PartitionKey
    findings: tuple[Finding, ...]
    rows: int
    keys: dict[str, pl.DataFrame] = field(default_factory=dict)
    used: dict[Reference, pl.DataFrame] = field(default_factory=dict)


class Examiner:
    """Examines partitions, from several threads if need be. `ledger` is None where there is none."""

    def __init__(
        self, layout: Layout, places: Mapping[tuple[str, str], Place], ledger: Ledger | None, today: date
    ) -> None:
        self._layout = layout
        self._places: dict[str, tuple[Place, ...]] = {}
        for place in places.values():
            self._places[place.dataset.name] = (*self._places.get(place.dataset.name, ()), place)
        self._ledger = ledger
        self._today = today

    def examine(self, key: PartitionKey, files: tuple[LakeFile, ...]) -> Examined:
        """Read every file of the partition once, and check it all."""
        opened = {file: open_file(file) for file in files}
        partition = Partition(
            key=key,
            layout=self._layout,
            places=self._places[key.dataset],
            files=tuple(file for file, content in opened.items() if content is not None),
            contents=tuple(content for content in opened.values() if isinstance(content, Content)),
            recorded=(self._ledger or {}).get(key),
            has_ledger=self._ledger is not None,
            today=self._today,
        )
        troubled = (
            partition.finding(content[0], partition.path(file.place), content[1],
                              partition.remedy_of(file.place.layer))
            for file, content in opened.items()
            if isinstance(content, tuple)
        )  # fmt: skip
        findings = (*troubled, *(finding for check in _CHECKS for finding in check(partition)))
        return _digest(partition, findings)


def _digest(partition: Partition, findings: tuple[Finding, ...]) -> Examined:
    star = partition.layer("star-schema")
    rows = sum(content.rows.num_rows for content in partition.contents)
    if partition.unfinished:
        return Examined(partition.key, findings, rows)  # in a moment it is another one
    keys = {name: frame for name, content in star.items() if (frame := keys_of(content)) is not None}
    used = {reference: ids for content in star.values() for reference, ids in ids_used(content).items()}
    return Examined(partition.key, findings, rows, keys, used)
