"""`/v1/pipeline/dead-letters`: messages that could not be used, what is in them, and what is to be done about them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from fastapi.responses import Response
from pydantic import BaseModel

from nk_common.api.common import Problem
from nk_common.api.dead_letters import (
    DeadLetterDetail,
    DeadLetters,
    DiscardLetterRequest,
    RetryLetterRequest,
)
from nk_common.api.pipeline import CommandAccepted
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS, DeadLetterParameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["pipeline"])
Letter = Annotated[int, PathParameter(ge=1, le=2**31 - 1, description="Number of the letter.")]
_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such letter"}
}
_DONE: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "It was retried or discarded already, or its day was loaded since"}
}
_GONE: dict[int | str, dict[str, Any]] = {410: {"model": Problem, "description": "It is no longer kept"}}


@router.get("/pipeline/dead-letters", response_model=DeadLetters, summary="Messages that could not be used")
async def get_dead_letters(service: ServiceDep, asked: Annotated[DeadLetterParameters, Query()]) -> Response:
    return _json(await service.letters.page(asked.state, asked.limit, asked.offset))


@router.get(
    "/pipeline/dead-letters/{letter}",
    response_model=DeadLetterDetail,
    dependencies=[NO_PARAMETERS],
    responses=_MISSING,
    summary="A message that could not be used, decoded as far as it can be",
    description="Names, telephone numbers, e-mail addresses and streets of people are masked. `gone` says it when the "
    "message itself is no longer kept.",
)
async def get_dead_letter(service: ServiceDep, letter: Letter) -> Response:
    return _json(await service.letters.read(letter))


@router.post(
    "/pipeline/dead-letters/{letter}/retry",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses={**_MISSING, **_DONE, **_GONE},
    summary="Put a message on its topic again",
    description="Once, however often it is asked for. What was loaded since is newer, and stays as it is.",
)
async def post_retry(
    service: ServiceDep, letter: Letter, asked: RetryLetterRequest | None = None
) -> Response:
    await service.letters.check_retriable(letter)
    return _json(await service.commands.retry_letter(letter, asked or RetryLetterRequest()), 202)


@router.post(
    "/pipeline/dead-letters/{letter}/discard",
    response_model=CommandAccepted,
    status_code=202,
    dependencies=[NO_PARAMETERS],
    responses={**_MISSING, **_DONE},
    summary="Note that nothing is to be done about a message, and why",
)
async def post_discard(service: ServiceDep, letter: Letter, asked: DiscardLetterRequest) -> Response:
    await service.letters.check_open(letter)
    return _json(await service.commands.discard_letter(letter, asked), 202)


def _json(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status, NO_CACHE, "application/json")
