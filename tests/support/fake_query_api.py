"""A query API without a query API: the whole of what the web service asks, answered from made-up days.

`FakeQueryApi(today)` is a shop that has sold something every day; figures follow from the day alone, so that a
test can compute them. What a test wants otherwise it sets:

* `missing`, `empty`, `partial`, `failed`: sets of days in that state (missing and failed days have no figures);
* `error`: raised by every call, e.g. `ApiDownError("away")`; `answers()` is then False;
* `errors[name]`: raised by that one method, or by questions to that path (`/v1/sales/trend`);
* `delay`: seconds before an answer; longer than the caller's patience raises ApiSlowError;
* `rows`: the breakdown, to put strange names into it;
* `comparisons`: reconciliations with what they found, newest first; `waiting`: messages by group of workers;
* `scheduled`: what is done by itself;
* `alerts`: what the notifier found, as the API lists it;
* `unwell`: findings by dataset, the gravest first; datasets without any are healthy; `odoo_away`: what is said of it.

What the pages asked is in `asked`, as (method or path, arguments); `publish(event, data)` reaches open event streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from nk_common.api.alerts import Alert
from nk_common.api.common import Compare, DateRange, Days, Meta, Text
from nk_common.api.dead_letters import (
    DeadLetter,
    DeadLetterDetail,
    DeadLetters,
    DiscardLetterRequest,
    LetterContent,
    LetterState,
    RetryLetterRequest,
)
from nk_common.api.health import HealthFinding, OdooAway
from nk_common.api.pipeline import (
    BackfillAnswer,
    BackfillRequest,
    CommandAccepted,
    DatasetInfo,
    Partition,
    Partitions,
    PartitionState,
    PauseRequest,
    PlannedDay,
    ReconciliationDetail,
    ReconciliationRequest,
    RefreshRequest,
    Run,
    Runs,
    SnapshotRequest,
)
from nk_common.api.sales import BreakdownRow
from nk_web.api_client import ApiError, ApiSlowError, Download
from nk_web.questions import Answer, Question
from support import fake_pipeline
from support.fake_figures import fake_answer
from support.fake_shop import each_day, revenue_of

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
        self.content: LetterContent | None = None
        self.run_list: list[Run] = []
        self.paused: dict[str, datetime] = {}
        self.comparisons: list[ReconciliationDetail] = []
        self.waiting: dict[str, int] = {}
        self.alerts: list[Alert] = []
        self.unwell: dict[str, list[HealthFinding]] = {}
        self.odoo_away: OdooAway | None = None
        self.scheduled = fake_pipeline.schedules(self.now)
        self.infos = DATASETS
        self.asked: list[tuple[str, Any]] = []
        self._streams: set[asyncio.Queue[bytes]] = set()

    # -- figures: one answer for each path that the pages ask --------------------------------------

    async def ask(self, question: Question[Answer], patience: float | None = None) -> Answer:
        await self._enter(question.path, question.params, patience)
        found = fake_answer(self, question)
        assert isinstance(found, question.model), f"the fake answers {question.path} with another model"
        return found

    @asynccontextmanager
    async def download(self, question: Question[Any], ending: str) -> AsyncIterator[Download]:
        await self._enter(f"{question.file}.{ending}", question.params)

        async def rows() -> AsyncIterator[bytes]:
            yield b"key,revenue\n"
            yield b"1,2\n"

        yield Download("text/csv", f'attachment; filename="{question.file}.{ending}"', rows())

    # -- pipeline --------------------------------------------------------------------------------

    async def partitions(self, days: DateRange, patience: float | None = None) -> Partitions:
        await self._enter("partitions", days, patience)
        parts = [self._partition(info, day) for info in DATASETS for day in _days_of(info, days)]
        counts: dict[str, dict[PartitionState, int]] = {}
        for part in parts:
            own = counts.setdefault(part.dataset, {})
            own[part.state] = own.get(part.state, 0) + 1
        return Partitions(
            range=days, today=self.today, datasets=[self._info(info) for info in DATASETS], partitions=parts,
            counts=counts,
        )  # fmt: skip

    def _info(self, info: DatasetInfo) -> DatasetInfo:
        since = self.paused.get(info.name)
        return (
            info.model_copy(update={"paused_since": since, "paused_reason": "stok opname"}) if since else info
        )

    async def runs(self) -> Runs:
        await self._enter("runs", None)
        return Runs(runs=self.run_list)

    async def dead_letters(self, state: LetterState, limit: int) -> DeadLetters:
        await self._enter("dead_letters", state)
        of_state: dict[LetterState, list[DeadLetter]] = {"open": [], "resolved": []}
        for letter in self.letters:
            of_state["resolved" if letter.resolution else "open"].append(letter)
        found, still_open = of_state[state], of_state["open"]
        return DeadLetters(
            total=len(found), open=len(still_open), resolved=len(of_state["resolved"]), letters=found[:limit]
        )

    async def dead_letter(self, letter: int) -> DeadLetterDetail:
        await self._enter("dead_letter", letter)
        found = next(one for one in self.letters if one.id == letter)
        gone = None if self.content else Text(id="Pesan ini sudah tidak disimpan.", en="No longer kept.")
        again = [one for one in self.letters if one.retry_of == letter]
        return DeadLetterDetail(letter=found, content=self.content, gone=gone, retries=again)

    async def retry_letter(self, letter: int, request: RetryLetterRequest) -> CommandAccepted:
        await self._enter("retry_letter", (letter, request))
        return CommandAccepted(command_id="cmd-6")

    async def discard_letter(self, letter: int, request: DiscardLetterRequest) -> CommandAccepted:
        await self._enter("discard_letter", (letter, request))
        return CommandAccepted(command_id="cmd-7")

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

    async def cancel(self, run_id: str) -> CommandAccepted:
        await self._enter("cancel", run_id)
        return CommandAccepted(command_id="cmd-4")

    async def pause(self, request: PauseRequest, *, go_on: bool) -> CommandAccepted:
        await self._enter("resume" if go_on else "pause", request)
        return CommandAccepted(command_id="cmd-5")

    async def refresh_dimensions(self, request: RefreshRequest) -> CommandAccepted:
        await self._enter("refresh_dimensions", request)
        return CommandAccepted(command_id="cmd-2")

    async def snapshot_stock(self, request: SnapshotRequest) -> CommandAccepted:
        await self._enter("snapshot_stock", request)
        return CommandAccepted(command_id="cmd-6")

    async def reconcile(self, request: ReconciliationRequest) -> CommandAccepted:
        await self._enter("reconcile", request)
        return CommandAccepted(command_id="cmd-3")

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

    # -- what answers are made of ----------------------------------------------------------------

    async def _enter(self, method: str, arguments: object, patience: float | None = None) -> None:
        self.asked.append((method, arguments))
        if patience is not None and self.delay > patience:
            await asyncio.sleep(patience)
            raise ApiSlowError("too slow")
        await asyncio.sleep(self.delay)
        error = self.error or self.errors.get(method)
        if error:
            raise error

    def has_figures(self, day: date) -> bool:
        return day not in self.missing and day not in self.failed and day <= self.today

    def meta(self, days: DateRange) -> Meta:
        asked = each_day(days)
        missing = [day for day in asked if not self.has_figures(day)]
        loaded = len(asked) - len(missing)
        return Meta(
            data_version="v1",
            fresh_until=self.now if loaded else None,
            days=Days(requested=len(asked), loaded=loaded, missing=len(missing), missing_days=missing[:31]),
            timezone="Asia/Jakarta",
            currency="IDR",
        )

    def compare_range(self, days: DateRange, compare: Compare) -> DateRange | None:
        length = timedelta(days=(days.end - days.start).days + 1)
        if compare == "none":
            return None
        if compare == "year":
            length = timedelta(days=365)
        if compare == "weekday":
            length = timedelta(days=-(-length.days // 7) * 7)
        return DateRange(start=days.start - length, end=days.end - length)

    def revenue(self, days: DateRange) -> float | None:
        known = [revenue_of(day) for day in each_day(days) if self.has_figures(day) and day not in self.empty]
        return sum(known) if any(self.has_figures(day) for day in each_day(days)) else None

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


async def _drain(queue: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
    while True:
        yield await queue.get()
