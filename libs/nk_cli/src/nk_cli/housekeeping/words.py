"""What the housekeeping commands did, for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from nk_cli.housekeeping.manifest import Manifest
from nk_cli.housekeeping.prune import Pruning
from nk_cli.housekeeping.rebuild import Rebuilt
from nk_cli.housekeeping.reset import Reset
from nk_common.datasets.base import PartitionKey

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """Bytes, as people say them."""
    unit = 0
    while count >= 1000 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:,.1f} {_UNITS[unit]}" if unit else f"{count:,.0f} bytes"


def _days(count: int) -> str:
    return f"{count:,} day" + "s" * (count != 1)


def rebuilding_words(rebuilt: Rebuilt) -> str:
    known = f"{rebuilt.raised:,} brought up to date, {rebuilt.unchanged:,} known already"
    again = f" {rebuilt.unfinished:,} had not come to their end; the extractor finishes them."
    return f"{rebuilt.added:,} partitions added to the ledger, {known}." + again * bool(rebuilt.unfinished)


def pruning_words(plan: Pruning, *, dry_run: bool) -> str:
    """A line for each layer, for left-overs, and for each reason why something is kept."""
    verb = "Would remove" if dry_run else "Removed"
    lines = [
        f"{verb} {gone['files']:,} files of {_days(gone['days'])} from {layer} ({size(gone['bytes'])}): everything "
        f"before {gone['kept_from']}."
        for layer, gone in plan.by_layer().items()
    ]
    if plan.left_overs:
        total = size(sum(one.size for one in plan.left_overs))
        lines.append(f"{verb} {len(plan.left_overs):,} left-overs of crashed writers ({total}).")
    if not lines:
        lines.append("Nothing is older than the settings say.")
    return "\n".join([*lines, *_kept_words(plan)])


def reset_words(plan: Reset) -> list[str]:
    """What is thrown away and made again, and what that means, before it is done."""
    if plan.stage == "star":
        files = ", ".join(str(path) for path in plan.serving) or "no file"
        return [f"The serving database ({files}) is thrown away; the query API fills it anew from the lake."]
    total = size(sum(one.size for one in plan.partitions))
    again = ", ".join(f"{count:,} {how}" for how, count in plan.counted().items()) or "none"
    lines = [
        f"{plan.files:,} files ({total}) and the serving database are thrown away. Partitions made again: {again}. "
        "Until that is done, the pages call these days running, or missing, and their figures are not there."
    ]
    if plan.kept:
        lines.append(f"{len(plan.kept):,} partitions stay as they are: {plan.why_kept}.")
    return lines


def done_words(stay: Collection[PartitionKey]) -> str:
    """What was done, and what is left to do."""
    on_their_way = f" {len(stay):,} partitions were on their way already, and stay as they are." * bool(stay)
    return f"Done.{on_their_way} Start nkdash: it makes again what is missing, and Data Sync shows how far it is."


def backup_words(folder: Path, manifest: Manifest) -> str:
    """What was saved, and what is left to care for."""
    lines = [
        f"{len(manifest.files):,} files ({size(manifest.bytes)}) of {manifest.partitions:,} partitions are saved in "
        f"{folder}. It holds customers' names: keep it as you keep the lake. Settings and keys are not in it."
    ]
    if manifest.ledger is None:
        lines.append("There was no ledger to save; a restore makes one from the lake.")
    if manifest.unsettled:
        lines.append(
            f"{len(manifest.unsettled):,} partitions are half replaced or damaged in the lake, and are saved so (the "
            f"first: {manifest.unsettled[0]}): a restore has them made again."
        )
    return "\n".join(lines)


def restore_words(manifest: Manifest, rebuilt: Rebuilt | None) -> str:
    """What was put back (`rebuilt` is None: what would be), and what is left to do."""
    of = f"{manifest.created_at:%Y-%m-%d %H:%M} UTC"
    if rebuilt is None:
        files = f"{len(manifest.files):,} files ({size(manifest.bytes)})"
        return f"The backup of {of} is whole: {files}. It can be restored."
    again = f" {rebuilt.unfinished:,} partitions had not come to their end; they are made again."
    return (
        f"The lake and the ledger are those of {of}.{again * bool(rebuilt.unfinished)} Run nk validate, then start "
        "nkdash: it fills the serving database and reads what has changed in Odoo since."
    )


def _kept_words(plan: Pruning) -> list[str]:
    counted = Counter((layer, key.dataset, why) for (key, layer), why in plan.kept.items())
    return [
        f"Kept: {_days(days)} of {dataset} in {layer}: {why}."
        for (layer, dataset, why), days in sorted(counted.items())
    ]
