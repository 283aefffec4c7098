"""What the notifier asks of the query API, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from nk_common.api.common import Problem
from nk_common.api.inventory import StockLevels
from nk_common.api.sales import SalesBreakdown, SalesSummary
from nk_common.errors import TransientError
from nk_notifier.digest.figures import MOVERS, Answers

Answer = TypeVar("Answer", bound=BaseModel)
_PATIENCE = 30.0
_PROBE = 5.0


class QueryApiAwayError(TransientError):
    """The query API does not answer, or not with what is needed."""


class QueryApi:
    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        # Proxies are for the internet, and the query API is not there.
        self._http = httpx.AsyncClient(base_url=url, timeout=_PATIENCE, trust_env=False, transport=transport)

    async def answers(self) -> bool:
        """Whether it is there; never raises."""
        try:
            return (await self._http.get("/healthz", timeout=_PROBE)).is_success
        except httpx.HTTPError:
            return False

    async def day(self, day: date) -> Answers:
        """What it knows of a day. Raises QueryApiAwayError."""
        days = {"start": day.isoformat(), "end": day.isoformat()}
        movers = {**days, "compare": "weekday", "kpi": "revenue", "sort": "change", "limit": str(MOVERS)}
        low = {"status": "low", "sort": "days_of_cover", "order": "asc", "limit": str(MOVERS)}
        found = await asyncio.gather(
            self._get("/v1/sales/summary", SalesSummary, {**days, "compare": "previous"}),
            self._get("/v1/sales/summary", SalesSummary, {**days, "compare": "weekday"}),
            self._get("/v1/profit/summary", SalesSummary, days),
            self._get("/v1/sales/by/product", SalesBreakdown, {**movers, "order": "desc"}),
            self._get("/v1/sales/by/product", SalesBreakdown, {**movers, "order": "asc"}),
            self._get("/v1/inventory/stock", StockLevels, low),
        )
        return Answers(*found)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _get(self, path: str, model: type[Answer], params: dict[str, str]) -> Answer:
        try:
            response = await self._http.get(path, params=params)
        except httpx.HTTPError as error:
            raise QueryApiAwayError(
                f"The query API does not answer ({type(error).__name__}), so there are no figures for "
                "a digest. Check that "
                "it runs, and NK_QUERY_API_URL."
            ) from error
        try:
            if response.is_success:
                return model.model_validate_json(response.content)
            raise QueryApiAwayError(Problem.model_validate_json(response.content).detail)
        except ValidationError as error:
            raise QueryApiAwayError(
                f"The query API gave an answer that this release does not understand (status {response.status_code})."
            ) from error
