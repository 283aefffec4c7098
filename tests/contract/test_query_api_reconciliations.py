"""`/v1/reconciliations`, as its clients see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from sqlalchemy import Engine

from nk_common.api.pipeline import CommandAccepted, ReconciliationDetail, Reconciliations
from nk_common.events.commands import ReconcileCommand, parse_command
from nk_common.events.topics import CONTROL
from nk_common.ledger import reconciliations as ledger_rows
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.reconciliations import ReconciliationResultRow, run_row
from support.query_api import RunningApi, running_api

ASKED = datetime(2025, 12, 23, 19, 30, tzinfo=UTC)
DONE = datetime(2025, 12, 23, 19, 31, tzinfo=UTC)
DAYS = (date(2025, 12, 22), date(2025, 12, 23))
ODOO = {
    "documents": 2,
    "lines": 3,
    "quantity": 3.0,
    "amount": 70_000.0,
    "untaxed": 63_063.06,
    "payments": 70_000.0,
}
LAKE = {**ODOO, "documents": 1, "amount": 50_000.0}


def result(day: str, status: str, store: int | None = None, **other: Any) -> ReconciliationResultRow:
    given = {"odoo": ODOO, "lake": ODOO, "differing": 0, "document_ids": [], "dataset": "pos", **other}
    return ReconciliationResultRow(run_id="night", day=day, status=status, store_id=store, **given)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    """A comparison of two days: the 22nd is equal, on the 23rd an order of store 2 is missing; a later one waits."""
    engine = open_ledger(f"sqlite:///{tmp_path / 'lake' / 'metadata' / 'ledger.db'}")
    migrate(engine)
    held = ledger_rows.Reconciliations(engine)
    held.accept(run_row("night", "{}", DAYS, ["pos"], 2, ASKED, reason="nightly", requested_by="nkdash"))
    held.begin("night", ASKED)
    held.record([result("2025-12-22", "equal"), result("2025-12-22", "equal", 1)])
    differs: dict[str, Any] = {"lake": LAKE, "differing": 1, "document_ids": [17]}
    held.record(
        [
            result("2025-12-23", "different", **differs),
            result("2025-12-23", "equal", 1),
            result("2025-12-23", "different", 2, **differs),
        ]
    )
    held.finish("night", "done", DONE)
    held.accept(run_row("later", "{}", DAYS, ["pos", "purchases"], 4, DONE))
    yield engine
    engine.dispose()


@pytest.fixture
async def api(ledger: Engine, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with running_api(tmp_path) as api:
        yield api


async def test_newest_first_with_counts(api: RunningApi) -> None:
    later, night = Reconciliations.model_validate(await api.get("/v1/reconciliations")).reconciliations
    assert (later.id, later.state, later.total, later.equal, later.is_proof) == (
        "later",
        "waiting",
        4,
        0,
        False,
    )
    assert (night.total, night.equal, night.different, night.missing, night.failed) == (2, 1, 1, 0, 0)
    assert (night.reason, night.requested_by, night.finished_at) == ("nightly", "nkdash", DONE)
    assert (await api.get("/v1/reconciliations", limit=1))["reconciliations"][0]["id"] == "later"


async def test_days_and_stores_with_the_documents_that_differ(api: RunningApi) -> None:
    found = ReconciliationDetail.model_validate(await api.get("/v1/reconciliations/night"))
    equal, different = found.days
    assert (equal.status, equal.day, list(equal.stores)) == ("equal", date(2025, 12, 22), [1])
    assert (different.status, different.differing, different.document_ids) == ("different", 1, [17])
    assert {store: one.status for store, one in different.stores.items()} == {1: "equal", 2: "different"}
    assert different.odoo is not None
    assert different.lake is not None
    assert (different.odoo.amount, different.lake.amount) == (70_000.0, 50_000.0)


async def test_one_that_is_not_there(api: RunningApi) -> None:
    problem = await api.get("/v1/reconciliations/nobody", status=404)
    assert problem["detail"].startswith("There is no reconciliation 'nobody'.")


async def test_a_request_becomes_a_command_on_the_control_topic(api: RunningApi) -> None:
    response = await api.client.post("/v1/reconciliations", json={"start": "2025-12-22", "end": "2025-12-24"})
    assert response.status_code == 202
    (sent,) = api.publisher.on(CONTROL)
    command = parse_command(sent.body, "other")
    assert isinstance(command, ReconcileCommand)
    assert command.id == CommandAccepted.model_validate(response.json()).command_id
    assert (command.start, command.datasets, command.requested_by) == (date(2025, 12, 22), [], "api")


async def test_a_broker_that_is_away_is_said(api: RunningApi) -> None:
    api.publisher.error = KafkaConnectionError("no broker")
    response = await api.client.post("/v1/reconciliations", json={"start": "2025-12-22", "end": "2025-12-24"})
    assert response.status_code == 503
    assert "nothing was started" in response.json()["detail"]


async def test_a_ledger_of_an_older_release_is_unavailable_and_not_empty(tmp_path: Path) -> None:
    """No runs would mean that none was ever made."""
    path = tmp_path / "lake" / "metadata" / "ledger.db"
    path.parent.mkdir(parents=True)
    path.touch()
    async with running_api(tmp_path) as api:
        assert "cannot be read" in (await api.get("/v1/reconciliations", status=503))["detail"]
