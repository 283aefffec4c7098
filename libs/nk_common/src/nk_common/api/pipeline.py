"""Answers of `/v1/pipeline/*` and of the requests that start work."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from nk_common.api.common import ApiModel, ApiRequest, DateRange, Text

PartitionState = Literal["loaded", "partial", "empty", "missing", "running", "failed", "stale"]
RunState = Literal["running", "done", "failed", "cancelled"]
ReconciliationState = Literal["waiting", "running", "done", "failed"]
ComparedStatus = Literal["equal", "different", "missing", "failed"]
DRY_RUN = "Start nothing, and answer with the days that it would be done for."


class DatasetInfo(ApiModel):
    """A dataset as people name it."""

    name: str
    title: Text
    kind: Literal["daily", "whole"]
    paused_since: datetime | None = Field(
        default=None, description="Nothing of it is read since then; what is asked for waits."
    )
    paused_reason: str | None = None


class Partition(ApiModel):
    """State of one (dataset, day). `day` is null for a dataset that is loaded whole (dimensions)."""

    dataset: str
    day: date | None
    state: PartitionState
    rows: int | None = None
    documents: int | None = None
    amount: float | None = None
    rejected: int = 0
    version: int | None = None
    as_of: datetime | None = Field(default=None, description="When Odoo was read.")
    updated_at: datetime | None = None
    attempts: int = 0
    error: str | None = None
    run_id: str | None = None


class Partitions(ApiModel):
    """`GET /v1/pipeline/partitions`: one row for every dataset and day asked for, loaded or not."""

    range: DateRange
    today: date
    datasets: list[DatasetInfo]
    partitions: list[Partition]
    counts: dict[str, dict[PartitionState, int]]


class Run(ApiModel):
    """Progress of one command: how many of its days are where."""

    run_id: str
    kind: str
    reason: str | None
    requested_by: str | None
    created_at: datetime
    state: RunState
    total: int
    done: int
    failed: int
    running: int
    cancelled: int = Field(default=0, description="Days that were taken back before anybody had begun them.")
    outcome: str | None = Field(
        default=None, description="What a run found that loads nothing: of a check of health, the state."
    )
    finished_at: datetime | None = None
    rate_per_minute: float | None = None
    seconds_left: float | None = None


class Runs(ApiModel):
    """`GET /v1/pipeline/runs`: newest first."""

    runs: list[Run]


class PipelineEvent(ApiModel):
    """One `data:` line of `GET /v1/pipeline/events` (server-sent events, `event: pipeline`)."""

    at: datetime
    stage: str
    outcome: str
    dataset: str | None
    day: date | None
    run_id: str | None
    rows: int | None = None
    amount: float | None = None
    error: str | None = None


class BackfillRequest(ApiRequest):
    """Body of `POST /v1/backfills`."""

    datasets: list[str] = Field(min_length=1)
    start: date
    end: date
    force: bool = Field(default=False, description="Also days that are already loaded.")
    from_stage: Literal["odoo", "raw", "clean"] = Field(
        default="odoo",
        description="Read Odoo, or make the later layers again from what the lake holds in this one.",
    )
    dry_run: bool = False
    reason: str | None = Field(default=None, max_length=200)


class PlannedDay(ApiModel):
    """One item of work, and why it is (not) run."""

    dataset: str
    day: date | None
    state: PartitionState
    run: bool


class BackfillAnswer(ApiModel):
    """What a backfill runs. `command_id` is null for a dry run."""

    command_id: str | None
    will_run: int
    skipped: int
    days: list[PlannedDay] = Field(description="Every day of the request, oldest first.")


class RefreshRequest(ApiRequest):
    """Body of `POST /v1/dimensions/refresh`; no targets means all."""

    targets: list[str] = Field(default_factory=list)
    full: bool = Field(
        default=False, description="Every record, also those that Odoo does not date as changed."
    )
    dry_run: bool = Field(default=False, description=DRY_RUN)
    reason: str | None = Field(default=None, max_length=200)


class SnapshotRequest(ApiRequest):
    """Body of `POST /v1/stock-snapshots`."""

    dry_run: bool = Field(default=False, description=DRY_RUN)
    reason: str | None = Field(default=None, max_length=200)


class CancelRequest(ApiRequest):
    """Body of `POST /v1/pipeline/runs/{run_id}/cancel`."""

    dry_run: bool = Field(default=False, description=DRY_RUN)
    reason: str | None = Field(default=None, max_length=200)


class PauseRequest(ApiRequest):
    """Body of `POST /v1/pipeline/pause` and `POST /v1/pipeline/resume`."""

    datasets: list[str] = Field(min_length=1, max_length=50)
    dry_run: bool = Field(default=False, description=DRY_RUN)
    reason: str | None = Field(default=None, max_length=200)


class CommandAccepted(ApiModel):
    """A command was handed to the control topic."""

    command_id: str


class CommandPlan(ApiModel):
    """The answer to a dry run, in the form in which the control topic gives it."""

    plan: dict[str, list[str]] = Field(
        description="By dataset: days, `first/last` for days in a row, or `whole`."
    )


class ReconciliationRequest(ApiRequest):
    """Body of `POST /v1/reconciliations`; no datasets means all that Odoo holds by day."""

    datasets: list[str] = Field(default_factory=list, max_length=50)
    start: date
    end: date
    dry_run: bool = Field(default=False, description=DRY_RUN)
    reason: str | None = Field(default=None, max_length=200)


class Reconciliation(ApiModel):
    """A comparison of the lake with Odoo. The counts are of (dataset, day) pairs; together they are `total`
    once it is done."""

    id: str
    state: ReconciliationState
    start: date
    end: date
    datasets: list[str]
    reason: str | None
    requested_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    total: int
    equal: int
    different: int
    missing: int
    failed: int
    is_proof: bool = Field(description="Everything was compared, and everything is equal.")
    error: str | None = Field(description="Why the run could not be brought to its end.")


class Reconciliations(ApiModel):
    """`GET /v1/reconciliations`: newest first."""

    reconciliations: list[Reconciliation]


class ComparedFigures(ApiModel):
    """Figures of one side, in company currency, refunds negative; null: not compared for this dataset."""

    documents: int
    lines: int
    quantity: float | None
    amount: float | None = Field(description="With tax.")
    untaxed: float | None
    payments: float | None


class ComparedStore(ApiModel):
    """What was found of one store, or of a day as a whole.

    `different` documents are one that only one side has, or one whose lines, store or sums differ by a cent or
    more. `missing`: the lake has no such day, so it has no figures either. `failed`: Odoo refused to tell.
    """

    status: ComparedStatus
    odoo: ComparedFigures | None
    lake: ComparedFigures | None
    differing: int = Field(description="How many documents differ.")
    document_ids: list[int] = Field(description="Odoo's ids of the first 100 of them.")


class ComparedDay(ComparedStore):
    """One day of one dataset. `stores` is by pos.config id; only `pos` has stores."""

    dataset: str
    day: date
    error: str | None
    stores: dict[int, ComparedStore]


class ReconciliationDetail(ApiModel):
    """`GET /v1/reconciliations/{id}`: by dataset and day, oldest first."""

    reconciliation: Reconciliation
    days: list[ComparedDay]


class GroupLag(ApiModel):
    """How many messages of a topic a group of workers has still to handle."""

    group: str = Field(
        description="Its plain name; an embedded broker's groups end with the id of its memory."
    )
    topic: str
    partitions: int = Field(description="0 where the broker has no such topic.")
    waiting: int = Field(description="Partitions with messages that wait.")
    lag: int | None = Field(description="Messages that wait; null where the broker has no such topic.")


class Lag(ApiModel):
    """`GET /v1/pipeline/lag`: for every group of workers and topic, as of `at`."""

    at: datetime
    total: int = Field(description="Messages that wait, altogether.")
    groups: list[GroupLag]
