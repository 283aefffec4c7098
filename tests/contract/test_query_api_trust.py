"""`/v1/pipeline/trust` as its clients see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from nk_common.api.trust import Trust
from nk_common.datasets import DAILY, WHOLES
from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.stages import StageReport
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import RunRow
from nk_common.ledger.reconciliations import ReconciliationResultRow, Reconciliations, Status, run_row
from nk_common.ledger.writer import LedgerWriter
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api

SUNDAY, MONDAY, TUESDAY, TODAY = (date(2025, 12, day) for day in (21, 22, 23, 24))
ASKED = datetime(2025, 12, 23, 18, tzinfo=UTC)
FIRST, SECOND = ASKED + timedelta(hours=1), ASKED + timedelta(hours=2)
RANGE: dict[str, Any] = {"start": "2025-12-21", "end": "2025-12-31"}
POS: dict[str, Any] = {**RANGE, "dataset": "pos"}
"""
            pos in the lake         pos in the ledger          compared with Odoo
Sunday      loaded                  loaded, 3 rejected         first equal, then different
Monday      -                       failed                     -
Tuesday     loaded                  requested again            first different, then equal
today       read at 11:30           loaded, 1 rejected         -
"""
# fmt: off
EXPECTED = {
    "days_complete": 2,    # Sunday, Tuesday
    "days_missing": 1,     # Monday
    "days_failed": 1,      # Monday
    "days_reconciled": 1,  # Tuesday; of Sunday the newest comparison differed
    "rejected_rows": 4,    # 3 + 1
}
# fmt: on


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(SUNDAY, sale(1, 100.0))
    lake.sales(TUESDAY, sale(2, 60.0))
    lake.sales(TODAY, sale(3, 150.0), as_of="2025-12-24T11:30+07:00")
    lake.day("invoice-sales", SUNDAY, {})
    lake.day("invoice-sales", TUESDAY, {})
    lake.day("stock-quants", TUESDAY, {}, as_of="2025-12-23T07:00+07:00")
    lake.dimensions()
    return lake


@pytest.fixture
def ledger(tmp_path: Path, lake: LakeFactory) -> Iterator[Engine]:
    engine = open_ledger(f"sqlite:///{tmp_path / 'lake' / 'metadata' / 'ledger.db'}")
    migrate(engine)
    writer = LedgerWriter(engine)
    keys = [PartitionKey("pos", day) for day in (SUNDAY, MONDAY, TUESDAY, TODAY)]
    run = RunRow(id="run", kind="backfill", command="{}", requested_by="api", created_at=ASKED, total=4)
    writer.open_run(run, keys)
    writer.request(keys, "run", "backfill", ASKED)
    for key, rejected in zip(keys, (3, None, 0, 1), strict=True):
        _finish(writer, key, rejected)
    writer.request([keys[2]], "run", "watch", SECOND)
    _compare(engine, "a", FIRST, {SUNDAY: "equal", TUESDAY: "different"})
    _compare(engine, "b", SECOND, {SUNDAY: "different", TUESDAY: "equal"})
    yield engine
    engine.dispose()


def _finish(writer: LedgerWriter, key: PartitionKey, rejected: int | None) -> None:
    """Loaded with so many rejected rows, or failed."""
    version = writer.begin(key, ASKED, "run", FIRST)
    totals = Totals(documents=1, lines=1, quantity=1.0, amount=1.0, payments=1.0)
    writer.apply(
        StageReport.model_validate({
            "stage": "load", "outcome": "failed" if rejected is None else "completed", "at": FIRST,
            "dataset": key.dataset, "day": key.day, "run_id": "run", "requested_at": ASKED, "version": version,
            "as_of": FIRST, "totals": None if rejected is None else totals, "rejected": rejected,
        })
    )  # fmt: skip


def _compare(engine: Engine, run: str, at: datetime, found: dict[date, Status]) -> None:
    held = Reconciliations(engine)
    held.accept(run_row(run, "{}", (SUNDAY, TUESDAY), ["pos"], len(found), at))
    held.begin(run, at)
    for day, status in found.items():
        given: dict[str, Any] = {"odoo": None, "lake": None, "differing": 0, "document_ids": []}
        whole = ReconciliationResultRow(run_id=run, dataset="pos", day=str(day), status=status, **given)
        store = ReconciliationResultRow(
            run_id=run, dataset="pos", day=str(day), store_id=1, status="different", **given
        )
        held.record([whole, store])
    held.finish(run, "done", at)


@pytest.fixture
async def api(ledger: Engine, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def test_days_of_a_dataset_by_what_is_known_of_them(api: RunningApi) -> None:
    """Days that have not come yet are nobody's to load."""
    (pos,) = Trust.model_validate(await api.get("/v1/pipeline/trust", **POS)).datasets
    assert (pos.requested, pos.loaded, pos.partial, pos.missing) == (4, 2, 1, 1)
    assert (pos.failed, pos.running, pos.rejected_rows) == (1, 1, 4)
    assert pos.fresh_until == datetime(2025, 12, 24, 4, 30, tzinfo=UTC)


async def test_days_in_question_are_named(api: RunningApi) -> None:
    """Those of all asked datasets together: of invoices, also today is missing."""
    answer = await api.get("/v1/pipeline/trust", **POS)
    named = ("missing_days", "failed_days", "differing_days")
    assert [answer[name] for name in named] == [["2025-12-22"], ["2025-12-22"], ["2025-12-21"]]
    answer = await api.get("/v1/pipeline/trust", **RANGE, dataset=["pos", "invoice-sales"])
    assert answer["missing_days"] == ["2025-12-22", "2025-12-24"]


async def test_of_several_comparisons_the_newest_counts(api: RunningApi) -> None:
    """Each day by itself, and without its stores."""
    (pos,) = Trust.model_validate(await api.get("/v1/pipeline/trust", **POS)).datasets
    assert (pos.reconciled, pos.differing, pos.last_reconciled_at) == (1, 1, SECOND)
    earlier = await api.get("/v1/pipeline/trust", start="2025-12-22", end="2025-12-22", dataset="pos")
    assert (earlier["datasets"][0]["reconciled"], earlier["datasets"][0]["last_reconciled_at"]) == (0, None)


async def test_together_a_day_is_as_good_as_its_worst_dataset(api: RunningApi) -> None:
    answer = await api.get("/v1/pipeline/trust", **RANGE, dataset=["pos", "invoice-sales"])
    found = Trust.model_validate(answer).together
    assert (found.requested, found.loaded, found.partial, found.missing) == (4, 2, 0, 2)
    assert (found.failed, found.running, found.rejected_rows) == (1, 1, 4)
    assert (found.reconciled, found.differing) == (0, 1)
    everything = Trust.model_validate(await api.get("/v1/pipeline/trust", **RANGE))
    assert [one.dataset for one in everything.datasets] == [one.name for one in DAILY]
    assert everything.together.missing == 4
    assert (everything.dimensions.loaded, everything.dimensions.missing) == (4, len(WHOLES) - 4)


async def test_a_snapshot_is_never_half_a_day(api: RunningApi) -> None:
    """Stock is of the moment at which it was read, and past stock cannot be compared with Odoo."""
    (stock,) = Trust.model_validate(
        await api.get("/v1/pipeline/trust", start="2025-12-23", end="2025-12-23", dataset="stock-quants")
    ).datasets
    assert (stock.loaded, stock.partial) == (1, 0)
    assert stock.fresh_until == datetime(2025, 12, 23, tzinfo=UTC)


async def test_what_is_derived_is_not_compared(api: RunningApi) -> None:
    (profit,) = Trust.model_validate(await api.get("/v1/pipeline/trust", **RANGE, dataset="profit")).datasets
    assert (profit.missing, profit.reconciled, profit.differing) == (4, None, None)


async def test_the_kpis_are_the_figures_with_their_names(api: RunningApi) -> None:
    answer = await api.get("/v1/pipeline/trust", **POS)
    values = {kpi["slug"]: kpi["value"] for kpi in answer["kpis"]}
    assert values == EXPECTED
    registry = await api.get("/v1/kpis")
    assert {kpi["slug"] for kpi in registry["kpis"] if kpi["subject"] == "trust"} == set(values)


async def test_without_a_ledger_the_lake_still_tells_what_is_loaded(
    lake: LakeFactory, tmp_path: Path
) -> None:
    async with running_api(tmp_path) as api:
        answer = await api.get("/v1/pipeline/trust", **POS)
        found = Trust.model_validate(answer)
        assert (found.together.loaded, found.together.missing) == (2, 1)
        assert (found.together.failed, found.together.running, found.together.rejected_rows) == (None,) * 3
        assert (found.together.reconciled, found.together.differing) == (None, None)
        assert "start the extractor" in (found.ledger_problem or "")
        assert (found.failed_days, found.differing_days) == (None, None)
        assert not (tmp_path / "lake" / "metadata").exists()


async def test_a_range_that_has_not_come_has_no_days(api: RunningApi) -> None:
    answer = await api.get("/v1/pipeline/trust", start="2025-12-30", end="2025-12-31")
    assert (answer["together"]["requested"], answer["together"]["loaded"]) == (0, 0)
    assert {kpi["value"] for kpi in answer["kpis"]} == {None}


async def test_what_cannot_be_asked_is_refused_in_a_sentence(api: RunningApi) -> None:
    problem = await api.get("/v1/pipeline/trust", status=422, dataset="products")
    assert "products has no days" in problem["detail"]
    assert (
        "ends" in (await api.get("/v1/pipeline/trust", 422, start="2025-12-24", end="2025-12-23"))["detail"]
    )
