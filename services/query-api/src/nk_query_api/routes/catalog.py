"""`/v1/catalog`: the tables and views, for people who write SQL and for programs that download."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from nk_common.api.catalog import Catalog, CatalogTable
from nk_common.api.common import Problem
from nk_query_api.catalog import catalog, catalog_table, documented
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["data"])


@router.get(
    "/catalog",
    response_model=Catalog,
    dependencies=[NO_PARAMETERS],
    summary="Tables and views, their columns, and what is held",
)
async def get_catalog(service: ServiceDep) -> Response:
    found = await service.reads.ask("/v1/catalog", catalog)
    return Response(found.model_dump_json(), headers=NO_CACHE, media_type="application/json")


@router.get(
    "/catalog/{table}",
    response_model=CatalogTable,
    dependencies=[NO_PARAMETERS],
    responses={404: {"model": Problem, "description": "There is no such table or view"}},
    summary="One table or view",
)
async def get_catalog_table(service: ServiceDep, table: str) -> Response:
    one = documented(table)
    found = await service.reads.ask("/v1/catalog/{table}", lambda look: catalog_table(look, one))
    return Response(found.model_dump_json(), headers=NO_CACHE, media_type="application/json")
