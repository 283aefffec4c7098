"""Control totals of the star tables, against those that the ledger recorded when they were loaded."""

from __future__ import annotations

from collections.abc import Iterator

from nk_cli.validate.finding import Finding
from nk_cli.validate.partition import Partition
from nk_common.datasets.base import ControlTotals


def totals_differ(partition: Partition) -> Iterator[Finding]:
    """Only of files that hold what was recorded: others are another reading of the day."""
    recorded, star = partition.recorded, partition.layer("star-schema")
    if recorded is None or recorded.totals is None or not set(partition.dataset.star) <= star.keys():
        return
    if not _is_recorded(partition, {content.stamp.version for content in star.values()}):
        return
    counted = partition.dataset.totals({name: content.rows for name, content in star.items()}, "star")
    if counted.differs_from(recorded.totals):
        yield partition.finding(
            "control-totals",
            partition.path(star[partition.dataset.star[0]].file.place),
            f"{_words(recorded.totals, counted)} The file is not as it was loaded, so the figures are wrong.",
            partition.remedy(),
        )


def _is_recorded(partition: Partition, versions: set[int]) -> bool:
    loaded = partition.recorded.version if partition.recorded else None
    if loaded is None or len(versions) != 1:
        return False
    (held,) = versions
    # Rebuilt content that did not change keeps its file; what was recorded since was counted from equal content.
    return held == loaded or (held < loaded and partition.dataset.rebuilt != "never")


def _words(recorded: ControlTotals, counted: ControlTotals) -> str:
    pairs = zip(ControlTotals._fields, recorded, counted, strict=True)
    differing = [
        f"{name} {was:,} in the ledger, {now:,} in the file" for name, was, now in pairs if was != now
    ]
    return f"Totals differ ({'; '.join(differing)})."
