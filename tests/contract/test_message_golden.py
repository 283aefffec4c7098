"""Messages keep their form: what is on the bus now can be read after an upgrade, and the other way round.

The files under golden/ are what was written once. A changed file is a changed contract: other programs and
messages on their way must still be readable, or the topic needs a new version. To write them anew:

    UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/contract/test_message_golden.py
"""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nk_common.datasets.base import PartitionKey
from nk_common.datasets.pos import RAW_PAYMENTS
from nk_common.events.base import Event, PartitionEvent, Totals
from nk_common.events.commands import (
    BackfillCommand,
    Command,
    DiscardDeadLetterCommand,
    ReconcileCommand,
    RefreshDimensionsCommand,
    RetryDeadLetterCommand,
    parse_command,
)
from nk_common.events.raw import RawChunk, Summary
from nk_common.events.stages import (
    DayCleaned,
    DayLoaded,
    ExtractRequested,
    LetterPlace,
    RebuildRequested,
    StageReport,
    TableWritten,
)
from nk_common.events.topics import TOPICS
from nk_common.messaging.codec import headers_of

GOLDEN = Path(__file__).parent / "golden"

ASKED = datetime(2025, 12, 24, 17, 0, 0, 123456, tzinfo=UTC)
READ = datetime(2025, 12, 24, 17, 0, 1, tzinfo=UTC)
VERSION = 1766595601000000
TOTALS = Totals(documents=2, lines=3, quantity=-1.5, amount=125000.25, payments=125000.0)
TABLE = TableWritten(
    name="fact_sales",
    path="star-schema/fact_sales/year=2025/month=12/day=24/fact_sales_2025-12-24.parquet",
    rows=3,
)
_DAY: dict[str, Any] = {"dataset": "pos", "day": date(2025, 12, 24), "run_id": "run-1", "requested_at": ASKED}
_DONE: dict[str, Any] = {
    "version": VERSION,
    "as_of": READ,
    "tables": (TABLE,),
    "totals": TOTALS,
    "rejected": 1,
}

EVENTS: dict[str, Event] = {
    "extract_requested": ExtractRequested(**_DAY, reason="backfill"),
    "extract_requested_whole": ExtractRequested(**{**_DAY, "dataset": "products", "day": None}, reason="refresh"),
    "rebuild_requested": RebuildRequested(**_DAY, version=VERSION, stage="derive", reason="derived"),
    "day_cleaned": DayCleaned(**_DAY, **_DONE),
    "day_loaded": DayLoaded(**_DAY, **_DONE),
    "stage_report_completed": StageReport(
        stage="load", outcome="completed", at=READ, **_DAY, version=VERSION, as_of=READ, attempt=2,
        seconds=0.75, totals=TOTALS, rejected=0,
    ),
    "stage_report_dead_lettered": StageReport(
        stage="plan", outcome="dead-lettered", at=READ, source_topic="nk.control.v1",
        error_class="BadCommandError", error="This is not JSON, so nothing was done: 'hello'.", attempt=1,
        letter=LetterPlace(partition=2, offset=7, source_partition=0, source_offset=41, retry_of=12),
    ),
}  # fmt: skip

COMMANDS: dict[str, Command] = {
    "command_backfill_shortest": BackfillCommand(
        datasets=["pos"], start=date(2025, 12, 23), end=date(2025, 12, 24), id="nk.control.v1-0-7"
    ),
    "command_backfill": BackfillCommand(
        id="7d1f", reason="prices were corrected", requested_by="ani", datasets=["pos", "dimensions"],
        start=date(2025, 12, 1), end=date(2025, 12, 24), force=True,
    ),
    "command_refresh_dimensions": RefreshDimensionsCommand(id="7d20", targets=["products"]),
    "command_retry_dead_letter": RetryDeadLetterCommand(id="7d22", letter=12),
    "command_discard_dead_letter": DiscardDeadLetterCommand(id="7d23", letter=12, reason="a test", requested_by="ani"),
    "command_reconcile": ReconcileCommand(
        id="7d21", datasets=["pos", "purchases"], start=date(2025, 12, 1), end=date(2025, 12, 24)
    ),
}  # fmt: skip

AS_TYPED = {
    "command_backfill_shortest": '{"type":"backfill","datasets":["pos"],"start":"2025-12-23","end":"2025-12-24"}',
    "command_refresh_dimensions": '{"type":"refresh-dimensions","id":"7d20","targets":["products"]}',
    "command_reconcile": '{"type":"reconcile","id":"7d21","datasets":["pos","purchases"],'
    '"start":"2025-12-01","end":"2025-12-24"}',
}
"""What a person posts; what is left out gets its default, and an id from the message's place."""


def _payments() -> pa.Table:
    rows = {
        "id": [11, 12], "pos_order_id": [1, 2], "payment_method_id": [1, None], "amount": [125000.5, -0.5],
        "payment_date": [READ, None], "is_change": [False, True],
    }  # fmt: skip
    return pa.table(rows, schema=RAW_PAYMENTS.schema)


def _chunk() -> RawChunk:
    return RawChunk(
        partition=PartitionKey("pos", date(2025, 12, 24)), run_id="run-1", version=VERSION, requested_at=ASKED,
        as_of=READ, table="pos_payments", sequence=2, rows=_payments(),
        summary=Summary(rows={"pos_orders": 2, "pos_order_lines": 3, "pos_payments": 2}, totals=TOTALS),
    )  # fmt: skip


def _golden(name: str, now: Any) -> Any:
    """What was written once; with UPDATE_GOLDEN it is written now."""
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(json.dumps(now, indent=2, ensure_ascii=False) + "\n")
    assert path.exists(), f"{path.name} is missing; see the head of this file"
    return json.loads(path.read_text())


def _with_headers(event: Event) -> dict[str, Any]:
    body = json.loads(event.model_dump_json())
    if isinstance(event, PartitionEvent):
        return {"key": str(event.partition), "headers": headers_of(event), "body": body}
    return {"body": body}


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_written_as_before(name: str) -> None:
    """Key, headers and body of an event are those of the golden file."""
    written = _with_headers(EVENTS[name])
    assert written == _golden(name, written)


@pytest.mark.parametrize("name", EVENTS)
def test_events_written_before_can_be_read(name: str) -> None:
    """The golden file reads as the event that it was."""
    event = EVENTS[name]
    before = _golden(name, _with_headers(event))
    assert type(event).model_validate_json(json.dumps(before["body"])) == event


def test_every_event_has_a_golden_file() -> None:
    """A new event cannot be forgotten."""
    shapes = {Event, PartitionEvent, Totals, TableWritten, LetterPlace}
    known = {*Event.__subclasses__(), *PartitionEvent.__subclasses__()} - shapes
    assert known == {type(event) for event in EVENTS.values()}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_written_and_read_as_before(name: str) -> None:
    """The API's and the command line's commands are those of the golden file, and read as what they were."""
    command = COMMANDS[name]
    before = _golden(name, json.loads(command.model_dump_json()))
    assert json.loads(command.model_dump_json()) == before
    assert parse_command(json.dumps(before).encode(), "unused") == command


@pytest.mark.parametrize("name", AS_TYPED)
def test_commands_as_people_type_them(name: str) -> None:
    """What is left out has the default that it always had."""
    assert parse_command(AS_TYPED[name].encode(), "nk.control.v1-0-7") == COMMANDS[name]


def test_raw_chunks_are_written_as_before() -> None:
    """Headers are those of the golden file. The bytes may differ: Arrow and zstd have versions of their own."""
    body, headers = _chunk().encode()
    now = {"key": str(_chunk().partition), "headers": headers, "body_base64": base64.b64encode(body).decode()}
    before = _golden("raw_chunk", now)
    own = {"nk-checksum": before["headers"]["nk-checksum"]}
    assert {**headers, **own} == before["headers"]
    assert now["key"] == before["key"]


def test_raw_chunks_written_before_can_be_read() -> None:
    """The very bytes that were written once give the rows that they were made of."""
    body, headers = _chunk().encode()
    now = {"key": str(_chunk().partition), "headers": headers, "body_base64": base64.b64encode(body).decode()}
    before = _golden("raw_chunk", now)
    chunk = RawChunk.decode(base64.b64decode(before["body_base64"]), before["headers"])
    assert chunk.rows.equals(_payments())
    assert chunk.summary == _chunk().summary
    assert (chunk.partition, chunk.version, chunk.sequence) == (_chunk().partition, VERSION, 2)


def test_topics_are_as_before() -> None:
    """Names, keys, partitions and retention; partitions of null are NK_TOPIC_PARTITIONS."""
    now = [
        {
            "name": topic.name,
            "key": topic.key,
            "payload": topic.payload,
            "partitions": topic.partitions,
            "retention_days": topic.retention.days,
        }
        for topic in TOPICS
    ]
    assert now == _golden("topics", now)


def test_no_golden_file_is_left_over() -> None:
    """A file that no test reads proves nothing."""
    names = {path.stem for path in GOLDEN.glob("*.json")}
    assert names == {*EVENTS, *COMMANDS, "raw_chunk", "topics"}
