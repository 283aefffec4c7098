"""`/v1/serving/*` as its clients see it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from nk_common.api.serving import CheckAccepted, RebuildAccepted, ServingCheck, ServingState
from nk_query_api.serving.schema import FORMAT
from support.lake_factory import LakeFactory, sale
from support.query_api import RunningApi, running_api

DAY = date(2025, 12, 23)


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    lake.sales(DAY, sale(1, 50.0))
    lake.dimensions()
    return lake


@pytest.fixture
async def api(lake: LakeFactory, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def checked(api: RunningApi) -> ServingCheck:
    """The result of a check, once there is one."""
    response = await api.client.post("/v1/serving/checks")
    assert response.status_code == 202
    CheckAccepted.model_validate(response.json())
    await api.until(lambda: api.app.state.service.checks.newest.state != "running", 30)
    return ServingCheck.model_validate(await api.get("/v1/serving/checks"))


async def test_what_is_held(api: RunningApi) -> None:
    found = ServingState.model_validate(await api.get("/v1/serving"))
    assert (found.format, found.partitions, found.rebuilding) == (FORMAT, 5, False)
    assert found.data_version == api.app.state.service.store.data_version
    assert found.size_bytes > 0
    assert [(one.dataset, one.partitions, one.first_day) for one in found.datasets][:2] == [
        ("pos", 1, DAY), ("products", 1, None)
    ]  # fmt: skip
    assert (found.progress.done, found.progress.total) == (5, 5)
    assert (found.last_rebuild, found.last_check) == (None, None)


async def test_a_rebuild_fills_the_database_anew(api: RunningApi) -> None:
    before = (await api.get("/v1/serving"))["data_version"]
    response = await api.client.post("/v1/serving/rebuild")
    assert response.status_code == 202
    assert RebuildAccepted.model_validate(response.json()).started
    await api.until(lambda: not api.app.state.service.keeper.is_rebuilding)
    found = ServingState.model_validate(await api.get("/v1/serving"))
    assert (found.partitions, found.data_version) == (5, before)
    assert found.last_rebuild
    assert (found.last_rebuild.reason, found.last_rebuild.finished_at) == ("asked for", api.clock.now())
    assert (await checked(api)).is_proof


async def test_a_rebuild_is_not_begun_twice(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it runs, answers say that days are missing, and the service stays ready."""
    store, go_on = api.app.state.service.store, threading.Event()
    scan, rebuild, rebuilds = store.scan, store.rebuild, []

    def noted(reason: str) -> None:
        rebuilds.append(reason)
        rebuild(reason)

    monkeypatch.setattr(store, "scan", lambda: go_on.wait(10) and scan())
    monkeypatch.setattr(store, "rebuild", noted)
    answers = await asyncio.gather(*(api.client.post("/v1/serving/rebuild") for _ in range(3)))
    assert [answer.json()["started"] for answer in answers].count(True) == 1
    await api.until(lambda: store.held == {})
    assert (await api.get("/v1/serving"))["rebuilding"]
    summary = await api.get("/v1/sales/summary", start="2025-12-23", end="2025-12-23", source="pos")
    assert summary["meta"]["days"]["missing"] == 1
    assert (await api.client.get("/readyz")).status_code == 200
    go_on.set()
    await api.until(lambda: not api.app.state.service.keeper.is_rebuilding)
    assert (rebuilds, len(store.held)) == (["asked for"], 5)


async def test_a_check_proves_the_database(api: RunningApi) -> None:
    problem = await api.get("/v1/serving/checks", status=404)
    assert "Nothing was checked" in problem["detail"]
    found = await checked(api)
    assert (found.is_proof, found.partitions, found.behind) == (True, 5, 0)
    assert found.data_version == api.app.state.service.store.data_version
    assert (await api.get("/v1/serving"))["last_check"]["state"] == "done"


async def test_a_check_finds_what_was_changed(api: RunningApi) -> None:
    api.app.state.service.store.cursor().execute("UPDATE sales_by_store SET revenue = revenue + 0.0001")
    found = await checked(api)
    assert not found.is_proof
    # Its months are made of the finer cube's, which is whole.
    assert {(one.table, one.day) for one in found.findings} == {("sales_by_store", DAY)}
    assert found.findings_total == 1


async def test_unknown_parameters_are_mistakes(api: RunningApi) -> None:
    response = await api.client.post("/v1/serving/rebuild", params={"now": "1"})
    assert response.status_code == 422
    assert not api.app.state.service.keeper.is_rebuilding
