"""What a table of the star schema is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

UNKNOWN_ID = -1
"""Key of the one labelled member that stands for 'none' in every dimension, never NULL and never 0."""


@dataclass(frozen=True)
class StarTable:
    """A fact (partitioned by day) or a dimension (one file).

    The columns of `key` together are unique within a partition, and over the whole table unless the day is a
    part of the grain.
    `dataset` is the registry name of the dataset it is built from. `day` is the column of a fact that
    decides its day.
    """

    name: str
    kind: Literal["fact", "dimension"]
    dataset: str
    grain: str
    key: tuple[str, ...]
    schema: pa.Schema
    day: str = "date"


@dataclass(frozen=True)
class StarView:
    """A view over star tables: its name, and SQL that DuckDB, and most others, understand."""

    name: str
    grain: str
    sql: str
