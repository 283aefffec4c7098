"""Overview (`/`): how the shop is doing in a range of days."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from nk_common.api.sales import SalesSummary
from nk_web.api_client import API_ERRORS, ApiError, ApiSlowError
from nk_web.charts.sunburst import SunburstWords, sunburst_figure, sunburst_nodes, undrawable
from nk_web.charts.trend import TrendWords, trend_figure, trend_rows
from nk_web.i18n import Said, say
from nk_web.site import FIRST_ANSWER_SECONDS, NavEntry, Reader, Site, name_address, status_of
from nk_web.state import COMPARES, PRESETS, OverviewState, grain_for, parse_overview
from nk_web.trouble import Trouble

NAV = NavEntry("/", say("Overview"), "overview")

BREAKDOWN_LIMIT = 400

PRESET_NAMES: dict[str, Said] = {
    "today": say("Today"),
    "yesterday": say("Yesterday"),
    "7d": say("7 days"),
    "30d": say("30 days"),
    "week": say("This week"),
    "month": say("This month"),
}
COMPARE_NAMES: dict[str, Said] = {
    "none": say("No comparison"),
    "previous": say("Previous period"),
    "year": say("Same period last year"),
    "weekday": say("Same weekdays before"),
}
GRAIN_TITLES: dict[str, Said] = {
    "hour": say("Revenue per hour"),
    "day": say("Revenue per day"),
    "week": say("Revenue per week"),
    "month": say("Revenue per month"),
}


@dataclass(frozen=True)
class Figures:
    """The KPI cards: there, still to come, or in trouble."""

    summary: SalesSummary | None = None
    trouble: Trouble | None = None

    @property
    def pending(self) -> bool:
        return self.summary is None and self.trouble is None


LEFT_OUT = ("refunds_count",)
"""KPIs that the API has and this page does without: their amount and share say it already."""


def routes(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def overview(request: Request) -> Response:
        state = parse_overview(request.query_params, site.today())
        figures = await _first_figures(site, state)
        context = {**_context(state), "figures": figures, "presets": PRESETS, "compares": COMPARES}
        response = site.page(request, "pages/overview.html", context, status_of(figures.trouble))
        name_address(request, response, f"/?{state.query()}")
        return response

    @router.get("/overview/figures")
    async def figures(request: Request) -> Response:
        state = parse_overview(request.query_params, site.today())
        shown = await _figures(site, state)
        context = {**_context(state), "figures": shown}
        return site.partial(request, "partials/figures.html", context, status_of(shown.trouble))

    @router.get("/overview/trend")
    async def trend(request: Request) -> Response:
        return await _trend(site, request)

    @router.get("/overview/breakdown")
    async def breakdown(request: Request) -> Response:
        return await _breakdown(site, request)

    return router


def _context(state: OverviewState) -> dict[str, object]:
    grain = grain_for(state.period)
    return {
        "left_out": LEFT_OUT,
        "state": state,
        "preset_names": PRESET_NAMES,
        "compare_names": COMPARE_NAMES,
        "trend_title": GRAIN_TITLES[grain],
    }


async def _first_figures(site: Site, state: OverviewState) -> Figures:
    try:
        return Figures(await site.api.sales_summary(state.period.range, state.compare, FIRST_ANSWER_SECONDS))
    except ApiSlowError:
        return Figures()
    except API_ERRORS as error:
        return Figures(trouble=site.trouble(error))


async def _figures(site: Site, state: OverviewState) -> Figures:
    try:
        return Figures(await site.api.sales_summary(state.period.range, state.compare))
    except API_ERRORS as error:
        return Figures(trouble=site.trouble(error))


async def _trend(site: Site, request: Request) -> Response:
    state = parse_overview(request.query_params, site.today())
    try:
        days, grain = state.period.range, grain_for(state.period)
        trend = await site.api.sales_trend(days, grain, state.compare)
    except API_ERRORS as error:
        return _in_trouble(site, request, "partials/trend.html", state, error)
    reader = site.reader(request)
    formats = reader.formats.with_currency(trend.meta.currency)
    now = reader.now.astimezone(site.settings.zone).replace(tzinfo=None)
    context = {
        **_context(state),
        "trouble": None,
        "trend": trend,
        "rows": trend_rows(trend, formats, now),
        "figure": trend_figure(trend, formats, _trend_words(reader), now).to_json(),
    }
    return site.partial(request, "partials/trend.html", context)


async def _breakdown(site: Site, request: Request) -> Response:
    state = parse_overview(request.query_params, site.today())
    try:
        breakdown = await site.api.sales_by("category-brand", state.period.range, BREAKDOWN_LIMIT)
    except API_ERRORS as error:
        return _in_trouble(site, request, "partials/breakdown.html", state, error)
    reader = site.reader(request)
    formats = reader.formats.with_currency(breakdown.meta.currency)
    words = _sunburst_words(reader)
    nodes = sunburst_nodes(breakdown, words)
    context = {
        **_context(state),
        "trouble": None,
        "breakdown": breakdown,
        "figure": sunburst_figure(nodes, formats, words).to_json() if nodes else None,
        "left_out": undrawable(breakdown),
    }
    return site.partial(request, "partials/breakdown.html", context)


def _in_trouble(
    site: Site, request: Request, template: str, state: OverviewState, error: ApiError
) -> Response:
    trouble = site.trouble(error)
    context = {**_context(state), "trouble": trouble}
    return site.partial(request, template, context, status_of(trouble))


def _sunburst_words(reader: Reader) -> SunburstWords:
    return SunburstWords(
        total=reader.tr(say("All")), others=reader.tr(say("Others")), share=reader.tr(say("of the total"))
    )


def _trend_words(reader: Reader) -> TrendWords:
    return TrendWords(
        current=reader.tr(say("This range")),
        comparison=reader.tr(say("Comparison")),
        partial=reader.tr(say("not complete yet")),
    )
