"""What `clean/` holds of a partition, told as the cleaner told it when it wrote it."""

from __future__ import annotations

import pyarrow as pa

from nk_common.datasets import by_name
from nk_common.datasets.base import Dataset
from nk_common.errors import TransientError
from nk_common.events.base import Totals
from nk_common.events.stages import DayCleaned, RebuildRequested, TableWritten
from nk_common.lake.layout import Layout
from nk_common.lake.reader import FileStamp, read_stamp, read_table


def day_cleaned_again(layout: Layout, request: RebuildRequested) -> DayCleaned:
    """The event of the files in `clean/`, for the run that asks. Its version is the files' own.

    Raises TransientError where a table is missing, or the cleaner is in the middle of replacing them.
    """
    dataset = by_name(request.dataset)
    stamp = _common_stamp(layout, dataset, request)
    paths = {table.name: layout.clean(table.name, request.day) for table in dataset.clean}
    tables = {name: read_table(path) for name, path in paths.items()}
    return DayCleaned(
        dataset=dataset.name,
        day=request.day,
        run_id=request.run_id,
        requested_at=request.requested_at,
        version=stamp.version,
        as_of=stamp.read_at,
        tables=tuple(_written(layout, request, name, table) for name, table in tables.items()),
        totals=Totals(**dataset.totals(tables, "clean")._asdict()),
        rejected=_rejected(layout, dataset, request, stamp.version),
    )


def _common_stamp(layout: Layout, dataset: Dataset, request: RebuildRequested) -> FileStamp:
    stamps = [read_stamp(layout.clean(table.name, request.day)) for table in dataset.clean]
    found = [stamp for stamp in stamps if stamp]
    if not found or len(found) < len(stamps) or len({stamp.version for stamp in found}) > 1:
        raise TransientError(
            f"clean/ does not hold one version of {request.partition}; it is looked for again."
        )
    return found[0]


def _written(layout: Layout, request: RebuildRequested, name: str, table: pa.Table) -> TableWritten:
    path = layout.clean(name, request.day).relative_to(layout.root)
    return TableWritten(name=name, path=str(path), rows=table.num_rows)


def _rejected(layout: Layout, dataset: Dataset, request: RebuildRequested, version: int) -> int:
    """Rows that this version rejected; files of rejected rows are left by earlier versions, too."""
    stamps = (read_stamp(layout.rejected(table.name, request.day)) for table in dataset.clean)
    return sum(stamp.rows for stamp in stamps if stamp and stamp.version == version)
