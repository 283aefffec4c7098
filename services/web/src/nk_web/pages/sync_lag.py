"""How much work waits between the stages of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.api.pipeline import Lag
from nk_web.i18n import Said, say

STAGES: dict[str, Said] = {
    "nk-planner": say("Planning"),
    "nk-extractor": say("Reading Odoo"),
    "nk-cleaner": say("Cleaning"),
    "nk-cleaner-rebuild": say("Cleaning again"),
    "nk-loader": say("Loading"),
    "nk-loader-rebuild": say("Loading again"),
    "nk-ledger": say("Bookkeeping"),
}

SELDOM = frozenset({"nk-cleaner-rebuild", "nk-loader-rebuild"})
"""Only said while something waits."""


@dataclass(frozen=True)
class Stage:
    """A group of workers; `waiting` is None while the broker has none of its topics."""

    group: str
    name: Said | None
    waiting: int | None


def stages_of(lag: Lag) -> list[Stage]:
    """One for each group, in the order in which work passes through them; unknown ones last."""
    order = list(STAGES)
    waiting: dict[str, int | None] = {}
    for topic in lag.groups:
        before = waiting.get(topic.group)
        waiting[topic.group] = before if topic.lag is None else (before or 0) + topic.lag
    known = sorted(waiting, key=lambda group: order.index(group) if group in STAGES else len(order))
    return [
        Stage(group, STAGES.get(group), waiting[group])
        for group in known
        if waiting[group] or group not in SELDOM
    ]
