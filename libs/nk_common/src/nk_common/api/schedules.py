"""Answers of `/v1/pipeline/schedules`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel, Text
from nk_common.api.pipeline import Reconciliation, Run


class LastFiring(ApiModel):
    """The newest firing of a job. Neither `run` nor `comparison` is there while it is being ordered, and after a
    ledger was restored that knows nothing of it."""

    fired_at: datetime = Field(description="The moment that it was for.")
    taken_at: datetime | None = Field(description="When it was ordered: later, where it was missed.")
    run_id: str
    run: Run | None = Field(description="Its progress; of a check of health, `outcome` is what it found.")
    comparison: Reconciliation | None = Field(description="What a comparison with Odoo found.")


class ScheduledJob(ApiModel):
    """A job of the schedule, by the rule that the extractor works by."""

    name: str = Field(description="A dataset, or dimensions, reconcile, health.")
    kind: Literal["yesterday", "snapshot", "dimensions", "reconcile", "health"] = Field(
        description="What a firing does: read yesterday, read today's stock, read dimensions, compare, check."
    )
    enabled: bool
    cron: str | None = Field(description="By the clock of `timezone`; null: never.")
    since: datetime = Field(description="When this rule came into force; what lies before it was not missed.")
    next_at: datetime | None
    last: LastFiring | None


class Routine(ApiModel):
    """What the extractor does over and over."""

    enabled: bool
    every_seconds: float | None = Field(description="Between two looks; null while it is switched off.")
    since: datetime = Field(description="When this rule came into force.")
    last_look: datetime | None = Field(description="Of the last look that came to its end.")
    failing_since: datetime | None = Field(
        default=None, description="Looks fail since this one; null: the last one came to its end."
    )
    error: str | None = Field(default=None, description="Why the last look failed.")


class Derived(ApiModel):
    """A dataset without a time of its own: it is made once everything that it is made of is there."""

    dataset: str
    title: Text
    made_of: list[str]


class Schedules(ApiModel):
    """`GET /v1/pipeline/schedules`. Without jobs, watch and catch-up while no extractor has told how it works."""

    at: datetime
    timezone: str
    jobs: list[ScheduledJob]
    watch: Routine | None
    catch_up: Routine | None
    derived: list[Derived]
