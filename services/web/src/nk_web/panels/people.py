"""Lists of customers: those who buy most, segments, and the customers of a segment. Names are all that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nk_common.api.customers import CustomerRow, CustomerSegments, Segment, SegmentRow, TopCustomers
from nk_web.i18n import Said, say
from nk_web.panels.panel import Body, Look
from nk_web.panels.table import Cell, ListColumn, ListSpec, listing
from nk_web.state import Choice, TableState

SEGMENTS = "partials/segments.html"
SEGMENT_TITLES: Mapping[str, Said] = {
    "champions": say("Customers in the segment Champions"),
    "loyal": say("Customers in the segment Loyal"),
    "new": say("Customers in the segment New"),
    "slipping": say("Customers in the segment Slipping"),
    "occasional": say("Customers in the segment Occasional"),
    "at_risk": say("Customers in the segment At risk"),
    "lost": say("Customers in the segment Lost"),
}
SEGMENT = Choice("segment", SEGMENT_TITLES, in_bar=False)
NAME = ListColumn(say("Customer"), "name", numeric=False, first="asc")
TOP = ListSpec(
    (
        NAME,
        ListColumn(say("Revenue"), "revenue"),
        ListColumn(say("Share"), narrow=False),
        ListColumn(say("Transactions"), "transactions", narrow=False),
        ListColumn(say("Last purchase"), "last_purchase", narrow=False),
    ),
    sort="revenue",
)
MEMBERS = ListSpec(
    (
        NAME,
        ListColumn(say("Revenue"), "revenue"),
        ListColumn(say("Transactions"), "transactions", narrow=False),
        ListColumn(say("Last purchase"), "last_purchase", narrow=False),
    ),
    sort="revenue",
)


@dataclass(frozen=True)
class SegmentLine:
    """A segment as the page shows it. Shares are from 0 to 1, None of nobody."""

    name: str
    meaning: str
    href: str
    chosen: bool
    customers: str
    customers_share: float | None
    revenue: str
    revenue_share: float | None
    habits: str


# -- segments --------------------------------------------------------------------------------------


def segments_body(answer: CustomerSegments, look: Look) -> Body:
    """What each segment is, how many they are, and what they bring in; a press lists its customers."""
    if not answer.total_customers:
        return Body(empty=look.tr(say("Nobody with a name has bought anything.")))
    days = look.f.days(answer.range.start, answer.as_of)
    lines = [_line(segment, look) for segment in answer.segments]
    sub = look.tr(say("By last purchase, how often and how much, %(days)s.", days=days))
    return Body(template=SEGMENTS, context={"lines": lines}, sub=sub)


def _line(segment: Segment, look: Look) -> SegmentLine:
    f, pick = look.f, look.reader.catalogue.pick
    return SegmentLine(
        name=pick(segment.name),
        meaning=pick(segment.description),
        href=look.state.with_choice(SEGMENT, segment.slug).with_table("people", TableState()).address,
        chosen=look.state.choice(SEGMENT) == segment.slug,
        customers=f"{f.number(segment.customers)} · {f.percent(segment.customers_share, 0)}",
        customers_share=segment.customers_share,
        revenue=f"{f.currency_short(segment.revenue)} · {f.percent(segment.revenue_share, 0)}",
        revenue_share=segment.revenue_share,
        habits=_habits(segment, look),
    )


def _habits(segment: Segment, look: Look) -> str:
    f = look.f
    if not segment.customers:
        return ""
    return look.tr(
        say(
            "On average %(revenue)s in %(times)s purchases; days since the last one: %(days)s.",
            revenue=f.currency_short(segment.average_revenue),
            times=f.number(segment.average_transactions, 1),
            days=f.number(segment.average_recency, 0),
        )
    )


def members_body(answer: CustomerSegments, look: Look) -> Body:
    """The customers of the chosen segment."""
    pick = look.reader.catalogue.pick
    meaning = next((pick(one.description) for one in answer.segments if one.slug == answer.segment), "")
    rows = [_member_row(row, look) for row in answer.rows]
    return Body(sub=meaning, listing=listing(MEMBERS, look.panel, look.state, rows, answer.total_rows))


def _member_row(row: SegmentRow, look: Look) -> tuple[Cell, ...]:
    f = look.f
    return (
        Cell(look.reader.label(row.name), customer_address(look, row.customer_id)),
        Cell(f.currency(row.revenue)),
        Cell(f.number(row.transactions)),
        Cell(f.day_plain(row.last_purchase)),
    )


# -- those who buy most ----------------------------------------------------------------------------


def top_customers_body(answer: TopCustomers, look: Look) -> Body:
    rows = [_top_row(row, look) for row in answer.rows]
    return Body(
        sub=look.tr(say("Press a customer to see only what they bought.")),
        listing=listing(TOP, look.panel, look.state, rows, answer.total_rows),
    )


def customer_address(look: Look, customer: int) -> str:
    """The page of this customer alone; pressed again, of all of them."""
    key = str(customer)
    on = look.state.filters.get("customer") == (key,)
    return look.state.with_filter("customer", *([] if on else [key])).address


def _top_row(row: CustomerRow, look: Look) -> tuple[Cell, ...]:
    f = look.f
    since = look.tr(say("since %(day)s", day=f.day_plain(row.first_purchase))) if row.first_purchase else ""
    return (
        Cell(look.reader.label(row.name), customer_address(look, row.customer_id), since),
        Cell(f.currency(row.revenue)),
        Cell(f.percent(row.share)),
        Cell(f.number(row.transactions)),
        Cell(f.day_plain(row.last_purchase) if row.last_purchase else "–"),
    )
