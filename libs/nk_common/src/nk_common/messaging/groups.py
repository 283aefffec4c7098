"""Consumer groups: who handles what, so that others can say how far behind they are."""

from __future__ import annotations

from dataclasses import dataclass

from nk_common.events.topics import (
    CONTROL,
    DAY_CLEANED,
    EXTRACT_REQUESTED,
    PIPELINE,
    RAW_TOPICS,
    REBUILD_REQUESTED,
    Topic,
)

EMBEDDED = "embedded-"
"""How the cluster id of a broker begins that keeps its memory in memory (nk up starts it so)."""


@dataclass(frozen=True)
class Group:
    """A group of workers that share the messages of some topics."""

    name: str
    topics: tuple[Topic, ...]


GROUPS: tuple[Group, ...] = (
    Group("nk-planner", (CONTROL,)),
    Group("nk-extractor", (EXTRACT_REQUESTED,)),
    Group("nk-cleaner", RAW_TOPICS),
    Group("nk-cleaner-rebuild", (REBUILD_REQUESTED,)),
    Group("nk-loader", (DAY_CLEANED,)),
    Group("nk-loader-rebuild", (REBUILD_REQUESTED,)),
    Group("nk-ledger", (PIPELINE,)),
)
"""As the services subscribe; a test compares the two."""


def group_name(group: str, cluster: str) -> str:
    """How the group is called on the broker with that cluster id: one that lost its memory gets new groups (ADR 8)."""
    return f"{group}-{cluster}" if cluster.startswith(EMBEDDED) else group
