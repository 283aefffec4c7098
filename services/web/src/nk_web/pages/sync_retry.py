"""What a retry of everything that failed asks for: those days of those datasets, and no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from nk_common.api.pipeline import BackfillRequest, Partition

REASON = "retry"


def retries(partitions: Iterable[Partition]) -> tuple[list[BackfillRequest], list[str]]:
    """Backfills for failed days, and failed datasets that are loaded whole.

    A backfill is a rectangle of datasets and days, and one over a day that did not fail could also load what is
    merely missing. So there is one for each run of days that failed without a gap; datasets share theirs.
    """
    failed = [part for part in partitions if part.state == "failed"]
    days: dict[str, list[date]] = defaultdict(list)
    for part in failed:
        if part.day:
            days[part.dataset].append(part.day)
    shared: dict[tuple[date, date], list[str]] = defaultdict(list)
    for dataset, own in days.items():
        for span in _spans(own):
            shared[span].append(dataset)
    backfills = [
        BackfillRequest(datasets=datasets, start=start, end=end, reason=REASON)
        for (start, end), datasets in sorted(shared.items())
    ]
    return backfills, [part.dataset for part in failed if part.day is None]


def _spans(days: Iterable[date]) -> list[tuple[date, date]]:
    """First and last day of every run of neighbours."""
    spans: list[tuple[date, date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans
