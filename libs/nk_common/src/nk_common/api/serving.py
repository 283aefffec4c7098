"""Answers of `/v1/serving/*`: the serving database, and whether it is what the lake holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel

CheckState = Literal["running", "done", "failed"]


class Steps(ApiModel):
    """How much of something is done."""

    done: int
    total: int


class HeldDataset(ApiModel):
    """What is held of a dataset. The days are null for one that is loaded whole."""

    dataset: str
    partitions: int
    first_day: date | None
    last_day: date | None
    fresh_until: datetime = Field(description="When Odoo was last read for any of them.")


class ServingRebuild(ApiModel):
    """That the serving file was thrown away and filled anew from the lake."""

    reason: str
    asked_at: datetime
    finished_at: datetime | None = Field(description="Null while it is under way.")


class ServingFinding(ApiModel):
    """Something that is not as it should be. `day` is null for dimensions; of a table by months it is the first."""

    table: str
    day: date | None
    what: str


class ServingCheck(ApiModel):
    """`GET /v1/serving/checks`: the newest check.

    Facts and dimensions were compared with the files of the lake, row by row; derived tables with what they are
    made of, recomputed. Everything is of one data version.
    """

    state: CheckState
    started_at: datetime
    finished_at: datetime | None
    data_version: str | None
    progress: Steps
    partitions: int = Field(description="Partitions that were compared with their files.")
    rows: int = Field(description="Rows of facts and dimensions in them.")
    rollups: int = Field(description="Derived tables that were recomputed.")
    behind: int = Field(
        description="Partitions of which the lake holds something newer, or something that is not taken up. The next "
        "look at the lake takes it up; it is no finding."
    )
    findings_total: int
    findings: list[ServingFinding] = Field(
        description="The first 1000; of each cause, the first is nearest to it."
    )
    error: str | None = Field(description="Why the check came to no end.")

    @property
    def is_proof(self) -> bool:
        """Everything was compared, and everything is as it should be."""
        return self.state == "done" and self.findings_total == 0


class ServingState(ApiModel):
    """`GET /v1/serving`"""

    format: int
    layout: str = Field(
        description="Names the tables of this release; a file with others is rebuilt at the start."
    )
    data_version: str
    size_bytes: int = Field(description="Of the file and its journal.")
    partitions: int
    datasets: list[HeldDataset]
    progress: Steps = Field(description="Partitions of the newest refresh.")
    rebuilding: bool
    last_rebuild: ServingRebuild | None = Field(description="Since the service started.")
    last_check: ServingCheck | None = Field(description="Since the service started; without its findings.")


class RebuildAccepted(ApiModel):
    """Answer of `POST /v1/serving/rebuild`."""

    started: bool = Field(description="False where a rebuild was under way already.")
    rebuild: ServingRebuild


class CheckAccepted(ApiModel):
    """Answer of `POST /v1/serving/checks`."""

    started: bool = Field(description="False where a check was under way already.")
    check: ServingCheck
