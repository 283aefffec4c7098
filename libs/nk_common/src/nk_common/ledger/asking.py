"""What a run asks of each of its partitions, by its command."""

from __future__ import annotations

from pydantic import ValidationError

from nk_common.events.commands import (
    COMMANDS,
    BackfillCommand,
    FromStage,
    RefreshDimensionsCommand,
    SnapshotStockCommand,
)
from nk_common.events.stages import Reason
from nk_common.ledger.models import RunRow
from nk_common.ledger.transitions import RebuildStage

Reading = BackfillCommand | RefreshDimensionsCommand | SnapshotStockCommand
"""Commands that read days."""
_REPLAYS: dict[FromStage, RebuildStage] = {"raw": "clean", "clean": "load"}
"""The first stage that a replay runs, by the layer that it begins with."""


def reason_of(command: Reading) -> Reason:
    """Why its partitions are read."""
    if isinstance(command, RefreshDimensionsCommand):
        return "full-refresh" if command.full else "refresh"
    return "backfill"


def replay_of(command: Reading) -> RebuildStage | None:
    """The stage that its partitions are made again from; None where Odoo is read."""
    return _REPLAYS.get(command.from_stage) if isinstance(command, BackfillCommand) else None


def asked_by(run: RunRow) -> tuple[Reason, RebuildStage | None]:
    """Both, of a run that was planned before. One of another release, whose command is not understood, reads Odoo."""
    try:
        command = COMMANDS.validate_json(run.command)
    except ValidationError:
        return "backfill", None
    return (reason_of(command), replay_of(command)) if isinstance(command, Reading) else ("backfill", None)
