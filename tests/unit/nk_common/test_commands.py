"""Commands: what a person types on the control topic."""

from __future__ import annotations

import pytest

from nk_common.errors import BadCommandError
from nk_common.events.commands import BackfillCommand, RefreshDimensionsCommand, parse_command


def test_the_shortest_backfill() -> None:
    typed = b'{"type":"backfill","datasets":["pos"],"start":"2025-12-23","end":"2025-12-24"}'
    command = parse_command(typed, "nk.control.v1-0-4")
    assert isinstance(command, BackfillCommand)
    assert command.id == "nk.control.v1-0-4", "a command without an id is named by its place in the topic"
    assert (command.start.isoformat(), command.force) == ("2025-12-23", False)


def test_an_own_id_is_kept() -> None:
    command = parse_command(b'{"type":"refresh-dimensions","id":"mine"}', "other")
    assert isinstance(command, RefreshDimensionsCommand)
    assert command.id == "mine"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (b"hello", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "not understood"),
        (b"{}", "discriminator"),
        (b'{"type":"drop-everything"}', "drop-everything"),
        (b'{"type":"backfill","datasets":["pos"],"start":"2025-13-01","end":"2025-12-24"}', "start"),
        (b'{"type":"backfill","datasets":[],"start":"2025-12-01","end":"2025-12-24"}', "datasets"),
        (b'{"type":"backfill","datasets":["pos"],"start":"2025-12-01"}', "end"),
        (b'{"type":"backfill","datasets":["pos"],"start":"2025-12-01","end":"2025-12-02","x":1}', "x"),
    ],
)
def test_anything_else_gets_a_sentence(typed: bytes, words: str) -> None:
    with pytest.raises(BadCommandError, match="nothing was done") as raised:
        parse_command(typed, "id")
    assert words in str(raised.value)
