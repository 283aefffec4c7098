"""`/v1/pipeline/*`, and the requests that start work."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from nk_common.api.common import Problem
from nk_common.api.pipeline import (
    BackfillAnswer,
    BackfillRequest,
    CancelRequest,
    CommandAccepted,
    Partitions,
    PauseRequest,
    RefreshRequest,
    Runs,
    SnapshotRequest,
)
from nk_common.datasets import REGISTRY, expand
from nk_common.ledger.progress import as_run
from nk_query_api.pipeline import views
from nk_query_api.pipeline.ledger import read_rows
from nk_query_api.questions.windows import asked_window
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import (
    NO_PARAMETERS,
    PartitionParameters,
    RunParameters,
)
from nk_query_api.routes.started import DRY_RUN, answered
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])
_STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


@router.get("/pipeline/partitions", response_model=Partitions, summary="State of every dataset and day")
async def get_partitions(service: ServiceDep, asked: Annotated[PartitionParameters, Query()]) -> Response:
    today, zone = service.context().today, service.settings.zone
    window = asked_window(asked.start, asked.end, today)
    datasets = expand(asked.dataset) if asked.dataset else list(REGISTRY)
    names = [dataset.name for dataset in datasets]
    rows = await asyncio.to_thread(read_rows, service.ledger, window.start, window.end, names)
    paused = await asyncio.to_thread(service.ledger.ask, lambda reader: reader.paused())
    return _json(views.partitions(window.start, window.end, datasets, rows, paused, today, zone))


@router.get("/pipeline/runs", response_model=Runs, summary="Progress of the newest commands")
async def get_runs(service: ServiceDep, asked: Annotated[RunParameters, Query()]) -> Response:
    found = await asyncio.to_thread(service.ledger.ask, lambda reader: reader.runs(asked.limit))
    now = service.clock.now()
    return _json(Runs(runs=[as_run(progress, now) for progress in found]))


@router.post(
    "/pipeline/runs/{run_id}/cancel",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses={404: {"model": Problem, "description": "There is no such run (yet)"}, **DRY_RUN},
    summary="Take back what a run asked for and nobody has begun",
    description="What is being read is read to its end; what is loaded stays. Days that should be loaded anyway (the "
    "newest ones, see NK_INITIAL_DAYS) are asked for again by the extractor itself.",
)
async def post_cancel(
    service: ServiceDep,
    run_id: Annotated[str, PathParameter(min_length=1, max_length=100)],
    asked: CancelRequest | None = None,
) -> Response:
    return answered(await service.commands.cancel(run_id, asked or CancelRequest()))


@router.get(
    "/pipeline/events",
    dependencies=[NO_PARAMETERS],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    summary="Live events (server-sent events)",
    description="`event: pipeline` for every report of a stage; `event: loaded` once a day can be asked about. "
    "Both carry a PipelineEvent as JSON.",
)
async def get_events(service: ServiceDep) -> Response:
    return StreamingResponse(service.hub.stream(), media_type="text/event-stream", headers=_STREAM_HEADERS)


@router.post(
    "/pipeline/pause",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses=DRY_RUN,
    summary="Read nothing of these datasets until they are resumed",
    description="What is being read is read to its end; what is asked for meanwhile waits.",
)
async def post_pause(service: ServiceDep, asked: PauseRequest) -> Response:
    return answered(await service.commands.pause(asked, go_on=False))


@router.post(
    "/pipeline/resume",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses=DRY_RUN,
    summary="Go on with paused datasets, and read what was asked for meanwhile",
)
async def post_resume(service: ServiceDep, asked: PauseRequest) -> Response:
    return answered(await service.commands.pause(asked, go_on=True))


@router.post(
    "/backfills",
    response_model=BackfillAnswer,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses={200: {"model": BackfillAnswer, "description": "A dry run: what would be run"}},
    summary="Load days, or preview which would be loaded",
)
async def post_backfill(service: ServiceDep, asked: BackfillRequest) -> Response:
    return _json(await service.commands.backfill(asked), 200 if asked.dry_run else 202)


@router.post(
    "/dimensions/refresh",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses=DRY_RUN,
    summary="Read dimensions again",
)
async def post_refresh(service: ServiceDep, asked: RefreshRequest | None = None) -> Response:
    return answered(await service.commands.refresh(asked or RefreshRequest()))


@router.post(
    "/stock-snapshots",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses=DRY_RUN,
    summary="Read what is on hand now; it becomes the stock of today",
)
async def post_stock_snapshot(service: ServiceDep, asked: SnapshotRequest | None = None) -> Response:
    return answered(await service.commands.snapshot_stock(asked or SnapshotRequest()))


def _json(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status, NO_CACHE, "application/json")
