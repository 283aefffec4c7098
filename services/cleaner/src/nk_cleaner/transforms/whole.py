"""Dimensions: one row per id, text without stray blanks. Nothing is derived before the loader.

A record without a name (Odoo allows it for an address of a company) is labelled, and not rejected: documents
refer to it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import polars.selectors as cs

from nk_cleaner.transforms.base import Cleaned, Rules, Tables, Transform, first_reason, part
from nk_common.datasets.base import ControlTotals, Dataset

NO_NAME = "(no name)"


def whole(dataset: Dataset) -> Transform:
    """The transform of a dataset that is loaded whole: its clean tables have the columns of its raw ones."""
    main = dataset.raw[0].name

    def transform(tables: Tables, _day: date | None, _rules: Rules) -> Cleaned:
        parted = {table.name: part(_checked(tables[table.name])) for table in dataset.clean}
        kept = {name: good.sort("id") for name, (good, _) in parted.items()}
        return Cleaned(
            tables=kept,
            totals=dataset.totals({name: frame.to_arrow() for name, frame in kept.items()}, "clean"),
            input_totals=_input_totals(tables[main]),
            rejected={name: bad for name, (_, bad) in parted.items()},
        )

    return transform


def _checked(frame: pl.DataFrame) -> pl.DataFrame:
    stripped: Callable[[], pl.Expr] = cs.string().str.strip_chars
    name = pl.col("name")
    named = pl.when(name.fill_null("") == "").then(pl.lit(NO_NAME)).otherwise(name).alias("name")
    return frame.with_columns(stripped()).with_columns(
        named,
        first_reason(
            (pl.col("id").is_duplicated(), "the id occurs twice"),
            (pl.col("id") <= 0, "the id is no id"),
        ),
    )


def _input_totals(frame: pl.DataFrame) -> ControlTotals:
    return ControlTotals(frame.height, frame.height, 0.0, 0.0, 0.0)
