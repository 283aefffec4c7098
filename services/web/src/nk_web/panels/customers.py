"""Bodies of panels about customers: new and returning ones, and how much of the sales has a name."""

from __future__ import annotations

from nk_common.api.customers import CustomersTrend, History
from nk_common.api.sales import SalesBreakdown, SalesSummary, SalesTrend
from nk_web.charts import palette
from nk_web.charts.axis import plain
from nk_web.charts.bars import Series, stacked_figure
from nk_web.charts.trend import TrendRow, trend_rows
from nk_web.i18n import say
from nk_web.panels.briefs import BRIEF, Brief, BriefRow
from nk_web.panels.panel import Body, Key, Look
from nk_web.panels.splits import filtering, nothing_sold
from nk_web.panels.trends import bucket_address, trend_table

MOST_STORES = 4
NEW, RETURNING = say("New"), say("Returning")


# -- new and returning -----------------------------------------------------------------------------


def new_and_returning_body(new: CustomersTrend, returning: CustomersTrend, look: Look) -> Body:
    """Columns in two parts, the new ones on top. A press on a column shows its days."""
    f, now = look.f, look.reader.local_now
    fresh, old = _as_trend(new), _as_trend(returning)
    rows = trend_rows(fresh, f, now), trend_rows(old, f, now)
    hovers = [_hover(*pair, look) for pair in zip(*rows, strict=True)]
    hrefs = [bucket_address(look.state, point, fresh) for point in fresh.points]
    figure = stacked_figure(
        [f.tick(point.bucket, fresh.grain) for point in fresh.points],
        [
            Series(look.tr(RETURNING), [point.value for point in old.points], hovers, palette.category(0)),
            Series(look.tr(NEW), [point.value for point in fresh.points], hovers, palette.category(1)),
        ],
        f.short_number,
        hrefs if any(hrefs) else (),
        [at for at, row in enumerate(rows[0]) if row.missing],
    )
    return Body(
        figure=figure,
        alt=look.tr(say("Column chart: new and returning customers. The table below has its figures.")),
        legend=(Key("cat-1", look.tr(RETURNING)), Key("cat-2", look.tr(NEW))),
        foot=tuple(filter(None, (_compared(fresh, look), uncertain_note(new.history, look)))),
        table=trend_table(
            (look.tr(NEW), look.tr(RETURNING)), rows, hrefs, look, compared=bool(fresh.compare_range)
        ),
    )


def uncertain_note(history: History, look: Look) -> str:
    """Whoever bought before the first loaded day looks new."""
    if not history.new_is_uncertain:
        return ""
    if history.since is None:
        return look.tr(say("Nothing is known of earlier days: some may be older customers than they seem."))
    day = look.f.day_plain(history.since)
    return look.tr(
        say("Purchases are known since %(day)s: some may be older customers than they seem.", day=day)
    )


def _as_trend(trend: CustomersTrend) -> SalesTrend:
    return SalesTrend(
        meta=trend.meta, range=trend.range, compare_range=trend.compare_range, grain=trend.grain,
        kpi=trend.kpi, unit=trend.unit, points=trend.points,
    )  # fmt: skip


def _compared(trend: SalesTrend, look: Look) -> str:
    before = trend.compare_range
    if before is None:
        return ""
    return look.tr(say("Compared with %(days)s", days=look.f.days(before.start, before.end)))


def _hover(new: TrendRow, returning: TrendRow, look: Look) -> str:
    mark = f" ({plain(look.tr(say('not complete yet')))})" if new.partial else ""
    lines = [f"<b>{plain(new.name)}</b>{mark}"]
    for name, row in ((NEW, new), (RETURNING, returning)):
        before = look.tr(say("Before: %(value)s", value=row.compare_value)) if row.compare_name else ""
        lines.append(f"{look.tr(name)}: {row.value}" + (f" ({before})" if before else ""))
    return "<br>".join(lines)


# -- sales with a name -----------------------------------------------------------------------------


def identified_body(stores: SalesBreakdown, summary: SalesSummary, look: Look) -> Body:
    """The share of revenue from named customers, and that of each store."""
    share = next((kpi.value for kpi in summary.kpis if kpi.slug == "identified_share"), None)
    if share is None:
        return Body(empty=nothing_sold(look))
    f, href = look.f, filtering("store", look)
    rows = tuple(
        BriefRow(look.reader.label(row.label), f.percent(row.values.get("identified_share")), href(row))
        for row in stores.rows[:MOST_STORES]
    )
    text = look.tr(say("of revenue is from customers with a name; nothing here knows the others"))
    brief = Brief(f.percent(share), text, "", rows)
    return Body(template=BRIEF, context={"brief": brief})
