"""Arrow columns of the kinds that the facts have."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.scale_catalogue import Ints


def moments(day: date, seconds: Ints) -> pa.Array:
    """Local timestamps of seconds since midnight."""
    return pa.array(np.datetime64(day, "us") + seconds.astype("timedelta64[s]"), pa.timestamp("us"))


def days(day: date, count: int) -> pa.Array:
    """The same day in every row."""
    return pa.array(np.full(count, np.datetime64(day, "D")), pa.date32())


def same(text: str, count: int) -> pa.Array:
    """The same text in every row."""
    return pa.repeat(pa.scalar(text, pa.string()), count)


def numbered(prefix: str | pa.Array, numbers: Ints, width: int = 7) -> pa.Array:
    """Names of documents: `BILL/0000012`; of one prefix, or of one for each."""
    # Not by polars: for columns this short, handing work to its threads takes longer than the work.
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")
