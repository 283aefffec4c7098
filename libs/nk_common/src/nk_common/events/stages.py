"""Events between the stages, and the report that every stage makes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from nk_common.events.base import Event, PartitionEvent, Totals

Reason = Literal[
    "backfill", "refresh", "full-refresh", "watch", "startup", "catch-up", "reconciliation", "derived"
]
Stage = Literal["plan", "extract", "clean", "load", "bus"]
Outcome = Literal[
    "planned",
    "queued",
    "started",
    "retrying",
    "completed",
    "skipped",
    "failed",
    "dead-lettered",
    "cancelled",
    "paused",
    "resumed",
    "retried",
    "discarded",
]


class ExtractRequested(PartitionEvent):
    """Please read this partition from Odoo. Satisfied by any extraction begun at or after `requested_at`."""

    reason: Reason


class RebuildRequested(PartitionEvent):
    """Please make this version of the partition from what the lake holds, without Odoo.

    `stage` says what is done: the cleaner cleans `raw/` again, the loader loads `clean/` again, or the loader
    derives the partition from the facts of others (profit; stock of a past day).
    """

    version: int
    stage: Literal["clean", "load", "derive"]
    reason: Reason


class TableWritten(Event):
    """A lake file that a stage wrote: `path` is relative to the lake root."""

    name: str
    path: str
    rows: int


class DayCleaned(PartitionEvent):
    """`clean/` holds this version of the partition. `totals` are of the rows that are in it."""

    version: int
    as_of: datetime
    tables: tuple[TableWritten, ...]
    totals: Totals
    rejected: int


class DayLoaded(PartitionEvent):
    """`star-schema/` holds this version of the partition."""

    version: int
    as_of: datetime
    tables: tuple[TableWritten, ...]
    totals: Totals
    rejected: int


class LetterPlace(Event):
    """Where a letter lies in the dead-letter topic (null where the broker did not tell), and where its message came
    from. `retry_of` is the letter that the message was a retry of."""

    partition: int | None = None
    offset: int | None = None
    source_partition: int
    source_offset: int
    retry_of: int | None = None


class StageReport(Event):
    """What a stage did, for the ledger and the live page. `dataset` is null for what concerns no partition.

    `plan` answers a command that was a dry run: the days it would have run, by dataset, as ISO days, as
    `first/last` for days in a row, or `whole`.
    """

    stage: Stage
    outcome: Outcome
    at: datetime
    dataset: str | None = None
    day: date | None = None
    run_id: str | None = None
    requested_at: datetime | None = None
    version: int | None = None
    as_of: datetime | None = None
    attempt: int | None = None
    seconds: float | None = None
    totals: Totals | None = None
    rejected: int | None = None
    source_topic: str | None = None
    error_class: str | None = None
    error: str | None = None
    plan: dict[str, list[str]] | None = None
    letter: LetterPlace | None = None
