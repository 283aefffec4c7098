"""What the housekeeping commands did, for people. Pure."""

from __future__ import annotations

from collections import Counter

from nk_cli.housekeeping.prune import Pruning
from nk_cli.housekeeping.rebuild import Rebuilt

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


def _kept_words(plan: Pruning) -> list[str]:
    counted = Counter((layer, key.dataset, why) for (key, layer), why in plan.kept.items())
    return [
        f"Kept: {_days(days)} of {dataset} in {layer}: {why}."
        for (layer, dataset, why), days in sorted(counted.items())
    ]
