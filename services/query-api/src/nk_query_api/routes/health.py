"""`/healthz`, `/readyz`, `/metrics`"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from nk_common.api.health import PipelineHealth
from nk_query_api.errors import LedgerUnavailableError
from nk_query_api.pipeline.health import read_health
from nk_query_api.service import Service, ServiceDep

router = APIRouter(tags=["operations"])
_LEDGER_SECONDS = 3.0
"""Prometheus gives up after ten; a ledger that is away must not cost the other metrics."""


@router.get("/healthz", summary="Alive")
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz", summary="Ready to answer", responses={503: {"description": "Not ready; the reason"}})
async def readyz(service: ServiceDep) -> Response:
    """Ready once the serving database is open and the lake was gone through; the bus is not needed."""
    reason = service.keeper.not_ready()
    if reason is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "waiting", "reason": reason}, 503)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(service: ServiceDep) -> Response:
    service.metrics.note_health(await _health(service))
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)


async def _health(service: Service) -> PipelineHealth | None:
    """None when it cannot be found out in time: the gauges are then left out, and not the last ones repeated."""
    try:
        async with asyncio.timeout(_LEDGER_SECONDS):
            return await asyncio.to_thread(read_health, service.ledger, service.clock, service.settings)
    except (LedgerUnavailableError, TimeoutError):
        return None
