"""The bus as an AsyncAPI 3.0 document, built from the declarations in code. `make docs` writes it to
docs/asyncapi.json; a test compares the committed file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from nk_common.datasets import REGISTRY
from nk_common.datasets.base import Dataset
from nk_common.events.commands import Command
from nk_common.events.raw import CONTENT_TYPE
from nk_common.events.stages import DayCleaned, DayLoaded, ExtractRequested, RebuildRequested, StageReport
from nk_common.events.topics import (
    CONTROL,
    DAY_CLEANED,
    DAY_LOADED,
    DEAD_LETTER,
    EXTRACT_REQUESTED,
    PIPELINE,
    REBUILD_REQUESTED,
    TOPICS,
    Topic,
    raw_topic,
)
from nk_common.settings import BusSettings

Json = dict[str, Any]

API_VERSION = "1.0.0"
"""Of the messages. A change that old readers cannot take is a new topic (v2) beside the old one."""
_BINDING = "0.5.0"
_COMMANDS: tuple[type[BaseModel], ...] = get_args(Command)
_EVENTS: dict[Topic, type[BaseModel]] = {
    EXTRACT_REQUESTED: ExtractRequested,
    REBUILD_REQUESTED: RebuildRequested,
    DAY_CLEANED: DayCleaned,
    DAY_LOADED: DayLoaded,
    PIPELINE: StageReport,
}

_PARTITION_HEADERS = {
    "nk-run": "Run that asked for it.",
    "nk-dataset": "Name of the dataset.",
    "nk-day": "ISO day, or `whole` for a dataset that is loaded whole.",
    "nk-requested-at": "When it was asked for (ISO, with offset).",
}
_VERSION_HEADER = {"nk-version": "Version of the extraction; only grows."}
RAW_HEADERS = {
    **_PARTITION_HEADERS,
    **_VERSION_HEADER,
    "nk-as-of": "When Odoo was read (ISO, with offset).",
    "nk-table": "Raw table whose rows these are.",
    "nk-sequence": "Number of the chunk within the extraction, from 0, over all its tables.",
    "nk-last": "1 for the last chunk of the extraction, else 0.",
    "nk-rows": "Rows in this chunk.",
    "nk-checksum": "BLAKE2b of the body, 16 bytes, hexadecimal.",
}
LAST_CHUNK_HEADERS = {
    "nk-summary": "Last chunk only: JSON with the rows of every table and the control totals."
}
DEAD_LETTER_HEADERS = {
    "nk-source-topic": "Topic of the original.",
    "nk-source-partition": "Its partition.",
    "nk-source-offset": "Its offset.",
    "nk-given-up-at": "When it was given up (ISO, with offset); with its source, this names the letter for good.",
    "nk-error-class": "Class of the error.",
    "nk-error": "What is wrong with it, in a sentence.",
    "nk-attempts": "How often it was tried, at most.",
}

RETRY_HEADER = {"nk-retry-of": "Of a message that was tried again: number of the letter it was before."}


def document() -> Json:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"bus": _server()},
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {f"{_action(topic)}.{topic.name}": _operation(topic) for topic in TOPICS},
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def text() -> str:
    """The document as it stands in docs/asyncapi.json."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def headers_of_event(event: type[BaseModel]) -> dict[str, str]:
    """Headers of a JSON event beside its content type, with what they say."""
    if event is StageReport:
        return {}
    return {**_PARTITION_HEADERS, **(_VERSION_HEADER if "version" in event.model_fields else {})}


def _info() -> Json:
    return {
        "title": "nkdash bus",
        "version": API_VERSION,
        "description": (
            "Every topic of nkdash. Post commands to nk.control.v1; everything else may be listened to. "
            "Messages may come twice, and versions say which extraction is newer."
        ),
        "license": {"name": "Apache-2.0"},
    }


def _server() -> Json:
    address = BusSettings.model_fields["kafka_bootstrap_servers"].default
    return {
        "host": "{address}",
        "protocol": "kafka",
        "variables": {"address": {"default": address, "description": "KAFKA_BOOTSTRAP_SERVERS"}},
    }


def _channel(topic: Topic) -> Json:
    partitions = topic.partitions or BusSettings.model_fields["topic_partitions"].default
    return {
        "address": topic.name,
        "description": f"{topic.payload[0].upper()}{topic.payload[1:]}. Key: {topic.key}.",
        "messages": {name: _ref("messages", name) for name in _message_names(topic)},
        "bindings": {
            "kafka": {
                "partitions": partitions,
                "topicConfiguration": {"retention.ms": int(topic.retention.total_seconds() * 1000)},
                "bindingVersion": _BINDING,
            }
        },
    }


def _operation(topic: Topic) -> Json:
    return {"action": _action(topic), "channel": {"$ref": f"#/channels/{topic.name}"}}


def _action(topic: Topic) -> str:
    """As nkdash itself does: it receives what others may send."""
    return "receive" if topic is CONTROL else "send"


def _message_names(topic: Topic) -> list[str]:
    if topic is CONTROL:
        return [command.__name__ for command in _COMMANDS]
    if topic is DEAD_LETTER:
        return ["DeadLetter"]
    if topic in _EVENTS:
        return [_EVENTS[topic].__name__]
    return [_raw_name(dataset) for dataset in REGISTRY if raw_topic(dataset) == topic]


def _messages() -> Json:
    events = {event.__name__: _event(event, topic) for topic, event in _EVENTS.items()}
    commands = {command.__name__: {"payload": _ref("schemas", command.__name__)} for command in _COMMANDS}
    raw = {_raw_name(dataset): _raw_chunk(dataset) for dataset in REGISTRY if dataset.raw}
    return {**commands, **events, **raw, "DeadLetter": _dead_letter()}


def _event(event: type[BaseModel], topic: Topic) -> Json:
    return {
        "headers": _headers({"content-type": "application/json", **headers_of_event(event)}),
        "payload": _ref("schemas", event.__name__),
        "bindings": _key(topic),
    }


def _raw_name(dataset: Dataset) -> str:
    return f"RawChunk.{dataset.name}"


def _raw_chunk(dataset: Dataset) -> Json:
    """The rows travel as an Arrow stream, whose columns JSON Schema cannot say: see `x-arrow-tables`."""
    return {
        "contentType": CONTENT_TYPE,
        "headers": _headers({"content-type": CONTENT_TYPE, **RAW_HEADERS}, LAST_CHUNK_HEADERS),
        "payload": {
            "type": "string",
            "format": "binary",
            "description": "Arrow IPC stream (zstd) with rows of the table that nk-table names.",
            "x-arrow-tables": {
                table.name: {f.name: f"{f.type}{'' if f.nullable else ', never null'}" for f in table.schema}
                for table in dataset.raw
            },
        },
        "bindings": _key(raw_topic(dataset)),
    }


def _dead_letter() -> Json:
    return {
        "headers": _headers(DEAD_LETTER_HEADERS, RETRY_HEADER),
        "payload": {"description": "The original bytes. The headers of the original are kept, too."},
        "bindings": _key(DEAD_LETTER),
    }


def _headers(required: dict[str, str], optional: dict[str, str] | None = None) -> Json:
    names = {**required, **(optional or {})}
    properties = {name: {"type": "string", "description": says} for name, says in names.items()}
    return {"type": "object", "properties": properties, "required": list(required)}


def _key(topic: Topic) -> Json:
    return {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": _BINDING}}


def _schemas() -> Json:
    """Commands as they may be posted; events as they are sent."""
    commands = {name: _with_type(schema) for name, schema in _definitions(_COMMANDS, "validation").items()}
    return {**commands, **_definitions(_EVENTS.values(), "serialization")}


def _with_type(schema: Json) -> Json:
    """A command is known by its type, so that it cannot be left out although the model has a default."""
    return {**schema, "required": ["type", *schema.get("required", [])]}


def _definitions(models: Iterable[type[BaseModel]], mode: JsonSchemaMode) -> Json:
    _, schemas = models_json_schema(
        [(model, mode) for model in models], ref_template="#/components/schemas/{model}"
    )
    definitions: Json = schemas["$defs"]
    return definitions


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


if __name__ == "__main__":
    sys.stdout.write(text())
