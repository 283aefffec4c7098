"""The answer of `/v1/pipeline/health`: whether every dataset is read as it should be."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel, Text

HealthState = Literal["healthy", "late", "failing"]
FindingCode = Literal["never-read", "old", "failed-days", "early-days", "missing-days", "waiting", "paused"]


class HealthFinding(ApiModel):
    """One thing that is not as it should be. `code` does not change with time, so that an alert is sent once."""

    code: FindingCode
    cause: Literal["odoo-away"] | None = Field(
        default=None,
        description="That it is only a consequence of something that is said once, for the whole.",
    )
    state: Literal["late", "failing"]
    reason: Text = Field(description="What happened, and what it means for the figures.")
    advice: Text = Field(description="What to do.")
    days: list[date] = Field(
        default=[], description="The first 31 days that it is about, oldest first; none: the whole."
    )


class HealthDays(ApiModel):
    """Days of the window that is kept loaded; of a dataset without days, 1 stands for the whole. One that is
    loaded may also have failed since, or be on its way again."""

    window: int
    loaded: int
    missing: int = Field(description="Not loaded, and neither failed nor on their way.")
    failed: int = Field(description="The newest attempt failed.")
    running: int = Field(description="On their way.")


class DatasetHealth(ApiModel):
    """One dataset: its state, why, and what to do about it."""

    dataset: str
    title: Text
    kind: Literal["daily", "whole"]
    state: HealthState
    reason: Text = Field(description="The gravest finding, or that all is well.")
    advice: Text | None = Field(description="What to do about it; null when all is well.")
    read_until: datetime | None = Field(
        description="What Odoo knew at this moment is in the figures; null when nothing of the window was read."
    )
    age_seconds: float | None = Field(description="How long ago that is.")
    late_after: float = Field(description="Seconds of age after which it is late.")
    failing_after: float = Field(description="Seconds of age after which it is failing.")
    newest_complete_day: date | None = Field(description="Read after it was over; of the window.")
    oldest_request: datetime | None = Field(
        description="When the longest waiting part of it was asked for; null when nothing is on its way."
    )
    paused_since: datetime | None
    days: HealthDays
    findings: list[HealthFinding] = Field(description="The gravest first; empty when healthy.")


class OdooAway(ApiModel):
    """Odoo does not answer the change watch. Datasets become late by it one after the other."""

    since: datetime = Field(description="The first look that was not answered.")
    tried_at: datetime = Field(description="The last one.")
    reason: Text = Field(description="What happened, and what it means for the figures.")
    advice: Text = Field(description="What to do.")


class PipelineHealth(ApiModel):
    """`GET /v1/pipeline/health`. The state of the whole is that of its worst dataset."""

    at: datetime
    state: HealthState
    reason: Text
    window_start: date
    window_end: date = Field(description="The day that is running.")
    odoo_away: OdooAway | None = Field(
        default=None, description="Null while Odoo answers, or while nobody looks (NK_WATCH, no extractor)."
    )
    datasets: list[DatasetHealth]
