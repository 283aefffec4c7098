"""The made-up shop behind `FakeQueryApi`: what it sold, which follows from the day alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Protocol

from nk_common.api.alerts import Alert
from nk_common.api.common import Compare, DateRange, Grain, Meta, Text, Unit
from nk_common.api.health import HealthFinding, OdooAway
from nk_common.api.pipeline import DatasetInfo, ReconciliationDetail
from nk_common.api.sales import BreakdownRow, KpiValue, TrendPoint
from nk_common.api.schedules import Schedules


class Shop(Protocol):
    """What the figures are made of: a `FakeQueryApi`."""

    today: date
    now: datetime
    missing: set[date]
    failed: set[date]
    partial: set[date]
    rows: list[BreakdownRow] | None
    comparisons: list[ReconciliationDetail]
    waiting: dict[str, int]
    unwell: dict[str, list[HealthFinding]]
    odoo_away: OdooAway | None
    scheduled: Schedules
    alerts: list[Alert]

    @property
    def infos(self) -> tuple[DatasetInfo, ...]: ...

    def has_figures(self, day: date) -> bool: ...

    def meta(self, days: DateRange) -> Meta: ...

    def compare_range(self, days: DateRange, compare: Compare) -> DateRange | None: ...

    def revenue(self, days: DateRange) -> float | None: ...


BRANDS = (
    (("Perawatan Kulit", "Serum", "Lumina"), 0.17),
    (("Perawatan Kulit", "Serum", "Aruna"), 0.09),
    (("Perawatan Kulit", "Pelembap", "Lumina"), 0.11),
    (("Perawatan Kulit", "Tabir Surya", "Kirana"), 0.13),
    (("Rias Wajah", "Lipstik", "Merona"), 0.14),
    (("Rias Wajah", "Bedak", "Merona"), 0.06),
    (("Rias Wajah", "Maskara", "Sekar"), 0.05),
    (("Rambut", "Sampo", "Wangi"), 0.08),
    (("Rambut", "Masker Rambut", "Wangi"), 0.04),
    (("Parfum", "Eau de Parfum", "Senja"), 0.09),
    (("Aksesori", "Kuas", "Tanpa merek"), 0.04),
)


def revenue_of(day: date) -> float:
    """What the shop sold on `day`: more at the weekend, a little different every day."""
    weekend = 1.45 if day.weekday() >= 5 else 1.0
    wobble = ((day.toordinal() * 7919) % 97) / 97
    return round((6_200_000 + 3_100_000 * wobble) * weekend, -2)


def each_day(days: DateRange) -> list[date]:
    return [days.start + timedelta(days=at) for at in range((days.end - days.start).days + 1)]


def compare_of(asked: Mapping[str, str]) -> Compare:
    known: tuple[Compare, ...] = ("none", "previous", "year", "weekday")
    return next((compare for compare in known if compare == asked.get("compare")), "none")


def compared(shop: Shop, days: DateRange, asked: Mapping[str, str]) -> DateRange | None:
    """The range that was asked to be compared with."""
    return shop.compare_range(days, compare_of(asked))


def sales_kpis(shop: Shop, days: DateRange, before: DateRange | None) -> list[KpiValue]:
    now, then = shop.revenue(days), shop.revenue(before) if before else None

    def kpi(
        slug: str, names: tuple[str, str], unit: Unit, share: float, *, better: bool | None = True
    ) -> KpiValue:
        value = None if now is None else now * share
        previous = None if then is None else then * share * (1.03 if slug != "revenue" else 1)
        delta = (value - previous) / previous if value is not None and previous else None
        name = Text(id=names[0], en=names[1])
        return KpiValue(
            slug=slug, name=name, description=name, unit=unit, value=value, previous=previous,
            delta=delta, higher_is_better=better,
        )  # fmt: skip

    baskets = 1 / 148_000
    return [
        kpi("revenue", ("Pendapatan", "Revenue"), "currency", 1),
        kpi("transactions", ("Transaksi", "Transactions"), "count", baskets),
        kpi("items_sold", ("Barang terjual", "Items sold"), "quantity", baskets * 2.4),
        KpiValue(
            slug="average_transaction_value",
            name=Text(id="Rata-rata transaksi", en="Average transaction"),
            description=Text(id="Pendapatan dibagi transaksi", en="Revenue divided by transactions"),
            unit="currency", value=None if now is None else 148_210.0,
            previous=151_020.0 if then else None, delta=-0.0186 if now and then else None,
        ),
        KpiValue(
            slug="items_per_transaction",
            name=Text(id="Barang per transaksi", en="Items per transaction"),
            description=Text(id="Barang terjual dibagi transaksi", en="Items sold divided by transactions"),
            unit="quantity", value=None if now is None else 2.4,
            previous=2.4 if then else None, delta=0.0 if now and then else None,
        ),
        kpi("revenue_untaxed", ("Pendapatan tanpa pajak", "Revenue before tax"), "currency", 1 / 1.11),
        kpi("refunds_amount", ("Nilai retur", "Refunds"), "currency", 0.012, better=False),
        KpiValue(
            slug="refunds_share", name=Text(id="Porsi retur", en="Refund share"),
            description=Text(id="Retur dibagi pendapatan", en="Refunds divided by revenue"),
            unit="ratio", value=None if now is None else 0.0118,
            previous=0.0102 if then else None, delta=0.157 if now and then else None, higher_is_better=False,
        ),
        kpi("refunds_count", ("Jumlah retur", "Refunded documents"), "count", baskets / 90, better=False),
        kpi("discount_amount", ("Diskon", "Discount"), "currency", 0.043, better=None),
        KpiValue(
            slug="discount_share", name=Text(id="Porsi diskon", en="Discount share"),
            description=Text(id="Diskon dibagi harga penuh", en="Discount divided by full price"),
            unit="ratio", value=None if now is None else 0.043, higher_is_better=None,
        ),
        KpiValue(
            slug="identified_share", name=Text(id="Porsi pelanggan dikenal", en="Identified customers"),
            description=Text(id="Dengan nama", en="With a name"), unit="ratio", value=None if now is None else 0.5,
        ),
    ]  # fmt: skip


def points(shop: Shop, days: DateRange, before: DateRange | None, grain: Grain) -> list[TrendPoint]:
    buckets: dict[date, list[date]] = {}
    for day in each_day(days):
        buckets.setdefault(_bucket(day, grain), []).append(day)
    shift = days.start - before.start if before else None
    return [_point(shop, first, held, shift) for first, held in buckets.items()]


def _point(shop: Shop, first: date, held: list[date], shift: timedelta | None) -> TrendPoint:
    span = DateRange(start=held[0], end=held[-1])
    incomplete = any(not shop.has_figures(day) or day in shop.partial for day in held)
    compare = DateRange(start=span.start - shift, end=span.end - shift) if shift else None
    return TrendPoint(
        bucket=datetime.combine(first, time()),
        value=shop.revenue(span),
        partial=incomplete or held[-1] == shop.today,
        compare_bucket=datetime.combine(first - shift, time()) if shift else None,
        compare_value=shop.revenue(compare) if compare else None,
    )


def hours(shop: Shop, day: date) -> list[TrendPoint]:
    shares = [0.03, 0.06, 0.09, 0.1, 0.08, 0.07, 0.09, 0.12, 0.14, 0.12, 0.07, 0.03]
    known = shop.has_figures(day)
    return [
        TrendPoint(
            bucket=datetime.combine(day, time(9 + at)),
            value=round(revenue_of(day) * share) if known and (day < shop.today or at < 6) else None,
            partial=day == shop.today and at == 5,
            compare_bucket=datetime.combine(day - timedelta(days=1), time(9 + at)),
            compare_value=round(revenue_of(day - timedelta(days=1)) * share),
        )
        for at, share in enumerate(shares)
    ]


def brand_rows(total: float) -> list[BreakdownRow]:
    if not total:
        return []
    rows = [
        BreakdownRow(
            key="/".join(path), label=path[-1], path=list(path), revenue=round(total * share),
            quantity=share * 900, transactions=int(share * 800), share=share,
        )
        for path, share in BRANDS
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.revenue, row.key))


def _bucket(day: date, grain: Grain) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day
