"""Design (`/design`, with NK_DESIGN_PAGE=1): every component in both themes, with made-up figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fastapi import APIRouter, Request, Response

from nk_common.api.common import Days, Text
from nk_common.api.sales import KpiValue
from nk_web.api_client import ApiFailedError
from nk_web.charts.spark import spark
from nk_web.i18n import say
from nk_web.page import Page, page_state
from nk_web.pages.design_charts import CHARTS, NAMES, sample_trend
from nk_web.pages.trust import Badge
from nk_web.panels.briefs import BRIEF, Brief, BriefRow
from nk_web.panels.ledger import LEDGER, Ledger, Line
from nk_web.panels.panel import Body, Look, Panel, Size, Way, always
from nk_web.panels.people import SEGMENTS, SegmentLine
from nk_web.panels.routes import Shown
from nk_web.panels.table import Cell, ListColumn, Listing, ListSpec, listing
from nk_web.panels.trends import GRAIN, trend_body
from nk_web.site import Site
from nk_web.trouble import trouble_for

THEMES = ("light", "dark")
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
        context = {
            "samples": samples,
            "state": state,
            "kpis": _kpis(),
            "spark": spark(sample_trend(look)),
            "badge": _badge(look),
        }
        return site.page(request, "pages/design.html", context)

    return router


def _samples(theme: str, look: Look) -> Iterator[Shown]:
    """Every kind of panel, then every state that one can be in. Names carry the theme: ids are unique."""
    charts = [(name, size, Body(figure=draw(look), alt=name)) for name, size, draw in CHARTS]
    bodies: list[tuple[str, Size, Body]] = [
        ("trend", "normal", trend_body(sample_trend(look), look)),
        *charts,
        ("brief", "short", Body(template=BRIEF, context={"brief": _brief()})),
        ("ledger", "tall", Body(template=LEDGER, context={"ledger": _ledger(look)})),
        ("segments", "list", Body(template=SEGMENTS, context={"lines": _segments(look)})),
        ("list", "list", Body(listing=_list(replace(look, panel=f"{theme}-list")))),
        ("empty", "normal", Body(empty=look.tr(say("Nothing was sold on these days.")))),
    ]
    for name, size, body in bodies:
        yield Shown(PAGE, _panel(f"{theme}-{name}", size), look.state, body, still=True)
    yield Shown(PAGE, _panel(f"{theme}-waiting", "normal"), look.state, still=True)
    unfinished = Days(requested=7, loaded=5, missing=2, missing_days=[])
    partial = charts[0][2]
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


def _kpis() -> list[KpiValue]:
    def kpi(name: str, value: float | None, delta: float | None) -> KpiValue:
        text = Text(id=name, en=name)
        return KpiValue(
            slug=name, name=text, description=text, unit="currency", value=value, previous=1.0, delta=delta
        )

    return [kpi("Lumina", 781_891_478, 0.242), kpi("Aruna", 1_234_567, -0.029), kpi("Kirana", None, None)]


def _brief() -> Brief:
    rows = tuple(BriefRow(name, str(at), mood="bad" if at < 2 else "") for at, name in enumerate(NAMES[:4]))
    return Brief("4", NAMES[0], "bad", rows)


def _ledger(look: Look) -> Ledger:
    """100 + 20 - 15 should be 105, and are 104."""
    number = look.f.number
    lines = (
        Line(NAMES[0], number(100), sub="…"),
        Line(NAMES[1], number(20), "+", detail=" · ".join(NAMES[3:])),
        Line(NAMES[2], number(15), "−"),
        Line(NAMES[3], number(105), "=", strong=True),
        Line(NAMES[4], number(104)),
        Line(NAMES[5], number(1), "=", strong=True, mood="bad"),
    )
    return Ledger(lines, look.tr(say("It is not known whether moves explain the stock.")), "warn")


def _segments(look: Look) -> list[SegmentLine]:
    f = look.f
    return [
        SegmentLine(
            name, "…", "/design?", at == 0, f.percent(share), share, f.currency_short(9e6 * share), share, "…"
        )
        for at, (name, share) in enumerate(zip(NAMES, (0.5, 0.25, 0.125, 0.125, 0.0), strict=False))
    ]


def _badge(look: Look) -> Badge:
    """One that is not whole: two stretches of days have a link, and there are others."""
    day = look.f.day_short(look.reader.today)
    text = look.tr(say("%(loaded)s of %(days)s days loaded", loaded="5", days="9"))
    more = look.tr(say("%(days)s more", days="2"))
    return Badge("warn", text, (), text, "/design?", (Way("/design?", day), Way("/design?", day)), more)


def _list(look: Look) -> Listing:
    rows = [
        (Cell(name, "/design?", NAMES[0]), Cell(look.f.currency(9e6 / (at + 1))))
        for at, name in enumerate(NAMES)
    ]
    return listing(LIST, look.panel, look.state, rows, 72)
