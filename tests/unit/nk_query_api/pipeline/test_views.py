"""What people see of runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nk_common.ledger.models import RunRow
from nk_common.ledger.progress import as_run as run
from nk_common.ledger.reader import RunProgress

CREATED = datetime(2025, 12, 24, 3, 0, tzinfo=UTC)


def progress(total: int, done: int, failed: int, minutes: float) -> RunProgress:
    row = RunRow(
        id="r1",
        kind="backfill",
        command="{}",
        reason=None,
        requested_by="api",
        created_at=CREATED,
        total=total,
        cancelled=0,
    )
    return RunProgress(row, done, failed, CREATED + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("total", "done", "failed", "state", "rate", "left"),
    [
        (10, 0, 0, "running", None, None),
        (10, 4, 0, "running", 2.0, 180.0),  # 4 in 2 minutes; 6 to go
        (10, 3, 1, "running", 2.0, 180.0),
        (10, 10, 0, "done", 10.0, None),  # finished after 1 minute
        (10, 9, 1, "failed", 10.0, None),
        (0, 0, 0, "done", None, None),
    ],
)
def test_a_run_shows_its_speed_and_what_is_left(
    total: int, done: int, failed: int, state: str, rate: float | None, left: float | None
) -> None:
    found = run(progress(total, done, failed, minutes=1), CREATED + timedelta(minutes=2))
    assert (found.state, found.rate_per_minute, found.seconds_left) == (state, rate, left)
    assert found.running == total - done - failed
    assert (found.finished_at is None) == (state == "running")
