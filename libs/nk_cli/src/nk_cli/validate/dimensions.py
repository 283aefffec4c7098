"""Dimensions that lack their unknown member, and ids in facts that no dimension knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl
import pyarrow as pa

from nk_cli.validate.finding import Finding, reload
from nk_cli.validate.opening import open_file
from nk_cli.validate.partition import Content, Partition
from nk_cli.validate.places import LakeFile, Place
from nk_common.datasets.base import PartitionKey
from nk_common.lake.layout import Layout
from nk_common.star import BY_NAME
from nk_common.star.base import UNKNOWN_ID, StarTable
from nk_common.star.descriptions import REFERENCES
from nk_common.star.dimensions import DIMENSIONS

_SHOWN = 5


@dataclass(frozen=True)
class Reference:
    """A column of a fact whose values are members of `dimension`."""

    fact: str
    column: str
    dimension: str


def no_unknown_member(partition: Partition) -> Iterator[Finding]:
    """Rows of a fact that have no store, customer, ... are named by this member."""
    for name, content in partition.layer("star-schema").items():
        table = BY_NAME[name]
        if table.kind == "dimension" and UNKNOWN_ID not in _ids(content, table.key[0]):
            yield partition.finding(
                "no-unknown-member",
                partition.path(content.file.place),
                f"{name} has no member {UNKNOWN_ID}, which stands for 'none': charts by its names lose the rows "
                "that have none, and their revenue.",
                partition.remedy(),
            )


def ids_used(content: Content) -> dict[Reference, pl.DataFrame]:
    """The ids in the columns of a fact that name members of a dimension: columns `id`, `rows`."""
    table = BY_NAME[content.file.place.table]
    if table.kind == "dimension":
        return {}
    return {
        Reference(table.name, column, REFERENCES[column]): _ids(content, column)
        .drop_nulls()
        .alias("id")
        .value_counts(name="rows")
        for column in table.schema.names
        if column in REFERENCES
    }


def members(layout: Layout, places: Mapping[tuple[str, str], Place]) -> dict[str, pl.Series | None]:
    """Keys of every dimension; None where its file cannot be used, which is a finding of its own."""
    return {table.name: _members(layout, places["star-schema", table.name], table) for table in DIMENSIONS}


def unknown_ids(
    used: Mapping[Reference, Iterable[pl.DataFrame]],
    known: Mapping[str, pl.Series | None],
    today: date,
) -> Iterator[Finding]:
    """One warning for each column of a fact with ids that its dimension does not have."""
    for reference, frames in used.items():
        ids = known[reference.dimension]
        if ids is None:
            continue
        counted = pl.concat(frames).group_by("id").agg(pl.col("rows").sum())
        unknown = counted.filter(~pl.col("id").is_in(ids.implode())).sort("id")
        if unknown.height:
            yield _unknown(reference, unknown, today)


def _unknown(reference: Reference, unknown: pl.DataFrame, today: date) -> Finding:
    some = ", ".join(str(value) for value in unknown["id"].head(_SHOWN))
    more = f" and {unknown.height - _SHOWN} more" if unknown.height > _SHOWN else ""
    dataset = BY_NAME[reference.dimension].dataset
    return Finding(
        kind="unknown-id",
        path=f"star-schema/{reference.fact}",
        dataset=BY_NAME[reference.fact].dataset,
        day=None,
        sentence=(
            f"{unknown['rows'].sum()} rows have a {reference.column} that {reference.dimension} does not know "
            f"({some}{more}). They are in every total, but without a name."
        ),
        action=reload(PartitionKey(dataset, None), "odoo", today),
        warning=True,
    )


def _members(layout: Layout, place: Place, table: StarTable) -> pl.Series | None:
    content = open_file(LakeFile(place, None, place.path(layout, None)))
    if content is None:
        return pl.Series(table.key[0], [], pl.Int64)  # never loaded: it knows nobody
    return _ids(content, table.key[0]) if isinstance(content, Content) else None


def _ids(content: Content, column: str) -> pl.Series:
    values: pa.ChunkedArray = content.rows[column]
    return pl.Series(column, values)
