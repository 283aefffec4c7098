"""How far the first load is, asked of the query API like everybody else does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import httpx

from nk_common.api.pipeline import Partitions

_LOADED = ("loaded", "empty", "partial")


@dataclass(frozen=True)
class LoadProgress:
    """Partitions of the window by where they are; `errors` are the distinct reasons of failures."""

    total: int
    loaded: int
    failed: int
    errors: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return self.loaded >= self.total


def load_progress(client: httpx.Client, today: date, days: int) -> LoadProgress | None:
    """None while the query API cannot say."""
    window = {"start": (today - timedelta(days=days - 1)).isoformat(), "end": today.isoformat()}
    try:
        answer = client.get("/v1/pipeline/partitions", params=window)
        answer.raise_for_status()
    except httpx.HTTPError:
        return None
    partitions = Partitions.model_validate_json(answer.content).partitions
    failed = [p for p in partitions if p.state in ("failed", "stale")]
    # Days that were loaded and are being read again have figures, and count as loaded.
    loaded = sum(p.state in _LOADED or (p.state == "running" and p.rows is not None) for p in partitions)
    return LoadProgress(
        total=len(partitions),
        loaded=loaded,
        failed=len(failed),
        errors=tuple(sorted({p.error for p in failed if p.error})),
    )
