"""The web service's client against the answers of the query API, over HTTP and JSON.

Every answer is one that the API's own models have written; what the client reads back must be the same. A field
that only one side knows fails here, because the models forbid unknown keys.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from nk_common.api.common import DateRange
from nk_common.api.dead_letters import DiscardLetterRequest, RetryLetterRequest
from nk_common.api.pipeline import BackfillRequest, RefreshRequest, SnapshotRequest
from nk_query_api.routes.exported import EXPORTED
from nk_web import questions as ask
from nk_web.api_client import HttpQueryApi, QueryApi
from nk_web.filters import SALES_FILTERS
from nk_web.page import Page
from nk_web.pages import FIGURES
from nk_web.panels.panel import Panel
from nk_web.questions import Question
from nk_web.state import Takes, parse_state
from support.fake_query_api import FakeQueryApi

TODAY = date(2026, 11, 23)
WEEK = DateRange(start=TODAY - timedelta(days=6), end=TODAY)
STATE = parse_state(
    [("range", "7d"), ("compare", "previous"), ("store", "1")], TODAY, lambda _: "/", Takes(SALES_FILTERS)
)
QUESTIONS: tuple[Question[Any], ...] = (
    ask.summary(STATE),
    ask.summary(STATE, "profit"),
    ask.trend(STATE, "revenue", "day"),
    ask.breakdown(STATE, "category-brand", "discount_amount", compare="previous"),
    ask.heatmap(STATE, "weekday"),
    ask.stock(STATE, status="low"),
    ask.inventory_summary(STATE),
    ask.sell_through(STATE, "category", include_production="true", include_adjustments="false"),
    ask.abc(STATE, abc="A"),
    ask.movements(STATE, "day"),
    ask.stock_reconciliation(STATE, 12),
    ask.below_cost(STATE, sort="product", order="asc", limit="12", offset="0"),
    ask.cost_history(STATE, "1"),
    ask.customers_summary(STATE),
    ask.customers_trend(STATE, "new_customers", "week"),
    ask.top_customers(STATE, {"sort": "name", "limit": "12"}),
    ask.segments(STATE),
    ask.segments(STATE, {"segment": "champions", "limit": "12"}),
    ask.cohorts(STATE),
    ask.members("brands", "a"),
    ask.member("principals", "PT A / B"),
    ask.trust(WEEK.start, WEEK.end, ["pos"]),
    ask.health(),
    ask.lag(),
)
FILES = {name: one for one in EXPORTED for name in one.names}
PANELS = [(page, panel) for page in FIGURES.values() for panel in page.panels if panel.downloads]
Call = Callable[[QueryApi], Awaitable[BaseModel]]


@pytest.mark.parametrize(
    "call",
    [
        *(lambda api, question=question: api.ask(question) for question in QUESTIONS),
        lambda api: api.partitions(WEEK),
        lambda api: api.runs(),
        lambda api: api.dead_letters("open", 5),
        lambda api: api.retry_letter(12, RetryLetterRequest()),
        lambda api: api.discard_letter(12, DiscardLetterRequest(reason="a test")),
        lambda api: api.backfill(BackfillRequest(datasets=["pos"], start=TODAY, end=TODAY, dry_run=True)),
        lambda api: api.refresh_dimensions(RefreshRequest(targets=["products"])),
        lambda api: api.snapshot_stock(SnapshotRequest()),
    ],
)
async def test_answers_survive_the_wire(call: Call) -> None:
    """What the API says is what the page gets."""
    said = await call(FakeQueryApi(TODAY, missing={TODAY}))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=said.model_dump_json())

    assert await call(HttpQueryApi("http://api.test", httpx.MockTransport(answer))) == said


@pytest.mark.parametrize(("page", "panel"), PANELS, ids=lambda one: getattr(one, "slug", "") or one.name)
def test_the_api_has_the_files_that_panels_offer(page: Page, panel: Panel) -> None:
    """Under that name, and with every parameter that the panel's question has."""
    state = parse_state([("product", "1")], TODAY, lambda _: "/", page.takes)
    for question in panel.ask(state)[: max(1, len(panel.files))]:
        known = FILES[question.file].parameters.model_fields
        assert {name for name, _ in question.params} <= set(known), question.file
