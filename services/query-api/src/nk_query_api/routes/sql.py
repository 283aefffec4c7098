"""`POST /v1/sql`"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from nk_common.api.common import Problem
from nk_common.api.sql import SqlAnswer, SqlRequest
from nk_query_api.routes.answers import NO_CACHE
from nk_query_api.routes.parameters import NO_PARAMETERS
from nk_query_api.sql.run import SqlQuestions

router = APIRouter(prefix="/v1", tags=["data"])


def _questions(request: Request) -> SqlQuestions:
    questions: SqlQuestions = request.app.state.sql
    return questions


@router.post(
    "/sql",
    response_model=SqlAnswer,
    dependencies=[NO_PARAMETERS],
    responses={404: {"model": Problem, "description": "SQL is switched off"}},
    summary="One SELECT over the tables and views of the catalogue",
    description="Read only, within limits of time, rows and memory. The dialect is DuckDB's. Files, settings, other "
    "tables and whatever is not a query are refused.",
)
async def post_sql(
    request: Request, asked: SqlRequest, questions: Annotated[SqlQuestions, Depends(_questions)]
) -> Response:
    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    found = await questions.ask(asked.query, gone)
    return Response(found.model_dump_json(), headers=NO_CACHE, media_type="application/json")
