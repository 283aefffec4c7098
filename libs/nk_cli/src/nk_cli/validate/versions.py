"""Versions that do not fit together, and files older than the ledger says."""

from __future__ import annotations

from collections.abc import Iterator

from nk_cli.validate.finding import Finding
from nk_cli.validate.partition import Content, Partition


def version_mismatch(partition: Partition) -> Iterator[Finding]:
    """Tables of one layer of different versions, star tables older than clean ones, or than recorded."""
    if partition.unfinished:
        return
    clean, star = partition.layer("clean"), partition.layer("star-schema")
    mixed = [held for held in (clean, star) if len(_versions(held)) > 1]
    for held in mixed:
        yield _mixed(partition, held)
    if not mixed and star:
        yield from _behind(partition, clean, star)


def _behind(partition: Partition, clean: dict[str, Content], star: dict[str, Content]) -> Iterator[Finding]:
    (held,) = _versions(star)
    cleaned = max(_versions(clean), default=None)
    # An older clean is right: a day loaded again from it, or made of other days, is a version of its own.
    if cleaned is not None and cleaned > held:
        yield partition.finding(
            "version-mismatch",
            _first(partition, star),
            f"The star tables are of version {held} and the clean ones of {cleaned}: the newest reading of Odoo is "
            "not in the figures.",
            partition.remedy(),
        )
        return
    loaded = partition.recorded.version if partition.recorded else None
    # Rebuilt content that did not change is not written again, so an older file is right.
    if loaded is not None and held < loaded and partition.dataset.rebuilt == "never":
        yield partition.finding(
            "version-mismatch",
            _first(partition, star),
            f"The ledger says that version {loaded} is loaded, and the file is of {held}: the figures are older "
            "than the pages say.",
            partition.remedy(),
        )


def _mixed(partition: Partition, held: dict[str, Content]) -> Finding:
    of = ", ".join(f"{name}: {content.stamp.version}" for name, content in held.items())
    layer = next(iter(held.values())).file.place.layer
    means = (
        "nkdash shows the older figures, or none"
        if layer == "star-schema"
        else "the figures stand, but clean is of two moments"
    )
    return partition.finding(
        "version-mismatch",
        _first(partition, held),
        f"Tables of one reading are of different versions ({of}): {means}.",
        partition.remedy_of(layer),
    )


def _versions(held: dict[str, Content]) -> set[int]:
    return {content.stamp.version for content in held.values()}


def _first(partition: Partition, held: dict[str, Content]) -> str:
    return partition.path(next(iter(held.values())).file.place)
