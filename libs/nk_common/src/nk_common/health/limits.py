"""How old a dataset may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from nk_common.datasets.base import Freshness
from nk_common.settings import HealthSettings


@dataclass(frozen=True)
class Limits:
    """Older than `late` somebody should know, older than `failing` somebody should act."""

    late: timedelta
    failing: timedelta

    def grade(self, age: timedelta) -> Literal["late", "failing"] | None:
        """None for an age that is all right; exactly the limit still is."""
        if age > self.failing:
            return "failing"
        return "late" if age > self.late else None


def limits_of(settings: HealthSettings, freshness: Freshness) -> Limits:
    """What the settings say about datasets of that kind."""
    late, failing = (getattr(settings, f"{name}_after_{freshness}") for name in ("late", "failing"))
    return Limits(timedelta(seconds=late), timedelta(seconds=failing))
