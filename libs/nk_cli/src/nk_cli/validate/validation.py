"""The whole of a validation: walk the lake, examine every partition, then what only all days together show."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from nk_cli.validate.continuity import StockFiles, stock_gaps
from nk_cli.validate.dimensions import Reference, members, unknown_ids
from nk_cli.validate.examining import Examined, Examiner, Ledger
from nk_cli.validate.finding import Finding
from nk_cli.validate.opening import open_file
from nk_cli.validate.partition import Content
from nk_cli.validate.places import LakeFile, places
from nk_cli.validate.twice import counted_twice, sharing_days
from nk_cli.validate.walking import Scope, walk
from nk_common.datasets.base import PartitionKey
from nk_common.datasets.stock_quants import STOCK_QUANTS
from nk_common.lake.layout import Layout
from nk_common.star.stock import stock_usages

_THREADS = 4

Advance = Callable[[int, int], None]
"""Told how many partitions are done, and of how many."""


@dataclass(frozen=True)
class Report:
    """What was looked at and found, worst first."""

    files: int
    partitions: int
    rows: int
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        return any(not finding.warning for finding in self.findings)


@dataclass(frozen=True)
class Surroundings:
    """What a validation needs to know of the installation. `ledger` reads it anew at each call."""

    layout: Layout
    ledger: Callable[[], Ledger | None]
    zone: ZoneInfo
    transit_is_stock: bool
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def validate(around: Surroundings, scope: Scope, advance: Advance = lambda _done, _of: None) -> Report:
    """Look at everything in `scope`. Raises LedgerUnavailableError."""
    ledger = around.ledger()
    found = list(walk(around.layout, scope, around.now))
    files = [item for item in found if isinstance(item, LakeFile)]
    by_partition = _by_partition(files, scope, ledger)
    examined = _settled(around, scope, _examined(around, scope, by_partition, ledger, advance))
    findings = [
        *(item for item in found if isinstance(item, Finding)),
        *_no_ledger(ledger),
        *(finding for item in examined for finding in item.findings),
        *_over_all_days(around, examined),
    ]
    return Report(
        files=len(files),
        partitions=len(by_partition),
        rows=sum(item.rows for item in examined),
        findings=tuple(sorted(findings, key=lambda f: (f.warning, f.kind, f.path, f.sentence))),
    )


def _by_partition(
    files: Iterable[LakeFile], scope: Scope, ledger: Ledger | None
) -> dict[PartitionKey, tuple[LakeFile, ...]]:
    """Files of every partition that is in the lake, or that the ledger says is loaded."""
    grouped: dict[PartitionKey, list[LakeFile]] = {}
    for file in files:
        grouped.setdefault(file.key, []).append(file)
    names = {place.dataset.name for place in scope.places.values()}
    for key, recorded in (ledger or {}).items():
        if recorded.version is not None and key.dataset in names and scope.has(key.day):
            grouped.setdefault(key, [])
    ordered = sorted(grouped.items(), key=lambda item: (item[0].day or date.min, item[0].dataset))
    return {key: tuple(sorted(group, key=lambda file: str(file.path))) for key, group in ordered}


def _examined(
    around: Surroundings,
    scope: Scope,
    partitions: Mapping[PartitionKey, tuple[LakeFile, ...]],
    ledger: Ledger | None,
    advance: Advance,
) -> list[Examined]:
    """Every partition examined; those with findings twice, for they may have been on their way."""
    first = Examiner(around.layout, scope.places, ledger, around.today)
    done = []
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1), thread_name_prefix="validate") as pool:
        for item in pool.map(first.examine, partitions.keys(), partitions.values()):
            done.append(item)
            advance(len(done), len(partitions))
    if not any(item.findings for item in done):
        return done
    again = Examiner(around.layout, scope.places, around.ledger(), around.today)
    return [
        again.examine(item.key, _files_now(around, scope, item.key)) if item.findings else item
        for item in done
    ]


def _settled(around: Surroundings, scope: Scope, examined: list[Examined]) -> list[Examined]:
    """Days that share lines looked at once more, for a document may have moved between the looks at them."""
    sharing = sharing_days(_keys(examined))
    if not sharing:
        return examined
    again = Examiner(around.layout, scope.places, around.ledger(), around.today)
    return [
        replace(item, keys=again.examine(item.key, _files_now(around, scope, item.key)).keys)
        if item.key in sharing
        else item
        for item in examined
    ]


def _files_now(around: Surroundings, scope: Scope, key: PartitionKey) -> tuple[LakeFile, ...]:
    """The files of one partition, looked for where they should be."""
    own = [place for place in scope.places.values() if place.dataset.name == key.dataset]
    found = [LakeFile(place, key.day, place.path(around.layout, key.day)) for place in own]
    return tuple(file for file in found if file.path.exists())


def _over_all_days(around: Surroundings, examined: list[Examined]) -> Iterator[Finding]:
    used: dict[Reference, list[pl.DataFrame]] = {}
    for item in examined:
        for reference, ids in item.used.items():
            used.setdefault(reference, []).append(ids)
    yield from counted_twice(_keys(examined), around.layout)
    yield from unknown_ids(used, members(around.layout, places()), around.today)
    days = [item.key.day for item in examined if item.key.dataset == STOCK_QUANTS.name and item.key.day]
    yield from _stock_gaps(around, days)


def _keys(examined: Iterable[Examined]) -> dict[str, list[pl.DataFrame]]:
    keys: dict[str, list[pl.DataFrame]] = {}
    for item in examined:
        for name, frame in item.keys.items():
            keys.setdefault(name, []).append(frame)
    return keys


def _stock_gaps(around: Surroundings, days: list[date]) -> Iterator[Finding]:
    everywhere = places()
    files = StockFiles(
        around.layout,
        everywhere["star-schema", "fact_stock_on_hand_snapshot"],
        everywhere["star-schema", "fact_inventory_moves"],
        around.zone,
    )
    usages = stock_usages(transit_is_stock=around.transit_is_stock)
    return stock_gaps(files, days, usages, _not_stored(around.layout))


def _not_stored(layout: Layout) -> list[int]:
    """Products that move but have no quants: consumables."""
    place = places()["star-schema", "dim_products"]
    content = open_file(LakeFile(place, None, place.path(layout, None)))
    if not isinstance(content, Content):
        return []
    products = pl.DataFrame(pl.from_arrow(content.rows.select(["product_id", "is_storable"])))
    return products.filter(~pl.col("is_storable"))["product_id"].to_list()


def _no_ledger(ledger: Ledger | None) -> Iterator[Finding]:
    if ledger is None:
        yield Finding(
            kind="no-ledger",
            path="metadata",
            dataset=None,
            day=None,
            sentence="There is no ledger, so nobody can say which days should be here, nor what they should add up to.",
            action="Run: nk ledger rebuild. Or set NK_LEDGER_URL to where the ledger is.",
            warning=True,
        )
