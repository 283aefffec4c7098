"""A query API without a query API: the whole of what the web service asks, answered from made-up days.

`FakeQueryApi(today)` is a shop that has sold something every day; figures follow from the day alone, so that a
test can compute them. What a test wants otherwise it sets:

* `missing`, `empty`, `partial`, `failed`: sets of days in that state (missing and failed days have no figures);
* `error`: raised by every call, e.g. `ApiDownError("away")`; `answers()` is then False;
* `errors[method]`: raised by that one method;
* `delay`: seconds before an answer; longer than the caller's patience raises ApiSlowError;
* `rows`: the breakdown, to put strange names into it.

What the pages asked is in `asked`, as (method, arguments); `publish(event, data)` reaches open event streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from nk_common.api.common import Compare, DateRange, Days, Grain, Meta, Text, Unit
from nk_common.api.pipeline import (
    BackfillAnswer,
    BackfillRequest,
    CommandAccepted,
    DatasetInfo,
    DeadLetter,
    DeadLetters,
    Partition,
    Partitions,
    PartitionState,
    PlannedDay,
    RefreshRequest,
    Run,
    Runs,
)
from nk_common.api.sales import (
    BreakdownRow,
    KpiValue,
    SalesBreakdown,
    SalesSummary,
    SalesTrend,
    TrendPoint,
)
from nk_web.api_client import ApiError, ApiSlowError

DATASETS = (
    DatasetInfo(name="pos", title=Text(id="Penjualan kasir", en="Point of sale"), kind="daily"),
    DatasetInfo(
        name="invoice_sales", title=Text(id="Faktur penjualan", en="Customer invoices"), kind="daily"
    ),
    DatasetInfo(name="purchases", title=Text(id="Pembelian", en="Vendor bills"), kind="daily"),
    DatasetInfo(name="products", title=Text(id="Produk", en="Products"), kind="whole"),
    DatasetInfo(name="partners", title=Text(id="Pelanggan dan pemasok", en="Partners"), kind="whole"),
    DatasetInfo(name="cashiers", title=Text(id="Kasir", en="Cashiers"), kind="whole"),
)
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


class FakeQueryApi:
    """Implements `nk_web.api_client.QueryApi`."""

    def __init__(self, today: date, *, missing: Iterable[date] = (), failed: Iterable[date] = ()) -> None:
        self.today = today
        self.now = datetime.combine(today, time(7, 32), UTC)
        self.missing = set(missing)
        self.failed = set(failed)
        self.empty: set[date] = set()
        self.partial: set[date] = set()
        self.running: set[date] = set()
        self.stale: set[date] = set()
        self.error: ApiError | None = None
        self.errors: dict[str, ApiError] = {}
        self.delay = 0.0
        self.rows: list[BreakdownRow] | None = None
        self.letters: list[DeadLetter] = []
        self.run_list: list[Run] = []
        self.asked: list[tuple[str, Any]] = []
        self._streams: set[asyncio.Queue[bytes]] = set()

    # -- sales -----------------------------------------------------------------------------------

    async def sales_summary(
        self, days: DateRange, compare: Compare, patience: float | None = None
    ) -> SalesSummary:
        await self._enter("sales_summary", (days, compare), patience)
        before = self._compare_range(days, compare)
        return SalesSummary(
            meta=self._meta(days),
            range=days,
            compare=compare,
            compare_range=before,
            to_date=days.end >= self.today and before is not None,
            kpis=self._kpis(days, before),
        )

    async def sales_trend(self, days: DateRange, grain: Grain, compare: Compare) -> SalesTrend:
        await self._enter("sales_trend", (days, grain, compare))
        before = self._compare_range(days, compare)
        points = self._hours(days.start) if grain == "hour" else self._points(days, before, grain)
        return SalesTrend(
            meta=self._meta(days),
            range=days,
            compare_range=before,
            grain=grain,
            kpi="revenue",
            unit="currency",
            points=points,
        )

    async def sales_by(self, dimension: str, days: DateRange, limit: int) -> SalesBreakdown:
        await self._enter("sales_by", (dimension, days, limit))
        total = self._revenue(days) or 0.0
        rows = self.rows if self.rows is not None else self._brand_rows(total)
        return SalesBreakdown(
            meta=self._meta(days),
            range=days,
            dimension=dimension,
            total_rows=len(rows),
            total_revenue=sum(row.revenue for row in rows),
            rows=rows[:limit],
        )

    # -- pipeline --------------------------------------------------------------------------------

    async def partitions(self, days: DateRange, patience: float | None = None) -> Partitions:
        await self._enter("partitions", days, patience)
        parts = [self._partition(info, day) for info in DATASETS for day in _days_of(info, days)]
        counts: dict[str, dict[PartitionState, int]] = {}
        for part in parts:
            own = counts.setdefault(part.dataset, {})
            own[part.state] = own.get(part.state, 0) + 1
        return Partitions(
            range=days, today=self.today, datasets=list(DATASETS), partitions=parts, counts=counts
        )

    async def runs(self) -> Runs:
        await self._enter("runs", None)
        return Runs(runs=self.run_list)

    async def dead_letters(self) -> DeadLetters:
        await self._enter("dead_letters", None)
        return DeadLetters(total=len(self.letters), letters=self.letters)

    async def backfill(self, request: BackfillRequest) -> BackfillAnswer:
        await self._enter("backfill", request)
        days = [
            PlannedDay(
                dataset=name, day=day, state=state, run=request.force or state in {"missing", "failed"}
            )
            for day in each_day(DateRange(start=request.start, end=request.end))
            for name in request.datasets
            for state in [self._state(name, day)]
        ]
        run = sum(item.run for item in days)
        command = None if request.dry_run else "cmd-1"
        return BackfillAnswer(command_id=command, will_run=run, skipped=len(days) - run, days=days)

    async def refresh_dimensions(self, request: RefreshRequest) -> CommandAccepted:
        await self._enter("refresh_dimensions", request)
        return CommandAccepted(command_id="cmd-2")

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[bytes]]:
        await self._enter("events", None)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._streams.add(queue)
        try:
            yield _drain(queue)
        finally:
            self._streams.discard(queue)

    def publish(self, event: str, data: str) -> None:
        for queue in self._streams:
            queue.put_nowait(f"event: {event}\ndata: {data}\n\n".encode())

    @property
    def listeners(self) -> int:
        return len(self._streams)

    async def answers(self) -> bool:
        return self.error is None

    async def aclose(self) -> None:
        return None

    # -- figures ---------------------------------------------------------------------------------

    async def _enter(self, method: str, arguments: object, patience: float | None = None) -> None:
        self.asked.append((method, arguments))
        if patience is not None and self.delay > patience:
            await asyncio.sleep(patience)
            raise ApiSlowError("too slow")
        await asyncio.sleep(self.delay)
        error = self.error or self.errors.get(method)
        if error:
            raise error

    def _has_figures(self, day: date) -> bool:
        return day not in self.missing and day not in self.failed and day <= self.today

    def _meta(self, days: DateRange) -> Meta:
        asked = each_day(days)
        missing = [day for day in asked if not self._has_figures(day)]
        loaded = len(asked) - len(missing)
        return Meta(
            data_version="v1",
            fresh_until=self.now if loaded else None,
            days=Days(requested=len(asked), loaded=loaded, missing=len(missing), missing_days=missing[:31]),
            timezone="Asia/Jakarta",
            currency="IDR",
        )

    def _compare_range(self, days: DateRange, compare: Compare) -> DateRange | None:
        length = timedelta(days=(days.end - days.start).days + 1)
        if compare == "none":
            return None
        if compare == "year":
            length = timedelta(days=365)
        if compare == "weekday":
            length = timedelta(days=-(-length.days // 7) * 7)
        return DateRange(start=days.start - length, end=days.end - length)

    def _revenue(self, days: DateRange) -> float | None:
        known = [
            revenue_of(day) for day in each_day(days) if self._has_figures(day) and day not in self.empty
        ]
        return sum(known) if any(self._has_figures(day) for day in each_day(days)) else None

    def _kpis(self, days: DateRange, before: DateRange | None) -> list[KpiValue]:
        now, then = self._revenue(days), self._revenue(before) if before else None

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
            kpi("refund_amount", ("Nilai retur", "Refunds"), "currency", 0.012, better=False),
            KpiValue(
                slug="refund_share", name=Text(id="Porsi retur", en="Refund share"),
                description=Text(id="Retur dibagi pendapatan", en="Refunds divided by revenue"),
                unit="ratio", value=None if now is None else 0.0118,
                previous=0.0102 if then else None, delta=0.157 if now and then else None, higher_is_better=False,
            ),
            kpi("refund_count", ("Jumlah retur", "Refunded documents"), "count", baskets / 90, better=False),
            kpi("discount_amount", ("Diskon", "Discount"), "currency", 0.043, better=None),
            KpiValue(
                slug="discount_share", name=Text(id="Porsi diskon", en="Discount share"),
                description=Text(id="Diskon dibagi harga penuh", en="Discount divided by full price"),
                unit="ratio", value=None if now is None else 0.043, higher_is_better=None,
            ),
        ]  # fmt: skip

    def _points(self, days: DateRange, before: DateRange | None, grain: Grain) -> list[TrendPoint]:
        buckets: dict[date, list[date]] = {}
        for day in each_day(days):
            buckets.setdefault(_bucket(day, grain), []).append(day)
        shift = days.start - before.start if before else None
        return [self._point(first, held, shift) for first, held in buckets.items()]

    def _point(self, first: date, held: list[date], shift: timedelta | None) -> TrendPoint:
        span = DateRange(start=held[0], end=held[-1])
        incomplete = any(not self._has_figures(day) or day in self.partial for day in held)
        compare = DateRange(start=span.start - shift, end=span.end - shift) if shift else None
        return TrendPoint(
            bucket=datetime.combine(first, time()),
            value=self._revenue(span),
            partial=incomplete or held[-1] == self.today,
            compare_bucket=datetime.combine(first - shift, time()) if shift else None,
            compare_value=self._revenue(compare) if compare else None,
        )

    def _hours(self, day: date) -> list[TrendPoint]:
        shares = [0.03, 0.06, 0.09, 0.1, 0.08, 0.07, 0.09, 0.12, 0.14, 0.12, 0.07, 0.03]
        known = self._has_figures(day)
        return [
            TrendPoint(
                bucket=datetime.combine(day, time(9 + at)),
                value=round(revenue_of(day) * share) if known and (day < self.today or at < 6) else None,
                partial=day == self.today and at == 5,
                compare_bucket=datetime.combine(day - timedelta(days=1), time(9 + at)),
                compare_value=round(revenue_of(day - timedelta(days=1)) * share),
            )
            for at, share in enumerate(shares)
        ]

    def _brand_rows(self, total: float) -> list[BreakdownRow]:
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

    def _state(self, dataset: str, day: date | None) -> PartitionState:
        if day is None:
            return "stale" if dataset == "partners" else "loaded"
        if dataset == "purchases" and day.weekday() == 6:
            return "empty"
        own = ("pos", "invoice_sales") if day.toordinal() % 2 else ("pos",)
        states: tuple[tuple[PartitionState, set[date]], ...] = (
            ("missing", self.missing), ("failed", self.failed), ("empty", self.empty),
            ("partial", self.partial), ("running", self.running), ("stale", self.stale),
        )  # fmt: skip
        return next((state for state, days in states if day in days and dataset in own), "loaded")

    def _partition(self, info: DatasetInfo, day: date | None) -> Partition:
        state = self._state(info.name, day)
        if state in {"missing", "failed"}:
            error = "Odoo menolak: akses ke pos.order ditolak (AccessError)" if state == "failed" else None
            return Partition(dataset=info.name, day=day, state=state, attempts=3 if error else 0, error=error)
        amount = revenue_of(day) if day and info.name == "pos" else None
        return Partition(
            dataset=info.name, day=day, state=state, rows=0 if state == "empty" else 412, amount=amount,
            rejected=3 if state == "partial" else 0, version=4, as_of=self.now - timedelta(hours=3),
            updated_at=self.now, attempts=1,
        )  # fmt: skip


def _days_of(info: DatasetInfo, days: DateRange) -> list[date | None]:
    return [None] if info.kind == "whole" else [*each_day(days)]


def _bucket(day: date, grain: Grain) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


async def _drain(queue: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
    while True:
        yield await queue.get()
