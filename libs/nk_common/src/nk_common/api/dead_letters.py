"""Answers of `/v1/pipeline/dead-letters` and the requests about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nk_common.api.common import ApiModel, ApiRequest, Text

LetterState = Literal["open", "resolved"]
LetterDecision = Literal["retried", "discarded"]
"""What somebody did about a letter."""
LetterResolution = Literal["retried", "discarded", "healed"]


class DeadLetter(ApiModel):
    """A message that could not be used, why, and what was done about it. Its bytes stay in the dead-letter topic."""

    id: int = Field(description="Its number; what commands and addresses call it.")
    at: datetime = Field(description="When it was given up.")
    topic: str = Field(description="Where it came from.")
    error: str
    message: str = Field(description="What is wrong, in a sentence.")
    dataset: str | None = None
    day: date | None = None
    stage: str | None = Field(default=None, description="Who gave it up: plan, extract, clean or load.")
    attempts: int | None = Field(default=None, description="How often it was tried, at most.")
    run_id: str | None = None
    source_partition: int | None = None
    source_offset: int | None = None
    partition: int | None = Field(
        default=None, description="Where it lies in the dead-letter topic; null in notes of older releases."
    )
    offset: int | None = None
    retry_of: int | None = Field(default=None, description="The letter that this is a failed retry of.")
    resolution: LetterResolution | None = Field(
        default=None,
        description="What was done about it; healed: its day was loaded since, by itself. Null while it is open.",
    )
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution_reason: str | None = None


class DeadLetters(ApiModel):
    """`GET /v1/pipeline/dead-letters`: open ones first, then the newest."""

    total: int = Field(description="Of those asked for.")
    open: int = Field(description="Nothing was done about these yet.")
    resolved: int
    letters: list[DeadLetter]


class LetterTable(ApiModel):
    """Rows of a chunk that the extractor read from Odoo. Values are written as text."""

    name: str
    columns: list[str]
    rows: int = Field(description="Of the whole chunk.")
    first: list[list[str | None]] = Field(description="The first rows.")
    masked: list[str] = Field(description="Columns about people, whose values are not shown.")


class LetterContent(ApiModel):
    """The message, decoded as far as it can be: `document` is of kind json, `table` of kind table. Values about people
    are masked."""

    kind: Literal["json", "table", "bytes"]
    bytes: int
    key: str | None
    headers: dict[str, str]
    document: Any = None
    table: LetterTable | None = None
    preview: str | None = Field(default=None, description="Of bytes that are neither: their beginning.")
    preview_is_hex: bool = False


class DeadLetterDetail(ApiModel):
    """`GET /v1/pipeline/dead-letters/{letter}`. `content` is null when the message is no longer kept, which
    `gone` then says."""

    letter: DeadLetter
    content: LetterContent | None
    gone: Text | None
    retries: list[DeadLetter] = Field(description="The letters that came of trying it again.")


class RetryLetterRequest(ApiRequest):
    """Body of `POST /v1/pipeline/dead-letters/{letter}/retry`."""

    reason: str | None = Field(default=None, max_length=200)


class DiscardLetterRequest(ApiRequest):
    """Body of `POST /v1/pipeline/dead-letters/{letter}/discard`."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="Why nothing is to be done about it; kept in the ledger."
    )
