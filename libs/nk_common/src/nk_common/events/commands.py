"""Commands on the control topic: plain JSON, short enough to type."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from nk_common.errors import BadCommandError

MAX_DAYS = 3660
"""Longest range of one command: ten years. More is a typing error."""
_BYTES_SHOWN = 60


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(
        default="",
        max_length=100,
        description="Commands with the same id are one command. Without one: topic, partition and offset.",
    )
    reason: str | None = Field(default=None, max_length=200)
    requested_by: str | None = Field(default=None, max_length=100)
    dry_run: bool = Field(
        default=False, description="Do nothing, and say on nk.pipeline.v1 which days it would be done for."
    )


FromStage = Literal["odoo", "raw", "clean"]


class BackfillCommand(_Command):
    """Load days. Only those that are missing, failed or not finished, unless `force`.

    `from_stage`: read Odoo (the default), or make the later layers again from `raw` or from `clean`, which
    is always done for every day of the range that has that layer.
    """

    type: Literal["backfill"] = "backfill"
    datasets: list[str] = Field(min_length=1, max_length=50)
    start: date
    end: date
    force: bool = False
    from_stage: FromStage = "odoo"


class RefreshDimensionsCommand(_Command):
    """Read dimensions again; all of them when `targets` is empty."""

    type: Literal["refresh-dimensions"] = "refresh-dimensions"
    targets: list[str] = Field(default_factory=list, max_length=50)
    full: bool = Field(
        default=False, description="Every record, also those that Odoo does not date as changed."
    )


class SnapshotStockCommand(_Command):
    """Read what is on hand now; it becomes the stock of today."""

    type: Literal["snapshot-stock"] = "snapshot-stock"


class ReconcileCommand(_Command):
    """Compare the lake with Odoo, day by day; days that differ are read again. Every dataset that can be
    compared when `datasets` is empty."""

    type: Literal["reconcile"] = "reconcile"
    datasets: list[str] = Field(default_factory=list, max_length=50)
    start: date
    end: date


class CancelCommand(_Command):
    """Take back what a run has asked for and nobody has begun. What is being read is read to its end, and what is
    loaded stays."""

    type: Literal["cancel"] = "cancel"
    run: str = Field(min_length=1, max_length=100, description="The id of the command that is taken back.")


class PauseCommand(_Command):
    """Read nothing of these datasets until they are resumed. What is asked for meanwhile waits, and what is being read
    is read to its end."""

    type: Literal["pause"] = "pause"
    datasets: list[str] = Field(min_length=1, max_length=50)


class ResumeCommand(_Command):
    """Go on with datasets that were paused; what has been asked for meanwhile is read now."""

    type: Literal["resume"] = "resume"
    datasets: list[str] = Field(min_length=1, max_length=50)


class RetryDeadLetterCommand(_Command):
    """Put the message of a letter back on the topic that it came from, once."""

    type: Literal["retry-dead-letter"] = "retry-dead-letter"
    letter: int = Field(
        ge=1, le=2**31 - 1, description="Its number, as the Data Sync page and the API name it."
    )


class DiscardDeadLetterCommand(_Command):
    """Note that nothing is to be done about a letter, and why not."""

    type: Literal["discard-dead-letter"] = "discard-dead-letter"
    letter: int = Field(
        ge=1, le=2**31 - 1, description="Its number, as the Data Sync page and the API name it."
    )
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


Command = (
    BackfillCommand
    | RefreshDimensionsCommand
    | SnapshotStockCommand
    | ReconcileCommand
    | CancelCommand
    | PauseCommand
    | ResumeCommand
    | RetryDeadLetterCommand
    | DiscardDeadLetterCommand
)
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])


def parse_command(body: bytes, fallback_id: str) -> Command:
    """A command from what somebody posted. Raises BadCommandError with a sentence that says what is wrong."""
    try:
        document = json.loads(body)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        start = body[:_BYTES_SHOWN].decode("utf-8", errors="replace")
        raise BadCommandError(f"This is not JSON, so nothing was done: {start!r}.") from error
    try:
        command = COMMANDS.validate_python(document, strict=False)
    except ValidationError as error:
        raise BadCommandError(
            f"The command was not understood, so nothing was done: {_words(error)}"
        ) from error
    return command if command.id else command.model_copy(update={"id": fallback_id})


def _words(error: ValidationError) -> str:
    """One sentence per mistake, without the values (they may be anything)."""
    parts = (f"{'.'.join(str(p) for p in e['loc']) or 'command'}: {e['msg']}" for e in error.errors())
    return "; ".join(parts) + "."
