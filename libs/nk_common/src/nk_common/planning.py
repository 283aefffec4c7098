"""Which days a command runs. Pure: the extractor plans with it and the query API previews with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from nk_common.api.pipeline import PartitionState
from nk_common.datasets import DAILY, DIMENSIONS, expand
from nk_common.datasets.base import WHOLE, PartitionKey
from nk_common.errors import BadCommandError
from nk_common.events.commands import MAX_DAYS, BackfillCommand, ReconcileCommand, RefreshDimensionsCommand

FIRST_DAY = date(2000, 1, 1)
_FINISHED: frozenset[PartitionState] = frozenset({"loaded", "empty", "running"})

StateOf = Callable[[PartitionKey], PartitionState]
HasLayer = Callable[[PartitionKey], bool]


@dataclass(frozen=True)
class Planned:
    """One item of a plan: its state now, and whether the command runs it."""

    partition: PartitionKey
    state: PartitionState
    run: bool


def days_between(start: date, end: date) -> list[date]:
    """Inclusive, oldest first; empty when inverted."""
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def check_range(start: date, end: date, today: date) -> None:
    """Raises BadCommandError, in a sentence, for a range that cannot be meant."""
    if start > end:
        raise BadCommandError(f"The range ends ({end}) before it begins ({start}).")
    if start < FIRST_DAY:
        raise BadCommandError(f"The range begins on {start}; days before {FIRST_DAY} cannot be loaded.")
    if end > today:
        raise BadCommandError(f"The range ends on {end}, which has not come yet (today is {today}).")
    if (end - start).days >= MAX_DAYS:
        raise BadCommandError(f"The range has {(end - start).days + 1} days; at most {MAX_DAYS} are allowed.")


def plan_backfill(
    command: BackfillCommand, today: date, state_of: StateOf, has_layer: HasLayer = lambda _: True
) -> list[Planned]:
    """Every partition of the command, oldest day first. Raises BadCommandError.

    A replay (`from_stage` other than Odoo) runs every partition of which the lake has that layer, but for
    those on their way: what is being read is newer than what lies there.
    """
    check_range(command.start, command.end, today)
    datasets = expand(command.datasets)
    whole = [PartitionKey(d.name, None) for d in datasets if d.kind == "whole"]
    daily = [d.name for d in datasets if d.kind == "daily"]
    keys = whole + [PartitionKey(n, day) for day in days_between(command.start, command.end) for n in daily]
    if command.from_stage != "odoo":
        states = {key: state_of(key) for key in keys}
        return [
            Planned(key, state, run=state != "running" and has_layer(key)) for key, state in states.items()
        ]
    return [_planned(key, state_of(key), force=command.force) for key in keys]


def plan_refresh(command: RefreshDimensionsCommand, state_of: StateOf) -> list[Planned]:
    """The dimensions to read again. Raises BadCommandError for a target that is none."""
    datasets = expand(command.targets or [DIMENSIONS])
    daily = [d.name for d in datasets if d.kind == "daily"]
    if daily:
        raise BadCommandError(f"{', '.join(daily)} is loaded day by day; use a backfill.")
    keys = [PartitionKey(d.name, None) for d in datasets]
    return [Planned(key, state_of(key), run=True) for key in keys]


def plan_reconcile(command: ReconcileCommand, today: date) -> list[PartitionKey]:
    """The days to compare with Odoo, oldest first. Raises BadCommandError.

    Days that come from other days in the lake are left out: Odoo knows nothing of them.
    """
    check_range(command.start, command.end, today)
    datasets = expand(command.datasets) or [d for d in DAILY if d.rebuilt != "always"]
    unfit = [d.name for d in datasets if d.kind == "whole" or d.rebuilt == "always"]
    if unfit:
        raise BadCommandError(f"{', '.join(unfit)} cannot be compared with Odoo day by day.")
    days = days_between(command.start, command.end)
    keys = [PartitionKey(d.name, day) for day in days for d in datasets if not d.is_rebuilt(day, today)]
    if not keys:
        raise BadCommandError("Odoo tells the stock of today only, so nothing in this range can be compared.")
    return keys


def plan_snapshot(today: date, state_of: StateOf) -> list[Planned]:
    """Today's stock, whatever is known of it already."""
    keys = [PartitionKey(d.name, today) for d in DAILY if d.rebuilt == "past days"]
    return [Planned(key, state_of(key), run=True) for key in keys]


def in_rows(keys: Iterable[PartitionKey]) -> dict[str, list[str]]:
    """By dataset, the days as ISO text: single ones, and `first/last` of days in a row."""
    found: dict[str, list[str]] = {}
    for dataset, group in groupby(sorted(keys, key=str), key=lambda key: key.dataset):
        found[dataset] = list(_rows(list(group)))
    return found


def _rows(keys: Sequence[PartitionKey]) -> Iterator[str]:
    days = [key.day for key in keys if key.day is not None]
    if len(days) < len(keys):
        yield WHOLE
    # Days in a row keep their distance from a count.
    for _, row in groupby(enumerate(days), key=lambda pair: pair[1].toordinal() - pair[0]):
        first, *_, last = [day for _, day in row] * 2
        yield first.isoformat() if first == last else f"{first}/{last}"


def _planned(key: PartitionKey, state: PartitionState, *, force: bool) -> Planned:
    return Planned(key, state, run=force or state not in _FINISHED)
