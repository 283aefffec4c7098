"""A comparison that nobody asked for must not load days, nor run while they are being loaded."""

from __future__ import annotations

from datetime import timedelta

from nk_common.datasets.base import PartitionKey
from nk_common.events.commands import ReconcileCommand
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.states import UNFINISHED
from nk_common.planning import plan_reconcile
from nk_extractor.settings import ExtractorSettings


def of_known_days(
    command: ReconcileCommand, reader: LedgerReader, settings: ExtractorSettings
) -> ReconcileCommand | None:
    """Not before the first day that is kept loaded or was ever asked for: that would load it.

    None while nothing was loaded yet, or a day before its last is on its way. Blocking.
    """
    keys = set(plan_reconcile(command, command.end))
    rows = {
        key: row
        for row in reader.partitions(command.start, command.end)
        if (key := PartitionKey.parse(row.dataset, row.day)) in keys
    }
    paused = {row.dataset for row in reader.paused()}
    busy = any(
        key.day != command.end and row.state in UNFINISHED
        for key, row in rows.items()
        if not (row.dataset in paused and row.state == "requested")  # that may wait for days
    )
    if busy or not any(row.loaded_version for row in rows.values()):
        return None
    window = command.end - timedelta(days=settings.initial_days - 1)
    first = min([window, *(key.day for key in rows if key.day)])
    return command.model_copy(update={"start": max(command.start, first)})
