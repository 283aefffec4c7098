"""`/v1/pipeline/*` and the requests that start work, as their clients see them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, UnknownError
from sqlalchemy import Engine

from nk_common.api.dead_letters import DeadLetters
from nk_common.api.pipeline import BackfillAnswer, Partitions, Runs
from nk_common.datasets import REGISTRY
from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.commands import CancelCommand, PauseCommand, ResumeCommand, parse_command
from nk_common.events.stages import StageReport
from nk_common.events.topics import CONTROL, Topic
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import RunRow
from nk_common.ledger.writer import LedgerWriter
from support.query_api import RunningApi, running_api

ASKED = datetime(2025, 12, 23, 18, 0, tzinfo=UTC)
READ = datetime(2025, 12, 23, 18, 1, tzinfo=UTC)
TOTALS = Totals(documents=2, lines=5, quantity=6.0, amount=70_000.0, payments=70_000.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    """The 22nd is loaded, the 23rd failed, nothing is known of the 24th; products are on their way."""
    engine = open_ledger(f"sqlite:///{tmp_path / 'lake' / 'metadata' / 'ledger.db'}")
    migrate(engine)
    writer = LedgerWriter(engine)
    days = [PartitionKey("pos", date(2025, 12, 22)), PartitionKey("pos", date(2025, 12, 23))]
    keys = [*days, PartitionKey("products", None)]
    run = RunRow(id="run-1", kind="backfill", command="{}", requested_by="api", created_at=ASKED, total=3)
    writer.open_run(run, keys)
    writer.request(keys, "run-1", "backfill", ASKED)
    for key, outcome in zip(days, ("completed", "failed"), strict=True):
        version = writer.begin(key, ASKED, "run-1", READ)
        writer.apply(
            StageReport.model_validate({
                "stage": "load", "outcome": outcome, "at": READ, "dataset": key.dataset, "day": key.day,
                "run_id": "run-1", "requested_at": ASKED, "version": version, "as_of": READ,
                "totals": TOTALS if outcome == "completed" else None, "rejected": 1,
                "error": None if outcome == "completed" else "Odoo said no.",
            })
        )  # fmt: skip
    writer.apply(
        StageReport(stage="bus", outcome="dead-lettered", at=READ, source_topic="nk.control.v1",
                    error_class="BadCommandError", error="This is not JSON.")
    )  # fmt: skip
    yield engine
    engine.dispose()


@pytest.fixture
async def api(ledger: Engine, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


RANGE: dict[str, Any] = {"start": "2025-12-22", "end": "2025-12-24"}


async def test_every_dataset_and_day_has_one_row(api: RunningApi) -> None:
    answer = await api.get("/v1/pipeline/partitions", **RANGE)
    found = Partitions.model_validate(answer)
    daily, wholes = ([d.name for d in REGISTRY if d.kind == kind] for kind in ("daily", "whole"))
    assert len(found.partitions) == 3 * len(daily) + len(wholes)
    states = {(p.dataset, str(p.day)): p.state for p in found.partitions}
    assert states["pos", "2025-12-22"] == "loaded"
    assert states["pos", "2025-12-23"] == "failed"
    assert states["pos", "2025-12-24"] == "missing"
    assert states["products", "None"] == "running"
    assert states["cashiers", "None"] == "missing"
    assert found.counts["pos"]["loaded"] == 1
    assert set(found.counts) == {d.name for d in REGISTRY}
    assert found.today == date(2025, 12, 24)


async def test_a_partition_tells_what_was_loaded_and_what_went_wrong(api: RunningApi) -> None:
    answer = await api.get("/v1/pipeline/partitions", **RANGE, dataset="pos")
    loaded, failed, missing = answer["partitions"]
    assert (loaded["rows"], loaded["documents"], loaded["amount"], loaded["rejected"]) == (5, 2, 70_000.0, 1)
    assert loaded["as_of"] == "2025-12-23T18:01:00Z"
    assert (failed["error"], failed["attempts"], failed["version"]) == ("Odoo said no.", 1, None)
    assert (missing["rows"], missing["updated_at"]) == (None, None)


async def test_datasets_are_chosen_by_name_alias_or_group(api: RunningApi) -> None:
    async def names(*datasets: str) -> list[str]:
        response = await api.client.get("/v1/pipeline/partitions", params={"dataset": datasets})
        return [d["name"] for d in response.json()["datasets"]]

    assert await names("pos_order_lines") == ["pos"]
    assert await names("pos", "cashiers") == ["pos", "cashiers"]
    assert await names("dimensions") == [d.name for d in REGISTRY if d.kind == "whole"]
    problem = await api.get("/v1/pipeline/partitions", status=422, dataset="receipts")
    assert problem["detail"].startswith("There is no dataset 'receipts'. Known datasets: pos,")


async def test_runs_and_dead_letters(api: RunningApi) -> None:
    (run,) = Runs.model_validate(await api.get("/v1/pipeline/runs")).runs
    assert (run.run_id, run.total, run.done, run.failed, run.running) == ("run-1", 3, 1, 1, 1)
    letters = DeadLetters.model_validate(await api.get("/v1/pipeline/dead-letters", limit=5))
    assert (letters.total, letters.letters[0].error) == (1, "BadCommandError")
    assert (letters.letters[0].resolution, letters.letters[0].partition) == (None, None)


def backfill(**other: Any) -> dict[str, Any]:
    return {"datasets": ["pos"], "start": "2025-12-22", "end": "2025-12-24", **other}


async def test_a_dry_run_shows_what_would_run_and_starts_nothing(api: RunningApi) -> None:
    response = await api.client.post("/v1/backfills", json=backfill(dry_run=True))
    plan = BackfillAnswer.model_validate(response.json())
    assert (response.status_code, plan.command_id, plan.will_run, plan.skipped) == (200, None, 2, 1)
    assert [(p.day and p.day.day, p.state, p.run) for p in plan.days] == [
        (22, "loaded", False),
        (23, "failed", True),
        (24, "missing", True),
    ]
    assert api.publisher.sent == []


async def test_a_backfill_becomes_a_command_on_the_control_topic(api: RunningApi) -> None:
    response = await api.client.post("/v1/backfills", json=backfill(force=True, reason="recount"))
    plan = BackfillAnswer.model_validate(response.json())
    assert (response.status_code, plan.will_run) == (202, 3)
    (sent,) = api.publisher.on(CONTROL)
    command = parse_command(sent.body, "other")
    assert command.id == plan.command_id
    assert (command.reason, command.type, sent.key) == ("recount", "backfill", None)
    assert json.loads(sent.body)["force"] is True


async def test_a_refresh_becomes_a_command_too(api: RunningApi) -> None:
    for body in (None, {"targets": ["products"]}):
        response = await api.client.post("/v1/dimensions/refresh", json=body)
        assert response.status_code == 202
    everything, products = (parse_command(sent.body, "") for sent in api.publisher.on(CONTROL))
    assert everything.type == products.type == "refresh-dimensions"
    assert json.loads(api.publisher.sent[1].body)["targets"] == ["products"]


async def test_a_full_refresh_says_so(api: RunningApi) -> None:
    await api.client.post("/v1/dimensions/refresh", json={"targets": ["lots"], "full": True})
    (sent,) = api.publisher.on(CONTROL)
    assert json.loads(sent.body)["full"] is True


async def test_stock_is_taken_by_a_command(api: RunningApi) -> None:
    for body in (None, {"reason": "stock taking"}):
        assert (await api.client.post("/v1/stock-snapshots", json=body)).status_code == 202
    _, command = (parse_command(sent.body, "") for sent in api.publisher.on(CONTROL))
    assert (command.type, command.reason, command.requested_by) == ("snapshot-stock", "stock taking", "api")


DRY_RUNS: list[tuple[str, dict[str, Any], dict[str, list[str]]]] = [
    ("/v1/dimensions/refresh", {"targets": ["lots", "taxes"]}, {"lots": ["whole"], "taxes": ["whole"]}),
    ("/v1/stock-snapshots", {}, {"stock-quants": ["2025-12-24"]}),
    (
        "/v1/reconciliations",
        {"start": "2025-12-22", "end": "2025-12-24", "datasets": ["pos"]},
        {"pos": ["2025-12-22/2025-12-24"]},
    ),
    ("/v1/pipeline/pause", {"datasets": ["pos"]}, {"pos": ["2025-12-21"]}),
    ("/v1/pipeline/resume", {"datasets": ["purchases"]}, {}),
    ("/v1/pipeline/runs/run-1/cancel", {}, {"products": ["whole"]}),
    ("/v1/pipeline/runs/run-2/cancel", {}, {"pos": ["2025-12-21"]}),
]


async def test_everything_can_be_asked_first(api: RunningApi, ledger: Engine) -> None:
    """The form is that of the control topic, and nothing is started."""
    writer, waits = LedgerWriter(ledger), PartitionKey("pos", date(2025, 12, 21))
    at = datetime(2025, 12, 24, 1, tzinfo=UTC)
    writer.open_run(RunRow(id="run-2", kind="backfill", command="{}", created_at=at, total=1), [waits])
    writer.request([waits], "run-2", "backfill", at)
    for path, body, plan in DRY_RUNS:
        response = await api.client.post(path, json={**body, "dry_run": True})
        assert (response.status_code, response.json()) == (200, {"plan": plan}), path
    assert api.publisher.sent == []


async def test_a_run_is_cancelled_by_a_command(api: RunningApi) -> None:
    response = await api.client.post("/v1/pipeline/runs/run-1/cancel")
    (sent,) = api.publisher.on(CONTROL)
    command = parse_command(sent.body, "other")
    assert isinstance(command, CancelCommand)
    assert (response.status_code, command.run, command.id) == (202, "run-1", response.json()["command_id"])


async def test_a_run_that_is_not_there_is_not_cancelled(api: RunningApi) -> None:
    response = await api.client.post("/v1/pipeline/runs/run-7/cancel")
    assert (response.status_code, response.json()["detail"][:25]) == (404, "There is no run 'run-7'. ")
    assert api.publisher.sent == []


async def test_datasets_are_paused_and_resumed_by_commands(api: RunningApi) -> None:
    for path in ("pause", "resume"):
        body = {"datasets": ["pos_order_lines"], "reason": "stock taking"}
        assert (await api.client.post(f"/v1/pipeline/{path}", json=body)).status_code == 202
    paused, resumed = (parse_command(sent.body, "") for sent in api.publisher.on(CONTROL))
    assert isinstance(paused, PauseCommand)
    assert isinstance(resumed, ResumeCommand)
    assert (paused.datasets, paused.reason, resumed.datasets) == (["pos"], "stock taking", ["pos"])


async def test_a_paused_dataset_says_since_when(api: RunningApi, ledger: Engine) -> None:
    since = datetime(2025, 12, 24, 1, tzinfo=UTC)
    LedgerWriter(ledger).pause(["pos"], since, "stock taking", None)
    answer = Partitions.model_validate(await api.get("/v1/pipeline/partitions"))
    told = {info.name: (info.paused_since, info.paused_reason) for info in answer.datasets}
    assert told.pop("pos") == (since, "stock taking")
    assert set(told.values()) == {(None, None)}


def days(start: str = "2025-12-22", end: str = "2025-12-24") -> dict[str, Any]:
    return {"start": start, "end": end}


WRONG_REQUESTS: list[tuple[str, dict[str, Any] | None, str]] = [
    ("/v1/backfills", backfill(start="2025-12-25"), "The range ends (2025-12-24) before it begins"),
    ("/v1/backfills", backfill(end="2025-12-25"), "has not come yet (today is 2025-12-24)"),
    ("/v1/backfills", backfill(start="2010-01-01"), "at most 3660 are allowed"),
    ("/v1/backfills", backfill(datasets=["receipts"]), "There is no dataset 'receipts'."),
    ("/v1/backfills", backfill(datasets=[]), "datasets: "),
    ("/v1/backfills", backfill(start="soon"), "start must be a day such as 2025-12-23."),
    ("/v1/backfills", backfill(fast=True), "Unknown field 'fast'."),
    ("/v1/backfills", {"datasets": ["pos"], "start": "2025-12-22"}, "end is missing."),
    ("/v1/backfills", None, "The body is missing."),
    ("/v1/dimensions/refresh", {"targets": ["pos"]}, "pos is loaded day by day; use a backfill."),
    ("/v1/reconciliations", days("2025-12-25", "2025-12-24"), "The range ends (2025-12-24) before it begins"),
    ("/v1/reconciliations", days("2025-12-24", "2025-12-25"), "has not come yet (today is 2025-12-24)"),
    ("/v1/reconciliations", {**days(), "datasets": ["profit"]}, "profit cannot be compared with Odoo"),
    ("/v1/reconciliations", {**days(), "datasets": ["products"]}, "products cannot be compared with Odoo"),
    ("/v1/reconciliations", {**days(), "dataset": "pos"}, "Unknown field 'dataset'."),
    ("/v1/reconciliations", {"start": "2025-12-22"}, "end is missing."),
]


async def test_a_wrong_request_starts_nothing(api: RunningApi) -> None:
    for path, body, words in WRONG_REQUESTS:
        response = await api.client.post(path, json=body)
        assert response.status_code == 422, body
        assert words in response.json()["detail"], body
    assert api.publisher.sent == []


async def test_a_body_that_is_not_json_is_refused(api: RunningApi) -> None:
    response = await api.client.post(
        "/v1/backfills", content=b"{", headers={"content-type": "application/json"}
    )
    assert (response.status_code, response.json()["detail"]) == (422, "The body is not valid JSON.")


async def test_a_broker_that_is_away_is_said(api: RunningApi) -> None:
    api.publisher.error = KafkaConnectionError("no broker")
    for path, body in (("/v1/backfills", backfill()), ("/v1/dimensions/refresh", {})):
        response = await api.client.post(path, json=body)
        assert response.status_code == 503
        assert "broker cannot be reached, so nothing was started" in response.json()["detail"]
        assert response.headers["retry-after"]
    dry = await api.client.post("/v1/backfills", json=backfill(dry_run=True))
    assert dry.status_code == 200


async def test_a_command_is_sent_again_when_the_first_try_meets_a_dead_connection(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bytes] = []

    async def flaky(_topic: Topic, body: bytes, **_: object) -> None:
        tries.append(body)
        if len(tries) == 1:
            raise UnknownError

    monkeypatch.setattr(api.publisher, "publish", flaky)
    response = await api.client.post("/v1/dimensions/refresh")
    assert (response.status_code, len(tries), len(set(tries))) == (202, 2, 1)


async def test_a_broker_that_hangs_is_not_waited_for(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(api.publisher, "publish", hanging)
    monkeypatch.setattr("nk_query_api.pipeline.commands.PUBLISH_SECONDS", 0.05)
    response = await api.client.post("/v1/dimensions/refresh")
    assert response.status_code == 503
    assert "may still be run" in response.json()["detail"]


async def test_without_a_ledger_the_answer_says_what_to_do_and_makes_none(tmp_path: Path) -> None:
    async with running_api(tmp_path) as api:
        for path in ("partitions", "runs", "dead-letters"):
            problem = await api.get(f"/v1/pipeline/{path}", status=503)
            assert "start the extractor" in problem["detail"]
        assert not (tmp_path / "lake" / "metadata").exists()


async def test_a_ledger_without_tables_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "lake" / "metadata" / "ledger.db"
    path.parent.mkdir(parents=True)
    path.touch()
    async with running_api(tmp_path) as api:
        assert "cannot be read" in (await api.get("/v1/pipeline/runs", status=503))["detail"]


async def test_a_ledger_that_was_replaced_is_seen(api: RunningApi, tmp_path: Path) -> None:
    assert len((await api.get("/v1/pipeline/runs"))["runs"]) == 1
    for file in (tmp_path / "lake" / "metadata").glob("ledger.db*"):
        file.unlink()
    fresh = open_ledger(f"sqlite:///{tmp_path / 'lake' / 'metadata' / 'ledger.db'}")
    migrate(fresh)
    fresh.dispose()
    assert (await api.get("/v1/pipeline/runs"))["runs"] == []
