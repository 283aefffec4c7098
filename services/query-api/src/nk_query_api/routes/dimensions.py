"""`/v1/dimensions/*`: what filters may be set to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from nk_common.api.common import Problem
from nk_common.api.dimensions import Dimensions, Members, OneMember
from nk_query_api.questions.members.answers import dimensions, members, one_member
from nk_query_api.questions.members.index import Page
from nk_query_api.questions.members.lists import member_list
from nk_query_api.routes.answers import answer
from nk_query_api.routes.parameters import NO_PARAMETERS, MemberParameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["dimensions"])
Name = Annotated[str, Path(description="A `name` of `/v1/dimensions`.")]
_MISSING: dict[int | str, dict[str, object]] = {
    404: {"model": Problem, "description": "There is no such dimension, or no such member"}
}


@router.get(
    "/dimensions",
    response_model=Dimensions,
    dependencies=[NO_PARAMETERS],
    summary="The dimensions, with the number of their members",
)
async def get_dimensions(request: Request, service: ServiceDep) -> Response:
    return await answer(request, service, None, service.context(), dimensions)


@router.get(
    "/dimensions/{name}", response_model=Members, responses=_MISSING, summary="Members of a dimension"
)
async def get_members(
    request: Request, service: ServiceDep, name: Name, asked: Annotated[MemberParameters, Query()]
) -> Response:
    found = member_list(name)
    page = Page(asked.search, asked.active, asked.limit, asked.offset)
    return await answer(
        request, service, None, service.context(), lambda look: members(look, found, page, service.members)
    )


@router.get(
    "/dimensions/{name}/{key:path}",
    response_model=OneMember,
    dependencies=[NO_PARAMETERS],
    responses=_MISSING,
    summary="One member",
)
async def get_member(
    request: Request,
    service: ServiceDep,
    name: Name,
    key: Annotated[str, Path(description="Its `key`: an id of Odoo, or a name.")],
) -> Response:
    found = member_list(name)
    return await answer(request, service, None, service.context(), lambda look: one_member(look, found, key))
