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

    `key` is unique over the whole table. `dataset` is the registry name of the dataset it is built from.
    """

    name: str
    kind: Literal["fact", "dimension"]
    dataset: str
    grain: str
    key: str
    schema: pa.Schema
