"""Lines that two days hold: each figure over both days counts them twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import polars as pl

from nk_cli.validate.finding import Finding
from nk_cli.validate.partition import Content
from nk_common.datasets.base import PartitionKey
from nk_common.lake.layout import Layout
from nk_common.star import BY_NAME
from nk_common.star.profit import AGG_PROFIT_DAILY, AGG_PROFIT_DAILY_BY_PRODUCT
from nk_common.star.stock import FACT_STOCK_ON_HAND_SNAPSHOT

_DAY_IN_GRAIN = (FACT_STOCK_ON_HAND_SNAPSHOT, AGG_PROFIT_DAILY, AGG_PROFIT_DAILY_BY_PRODUCT)
_SHOWN = 5


def keys_of(content: Content) -> pl.DataFrame | None:
    """The keys of a fact's day with the day itself, as `_day`; None where days share keys by design."""
    table = BY_NAME[content.file.place.table]
    if table.kind == "dimension" or table in _DAY_IN_GRAIN:
        return None
    frame = pl.DataFrame(pl.from_arrow(content.rows.select(list(table.key)).replace_schema_metadata(None)))
    return frame.with_columns(pl.lit(content.file.day, pl.Date).alias("_day"))


def sharing_days(keys: Mapping[str, Iterable[pl.DataFrame]]) -> set[PartitionKey]:
    """Partitions that hold a line of another day."""
    return {
        PartitionKey(BY_NAME[name].dataset, day)
        for name, frames in keys.items()
        for days in _shared(name, frames)["_day"].unique().to_list()
        for day in days
    }


def counted_twice(keys: Mapping[str, Iterable[pl.DataFrame]], layout: Layout) -> Iterator[Finding]:
    """One finding for each table and each set of days that share lines."""
    for name, frames in keys.items():
        shared = _shared(name, frames)
        for (days,), rows in shared.group_by("_day", maintain_order=True):
            yield _finding(layout, name, days, rows.drop("_day"))


def _shared(name: str, frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The keys that several days hold, with the list of those days as `_day`."""
    key = list(BY_NAME[name].key)
    return (
        pl.concat(frames)
        .group_by(key)
        .agg(pl.col("_day").unique().sort())
        .filter(pl.col("_day").list.len() > 1)
        .sort(key)
    )


def _finding(layout: Layout, name: str, days: list[date], keys: pl.DataFrame) -> Finding:
    table = BY_NAME[name]
    some = ", ".join(" ".join(str(value) for value in row) for row in keys.head(_SHOWN).rows())
    more = f" and {keys.height - _SHOWN} more" if keys.height > _SHOWN else ""
    return Finding(
        kind="counted-twice",
        path=str(layout.star(name, days[0]).relative_to(layout.root)),
        dataset=table.dataset,
        day=days[0],
        sentence=(
            f"{keys.height} lines are in {' and in '.join(str(day) for day in days)} ({', '.join(table.key)} "
            f"{some}{more}): a range with both days counts them twice."
        ),
        action="; ".join(
            f"{'Run: ' if n == 0 else ''}nk backfill --dataset {table.dataset} --start {day} --end {day} --force"
            for n, day in enumerate(days)
        ),
    )
