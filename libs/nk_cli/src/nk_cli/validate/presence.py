"""Files that should be there and are not."""

from __future__ import annotations

from collections.abc import Iterator

from nk_cli.validate.finding import Finding
from nk_cli.validate.partition import Partition
from nk_cli.validate.places import LayerName, Place

LAYERS: tuple[LayerName, ...] = ("raw", "clean", "star-schema")


def missing_files(partition: Partition) -> Iterator[Finding]:
    """Tables of a loaded partition that have no file, and tables whose sisters have one.

    Layers before the star schema may be gone as a whole: retention takes them away. Of a partition that is
    being loaded for the first time, some are yet to come.
    """
    if partition.unfinished and not _is_loaded(partition):
        return
    for layer in LAYERS:
        expected = [place for place in partition.places if place.layer == layer]
        present = partition.present(layer)
        absent = [place for place in expected if place.table not in present]
        if present:
            for place in absent:
                yield _incomplete(partition, place, sorted(present))
        elif absent and layer == "star-schema" and _is_loaded(partition):
            yield _missing(partition, absent)


def not_in_ledger(partition: Partition) -> Iterator[Finding]:
    """Star tables that the ledger knows nothing of: nobody can say whether they are complete."""
    if partition.has_ledger and partition.recorded is None and partition.present("star-schema"):
        first = next(place for place in partition.places if place.layer == "star-schema")
        yield partition.finding(
            "unrecorded",
            partition.path(first),
            "The ledger has no record of this, so its totals cannot be checked; the pages show it as missing.",
            "Run: nk ledger rebuild",
            warning=True,
        )


def _is_loaded(partition: Partition) -> bool:
    return partition.recorded is not None and partition.recorded.version is not None


def _missing(partition: Partition, absent: list[Place]) -> Finding:
    names = " and ".join(place.table for place in absent)
    what = "its figures" if partition.key.day else "its names"
    return partition.finding(
        "missing",
        partition.path(absent[0]),
        f"The ledger says that this is loaded, but there is no file of {names}: {what} are lost.",
        partition.remedy(),
    )


def _incomplete(partition: Partition, place: Place, present: list[str]) -> Finding:
    means = (
        "nkdash shows nothing of it until all are there."
        if place.layer == "star-schema"
        else f"The figures stand, but it cannot be made again from {place.layer}."
    )
    return partition.finding(
        "incomplete",
        partition.path(place),
        f"{place.table} has no file although {', '.join(present)} has. {means}",
        partition.remedy_of(place.layer),
    )
