"""`/v1/pipeline/health` and its gauges, as a monitor sees them: on a real ledger, with a clock that is set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from nk_common.api.health import DatasetHealth, PipelineHealth
from nk_common.datasets import REGISTRY
from nk_common.datasets.base import WHOLE
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import PartitionRow, PausedRow
from support.query_api import RunningApi, running_api

TODAY = date(2025, 12, 24)
DAYS = 3
READ = datetime(2025, 12, 24, 4, 56, tzinfo=UTC)
"""Four minutes before the noon at which the clock stands."""


def partition(dataset: str, day: str) -> PartitionRow:
    return PartitionRow(
        dataset=dataset, day=day, state="loaded", requested_at=READ, updated_at=READ, version=1, loaded_version=1,
        loaded_at=READ, as_of=READ, lines=0,
    )  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    """Everything of three days was read at 11:56. Nothing was sold: every day is empty."""
    engine = open_ledger(f"sqlite:///{tmp_path / 'lake' / 'metadata' / 'ledger.db'}", writer=True)
    migrate(engine)
    days = [(TODAY - timedelta(days=n)).isoformat() for n in range(DAYS)]
    with Session(engine) as session, session.begin():
        for one in REGISTRY:
            session.add_all(partition(one.name, day) for day in (days if one.kind == "daily" else [WHOLE]))
    yield engine
    engine.dispose()


@pytest.fixture
async def api(ledger: Engine, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path, initial_days=DAYS) as api:
        yield api


def change(ledger: Engine, dataset: str, day: str, **values: object) -> None:
    with Session(ledger) as session, session.begin():
        row = session.get_one(PartitionRow, (dataset, day))
        for name, value in values.items():
            setattr(row, name, value)


async def health(api: RunningApi) -> PipelineHealth:
    return PipelineHealth.model_validate(await api.get("/v1/pipeline/health"))


async def one_of(api: RunningApi, dataset: str) -> DatasetHealth:
    return next(one for one in (await health(api)).datasets if one.dataset == dataset)


async def test_a_shop_that_sold_nothing_is_healthy(api: RunningApi) -> None:
    found = await health(api)
    assert (found.state, found.at) == ("healthy", api.clock.now())
    assert (found.window_start, found.window_end) == (date(2025, 12, 22), TODAY)
    assert [one.dataset for one in found.datasets] == [one.name for one in REGISTRY]
    assert {one.state for one in found.datasets} == {"healthy"}
    pos = await one_of(api, "pos")
    assert (pos.age_seconds, pos.late_after, pos.failing_after) == (240.0, 1800.0, 7200.0)
    assert (pos.days.window, pos.days.loaded, pos.newest_complete_day) == (3, 3, date(2025, 12, 23))
    assert pos.title.id == "Penjualan kasir (POS)"


async def test_time_alone_makes_late_and_failing(api: RunningApi) -> None:
    """Each kind of dataset by its own thresholds: after 45 minutes sales are late and bills are not."""
    api.clock.tick(minutes=41)
    found = await health(api)
    late = [one.dataset for one in found.datasets if one.state == "late"]
    assert (found.state, late) == ("late", ["pos", "invoice-sales"])
    api.clock.tick(hours=2)
    assert (await one_of(api, "pos")).state == "failing"
    assert (await one_of(api, "purchases")).state == "late"
    assert (await one_of(api, "products")).state == "healthy"


async def test_a_failed_day_says_why_and_one_taken_back_is_only_missing(
    api: RunningApi, ledger: Engine
) -> None:
    change(ledger, "pos", "2025-12-23", state="failed", loaded_version=None, error="Odoo said no.")
    change(ledger, "purchases", "2025-12-23", state="cancelled", loaded_version=None)
    pos, purchases = await one_of(api, "pos"), await one_of(api, "purchases")
    assert pos.state == "failing"
    assert "2025-12-23. The last error: Odoo said no." in pos.reason.en
    assert (pos.days.failed, pos.days.loaded) == (1, 2)
    assert [(one.code, one.state) for one in purchases.findings] == [("missing-days", "late")]


async def test_what_is_paused_is_late_at_most(api: RunningApi, ledger: Engine) -> None:
    """However long nothing was read of it on purpose; the others are judged as ever."""
    with Session(ledger) as session, session.begin():
        session.add(PausedRow(dataset="pos", since=READ))
    api.clock.tick(hours=5)
    pos = await one_of(api, "pos")
    assert [(one.code, one.state) for one in pos.findings] == [("paused", "late")]
    assert pos.paused_since == READ
    assert (await one_of(api, "invoice-sales")).state == "failing"


async def test_days_before_the_window_do_not_count(api: RunningApi, ledger: Engine) -> None:
    with Session(ledger) as session, session.begin():
        old = partition("pos", "2025-12-01")
        old.state, old.loaded_version, old.error = "failed", None, "Long ago."
        session.add(old)
    assert (await health(api)).state == "healthy"


async def test_without_a_ledger_nothing_is_called_healthy(tmp_path: Path) -> None:
    async with running_api(tmp_path) as api:
        problem = await api.get("/v1/pipeline/health", status=503)
        assert "There is no ledger yet" in problem["detail"]
        metrics = (await api.client.get("/metrics")).text
        assert "nk_dataset_health{" not in metrics
        assert "nk_event_listeners" in metrics


async def test_parameters_are_refused(api: RunningApi) -> None:
    problem = await api.get("/v1/pipeline/health", status=422, dataset="pos")
    assert "dataset" in problem["detail"]


async def test_prometheus_sees_age_and_state(api: RunningApi, ledger: Engine) -> None:
    """What was never read has a state and no age."""
    change(ledger, "products", WHOLE, state="failed", loaded_version=None, as_of=None, error="No rights.")
    api.clock.tick(minutes=41)
    lines = (await api.client.get("/metrics")).text.splitlines()
    assert 'nk_dataset_age_seconds{dataset="pos"} 2700.0' in lines
    assert 'nk_dataset_health{dataset="pos"} 1.0' in lines
    assert 'nk_dataset_health{dataset="purchases"} 0.0' in lines
    assert 'nk_dataset_health{dataset="products"} 2.0' in lines
    assert not any(line.startswith('nk_dataset_age_seconds{dataset="products"') for line in lines)
