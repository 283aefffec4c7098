"""The composition root: the only place where the parts of the query API are put together."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

from nk_common.api.common import Problem
from nk_common.clock import Clock, SystemClock
from nk_common.events.letters import Origin
from nk_common.events.topics import DAY_LOADED, PIPELINE, Topic
from nk_common.messaging.delivery import Delivery, Handler, Place, Publisher
from nk_common.observability import Metrics, logger
from nk_query_api import problems
from nk_query_api.cross_site import CrossSiteMiddleware
from nk_query_api.export.download import Exports
from nk_query_api.metrics import ApiMetrics
from nk_query_api.pipeline.commands import Commands
from nk_query_api.pipeline.failures import Failures
from nk_query_api.pipeline.lag import Lags
from nk_query_api.pipeline.ledger import Ledger, read_as_of
from nk_query_api.pipeline.letters import Letters
from nk_query_api.pipeline.live import HEARTBEAT_SECONDS, Hub, Live
from nk_query_api.questions.members.index import MemberIndexes
from nk_query_api.routes import (
    alerts,
    catalog,
    customers,
    dataset_health,
    dead_letters,
    dimensions,
    docs,
    export,
    health,
    inventory,
    kpis,
    lag,
    pipeline,
    profit,
    reconciliations,
    sales,
    schedules,
    serving,
    sql,
    trust,
)
from nk_query_api.service import Service
from nk_query_api.serving.checking.checks import Checks
from nk_query_api.serving.keeper import Keeper
from nk_query_api.serving.reads import Reads
from nk_query_api.serving.store import ServingStore
from nk_query_api.settings import QueryApiSettings
from nk_query_api.sql.run import SqlQuestions

if TYPE_CHECKING:
    from nk_common.messaging.lag import TopicLag

_VERSION = "1"
_DESCRIPTION = (
    "Retail KPIs of a shop on Odoo. Days are inclusive, in the business time zone; a figure of a day that is "
    "not loaded is null, never zero; every answer says which data it was computed from."
)
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "The request cannot be answered as it was asked"},
    503: {"model": Problem, "description": "Something that is needed is away; try again"},
}
_FIRST_ANSWERS = 0.5
"""Seconds after the start in which nothing is loaded beside them."""
_log = logger(__name__)


class Listener(Protocol):
    """Hears every message of some topics, as every replica does. `nk_common.messaging.bus.Bus` is one."""

    def listen(self, topics: Sequence[Topic], handler: Handler) -> None: ...

    async def start(self) -> None:
        """Returns once connected; waits for as long as the broker is away."""
        ...

    def on_reborn(self, action: Callable[[], Awaitable[None]]) -> None:
        """Call `action` whenever the broker came back without its memory."""
        ...

    async def watch(self) -> None:
        """Look after the connection, until cancelled."""
        ...

    async def stop(self) -> None: ...


def build_app(
    settings: QueryApiSettings,
    *,
    clock: Clock | None = None,
    publisher: Publisher | None = None,
    listener: Listener | None = None,
    metrics: Metrics | None = None,
    heartbeat: float = HEARTBEAT_SECONDS,
) -> FastAPI:
    """The query API. Without a listener it follows the lake by looking; without a publisher it starts no work."""
    clock = clock or SystemClock()
    api_metrics = ApiMetrics(metrics or Metrics())
    hub = Hub(api_metrics, heartbeat)
    live = Live(hub, clock)
    service = _service(settings, clock, api_metrics, hub, live, publisher)
    live.keeper, live.failures = service.keeper, service.failures
    if listener:
        listener.listen((DAY_LOADED, PIPELINE), live.hear)
        listener.on_reborn(live.missed_events)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _running(service, listener), _ending(app):
            yield

    app = FastAPI(
        title="nkdash query API", version=_VERSION, description=_DESCRIPTION, docs_url=None, redoc_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    app.state.service = service
    _put_beside(app, service, api_metrics)
    _add_routes(app)
    _add_middleware(app, settings)
    return app


def end_streams(app: FastAPI) -> None:
    """Event streams never end by themselves; a stopping server must not wait for them."""
    service: Service = app.state.service
    service.hub.close()


def _service(
    settings: QueryApiSettings,
    clock: Clock,
    metrics: ApiMetrics,
    hub: Hub,
    live: Live,
    publisher: Publisher | None,
) -> Service:
    ledger = Ledger(settings.ledger)
    store = ServingStore(
        settings.serving_path,
        settings.data_lake_root,
        as_of_source=lambda keys: read_as_of(ledger, keys),
        memory=settings.serving_memory,
    )
    keeper = Keeper(store, settings.serving_scan_interval, metrics, live.applied, clock)
    return Service(
        settings=settings,
        clock=clock,
        metrics=metrics,
        store=store,
        keeper=keeper,
        reads=Reads(store, settings.query_timeout, metrics, keeper.rebuild_soon),
        hub=hub,
        ledger=ledger,
        failures=Failures(ledger),
        commands=Commands(publisher, ledger, clock, settings),
        letters=Letters(ledger, functools.partial(_letter, settings)),
        lags=Lags(functools.partial(_lag, settings), clock),
        checks=Checks(store, settings.data_lake_root, clock),
        members=MemberIndexes(),
    )


async def _lag(settings: QueryApiSettings) -> list[TopicLag]:
    from nk_common.messaging.lag import read_lag  # loaded with the bus

    return await read_lag(settings)


async def _letter(settings: QueryApiSettings, place: Place, origin: Origin) -> Delivery | None:
    from nk_common.messaging.letters import fetch_letter  # loaded with the bus

    return await fetch_letter(settings, place, origin)


def _put_beside(app: FastAPI, service: Service, metrics: ApiMetrics) -> None:
    """What may take long has threads of its own: the dashboard's questions never wait for it."""
    settings = service.settings

    def reads(timeout: float) -> Reads:
        return Reads(service.store, timeout, metrics, service.keeper.rebuild_soon)

    folder = settings.serving_path.parent
    app.state.sql = SqlQuestions(reads(settings.sql_timeout), settings)
    app.state.exports = Exports(reads(settings.export_timeout), settings.export_timeout, folder)


@contextlib.asynccontextmanager
async def _ending(app: FastAPI) -> AsyncIterator[None]:
    """Stops what runs beside before the serving database is closed."""
    try:
        yield
    finally:
        for part in (app.state.sql, app.state.exports):
            await asyncio.to_thread(part.close)


@contextlib.asynccontextmanager
async def _running(service: Service, listener: Listener | None) -> AsyncIterator[None]:
    """Everything that runs beside the requests; nothing of it is left afterwards."""
    await asyncio.to_thread(service.store.open)
    tasks = [
        asyncio.create_task(service.keeper.run(), name="keeper"),
        asyncio.create_task(service.failures.run(), name="failures"),
    ]
    if listener:
        tasks.append(asyncio.create_task(_connect(listener, service.keeper), name="listener"))
    try:
        yield
    finally:
        service.hub.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if listener:
            with contextlib.suppress(Exception):
                await listener.stop()
        await asyncio.to_thread(service.checks.close)
        await asyncio.to_thread(service.reads.close)
        await asyncio.to_thread(service.keeper.close)
        service.ledger.close()


async def _connect(listener: Listener, keeper: Keeper) -> None:
    """The API answers without a broker; days loaded before it was heard are found in the lake."""
    try:
        await asyncio.sleep(_FIRST_ANSWERS)
        await listener.start()
        keeper.scan_soon()
        await listener.watch()
    except Exception as error:
        _log.error("the bus cannot be used; following the lake by looking", error=str(error), exc_info=error)


def _add_routes(app: FastAPI) -> None:
    problems.install(app)
    for router in (
        sales.router, sales.profit_router, profit.router, inventory.router, customers.router, dimensions.router,
        pipeline.router, dead_letters.router, dataset_health.router, alerts.router, trust.router, lag.router,
        schedules.router, serving.router,
        reconciliations.router, kpis.router, catalog.router, export.router, sql.router,
    ):  # fmt: skip
        app.include_router(router, responses=_PROBLEMS)
    app.include_router(health.router)
    app.include_router(docs.router)
    _declare_problems(app)


def _add_middleware(app: FastAPI, settings: QueryApiSettings) -> None:
    app.add_middleware(CrossSiteMiddleware, trusted=settings.cors_origins)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )


def _declare_problems(app: FastAPI) -> None:
    """Say in the OpenAPI document that errors are `application/problem+json`."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            answers = [
                answer
                for methods in document["paths"].values()
                for operation in methods.values()
                for status, answer in operation["responses"].items()
                if status in ("404", "409", "410", "422", "503")
                and "application/json" in answer.get("content", {})
            ]
            for answer in answers:
                answer["content"] = {problems.MEDIA_TYPE: answer["content"].pop("application/json")}
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]
