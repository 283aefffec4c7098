"""Rows that do not belong: of another day, or with a key that another row has."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from nk_cli.validate.finding import Finding
from nk_cli.validate.partition import Content, Partition

_SHOWN = 5


def other_days(partition: Partition) -> Iterator[Finding]:
    """Rows whose day is not that of their file."""
    for content in partition.contents:
        column = content.file.place.day
        if column is None:
            continue
        days = content.rows[column].cast(pa.date32(), safe=False)
        strangers = days.filter(pc.not_equal(days, pa.scalar(partition.key.day, pa.date32())))
        if len(strangers):
            yield _stranger(partition, content, strangers)


def duplicate_keys(partition: Partition) -> Iterator[Finding]:
    """Keys that come twice within one file."""
    for content in partition.contents:
        key = list(content.file.place.key)
        rows = content.rows
        if not key or rows.group_by(key, use_threads=False).aggregate([]).num_rows == rows.num_rows:
            continue
        counted = rows.group_by(key, use_threads=False).aggregate([([], "count_all")])
        twice = counted.filter(pc.greater(counted["count_all"], 1)).select(key).to_pylist()
        means = (
            "Figures made of it count those rows more than once."
            if content.file.place.layer == "star-schema"
            else "What is made of it would count those rows more than once."
        )
        yield partition.finding(
            "duplicate-key",
            partition.path(content.file.place),
            f"{', '.join(key)} comes more than once: {_examples(twice)}. {means}",
            partition.remedy_of(content.file.place.layer),
        )


def _stranger(partition: Partition, content: Content, strangers: pa.ChunkedArray) -> Finding:
    span = pc.min_max(strangers).as_py()
    days = str(span["min"]) if span["min"] == span["max"] else f"{span['min']} to {span['max']}"
    return partition.finding(
        "other-day",
        partition.path(content.file.place),
        f"{len(strangers)} rows are of another day ({days}). nkdash leaves such a file out; other programs count "
        "them on a day that may hold them already.",
        partition.remedy_of(content.file.place.layer),
    )


def _examples(keys: list[dict[str, object]]) -> str:
    shown = [" ".join(str(value) for value in key.values()) for key in keys[:_SHOWN]]
    more = len(keys) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
