"""`/healthz`, `/readyz`, `/metrics`"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from nk_query_api.errors import BrokerAwayError, LedgerUnavailableError
from nk_query_api.pipeline.health import read_health
from nk_query_api.service import ServiceDep

router = APIRouter(tags=["operations"])
T = TypeVar("T")
_SECONDS = 3.5
"""Prometheus gives up after ten; a ledger or a bus that is away must not cost the other metrics."""


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
    health, counts, letters, lag = await asyncio.gather(
        _told(asyncio.to_thread(read_health, service.ledger, service.clock, service.settings)),
        _told(asyncio.to_thread(service.ledger.ask, lambda reader: reader.counts())),
        _told(asyncio.to_thread(service.ledger.ask_dead_letters, lambda kept: kept.open_by_topic())),
        _told(service.lags.newest()),
    )
    service.metrics.note_health(health)
    service.metrics.note_partitions(counts)
    service.metrics.note_dead_letters(letters)
    service.metrics.note_lag(lag)
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)


async def _told(question: Awaitable[T]) -> T | None:
    """None when ledger or bus do not tell in time: the gauges are then left out, and not the last ones repeated."""
    try:
        async with asyncio.timeout(_SECONDS):
            return await question
    except (LedgerUnavailableError, BrokerAwayError, TimeoutError):
        return None
