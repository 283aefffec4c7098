"""What a dry run says to people."""

from __future__ import annotations

import pytest

from nk_cli.planned import as_text
from nk_common.events.commands import (
    CancelCommand,
    Command,
    PauseCommand,
    RefreshDimensionsCommand,
    parse_command,
)

BACKFILL = parse_command(
    b'{"type": "backfill", "datasets": ["pos"], "start": "2025-12-01", "end": "2025-12-24"}', "p"
)


def test_days_are_counted_and_named() -> None:
    plan = {"pos": ["2025-12-01/2025-12-04", "2025-12-24"], "invoice-sales": ["2025-12-02"]}
    assert as_text(BACKFILL, plan).splitlines() == [
        "Nothing was done. This would be loaded (6 in all):",
        "pos            2025-12-01 to 2025-12-04, 2025-12-24",
        "invoice-sales  2025-12-02",
    ]


def test_a_list_is_one() -> None:
    command = RefreshDimensionsCommand(id="r")
    assert as_text(command, {"lots": ["whole"], "taxes": ["whole"]}).splitlines() == [
        "Nothing was done. This would be read again (2 in all):",
        "lots   whole",
        "taxes  whole",
    ]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (BACKFILL, "No day would be loaded."),
        (CancelCommand(id="c", run="r"), "No day would be taken back."),
        (PauseCommand(id="p", datasets=["pos"]), "No day would be kept waiting."),
    ],
)
def test_nothing_is_said_to_be_nothing(command: Command, words: str) -> None:
    assert as_text(command, {}) == f"Nothing was done. {words}"
