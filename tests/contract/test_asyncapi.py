"""docs/asyncapi.json is what the code declares, hangs together, and names the headers that really travel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from nk_cli import asyncapi
from nk_common.datasets import REGISTRY
from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError, TerminalError
from nk_common.events.base import PartitionEvent, Totals
from nk_common.events.commands import parse_command
from nk_common.events.raw import RawChunk, Summary
from nk_common.events.stages import DayCleaned, DayLoaded, ExtractRequested, RebuildRequested
from nk_common.events.topics import CONTROL, DEAD_LETTER, TOPICS
from nk_common.messaging.codec import headers_of
from nk_common.messaging.delivery import Delivery, DeliveryPolicy, RetryBudget
from nk_common.observability import Metrics
from support.clock import SetClock
from support.publisher import RecordingPublisher
from support.settings_catalogue import ROOT

MOMENT = datetime(2025, 12, 24, 5, 0, tzinfo=UTC)
TOTALS = Totals(documents=1, lines=1, quantity=1.0, amount=1.0, payments=1.0)


def _pointers(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _pointers(child)
    elif isinstance(node, list):
        for child in node:
            yield from _pointers(child)


def _message(name: str) -> Any:
    return asyncapi.document()["components"]["messages"][name]


def test_committed_document_is_current() -> None:
    """`make docs` was run after the last change of a message."""
    committed = (ROOT / "docs" / "asyncapi.json").read_text()
    assert committed == asyncapi.text(), "run: make docs"


def test_building_it_twice_gives_the_same_text() -> None:
    """The document depends on the code alone."""
    assert asyncapi.text() == asyncapi.text()


def test_every_reference_leads_somewhere() -> None:
    """A reader can follow each $ref inside the document."""
    document = asyncapi.document()
    for pointer in set(_pointers(document)):
        node = document
        for part in pointer.removeprefix("#/").split("/"):
            node = node[part]


def test_every_topic_is_a_channel_with_messages() -> None:
    """No topic is left out, and none is there that the code does not declare."""
    document = asyncapi.document()
    assert list(document["channels"]) == [topic.name for topic in TOPICS]
    assert all(channel["messages"] for channel in document["channels"].values())
    named = {name for channel in document["channels"].values() for name in channel["messages"]}
    assert named == set(document["components"]["messages"])
    received = {o["channel"]["$ref"] for o in document["operations"].values() if o["action"] == "receive"}
    assert received == {f"#/channels/{CONTROL.name}"}


def test_raw_headers_are_those_of_a_chunk() -> None:
    """The headers of the document are those that the extractor sends, on the last chunk and before."""
    chunk = RawChunk(
        partition=PartitionKey("pos", None), run_id="r", version=1, requested_at=MOMENT, as_of=MOMENT,
        table="pos_payments", sequence=0, rows=pa.table({"id": [1]}),
    )  # fmt: skip
    last = RawChunk(**{**chunk.__dict__, "summary": Summary(rows={"pos_payments": 1}, totals=TOTALS)})
    described = _message("RawChunk.pos")["headers"]
    assert set(chunk.encode()[1]) == set(described["required"])
    assert set(last.encode()[1]) == set(described["properties"])


def test_raw_columns_are_those_of_the_registry() -> None:
    """Every column of every raw table is named, so that a reader need not open a chunk to know them."""
    for dataset in (dataset for dataset in REGISTRY if dataset.raw):
        tables = _message(f"RawChunk.{dataset.name}")["payload"]["x-arrow-tables"]
        assert {name: list(columns) for name, columns in tables.items()} == {
            table.name: table.schema.names for table in dataset.raw
        }


@pytest.mark.parametrize("model", [ExtractRequested, RebuildRequested, DayCleaned, DayLoaded])
def test_event_headers_are_those_that_travel(model: type[PartitionEvent]) -> None:
    """The headers of the document are those that `publish_event` sends."""
    fields: dict[str, Any] = {
        "dataset": "pos",
        "day": MOMENT.date(),
        "run_id": "r",
        "requested_at": MOMENT,
        "version": 1,
    }
    event = model.model_construct(
        **{name: value for name, value in fields.items() if name in model.model_fields}
    )
    assert set(headers_of(event)) == set(_message(model.__name__)["headers"]["required"])


async def test_dead_letter_headers_are_those_that_travel() -> None:
    """The headers of the document are those that the delivery policy adds."""
    publisher, clock = RecordingPublisher(), SetClock(MOMENT)

    async def refuse(_: Delivery) -> None:
        raise TerminalError("no")

    policy = DeliveryPolicy("clean", publisher, RetryBudget(1, 1.0, 0.0), clock, Metrics())
    await policy.run(refuse, Delivery("t", 0, 0, None, b"?", {"own": "header"}))
    (dead,) = publisher.on(DEAD_LETTER)
    assert set(dead.headers) - {"own"} == set(_message("DeadLetter")["headers"]["required"])


@pytest.mark.parametrize("name", ["BackfillCommand", "RefreshDimensionsCommand"])
def test_required_fields_of_commands_are_required(name: str) -> None:
    """A command with the required fields is understood; without any one of them it is refused."""
    schema = asyncapi.document()["components"]["schemas"][name]
    values = {"type": schema["properties"]["type"]["const"], "datasets": ["pos"],
              "start": "2025-12-23", "end": "2025-12-24"}  # fmt: skip
    command = {field: values[field] for field in schema["required"]}
    assert parse_command(json.dumps(command).encode(), "id").type == values["type"]
    for field in command:
        less = {key: value for key, value in command.items() if key != field}
        with pytest.raises(BadCommandError):
            parse_command(json.dumps(less).encode(), "id")
