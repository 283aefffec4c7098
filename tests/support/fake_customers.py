"""Customers of the made-up shop behind `FakeQueryApi`: two new and ten returning ones a day, three with names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import BaseModel

from nk_common.api.common import DateRange, Text
from nk_common.api.customers import (
    Cohort,
    CohortCell,
    CustomerCohorts,
    CustomerRow,
    CustomerSegments,
    CustomersTrend,
    Cuts,
    History,
    Segment,
    SegmentRow,
    TopCustomers,
)
from support.fake_shop import Shop, compared, points

Asked = Mapping[str, str]
NAMES = ("Ayu Kusuma", "Siti Halim", "Toko Pratama")
SLUGS = ("champions", "loyal", "new", "slipping", "occasional", "at_risk", "lost")


def _history(days: DateRange) -> History:
    return History(since=date(2026, 9, 12), days_missing=0, new_is_uncertain=days.start < date(2026, 10, 1))


def trend(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    grain = next(known for known in ("day", "week", "month") if known == asked["grain"])
    before = compared(shop, days, asked)
    value = 2.0 if asked["kpi"] == "new_customers" else 10.0
    drawn = [
        point.model_copy(
            update={
                "value": None if point.value is None else value,
                "compare_value": None if point.compare_value is None else value + 1,
            }
        )
        for point in points(shop, days, before, grain)
    ]
    return CustomersTrend(
        meta=shop.meta(days), range=days, history=_history(days), compare_range=before, grain=grain,
        kpi=asked["kpi"], unit="count", points=drawn,
    )  # fmt: skip


def top(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    """3, 2 and 1 million."""
    rows = [
        CustomerRow(
            customer_id=at, name=name, revenue=(4 - at) * 1e6, transactions=4 - at, first_purchase=date(2026, 10, at),
            last_purchase=days.end, share=(4 - at) / 6,
        )
        for at, name in enumerate(NAMES, 1)
    ]  # fmt: skip
    found = [row for row in rows if asked.get("search", "").lower() in row.name.lower()]
    if asked.get("order") == "asc":
        found.reverse()
    offset = int(asked.get("offset", 0))
    return TopCustomers(
        meta=shop.meta(days), range=days, history=_history(days), total_rows=len(found), total_revenue=6e6,
        rows=found[offset : offset + int(asked["limit"])],
    )  # fmt: skip


def segments(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    """Two champions with five of six million, one lost with one; nobody in between."""
    year = DateRange(start=days.end - timedelta(days=364), end=days.end)
    rows = [
        SegmentRow(
            customer_id=at, name=name, segment="champions", recency=1, transactions=4 - at, revenue=(4 - at) * 1e6,
            last_purchase=days.end, recency_score=5, frequency_score=5, monetary_score=5,
        )
        for at, name in enumerate(NAMES[:2], 1)
    ]  # fmt: skip
    listed = rows if asked.get("segment") == "champions" else []
    return CustomerSegments(
        meta=shop.meta(days), range=year, as_of=days.end, cuts=Cuts(recency=[], frequency=[], monetary=[]),
        total_customers=3, total_revenue=6e6, segments=[_segment(slug) for slug in SLUGS],
        segment=asked.get("segment"), total_rows=len(listed), rows=listed,
    )  # fmt: skip


def _segment(slug: str) -> Segment:
    customers, revenue = {"champions": (2, 5e6), "lost": (1, 1e6)}.get(slug, (0, 0.0))
    return Segment(
        slug=slug, name=Text(id=f"Nama {slug}", en=f"Name {slug}"), description=Text(id="Arti.", en="Meaning."),
        customers=customers, customers_share=customers / 3, revenue=revenue, revenue_share=revenue / 6e6,
        average_recency=1.0 if customers else None, average_transactions=2.5 if customers else None,
        average_revenue=revenue / customers if customers else None,
    )  # fmt: skip


def cohorts(shop: Shop, days: DateRange, _: Asked, __: str) -> BaseModel:
    """August is not loaded; of ten in September five came back in October and four in November; of four in October
    one in November, which is still running."""

    def cell(since: int, month: int, of: int, came: int | None) -> CohortCell:
        day = date(2026, month, 1)
        if came is None:
            unknown: dict[str, None] = {"customers": None, "share": None, "revenue": None}
            return CohortCell(months_since=since, month=day, partial=True, **unknown)
        return CohortCell(
            months_since=since, month=day, customers=came, share=came / of, revenue=came * 1e5, partial=month == 11,
        )  # fmt: skip

    def cohort(month: int, size: int | None, *came: int | None) -> Cohort:
        cells = [cell(at, month + at, size or 1, count) for at, count in enumerate((size, *came))]
        return Cohort(month=date(2026, month, 1), size=size, partial=size is None, cells=cells)

    return CustomerCohorts(
        meta=shop.meta(days), range=days,
        history=History(since=date(2026, 9, 1), days_missing=0, new_is_uncertain=True),
        cohorts=[cohort(8, None, None, None, None), cohort(9, 10, 5, 4), cohort(10, 4, 1), cohort(11, 2)],
    )  # fmt: skip
