"""Which readings go first in the queue to Odoo."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from nk_common.events.stages import ExtractRequested, Reason
from nk_common.observability import Metrics
from nk_extractor.extract.base import Extraction
from nk_extractor.service import ExtractionService


@pytest.mark.parametrize(
    ("day", "reason", "used"),
    [
        (date(2026, 1, 10), "catch-up", "urgent"),
        (date(2026, 1, 8), "watch", "urgent"),
        (date(2026, 1, 8), "backfill", "ordinary"),
        (None, "refresh", "ordinary"),
    ],
)
async def test_today_and_what_changed_go_first(
    parts: Any, day: date | None, reason: Reason, used: str
) -> None:
    calls: list[Any] = []

    def extract(client: Any, *_: object) -> Extraction:
        calls.append(client)
        raise RuntimeError("enough")

    service = ExtractionService(
        parts.settings, "ordinary", "urgent", lambda: {"pos": extract, "products": extract},  # type: ignore[arg-type]
        parts.writer, parts.bus, parts.clock, Metrics(),
    )  # fmt: skip
    dataset = "pos" if day else "products"
    request = ExtractRequested(
        dataset=dataset, day=day, run_id="r", requested_at=parts.clock.now(), reason=reason
    )
    with pytest.raises(RuntimeError, match="enough"):
        await service.extract(request)
    assert calls == [used]
