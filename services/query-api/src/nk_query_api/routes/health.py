"""`/healthz`, `/readyz`, `/metrics`"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from nk_query_api.service import ServiceDep

router = APIRouter(tags=["operations"])


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
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
