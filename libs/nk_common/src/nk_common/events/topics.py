"""Every topic, declared once. `nk topics apply`, `make run` and compose create them from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from nk_common.datasets import REGISTRY
from nk_common.datasets.base import Dataset

KEY_BY_PARTITION = "<dataset>|<day>"


@dataclass(frozen=True)
class Topic:
    """A topic of the bus. `partitions` of None means the configured number (NK_TOPIC_PARTITIONS)."""

    name: str
    key: str
    payload: str
    retention: timedelta
    partitions: int | None = None


CONTROL = Topic(
    "nk.control.v1",
    "none",
    "a command as plain JSON (docs/control-topic.md)",
    timedelta(days=7),
    partitions=1,
)
EXTRACT_REQUESTED = Topic(
    "nk.extract.requested.v1", KEY_BY_PARTITION, "ExtractRequested (JSON)", timedelta(days=7)
)
REBUILD_REQUESTED = Topic(
    "nk.rebuild.requested.v1", KEY_BY_PARTITION, "RebuildRequested (JSON)", timedelta(days=7)
)
DAY_CLEANED = Topic("nk.day.cleaned.v1", KEY_BY_PARTITION, "DayCleaned (JSON)", timedelta(days=7))
DAY_LOADED = Topic("nk.day.loaded.v1", KEY_BY_PARTITION, "DayLoaded (JSON)", timedelta(days=7))
PIPELINE = Topic("nk.pipeline.v1", KEY_BY_PARTITION, "StageReport (JSON)", timedelta(days=7))
DEAD_LETTER = Topic(
    "nk.dead-letter.v1",
    "as the original",
    "the original bytes; headers say from where and why",
    timedelta(days=30),
)


def raw_topic(dataset: Dataset) -> Topic:
    """Where the extracted rows of `dataset` travel."""
    return Topic(
        f"nk.raw.{dataset.name}.v1",
        KEY_BY_PARTITION,
        "RawChunk (Arrow IPC stream, zstd; headers say which chunk)",
        timedelta(days=2),
    )


RAW_TOPICS: tuple[Topic, ...] = tuple(raw_topic(d) for d in REGISTRY if d.raw)
TOPICS: tuple[Topic, ...] = (
    CONTROL,
    EXTRACT_REQUESTED,
    REBUILD_REQUESTED,
    *RAW_TOPICS,
    DAY_CLEANED,
    DAY_LOADED,
    PIPELINE,
    DEAD_LETTER,
)
