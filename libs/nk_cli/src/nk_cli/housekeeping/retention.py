"""What may be removed from the lake, and why something may not although its time is over. Pure but for one look at
the files that would be all that is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from nk_cli.housekeeping.holdings import Holding, is_readable
from nk_cli.settings import RetentionSettings
from nk_cli.validate.places import LayerName
from nk_common.datasets.purchases import PURCHASES

Why = Literal[
    "on its way", "not in the star schema", "not loaded yet", "empty snapshot", "cost of later days"
]
REASONS: Mapping[Why, str] = {
    "on its way": "it is being loaded; the next nk prune removes it",
    "not in the star schema": (
        "its star files are missing or damaged, so this is all there is of it: load it again with nk backfill "
        "--from-stage"
    ),
    "not loaded yet": "its newest reading is not in the star schema yet: load it with nk backfill --from-stage",
    "empty snapshot": "only this file says that nothing was in stock on that day",
    "cost of later days": "profit of later days needs what was paid then",
}
"""Why something stays, for people."""


@dataclass(frozen=True)
class Cutoffs:
    """The first day of each layer that is kept; None: all of them are."""

    raw: date | None
    clean: date | None
    rejected: date | None
    star: date | None

    def of(self, layer: LayerName) -> date | None:
        """For one layer. What figures are made of is not kept longer than the figures."""
        own = {"raw": self.raw, "clean": self.clean, "rejected": self.rejected, "star-schema": self.star}[
            layer
        ]
        return max((one for one in (own, self.star) if one), default=None)

    def is_over(self, layer: LayerName, day: date) -> bool:
        first = self.of(layer)
        return first is not None and day < first


@dataclass(frozen=True)
class Verdict:
    """What of one partition goes, and what stays although its time is over."""

    removed: tuple[LayerName, ...]
    kept: Mapping[LayerName, Why]


def cutoffs(settings: RetentionSettings, today: date) -> Cutoffs:
    """By the settings, as of the local day `today`, which is the last of the days that are kept."""

    def first_kept(days: int) -> date | None:
        return today - timedelta(days=days - 1) if days else None

    return Cutoffs(
        raw=first_kept(settings.retention_raw_days),
        clean=first_kept(settings.retention_clean_days),
        rejected=first_kept(settings.retention_rejected_days),
        star=first_kept(settings.retention_star_days),
    )


def judge(held: Holding, limits: Cutoffs, *, unfinished: bool) -> Verdict:
    """Which layers of a day go. Reads through its star files before anything that they were made of goes."""
    due = layers_due(held, limits)
    if unfinished:
        return Verdict((), dict.fromkeys(due, "on its way"))
    if "star-schema" in due and held.dataset == PURCHASES:
        reasons: dict[LayerName, Why] = {"star-schema": "cost of later days"}
    elif "star-schema" in due:
        return Verdict(due, {})
    else:
        reasons = {}
    reasons |= {layer: why for layer in due if (why := _why_kept(held, layer))}
    return Verdict(tuple(layer for layer in due if layer not in reasons), reasons)


def layers_due(held: Holding, limits: Cutoffs) -> tuple[LayerName, ...]:
    """Layers of which something is there and whose time is over. What has no day is always kept."""
    day = held.key.day
    layers: tuple[LayerName, ...] = ("raw", "clean", "rejected", "star-schema")
    return tuple(one for one in layers if day and held.has(one) and limits.is_over(one, day))


def _why_kept(held: Holding, layer: LayerName) -> Why | None:
    if layer not in ("raw", "clean"):
        return None
    star = held.whole("star-schema")
    if star is None or not is_readable(held, "star-schema"):
        return "not in the star schema"
    if star.version < held.newest_of(layer):
        return "not loaded yet"
    is_snapshot = held.dataset.rebuilt == "past days"
    return "empty snapshot" if layer == "clean" and is_snapshot and star.rows == 0 else None
