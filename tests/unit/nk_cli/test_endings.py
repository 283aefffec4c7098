"""Every expected error ends `nk` with one sentence and the exit code of its kind."""

from __future__ import annotations

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from nk_cli import __main__ as nk
from nk_cli.endings import ending_of
from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.serving import QueryApiAwayError
from nk_common.errors import BadCommandError, ConfigurationError, LedgerUnavailableError, NkError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RefusedError("It runs."), 1),
        (BadCommandError("There is no such day."), 2),
        (QueryApiAwayError("It is away."), 69),
        (LedgerUnavailableError("It is away."), 69),
        (KafkaConnectionError("refused"), 69),
        (ConfigurationError("NK_TIMEZONE is none."), 78),
    ],
)
def test_every_kind_has_its_code(error: NkError | KafkaError, code: int) -> None:
    sentence, found = ending_of(error)
    assert found == code
    assert str(error) in sentence


def test_what_is_said_is_said_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Square brackets are markup to rich, and part of an error to people."""

    def fails() -> None:
        raise RefusedError("No rights on [pos.order].")

    monkeypatch.setattr(nk, "app", fails)
    with pytest.raises(SystemExit) as ended:
        nk.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "No rights on [pos.order].\n"
