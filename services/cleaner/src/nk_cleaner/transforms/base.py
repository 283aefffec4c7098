"""What a transform is: raw tables in, clean tables and rejected rows out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from nk_common.datasets.base import ControlTotals, Dataset
from nk_common.errors import ControlTotalsError

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Rules:
    """What is configured about cleaning: the zone of the business day, and whether goods in transit between
    warehouses are stock."""

    zone: ZoneInfo
    transit_is_stock: bool = False

    @property
    def stock_usages(self) -> tuple[str, ...]:
        """Usages of the locations that hold stock; all others are the far side of a move."""
        return ("internal", "transit") if self.transit_is_stock else ("internal",)


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


def unit_ratio(line_factor: str, product_factor: str) -> pl.Expr:
    """How many of the product's own unit one of the line's unit is, from columns with Odoo's factors (how
    many of a unit make one reference unit). 1 where a factor is not known."""
    line, product = pl.col(line_factor), pl.col(product_factor)
    return pl.when((line > 0) & (product > 0)).then(product / line).otherwise(1.0)


def negated(amount: pl.Expr) -> pl.Expr:
    """The amount with its sign turned; nothing stays 0.0, where a minus sign would make it -0.0."""
    return 0.0 - amount


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


def line_totals(
    lines: pl.DataFrame, document: str, quantity: str, amount: str | None = None
) -> ControlTotals:
    """Totals of raw lines as Odoo has them, counted as the extractor counts: null is 0, and no document."""
    return ControlTotals(
        documents=lines[document].drop_nulls().n_unique(),
        lines=lines.height,
        quantity=float(lines[quantity].sum()),
        amount=float(lines[amount].sum()) if amount else 0.0,
        payments=0.0,
    )


def check_rows(table: str, came_in: int, kept: pl.DataFrame, bad: pl.DataFrame) -> None:
    """Raises ControlTotalsError unless every row that came in was either kept or rejected, once."""
    if kept.height + bad.height != came_in:
        raise ControlTotalsError(
            f"Of {came_in} rows of {table}, the cleaner kept {kept.height} and rejected {bad.height}. "
            "The day is not loaded; please report this, with the run id."
        )


def cleaned_lines(
    dataset: Dataset, kept: pl.DataFrame, bad: pl.DataFrame, input_totals: ControlTotals
) -> Cleaned:
    """The outcome for a dataset of one clean table: `kept` has (at least) its columns.

    Raises ControlTotalsError when a row was lost or doubled.
    """
    table = dataset.clean[0]
    check_rows(table.name, input_totals.lines, kept, bad)
    clean = kept.select(table.schema.names).sort(table.key)
    return Cleaned(
        tables={table.name: clean},
        totals=dataset.totals({table.name: clean.to_arrow()}, "clean"),
        input_totals=input_totals,
        rejected={table.name: bad},
    )
