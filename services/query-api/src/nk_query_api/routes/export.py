"""`/v1/export/{name}.{format}`: tables and views as files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from nk_common.api.common import Problem
from nk_query_api.catalog import documented
from nk_query_api.documented import Documented
from nk_query_api.errors import NotFoundError
from nk_query_api.export.download import Download, Exports
from nk_query_api.export.formats import FORMATS, Format, export_format
from nk_query_api.export.source import ExportSource
from nk_query_api.export.tables import table_source
from nk_query_api.routes.exported import EXPORTED, NAMES, ROWS, ExportedAnswer
from nk_query_api.routes.parameters import IsoDay, Parameters
from nk_query_api.service import ServiceDep

router = APIRouter(prefix="/v1", tags=["data"])
_FILES = {one.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
          for one in FORMATS.values()}  # fmt: skip


class ExportParameters(Parameters):
    """Which rows and columns. Dimensions have no days."""

    start: IsoDay | None = Field(default=None, description="First day; the first that is held if not given.")
    end: IsoDay | None = Field(default=None, description="Last day; the last that is held if not given.")
    columns: list[str] = Field(
        default=[], description="Columns in their order, all if not given; may be repeated."
    )


def _exports(request: Request) -> Exports:
    exports: Exports = request.app.state.exports
    return exports


ExportsDep = Annotated[Exports, Depends(_exports)]


_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": _FILES, "description": "The file; `x-data-version` says of which data"},
    404: {"model": Problem, "description": "There is no such table, view, answer or format"},
}


def _dimension(dimension: Annotated[str, Path(description="A slug of `dimensions` in `/v1/kpis`.")]) -> None:
    """Documents a part of the path."""


def _add_answer(one: ExportedAnswer) -> None:
    """A route for an answer that can be downloaded, with the parameters that its endpoint has."""

    async def get_file(
        request: Request,
        service: ServiceDep,
        exports: ExportsDep,
        ending: Annotated[str, Path(description="csv, xlsx or parquet.")],
        asked: Parameters,
    ) -> Response:
        form = export_format(ending)
        source = one.source(asked, service, request.path_params.get("dimension", ""))
        return await send_file(request, exports, source, form)

    get_file.__annotations__["asked"] = Annotated[one.parameters, Query()]
    router.add_api_route(
        f"/export/{one.name}{'-{dimension}' if one.dimensions else ''}.{{ending}}",
        get_file,
        response_class=StreamingResponse,
        responses=_RESPONSES,
        dependencies=[Depends(_dimension)] if one.dimensions else [],
        summary=f"Download {one.what} of {one.endpoint} as csv, xlsx or parquet",
        description=f"All rows, up to {ROWS:,}, unless `limit` is given." if one.paged else None,
    )


for _one in EXPORTED:  # before the route of tables and views, whose name may be anything
    _add_answer(_one)


@router.get(
    "/export/{name}.{ending}",
    response_class=StreamingResponse,
    responses=_RESPONSES,
    summary="Download a table or view as csv, xlsx or parquet",
    description="Rows in the order of days and keys, all of one snapshot. In CSV, a text that a spreadsheet might "
    "take for a formula has an apostrophe before it. A download that fails on its way ends with a broken connection.",
)
async def get_export(
    request: Request,
    exports: ExportsDep,
    name: Annotated[str, Path(description="A name of `/v1/catalog`.")],
    ending: Annotated[str, Path(description="csv, xlsx or parquet.")],
    asked: Annotated[ExportParameters, Query()],
) -> Response:
    form = export_format(ending)
    source = table_source(_table(name), asked.columns, asked.start, asked.end)
    return await send_file(request, exports, source, form)


def _table(name: str) -> Documented:
    try:
        return documented(name)
    except NotFoundError as error:
        raise NotFoundError(f"{error} Answers to download are: {', '.join(NAMES)}.") from None


async def send_file(request: Request, exports: Exports, source: ExportSource, form: Format) -> Response:
    """The source as a file of that format, while it is being made. Whatever can be downloaded goes this way."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    download = exports.start(source, form)
    try:
        await download.begin(gone)
    except BaseException:
        await download.close()
        raise
    return _FileResponse(download, f"{source.stem}.{form.ending}", form.media_type)


class _FileResponse(StreamingResponse):
    """Sends pieces as they come, and sees to it that nothing is made any more once nobody takes it."""

    def __init__(self, download: Download, file_name: str, media_type: str) -> None:
        headers = {
            "content-disposition": f'attachment; filename="{file_name}"',
            "x-data-version": download.data_version,
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
        super().__init__(download.pieces(), headers=headers, media_type=media_type)
        self._download = download

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._download.close()
