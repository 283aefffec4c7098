"""What a transform is: raw tables in, clean tables and rejected rows out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from nk_common.datasets.base import ControlTotals

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Rules:
    """What is configured about cleaning: the zone of the business day, and whether goods in transit between
    warehouses are stock."""

    zone: ZoneInfo
    transit_is_stock: bool = False


@dataclass(frozen=True)
class Cleaned:
    """`tables` are by clean table name. `rejected` rows carry all their columns as text, and `reason`.

    `totals` are of the kept rows, `input_totals` of all rows: the latter must equal the extractor's.
    """

    tables: dict[str, pl.DataFrame]
    totals: ControlTotals
    input_totals: ControlTotals
    rejected: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def rejected_rows(self) -> int:
        return sum(frame.height for frame in self.rejected.values())

    @property
    def kept_rows(self) -> int:
        return sum(frame.height for frame in self.tables.values())


Transform = Callable[[Tables, date | None, Rules], Cleaned]


def local_time(column: str, timezone: ZoneInfo) -> pl.Expr:
    """Wall-clock time in the business time zone, without an offset, from a UTC column."""
    return pl.col(column).dt.convert_time_zone(timezone.key).dt.replace_time_zone(None)


def first_reason(*checks: tuple[pl.Expr, str]) -> pl.Expr:
    """The text of the first check that is true, else null: the column `reason`."""
    reason: pl.Expr = pl.lit(None, dtype=pl.String)
    for failed, words in reversed(checks):
        reason = pl.when(failed.fill_null(value=False)).then(pl.lit(words)).otherwise(reason)
    return reason.alias("reason")


def part(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without a reason (without that column), and rows with one, as text for keeping."""
    kept = frame.filter(pl.col("reason").is_null()).drop("reason")
    bad = frame.filter(pl.col("reason").is_not_null())
    return kept, bad.select(pl.all().cast(pl.String))
