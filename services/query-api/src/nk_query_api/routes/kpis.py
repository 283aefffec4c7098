"""`/v1/kpis`: what can be asked, from the registries themselves."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from nk_common.api.common import ApiModel, Text, Unit
from nk_query_api.kpis import SUBJECTS
from nk_query_api.kpis.dimensions import DIMENSIONS
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS

router = APIRouter(prefix="/v1", tags=["kpis"])


class KpiInfo(ApiModel):
    """The definition of a KPI."""

    slug: str
    subject: str
    name: Text
    description: Text
    formula: Text
    unit: Unit
    higher_is_better: bool | None
    inputs: list[str]
    splits: list[str]


class DimensionInfo(ApiModel):
    """What sales can be broken down by."""

    slug: str
    name: Text


class KpiRegistry(ApiModel):
    """`GET /v1/kpis`"""

    kpis: list[KpiInfo]
    dimensions: list[DimensionInfo]


@router.get(
    "/kpis", response_model=KpiRegistry, dependencies=[NO_PARAMETERS], summary="Definitions of all KPIs"
)
async def get_kpis() -> Response:
    registry = KpiRegistry(
        kpis=[
            KpiInfo(slug=k.slug, subject=subject, name=k.name, description=k.description, formula=k.formula,
                    unit=k.unit, higher_is_better=k.higher_is_better, inputs=list(k.inputs),
                    splits=list(k.splits))
            for subject, kpis in SUBJECTS.items()
            for k in kpis
        ],
        dimensions=[DimensionInfo(slug=d.slug, name=d.name) for d in DIMENSIONS],
    )  # fmt: skip
    return Response(registry.model_dump_json(), headers=NO_CACHE, media_type="application/json")
