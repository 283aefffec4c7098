"""Serving databases of the made-up lakes, kept between runs."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from benchmarks.scale_lake import Scale, lake_for
from nk_query_api.serving.schema import fingerprint
from nk_query_api.serving.store import ServingStore


def serving_path(scale: Scale) -> Path:
    """Where the serving file of a scale, in this release's layout, is kept."""
    folder = Path(tempfile.gettempdir()) / "nkdash-bench" / "serving"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{scale.name}-{lake_for(scale).name}-{fingerprint()}.duckdb"


def open_store(scale: Scale) -> ServingStore:
    """The serving store of a scale, filled."""
    store = ServingStore(serving_path(scale), lake_for(scale))
    store.open()
    store.scan()
    return store


def timed_rebuild(scale: Scale) -> tuple[float, int, float]:
    """Build the serving file anew: seconds, partitions, and peak MiB of this process by then."""
    path = serving_path(scale)
    for file in (path, path.with_name(path.name + ".wal")):
        file.unlink(missing_ok=True)
    store = ServingStore(path, lake_for(scale))
    started = time.perf_counter()
    store.open()
    partitions = len(store.scan())
    store.close()
    seconds = time.perf_counter() - started
    return seconds, partitions, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
