"""Design (`/design`, with NK_DESIGN_PAGE=1): every component in both themes, with made-up figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from fastapi import APIRouter, Request, Response

from nk_common.api.common import DateRange, Days, Meta, Text
from nk_common.api.sales import KpiValue, SalesTrend, TrendPoint
from nk_web.api_client import ApiFailedError
from nk_web.charts import palette
from nk_web.charts.bars import Bar, Series, bars_figure, stacked_figure
from nk_web.charts.figure import Figure
from nk_web.charts.heatmap import HeatCell, HeatRow, heatmap_figure
from nk_web.charts.pareto import Band, Dot, pareto_figure, scatter_figure
from nk_web.charts.sankey import Flow, diagram, sankey_figure
from nk_web.charts.spark import spark
from nk_web.i18n import say
from nk_web.page import Page, page_state
from nk_web.panels.briefs import BRIEF, Brief, BriefRow
from nk_web.panels.panel import Body, Look, Panel, Size, always
from nk_web.panels.routes import Shown
from nk_web.panels.table import Cell, ListColumn, Listing, ListSpec, listing
from nk_web.panels.trends import GRAIN, trend_body
from nk_web.site import Site
from nk_web.trouble import trouble_for

THEMES = ("light", "dark")
NAMES = ("Lumina", "Aruna", "Kirana", "Merona", "Sekar", "Wangi")
PAGE = Page(slug="design", route="/design", title=say("Design"))
LIST = ListSpec(
    (ListColumn(say("Product"), "label", numeric=False), ListColumn(say("Revenue"), "revenue")), "revenue"
)


def routes(site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/design")
    async def design(request: Request) -> Response:
        state = page_state(PAGE, request, site.today())
        look = Look(site.reader(request), state, PAGE.slug, "sample")
        samples = {theme: list(_samples(theme, look)) for theme in THEMES}
        trend = _trend(look)
        context = {"samples": samples, "state": state, "kpis": _kpis(), "spark": spark(trend)}
        return site.page(request, "pages/design.html", context)

    return router


def _samples(theme: str, look: Look) -> Iterator[Shown]:
    """Every kind of panel, then every state that one can be in. Names carry the theme: ids are unique."""
    bodies: tuple[tuple[str, Size, Body], ...] = (
        ("trend", "normal", trend_body(_trend(look), look)),
        ("bars", "normal", Body(figure=bars_figure(_bars(look)), alt="bars")),
        ("stacked", "normal", Body(figure=_stacked(look), alt="stacked bars")),
        ("heatmap", "normal", Body(figure=_heatmap(look), alt="heat map")),
        ("sankey", "tall", Body(figure=_sankey(look), alt="sankey")),
        ("pareto", "normal", Body(figure=_pareto(look), alt="pareto")),
        ("scatter", "normal", Body(figure=_scatter(look), alt="scatter")),
        ("brief", "short", Body(template=BRIEF, context={"brief": _brief()})),
        ("list", "list", Body(listing=_list(look))),
        ("empty", "normal", Body(empty=look.tr(say("Nothing was sold on these days.")))),
    )
    for name, size, body in bodies:
        yield Shown(PAGE, _panel(f"{theme}-{name}", size), look.state, body, still=True)
    yield Shown(PAGE, _panel(f"{theme}-waiting", "normal"), look.state, still=True)
    unfinished = Days(requested=7, loaded=5, missing=2, missing_days=[])
    partial = bodies[1][2]
    yield Shown(PAGE, _panel(f"{theme}-partial", "normal"), look.state, partial, days=unfinished, still=True)
    trouble = replace(trouble_for(ApiFailedError("…")), heals=False)
    yield Shown(PAGE, _panel(f"{theme}-trouble", "normal"), look.state, trouble=trouble, still=True)


def _panel(name: str, size: Size) -> Panel:
    choices = (GRAIN,) if name.endswith("trend") else ()
    title = always(say("Sample: %(name)s", name=name))
    return Panel(
        name,
        title,
        lambda _: (),
        Body,
        size=size,
        downloads=False,
        choices=choices,
    )


def _trend(look: Look) -> SalesTrend:
    end = look.reader.today
    days = DateRange(start=end - timedelta(days=13), end=end)
    first = datetime.combine(days.start, time())
    points = [
        TrendPoint(
            bucket=first + timedelta(days=at),
            value=None if at == 5 else 8e6 + at % 7 * 1.3e6,
            partial=at == 13,
            compare_bucket=first + timedelta(days=at - 14),
            compare_value=9e6 + at % 5 * 1e6,
        )
        for at in range(14)
    ]
    before = DateRange(start=days.start - timedelta(days=14), end=days.end - timedelta(days=14))
    shown = Days(requested=14, loaded=13, missing=1, missing_days=[])
    meta = Meta(data_version="1", fresh_until=None, days=shown, timezone="Asia/Jakarta", currency="IDR")
    return SalesTrend(
        meta=meta,
        range=days,
        compare_range=before,
        grain="day",
        kpi="revenue",
        unit="currency",
        points=points,
    )


def _kpis() -> list[KpiValue]:
    def kpi(name: str, value: float | None, delta: float | None) -> KpiValue:
        text = Text(id=name, en=name)
        return KpiValue(
            slug=name, name=text, description=text, unit="currency", value=value, previous=1.0, delta=delta
        )

    return [kpi("Lumina", 781_891_478, 0.242), kpi("Aruna", 1_234_567, -0.029), kpi("Kirana", None, None)]


def _bars(look: Look) -> list[Bar]:
    return [
        Bar(name, 9e6 / (at + 1), look.f.currency_short(9e6 / (at + 1)), name, previous=8e6 / (at + 1))
        for at, name in enumerate(NAMES)
    ]


def _stacked(look: Look) -> Figure:
    series = [
        Series(name, [3e6 + at * 1e6, 2e6, 4e6, 1e6 + at * 2e6], [name] * 4, palette.category(at))
        for at, name in enumerate(NAMES[:4])
    ]
    return stacked_figure(["A", "B", "C", "D"], series, look.f.currency_short)


def _heatmap(look: Look) -> Figure:
    rows = [
        HeatRow(
            look.f.weekday_name(day),
            [HeatCell(None if day == 3 else float(day * hour % 11), name) for hour, name in enumerate(NAMES)],
        )
        for day in range(1, 8)
    ]
    return heatmap_figure(rows, NAMES)


def _sankey(look: Look) -> Figure:
    flows = [Flow((NAMES[at % 3], NAMES[at % 5], NAMES[at]), 1e6 * (at + 1)) for at in range(len(NAMES))]
    return sankey_figure(diagram(flows, (3, 5, 6), "…"), look.f.currency)


def _pareto(look: Look) -> Figure:
    dots = [Dot(at / 20, 1 - (1 - at / 20) ** 3, look.f.percent(at / 20)) for at in range(21)]
    bands = [
        Band("A", 0, 0.2, palette.category(0)),
        Band("B", 0.2, 0.5, palette.category(2)),
        Band("C", 0.5, 1, palette.REST),
    ]
    return pareto_figure(dots, bands, "x", "y", lambda share: look.f.percent(share, 0))


def _scatter(look: Look) -> Figure:
    dots = [
        Dot(at * 1.0, (at * 7 % 13) * 1e6, name, colour=palette.category(at), size=10 + at * 3)
        for at, name in enumerate(NAMES)
    ]
    return scatter_figure(dots, "x", "y", look.f.number, look.f.currency_short)


def _brief() -> Brief:
    rows = tuple(BriefRow(name, str(at), mood="bad" if at < 2 else "") for at, name in enumerate(NAMES[:4]))
    return Brief("4", NAMES[0], "bad", rows)


def _list(look: Look) -> Listing:
    rows = [
        (Cell(name, "/design?", NAMES[0]), Cell(look.f.currency(9e6 / (at + 1))))
        for at, name in enumerate(NAMES)
    ]
    return listing(LIST, look.panel, look.state, rows, 72)
