"""docs/control-topic.schema.json is what the extractor understands: no more and no less."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from nk_cli import control_schema
from nk_common.errors import BadCommandError
from nk_common.events.commands import parse_command
from support.settings_catalogue import ROOT

SCHEMA = json.loads((ROOT / "docs" / "control-topic.schema.json").read_text())
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)
DAYS = {"start": "2025-12-01", "end": "2025-12-24"}


def test_the_committed_file_is_that_of_the_code() -> None:
    assert control_schema.document() == SCHEMA


@pytest.mark.parametrize(
    "command",
    [
        {"type": "backfill", "datasets": ["pos"], **DAYS},
        {"type": "backfill", "datasets": ["pos"], **DAYS, "dry_run": True, "from_stage": "raw"},
        {"type": "reconcile", **DAYS},
        {"type": "snapshot-stock", "requested_by": "ani"},
        {"type": "cancel", "run": "r1"},
        {"type": "pause", "datasets": ["pos"]},
    ],
)
def test_good_commands(command: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(command)
    assert parse_command(json.dumps(command).encode(), "id").type == command["type"]


@pytest.mark.parametrize(
    "command",
    [
        {"datasets": ["pos"], **DAYS},
        {"type": "backfill", "datasets": [], **DAYS},
        {"type": "backfill", "datasets": ["pos"], "start": "2025-12-01"},
        {"type": "backfill", "datasets": ["pos"], **DAYS, "forse": True},
        {"type": "backfill", "datasets": ["pos"], **DAYS, "from_stage": "gold"},
        {"type": "cancel"},
        {"type": "cancel", "run": ""},
        {"type": "explode"},
        [],
    ],
)
def test_bad_commands(command: Any) -> None:
    assert not VALIDATOR.is_valid(command)
    with pytest.raises(BadCommandError):
        parse_command(json.dumps(command).encode(), "id")
